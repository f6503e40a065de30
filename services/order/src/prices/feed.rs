//! Keeps the price table by catalog's events, in whatever order they come.

use shotengai_contracts::Event;
use shotengai_kernel::{Money, ProductId, Version};
use shotengai_messaging::effects;
use shotengai_messaging::outcomes::Ignored;
use shotengai_messaging::{Fault, FaultKind};

use crate::prices::{Listed, Offer, Prices};

impl Prices {
    /// Takes an event of catalog in, the product's `version`th. Idempotent by the row's version. Other events change
    /// nothing.
    ///
    /// # Errors
    /// A [`Fault`] of the table, or of catalog where it has to be asked: the event has to come again.
    pub async fn learn(&self, event: &Event, version: Version) -> Result<(), Fault> {
        match event {
            Event::ProductCreated(event) => {
                let (name, names) = (event.name.clone(), event.names.clone());
                self.offered(&event.product_id, version, Offer { name, names, price: event.price }).await
            }
            Event::ProductUpdated(event) => {
                let (name, names) = (event.name.clone(), event.names.clone());
                self.offered(&event.product_id, version, Offer { name, names, price: event.price }).await
            }
            Event::ProductPriceChanged(event) => self.repriced(&event.product_id, version, event.price).await,
            // All of what it is sold as: whatever of before is yet to come is older.
            Event::ProductRestored(event) => {
                let (name, names) = (event.name.clone(), event.names.clone());
                self.offered(&event.product_id, version, Offer { name, names, price: event.price }).await
            }
            Event::ProductDeleted(event) => self.keep(&event.product_id, &Listed { version, offer: None }).await,
            _ => Ok(()),
        }
    }

    async fn offered(&self, product: &ProductId, version: Version, offer: Offer) -> Result<(), Fault> {
        self.keep(product, &Listed { version, offer: Some(offer) }).await
    }

    /// The event has no names, so it fits only on the version right before it. Behind a gap there may be a new name or a
    /// deletion that has not come yet and, coming later, would be taken for old: then catalog is asked.
    async fn repriced(&self, product: &ProductId, version: Version, price: Money) -> Result<(), Fault> {
        match self.known(product).await? {
            Some(known) if known.version >= version => {
                let is_this = known.version == version;
                effects::stood(if is_this { Ignored::AlreadyApplied } else { Ignored::NewerStands });
                Ok(())
            }
            Some(Listed { version: known, offer: Some(offer) }) if known.next() == version => {
                // Should another writer come between, it wrote this very version or a newer one.
                self.offered(product, version, Offer { price, ..offer }).await
            }
            // Catalog has what its own event tells of; an answer that says otherwise is not catalog's, and the price
            // must not be lost to it.
            _ => match self.refresh(product).await? {
                Some(listed) if listed.version >= version => Ok(()),
                _ => Err(Fault::new(FaultKind::Transient, "catalog.GetProduct", "it does not know its own event")),
            },
        }
    }
}
