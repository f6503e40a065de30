//! Events of catalog: images of what is for sale.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{ImageId, ProductId, Timestamp};

/// Somebody may upload an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductImageRequested {
    /// The product.
    pub product_id: ProductId,
    /// The image.
    pub image_id: ImageId,
    /// The type that was signed.
    pub content_type: String,
    /// The bytes that were signed.
    pub size: u64,
    /// Until when the upload is taken.
    pub expires_at: Timestamp,
}

/// Pictures were added: what was made of an upload, or what was there before there were uploads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductImageAdded {
    /// The product.
    pub product_id: ProductId,
    /// Object keys in the image bucket.
    pub keys: Vec<String>,
    /// The image and what is known of it; none in events from before there were uploads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<AddedImage>,
}

/// Size and placeholder of an image that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddedImage {
    /// The image.
    pub image_id: ImageId,
    /// Pixels from left to right, of the largest of the pictures.
    pub width: u32,
    /// Pixels from top to bottom, of the largest of the pictures.
    pub height: u32,
    /// Placeholder until a picture is there: a ThumbHash in base64.
    pub placeholder: String,
}

/// An upload is no image that the shop takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductImageRefused {
    /// The product.
    pub product_id: ProductId,
    /// The image.
    pub image_id: ImageId,
    /// Why: a stable word. A newer release may have words that an older one does not know.
    pub reason: String,
}

/// An image was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductImageRemoved {
    /// The product.
    pub product_id: ProductId,
    /// The image.
    pub image_id: ImageId,
    /// Object keys that it had; none where no picture was made of it.
    pub keys: Vec<String>,
}
