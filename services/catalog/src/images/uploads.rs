//! Handler of uploads: makes pictures of what has come, once, and tells why it makes none.
//!
//! Every step may be repeated. An attempt writes its pictures under keys of its own, so two that meet, or one that was killed
//! half-way, harm nobody: the first that is committed counts, and the pictures of the others are nobody's, which are deleted
//! here or swept.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use shotengai_contracts::Metadata;
use shotengai_contracts::api::images::ImageType;
use shotengai_contracts::events::AddedImage;
use shotengai_kernel::{AggregateId, ImageId, ProductId};
use shotengai_messaging::ports::bucket::NewObject;
use shotengai_messaging::reason::UNWRITABLE;
use shotengai_messaging::{CommandError, Disposition, Loaded, MessageHandler, RawDelivery, Reason};
use tokio::sync::Semaphore;

use super::keys::{self, Place};
use super::render::{Pictures, Unfit, render};
use super::{Gallery, notification};
use crate::domain::{ImageEntry, ImageRefusal, ImageState, MAX_IMAGE_BYTES, Product, add_image, refuse_image};
use crate::metrics::UPLOADS;
use crate::reasons::{IMAGE_REASONS, NOT_A_NOTIFICATION};

/// Pictures never change under their key, and only who has a signed address sees them.
const CACHE_CONTROL: &str = "private, max-age=31536000, immutable";

/// The handler.
pub struct Uploads {
    gallery: Gallery,
    /// How many images are in this process's memory at the same time.
    workers: Arc<Semaphore>,
}

/// Outcome of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Its pictures are there.
    Ready,
    /// It is nothing that the shop takes.
    Refused,
    /// It was done with before.
    Repeated,
    /// It is of no image that anybody waits for.
    Stray,
    /// Its product is none of this event store's, or its key none that is signed here: somebody else has the same bucket.
    Foreign,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Refused => "refused",
            Self::Repeated => "repeated",
            Self::Stray => "stray",
            Self::Foreign => "foreign",
        }
    }
}

/// An upload, and what it should be.
struct Awaited<'a> {
    key: &'a str,
    product_id: &'a ProductId,
    image_id: &'a ImageId,
    content_type: ImageType,
    size: u64,
}

impl Uploads {
    /// Handles uploads of this gallery, so many at the same time.
    #[must_use]
    pub fn new(gallery: Gallery, workers: usize) -> Self {
        Self { gallery, workers: Arc::new(Semaphore::new(workers)) }
    }

    /// Works on an upload, and counts what becomes of it.
    pub(super) async fn handle_key(&self, key: &str) -> Result<(), Disposition> {
        let outcome = self.settle(key).await?;
        UPLOADS.add(1, [outcome.as_str().into()]);
        Ok(())
    }

    async fn settle(&self, key: &str) -> Result<Outcome, Disposition> {
        let Some(Place::Upload(product_id, image_id)) = keys::place(key) else {
            tracing::warn!("an upload under a key that this shop never signs is kept: is this the right bucket?");
            return Ok(Outcome::Foreign);
        };
        let loaded = self.gallery.products.load(&AggregateId::from(&product_id)).await?;
        let Some(known) = loaded.state.known() else {
            tracing::warn!(key, "an upload of a product that was never here is kept: is this the right bucket?");
            return Ok(Outcome::Foreign);
        };
        let entry = if known.deleted { None } else { known.image(&image_id) };
        let Some(entry) = entry else { return self.stray(key).await };
        match &entry.state {
            ImageState::Ready { .. } => return Ok(Outcome::Repeated),
            // Uploaded once more, or killed before it was deleted.
            ImageState::Refused { .. } => {
                self.gallery.delete(&[key.to_owned()]).await?;
                return Ok(Outcome::Repeated);
            }
            ImageState::Awaited { .. } => {}
        }
        let awaited = awaited(key, &product_id, &image_id, entry)?;
        // Before any byte is fetched: what a permit bounds is memory.
        let permit = Arc::clone(&self.workers).acquire_owned().await;
        let _permit = permit.map_err(|error| Disposition::retry(error.to_string()))?;
        let Some(rendered) = self.fetched(&awaited).await? else { return Ok(Outcome::Repeated) };
        match rendered {
            Ok(pictures) => self.add(&awaited, pictures).await,
            Err(unfit) => self.refuse(&awaited, unfit).await,
        }
    }

    /// Pictures of the upload, or why there are none; nothing where it is gone. Its size and type are asked for before its bytes.
    async fn fetched(&self, awaited: &Awaited<'_>) -> Result<Option<Result<Pictures, Unfit>>, Disposition> {
        let bucket = &self.gallery.bucket;
        let Some(head) = bucket.head(awaited.key).await? else { return Ok(None) };
        if head.size != awaited.size || head.size == 0 || head.size > MAX_IMAGE_BYTES {
            return Ok(Some(Err(Unfit::OtherSize)));
        }
        if head.content_type.as_deref() != Some(awaited.content_type.as_str()) {
            return Ok(Some(Err(Unfit::OtherType)));
        }
        let Some(bytes) = bucket.get(awaited.key, MAX_IMAGE_BYTES).await? else { return Ok(None) };
        let declared = awaited.content_type;
        let rendering = tokio::task::spawn_blocking(move || render(&bytes, declared)).await;
        match rendering {
            Ok(rendered) => Ok(Some(rendered)),
            // A decoder that stumbles over an image will do so again.
            Err(error) if error.is_panic() => {
                tracing::error!(key = awaited.key, "a decoder panicked; the image is refused");
                Ok(Some(Err(Unfit::Damaged)))
            }
            Err(error) => Err(Disposition::retry(error.to_string())),
        }
    }

    async fn add(&self, awaited: &Awaited<'_>, pictures: Pictures) -> Result<Outcome, Disposition> {
        let attempt = self.gallery.ports.ids.uuid_v7();
        let image = AddedImage {
            image_id: awaited.image_id.clone(),
            width: pictures.width,
            height: pictures.height,
            placeholder: STANDARD.encode(&pictures.placeholder),
        };
        let mut written = Vec::with_capacity(pictures.pictures.len());
        for picture in pictures.pictures {
            let key = keys::picture(awaited.product_id, awaited.image_id, attempt, picture.name);
            let (content_type, bytes) = (picture.content_type, Bytes::from(picture.bytes));
            let object = NewObject { key: key.clone(), content_type, cache_control: CACHE_CONTROL, bytes };
            self.gallery.bucket.put(object).await?;
            written.push(key);
        }
        let decide = |product: &Loaded<Product>| add_image(&product.state, &image, &written);
        let id = AggregateId::from(awaited.product_id);
        match self.gallery.products.execute(&id, &self.meta(), decide).await {
            Ok(executed) if !executed.written.is_empty() => Ok(Outcome::Ready),
            // Another attempt was first, perhaps our own whose answer was lost: then its keys are these.
            Ok(executed) => {
                if !is_shown(&executed.loaded.state, awaited.image_id, &written) {
                    self.gallery.delete(&written).await?;
                }
                Ok(Outcome::Repeated)
            }
            Err(CommandError::Refused(_)) => {
                written.push(awaited.key.to_owned());
                self.gallery.delete(&written).await?;
                Ok(Outcome::Stray)
            }
            Err(error) => Err(failed(error)),
        }
    }

    async fn refuse(&self, awaited: &Awaited<'_>, unfit: Unfit) -> Result<Outcome, Disposition> {
        let reason = unfit.to_string();
        tracing::info!(key = awaited.key, reason, "an upload is refused");
        let decide = |product: &Loaded<Product>| refuse_image(&product.state, awaited.image_id, &reason);
        let id = AggregateId::from(awaited.product_id);
        let outcome = match self.gallery.products.execute(&id, &self.meta(), decide).await {
            // Another attempt made pictures of it: the upload is theirs.
            Ok(executed) if is_ready(&executed.loaded.state, awaited.image_id) => return Ok(Outcome::Repeated),
            Ok(_) => Outcome::Refused,
            Err(CommandError::Refused(_)) => Outcome::Stray,
            Err(error) => return Err(failed(error)),
        };
        self.gallery.delete(&[awaited.key.to_owned()]).await?;
        Ok(outcome)
    }

    /// It lies where an upload of one of our products would, and nobody has leave to upload it.
    async fn stray(&self, key: &str) -> Result<Outcome, Disposition> {
        tracing::warn!(key, "an upload of no image that anybody waits for is deleted");
        self.gallery.delete(&[key.to_owned()]).await?;
        Ok(Outcome::Stray)
    }

    fn meta(&self) -> Metadata {
        Metadata::request(self.gallery.ports.ids.uuid_v7(), None)
    }
}

/// Upload that is awaited, as it was signed.
fn awaited<'a>(
    key: &'a str,
    product_id: &'a ProductId,
    image_id: &'a ImageId,
    entry: &ImageEntry,
) -> Result<Awaited<'a>, Disposition> {
    let content_type = ImageType::parse(&entry.content_type);
    // Signed by a newer release, which takes more types: one of its processes will have it.
    let content_type = content_type.ok_or_else(|| Disposition::retry("an image of a type that is not known here"))?;
    Ok(Awaited { key, product_id, image_id, content_type, size: entry.size })
}

fn is_ready(product: &Product, image_id: &ImageId) -> bool {
    let entry = product.known().and_then(|known| known.image(image_id));
    entry.is_some_and(|entry| matches!(entry.state, ImageState::Ready { .. }))
}

fn is_shown(product: &Product, image_id: &ImageId, written: &[String]) -> bool {
    let entry = product.known().and_then(|known| known.image(image_id));
    entry.is_some_and(|entry| matches!(&entry.state, ImageState::Ready { keys, .. } if keys == written))
}

fn failed(error: CommandError<ImageRefusal>) -> Disposition {
    match error {
        CommandError::Fault(fault) => fault.into(),
        CommandError::Unwritable(error) => Disposition::reject(UNWRITABLE, error),
        CommandError::Contended | CommandError::Refused(_) => Disposition::retry(error.to_string()),
    }
}

#[async_trait]
impl MessageHandler for Uploads {
    fn kind(&self) -> &'static str {
        "s3:ObjectCreated"
    }

    fn reasons(&self) -> &'static [Reason] {
        &IMAGE_REASONS
    }

    async fn handle(&self, message: &RawDelivery) -> Disposition {
        let keys = match notification::new_keys(&message.body) {
            Ok(keys) => keys,
            Err(error) => return Disposition::reject(NOT_A_NOTIFICATION, error.to_string()),
        };
        for key in keys {
            if let Err(answer) = self.handle_key(&key).await {
                return answer;
            }
        }
        Disposition::Done
    }
}
