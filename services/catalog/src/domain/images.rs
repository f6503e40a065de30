//! Images of a product: which there are, and every decision about one.

use serde::{Deserialize, Serialize};
use shotengai_contracts::CatalogEvent;
use shotengai_contracts::events::{
    AddedImage, ProductImageAdded, ProductImageRefused, ProductImageRemoved, ProductImageRequested,
};
use shotengai_kernel::{ImageId, Timestamp};

use super::{KnownProduct, Product};

/// The most images of a product, those included that are awaited. Counted when one is asked for: of uploads that came in
/// time and are worked on late there can be more.
pub const MAX_IMAGES: usize = 12;
/// The most bytes of an upload.
pub const MAX_IMAGE_BYTES: u64 = 10_000_000;
/// How many entries are remembered that are no images: uploads that were refused, or never came.
const REMEMBERED: usize = 12;

/// An image of a product, or an upload that is to become one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageEntry {
    /// Which.
    pub image_id: ImageId,
    /// The type that its upload must have.
    pub content_type: String,
    /// The bytes that its upload must have.
    pub size: u64,
    /// Its state.
    pub state: ImageState,
}

/// State of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageState {
    /// It may be uploaded, or was and is being worked on.
    Awaited {
        /// Until when an upload is taken.
        until: Timestamp,
    },
    /// Its pictures are there.
    Ready {
        /// Their keys.
        keys: Vec<String>,
        /// Pixels from left to right, of the largest.
        width: u32,
        /// Pixels from top to bottom, of the largest.
        height: u32,
        /// A ThumbHash in base64.
        placeholder: String,
    },
    /// The upload is nothing that the shop takes.
    Refused {
        /// Why.
        reason: String,
    },
}

impl ImageEntry {
    /// Whether it takes one of the places of [`MAX_IMAGES`]. An upload that can't come any more does not; one that came and
    /// still waits to be worked on after that is taken all the same.
    fn holds_a_place(&self, now: Timestamp) -> bool {
        match self.state {
            ImageState::Awaited { until } => now <= until,
            ImageState::Ready { .. } => true,
            ImageState::Refused { .. } => false,
        }
    }

    pub(super) fn set(images: &mut [Self], image_id: &ImageId, state: ImageState) {
        if let Some(entry) = images.iter_mut().find(|entry| entry.image_id == *image_id) {
            entry.state = state;
        }
    }

    /// Forgets the oldest that are no pictures, so that nobody's uploads make a product grow without end.
    pub(super) fn forget_oldest(images: &mut Vec<Self>) {
        let is_ready = |entry: &Self| matches!(entry.state, ImageState::Ready { .. });
        let others = images.iter().filter(|entry| !is_ready(entry)).count();
        let mut surplus = others.saturating_sub(MAX_IMAGES + REMEMBERED);
        images.retain(|entry| {
            let forgotten = surplus > 0 && !is_ready(entry);
            surplus -= usize::from(forgotten);
            !forgotten
        });
    }
}

impl KnownProduct {
    /// The image of this id.
    #[must_use]
    pub fn image(&self, image_id: &ImageId) -> Option<&ImageEntry> {
        self.images.iter().find(|entry| entry.image_id == *image_id)
    }
}

/// Why a command about an image is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageRefusal {
    /// No such product, or it left the street.
    #[error("there is no such product")]
    NoProduct,
    /// No such image, or it was taken away.
    #[error("the product has no such image")]
    NoImage,
    /// There is no place for another.
    #[error("a product has {MAX_IMAGES} images at the most, uploads included that are awaited; delete one first")]
    TooMany,
    /// The upload that this key asked for was of another type or size.
    #[error("this Idempotency-Key was already used with another request body")]
    KeyReused,
}

/// An upload that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenImage {
    /// The id that it will have.
    pub image_id: ImageId,
    /// Its type.
    pub content_type: &'static str,
    /// Its bytes.
    pub size: u64,
}

/// Lets somebody upload an image. The same request again asks for nothing more.
///
/// # Errors
/// [`ImageRefusal`].
pub fn request_image(
    product: &Product,
    image: &GivenImage,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Vec<CatalogEvent>, ImageRefusal> {
    let known = on_sale(product)?;
    if let Some(entry) = known.image(&image.image_id) {
        if entry.content_type != image.content_type || entry.size != image.size {
            return Err(ImageRefusal::KeyReused);
        }
        // One that never came may be asked for anew.
        if !matches!(entry.state, ImageState::Awaited { until } if now > until) {
            return Ok(Vec::new());
        }
    }
    if known.images.iter().filter(|entry| entry.holds_a_place(now)).count() >= MAX_IMAGES {
        return Err(ImageRefusal::TooMany);
    }
    Ok(vec![
        ProductImageRequested {
            product_id: known.product_id.clone(),
            image_id: image.image_id.clone(),
            content_type: image.content_type.to_owned(),
            size: image.size,
            expires_at,
        }
        .into(),
    ])
}

/// Adds the pictures that were made of an upload, once: where it has some, they stay.
///
/// # Errors
/// [`ImageRefusal`] where product or image are gone: the pictures are nobody's then.
pub fn add_image(product: &Product, image: &AddedImage, keys: &[String]) -> Result<Vec<CatalogEvent>, ImageRefusal> {
    let known = on_sale(product)?;
    let entry = known.image(&image.image_id).ok_or(ImageRefusal::NoImage)?;
    if !matches!(entry.state, ImageState::Awaited { .. }) {
        return Ok(Vec::new());
    }
    let product_id = known.product_id.clone();
    Ok(vec![ProductImageAdded { product_id, keys: keys.to_vec(), image: Some(image.clone()) }.into()])
}

/// Notes that an upload is nothing that the shop takes, once.
///
/// # Errors
/// [`ImageRefusal`] where product or image are gone.
pub fn refuse_image(product: &Product, image_id: &ImageId, reason: &str) -> Result<Vec<CatalogEvent>, ImageRefusal> {
    let known = on_sale(product)?;
    let entry = known.image(image_id).ok_or(ImageRefusal::NoImage)?;
    if !matches!(entry.state, ImageState::Awaited { .. }) {
        return Ok(Vec::new());
    }
    let (product_id, image_id) = (known.product_id.clone(), image_id.clone());
    Ok(vec![ProductImageRefused { product_id, image_id, reason: reason.to_owned() }.into()])
}

/// Takes an image away, or the leave to upload one.
///
/// # Errors
/// [`ImageRefusal`] where there is none.
pub fn remove_image(product: &Product, image_id: &ImageId) -> Result<Vec<CatalogEvent>, ImageRefusal> {
    let known = on_sale(product)?;
    let entry = known.image(image_id).ok_or(ImageRefusal::NoImage)?;
    let keys = match &entry.state {
        ImageState::Ready { keys, .. } => keys.clone(),
        ImageState::Awaited { .. } | ImageState::Refused { .. } => Vec::new(),
    };
    Ok(vec![ProductImageRemoved { product_id: known.product_id.clone(), image_id: image_id.clone(), keys }.into()])
}

fn on_sale(product: &Product) -> Result<&KnownProduct, ImageRefusal> {
    product.known().filter(|known| !known.deleted).ok_or(ImageRefusal::NoProduct)
}
