//! Images of products. Their bytes go straight to the store and come straight from it, by requests that are signed here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{ImageId, ProductId, Timestamp, Version};

use super::parameter::{IDEMPOTENCY_KEY, Location, Parameter};
use super::products::ProductWritten;
use super::route::Success;
use super::shared::{IDEMPOTENCY_KEY_REUSED, OUT_OF_RANGE};
use super::{Administrator, Anyone, ProblemType, Route};
use crate::topology::Service;

const TAG: &str = "products";

/// Lets an image be uploaded.
pub const CREATE_IMAGE: Route<Administrator, ProductId, CreateImage, ImageUpload> =
    Route::post("/products/{id}/images", Service::CATALOG, "createProductImage")
        .about(
            TAG,
            "Ask to upload an image",
            "Answers a request that is signed for one upload of exactly this type and size. Once the store has it, pictures are \
             made of it, without what the camera wrote about place and owner. With an `Idempotency-Key`, the same request again \
             asks for the same image, and is answered by a new signature.",
        )
        .answers(&[Success { status: 201, meaning: "It may be uploaded." }])
        .locates()
        .cached("no-store")
        .reads(&[&IDEMPOTENCY_KEY])
        .refuses(&[&OUT_OF_RANGE, &TOO_MANY_IMAGES, &IDEMPOTENCY_KEY_REUSED, &IMAGES_ARE_OFF]);

/// Images of a product.
pub const LIST_IMAGES: Route<Anyone, ProductId, (), ProductImages> = Route::get(
    "/products/{id}/images",
    Service::CATALOG,
    "listProductImages",
)
.about(
    TAG,
    "A product's images",
    "Each with addresses that are signed and good for a while. Administrators see uploads too that are awaited or were \
             refused, and why. Read from the events, so never behind.",
)
.cached("no-store")
.refuses(&[&IMAGES_ARE_OFF]);

/// Takes an image away.
pub const DELETE_IMAGE: Route<Administrator, ProductId, (), ProductWritten> =
    Route::delete("/products/{id}/images/{image_id}", Service::CATALOG, "deleteProductImage")
        .about(TAG, "Take an image away", "Its pictures are deleted from the store, and what was uploaded.")
        .answers(&[Success { status: 202, meaning: "It is gone." }])
        .locates()
        .reads(&[&IMAGE_ID]);

/// The image in a path.
pub const IMAGE_ID: Parameter = Parameter {
    location: Location::Path,
    name: "image_id",
    description: "Which image of the product.",
    repeats: None,
    schema: |generator| generator.subschema_for::<ImageId>(),
    example: "img_019acb5c36b4700088f1a1f7d7f2b0c4",
};

/// The types of images that are taken. No SVG, which can hold scripts; no WebP, whose reader has no bound of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ImageType {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
}

impl ImageType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// An image that is to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "content_type": "image/jpeg", "size": 2345678 }]))]
pub struct CreateImage {
    /// Its type.
    pub content_type: ImageType,
    /// Its bytes, exactly.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub size: u64,
}

/// Leave to upload an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "product_id": "prod_kinoko", "image_id": "img_019acb5c36b4700088f1a1f7d7f2b0c4", "version": 2,
    "upload": {
        "method": "PUT", "url": "https://images.example/uploads/prod_kinoko/img_019acb5c36b4700088f1a1f7d7f2b0c4?X-Amz-Signature=0",
        "headers": { "content-length": "2345678", "content-type": "image/jpeg", "if-none-match": "*" },
        "expires_at": "2026-01-01T00:10:00Z"
    }
}]))]
pub struct ImageUpload {
    /// The product.
    pub product_id: ProductId,
    /// The image.
    pub image_id: ImageId,
    /// The product's version after that.
    pub version: Version,
    /// How to upload it.
    pub upload: SignedUpload,
}

/// A request that the store takes. Whoever has it can make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedUpload {
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// Headers that it must have. Clients set `content-length` by themselves.
    pub headers: BTreeMap<String, String>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Images of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "product_id": "prod_kinoko", "items": [], "expires_at": "2026-01-01T01:00:00Z" }]))]
pub struct ProductImages {
    /// The product.
    pub product_id: ProductId,
    /// The images, oldest first.
    pub items: Vec<ProductImage>,
    /// Until when the addresses are good.
    pub expires_at: Timestamp,
}

/// An image of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductImage {
    /// Which.
    pub image_id: ImageId,
    /// Its state.
    pub status: ImageStatus,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// Placeholder until a picture is there: a ThumbHash in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub placeholder: Option<String>,
    /// Pixels from left to right, of the largest picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub width: Option<u32>,
    /// Pixels from top to bottom, of the largest picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub height: Option<u32>,
    /// Its pictures; none until it is ready.
    pub pictures: Vec<Picture>,
}

/// State of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageStatus {
    /// It may be uploaded, or is being worked on.
    Awaited,
    /// Its pictures are there.
    Ready,
    /// It is nothing that the shop takes.
    Refused,
    /// It was not uploaded in time.
    Expired,
}

/// A picture that was made of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Picture {
    /// Its key, which the product has among its `images`. It ends in `web` or `thumbnail` and what tells its type.
    pub key: String,
    /// Where it can be fetched for a while.
    pub url: String,
}

/// 409: `too-many-images`.
pub const TOO_MANY_IMAGES: ProblemType = ProblemType {
    slug: "too-many-images",
    status: 409,
    title: "The product has no place for another image",
    meaning: "A product has 12 images at the most, uploads included that are awaited.",
    cure: "Delete one first, or wait ten minutes until an upload that never came counts no more.",
};

/// 409: `images-are-off`.
pub const IMAGES_ARE_OFF: ProblemType = ProblemType {
    slug: "images-are-off",
    status: 409,
    title: "This shop has no images",
    meaning: "The installation runs with `IMAGES=off`.",
    cure: "Nothing on your side; whoever runs the shop can turn them on.",
};
