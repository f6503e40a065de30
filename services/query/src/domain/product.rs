//! Products as customers see them, without their stock.

use shotengai_contracts::events::Presentation;
use shotengai_contracts::{CatalogEvent, Envelope, Misplaced};
use shotengai_kernel::{AggregateId, Money, Names, ProductId, Timestamp, Version};

use super::{Fold, stored_text, stored_time};

/// One product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Which.
    pub product_id: ProductId,
    /// What people call it.
    pub name: String,
    /// What people call it in other languages.
    pub names: Names,
    /// A few sentences for people.
    pub description: String,
    /// How it is presented beside that.
    pub presentation: Presentation,
    /// Price of one piece.
    pub price: Money,
    /// Object keys in the image bucket, oldest first.
    pub image_keys: Vec<String>,
    /// Gone from the street; the row stays as a tombstone.
    pub deleted: bool,
    /// When it came into the street.
    pub created_at: Timestamp,
    /// When its last event was decided.
    pub updated_at: Timestamp,
    /// The product aggregate's version.
    pub version: Version,
}

impl Fold for ProductRow {
    type Event = CatalogEvent;

    fn folds(aggregate: &AggregateId) -> bool {
        ProductId::parse(aggregate.as_str()).is_ok()
    }

    fn aggregate_id(&self) -> AggregateId {
        AggregateId::from(&self.product_id)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn begin(envelope: &Envelope, event: &CatalogEvent) -> Option<Self> {
        let CatalogEvent::ProductCreated(created) = event else { return None };
        let time = stored_time(envelope.time);
        Some(Self {
            product_id: created.product_id.clone(),
            name: stored_text(&created.name),
            names: created.names.map(stored_text),
            description: stored_text(&created.description),
            presentation: stored(&created.presentation),
            price: created.price,
            image_keys: Vec::new(),
            deleted: false,
            created_at: time,
            updated_at: time,
            version: envelope.aggregateversion,
        })
    }

    fn evolve(&mut self, envelope: &Envelope, event: &CatalogEvent) -> Result<(), Misplaced> {
        match event {
            // Created again after a deletion: a new product under the old id.
            CatalogEvent::ProductCreated(_) => {
                if let Some(row) = Self::begin(envelope, event) {
                    *self = row;
                }
            }
            CatalogEvent::ProductUpdated(updated) => {
                self.name = stored_text(&updated.name);
                self.names = updated.names.map(stored_text);
                self.description = stored_text(&updated.description);
                self.presentation = stored(&updated.presentation);
                self.price = updated.price;
            }
            CatalogEvent::ProductPriceChanged(changed) => self.price = changed.price,
            CatalogEvent::ProductImageAdded(added) => {
                for key in added.keys.iter().map(|key| stored_text(key)) {
                    if !self.image_keys.contains(&key) {
                        self.image_keys.push(key);
                    }
                }
            }
            CatalogEvent::ProductImageRemoved(removed) => {
                let gone: Vec<_> = removed.keys.iter().map(|key| stored_text(key)).collect();
                self.image_keys.retain(|key| !gone.contains(key));
            }
            // What nobody can look at yet, or never will.
            CatalogEvent::ProductImageRequested(_) | CatalogEvent::ProductImageRefused(_) => {}
            CatalogEvent::ProductDeleted(_) => {
                self.deleted = true;
                self.image_keys.clear();
            }
            CatalogEvent::ProductRestored(restored) => {
                self.name = stored_text(&restored.name);
                self.names = restored.names.map(stored_text);
                self.description = stored_text(&restored.description);
                self.presentation = stored(&restored.presentation);
                self.price = restored.price;
                self.deleted = false;
            }
        }
        self.updated_at = stored_time(envelope.time);
        self.version = envelope.aggregateversion;
        Ok(())
    }
}

fn stored(presentation: &Presentation) -> Presentation {
    Presentation {
        descriptions: presentation.descriptions.map(stored_text),
        categories: presentation.categories.iter().map(|category| stored_text(category)).collect(),
        search_text: stored_text(&presentation.search_text),
    }
}
