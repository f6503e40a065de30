//! State of a product.

use serde::{Deserialize, Serialize};
use shotengai_contracts::{CatalogEvent, Misplaced};
use shotengai_kernel::ProductId;

use super::{Details, ImageEntry, ImageState};

/// The details that an event tells of; several have the same fields.
macro_rules! recorded {
    ($event:ident) => {
        Details::recorded(
            $event.name.clone(),
            $event.names.clone(),
            $event.description.clone(),
            $event.presentation.clone(),
            $event.price,
        )
    };
}

/// A product, perhaps not created yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Product {
    known: Option<KnownProduct>,
}

/// A product that was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownProduct {
    /// Its id.
    pub product_id: ProductId,
    /// Details as they are now.
    pub details: Details,
    /// Details that it was created with; a repeated request is compared with them.
    pub created_as: Details,
    /// The pieces it started with. Inventory knows how many there are now.
    pub initial_stock: u32,
    /// Whether it left the street.
    pub deleted: bool,
    /// The last record of the price stream that set its price.
    #[serde(default)]
    pub source_sequence: Option<String>,
    /// Its images, oldest first: those that are awaited or were refused, too.
    #[serde(default)]
    pub images: Vec<ImageEntry>,
}

impl Product {
    /// The product, once it was created.
    #[must_use]
    pub const fn known(&self) -> Option<&KnownProduct> {
        self.known.as_ref()
    }

    /// Takes a fact in.
    ///
    /// # Errors
    /// [`Misplaced`] when it doesn't follow what came before: nothing changes then.
    pub fn evolve(&mut self, event: &CatalogEvent) -> Result<(), Misplaced> {
        match (self.known.as_mut(), event) {
            (None, CatalogEvent::ProductCreated(event)) => {
                let details = recorded!(event);
                self.known = Some(KnownProduct {
                    product_id: event.product_id.clone(),
                    created_as: details.clone(),
                    details,
                    initial_stock: event.stock,
                    deleted: false,
                    source_sequence: None,
                    images: Vec::new(),
                });
            }
            (Some(product), CatalogEvent::ProductUpdated(event)) => {
                product.details = recorded!(event);
            }
            (Some(product), CatalogEvent::ProductPriceChanged(event)) => {
                product.details.reprice(event.price);
                // One that was set by hand leaves it: what the stream said before stays old.
                if event.source_sequence.is_some() {
                    product.source_sequence.clone_from(&event.source_sequence);
                }
            }
            // Its images go with it.
            (Some(product), CatalogEvent::ProductDeleted(_)) => {
                product.deleted = true;
                product.images.clear();
            }
            (Some(product), CatalogEvent::ProductRestored(event)) => {
                product.details = recorded!(event);
                product.deleted = false;
            }
            (Some(product), CatalogEvent::ProductImageRequested(event)) => {
                product.images.retain(|image| image.image_id != event.image_id);
                product.images.push(ImageEntry {
                    image_id: event.image_id.clone(),
                    content_type: event.content_type.clone(),
                    size: event.size,
                    state: ImageState::Awaited { until: event.expires_at },
                });
                ImageEntry::forget_oldest(&mut product.images);
            }
            (Some(product), CatalogEvent::ProductImageAdded(event)) => {
                // Those from before there were uploads have no id, and nothing is decided about them.
                let Some(added) = &event.image else { return Ok(()) };
                let state = ImageState::Ready {
                    keys: event.keys.clone(),
                    width: added.width,
                    height: added.height,
                    placeholder: added.placeholder.clone(),
                };
                ImageEntry::set(&mut product.images, &added.image_id, state);
            }
            (Some(product), CatalogEvent::ProductImageRefused(event)) => {
                let state = ImageState::Refused { reason: event.reason.clone() };
                ImageEntry::set(&mut product.images, &event.image_id, state);
            }
            (Some(product), CatalogEvent::ProductImageRemoved(event)) => {
                product.images.retain(|image| image.image_id != event.image_id);
            }
            (Some(_), CatalogEvent::ProductCreated(_))
            | (
                None,
                CatalogEvent::ProductUpdated(_)
                | CatalogEvent::ProductPriceChanged(_)
                | CatalogEvent::ProductImageRequested(_)
                | CatalogEvent::ProductImageAdded(_)
                | CatalogEvent::ProductImageRefused(_)
                | CatalogEvent::ProductImageRemoved(_)
                | CatalogEvent::ProductDeleted(_)
                | CatalogEvent::ProductRestored(_),
            ) => return Err(Misplaced::of(event)),
        }
        Ok(())
    }
}
