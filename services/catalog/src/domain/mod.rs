//! The product as an aggregate: what is known of it, and what each command leads to. Pure.

mod change;
mod decide;
mod details;
mod extras;
mod images;
mod product;
mod reprice;

#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod images_tests;

pub use change::Change;
pub use decide::{Expected, Identity, Refusal, create, delete, restore, update};
pub use details::{DESCRIPTION, Details, DetailsError, MAX_STOCK, NAME, initial_stock};
pub use extras::{Extras, GivenExtras, MAX_CATEGORIES, SEARCH_TEXT};
pub use images::{
    GivenImage, ImageEntry, ImageRefusal, ImageState, MAX_IMAGE_BYTES, MAX_IMAGES, add_image, refuse_image,
    remove_image, request_image,
};
pub use product::{KnownProduct, Product};
pub use reprice::{PriceRefusal, reprice};
