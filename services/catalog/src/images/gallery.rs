//! Commands about images, and what is shown of them.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::Metadata;
use shotengai_contracts::api::images::{
    ImageStatus, ImageType, ImageUpload, Picture, ProductImage, ProductImages, SignedUpload,
};
use shotengai_kernel::{AggregateId, ImageId, Ports, ProductId, Timestamp, UserId, Version};
use shotengai_messaging::ports::bucket::{BUCKET_MAX_BATCH, Upload};
use shotengai_messaging::{Bucket, CommandError, Fault, Loaded};
use uuid::Uuid;

use super::keys;
use crate::aggregate::Products;
use crate::domain::{GivenImage, ImageEntry, ImageRefusal, ImageState, Product, remove_image, request_image};

/// How long an upload may be begun.
pub const UPLOAD_GOOD_FOR: Duration = Duration::from_secs(600);
/// How long an address of a picture is good.
pub const PICTURE_GOOD_FOR: Duration = Duration::from_secs(3600);
/// How long a deletion waits for the bucket, which is done already as far as anybody can see.
const CLEARED_WITHIN: Duration = Duration::from_secs(5);
/// Where ids of images that derive from a key live.
const NAMESPACE: Uuid = Uuid::from_u128(0x6b1f_03d2_95ac_4e17_8d40_c2e9_7a15_3b8f);

/// All images of all products. Cheap to clone.
#[derive(Clone)]
pub struct Gallery {
    pub(super) products: Products,
    pub(super) bucket: Arc<dyn Bucket>,
    pub(super) ports: Ports,
}

/// A wish to upload an image.
#[derive(Debug)]
pub struct WantedImage {
    /// The administrator.
    pub user_id: UserId,
    /// The product.
    pub product_id: ProductId,
    /// Makes a repeated wish the same wish.
    pub key: Option<String>,
    /// The type.
    pub content_type: ImageType,
    /// The bytes.
    pub size: u64,
}

impl Gallery {
    /// The images of these products, in this bucket.
    #[must_use]
    pub const fn new(products: Products, bucket: Arc<dyn Bucket>, ports: Ports) -> Self {
        Self { products, bucket, ports }
    }

    /// Lets an image be uploaded. What is answered was committed before.
    ///
    /// # Errors
    /// [`CommandError`]; repeat after a fault, with the same key.
    pub async fn request(
        &self,
        wanted: &WantedImage,
        meta: &Metadata,
    ) -> Result<ImageUpload, CommandError<ImageRefusal>> {
        let product_id = &wanted.product_id;
        let image_id = ImageId::from_uuid(match &wanted.key {
            // Neither id has a line break, so no two wishes give one name.
            Some(key) => Uuid::new_v5(&NAMESPACE, format!("{}\n{product_id}\n{key}", wanted.user_id).as_bytes()),
            None => self.ports.ids.uuid_v7(),
        });
        let image = GivenImage { image_id, content_type: wanted.content_type.as_str(), size: wanted.size };
        let now = self.ports.clock.now();
        let decide = |product: &Loaded<Product>| request_image(&product.state, &image, now, now + UPLOAD_GOOD_FOR);
        let executed = self.products.execute(&AggregateId::from(product_id), meta, decide).await?;
        let entry = executed.loaded.state.known().and_then(|known| known.image(&image.image_id));
        let until = match entry.map(|entry| &entry.state) {
            Some(ImageState::Awaited { until }) => *until,
            // It came before: the store takes no second one.
            _ => now + UPLOAD_GOOD_FOR,
        };
        let remaining = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let upload = Upload {
            key: keys::upload(product_id, &image.image_id),
            content_type: image.content_type.to_owned(),
            size: image.size,
        };
        let signed = self.bucket.sign_upload(&upload, remaining.max(Duration::from_secs(1))).await?;
        let upload = SignedUpload {
            method: signed.method.to_owned(),
            url: signed.url,
            headers: signed.headers.into_iter().collect(),
            expires_at: until,
        };
        let version = executed.loaded.version;
        Ok(ImageUpload { product_id: product_id.clone(), image_id: image.image_id, version, upload })
    }

    /// Images of a product as they are shown; none if it is not on sale. `all`: uploads too that are awaited or were refused.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn list(&self, product_id: &ProductId, all: bool) -> Result<Option<ProductImages>, Fault> {
        let loaded = self.products.load(&AggregateId::from(product_id)).await?;
        let Some(known) = loaded.state.known().filter(|known| !known.deleted) else { return Ok(None) };
        let now = self.ports.clock.now();
        let mut items = Vec::with_capacity(known.images.len());
        for entry in &known.images {
            let image = self.shown(entry, now).await?;
            if all || image.status == ImageStatus::Ready {
                items.push(image);
            }
        }
        Ok(Some(ProductImages { product_id: product_id.clone(), items, expires_at: now + PICTURE_GOOD_FOR }))
    }

    async fn shown(&self, entry: &ImageEntry, now: Timestamp) -> Result<ProductImage, Fault> {
        let mut image = ProductImage {
            image_id: entry.image_id.clone(),
            status: ImageStatus::Awaited,
            reason: None,
            placeholder: None,
            width: None,
            height: None,
            pictures: Vec::new(),
        };
        match &entry.state {
            ImageState::Awaited { until } if now > *until => image.status = ImageStatus::Expired,
            ImageState::Awaited { .. } => {}
            ImageState::Refused { reason } => {
                image.status = ImageStatus::Refused;
                image.reason = Some(reason.clone());
            }
            ImageState::Ready { keys, width, height, placeholder } => {
                image.status = ImageStatus::Ready;
                (image.width, image.height) = (Some(*width), Some(*height));
                image.placeholder = Some(placeholder.clone());
                for key in keys {
                    let url = self.bucket.sign_download(key, PICTURE_GOOD_FOR).await?.url;
                    image.pictures.push(Picture { key: key.clone(), url });
                }
            }
        }
        Ok(image)
    }

    /// Takes an image away, and its objects; returns the product's version afterwards.
    ///
    /// # Errors
    /// [`CommandError`]; repeat after a fault.
    pub async fn remove(
        &self,
        product_id: &ProductId,
        image_id: &ImageId,
        meta: &Metadata,
    ) -> Result<Version, CommandError<ImageRefusal>> {
        let decide = |product: &Loaded<Product>| remove_image(&product.state, image_id);
        let executed = self.products.execute(&AggregateId::from(product_id), meta, decide).await?;
        self.clear(product_id, std::slice::from_ref(image_id)).await;
        Ok(executed.loaded.version)
    }

    /// The images that a product has now, for who is about to delete it.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn of(&self, product_id: &ProductId) -> Result<Vec<ImageId>, Fault> {
        let loaded = self.products.load(&AggregateId::from(product_id)).await?;
        let images = loaded.state.known().map(|known| known.images.as_slice()).unwrap_or_default();
        Ok(images.iter().map(|entry| entry.image_id.clone()).collect())
    }

    /// Deletes the objects of images that are gone. Whoever asked waits for it a little; what is not deleted by then, or
    /// comes after something that could not be, the sweep finds.
    pub async fn clear(&self, product_id: &ProductId, images: &[ImageId]) {
        let all = async {
            for image_id in images {
                self.clear_one(product_id, image_id).await?;
            }
            Ok::<(), Fault>(())
        };
        match tokio::time::timeout(CLEARED_WITHIN, all).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => tracing::warn!(%product_id, %fault, "objects of images stay until they are swept"),
            Err(_) => tracing::warn!(%product_id, "the bucket is slow: objects of images stay until they are swept"),
        }
    }

    async fn clear_one(&self, product_id: &ProductId, image_id: &ImageId) -> Result<(), Fault> {
        let pictures = self.bucket.list(&keys::pictures(product_id, image_id), None, BUCKET_MAX_BATCH - 1).await?;
        let mut all: Vec<_> = pictures.objects.into_iter().map(|object| object.key).collect();
        all.push(keys::upload(product_id, image_id));
        self.delete(&all).await
    }

    /// Deletes objects, each answer looked at.
    pub(super) async fn delete(&self, keys: &[String]) -> Result<(), Fault> {
        for some in keys.chunks(BUCKET_MAX_BATCH) {
            self.bucket.delete(some).await?.into_iter().collect::<Result<(), Fault>>()?;
        }
        Ok(())
    }
}
