//! Price history of a product: read from its events, newest first.

use std::fmt;
use std::str::FromStr;

use shotengai_contracts::api::Page;
use shotengai_contracts::api::products::{PriceSet, PriceSource};
use shotengai_contracts::{CatalogEvent, Envelope};
use shotengai_kernel::{AggregateId, Money, ProductId, Version};
use shotengai_messaging::{Fault, FaultKind};

use crate::aggregate::Products;

/// The last entry of a page: the next one has what is older. Travels as `<version>.<product>`, which callers should not take
/// apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    version: Version,
    product_id: ProductId,
}

/// A text that is no cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a \"next_cursor\" of this list, unchanged")]
pub struct CursorError;

impl Cursor {
    /// Whether it is of this product's list.
    #[must_use]
    pub fn is_of(&self, product_id: &ProductId) -> bool {
        self.product_id == *product_id
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (version, id) = text.split_once('.').ok_or(CursorError)?;
        let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        let version = version.parse().ok().filter(|_| is_number).map(Version::new).ok_or(CursorError)?;
        Ok(Self { version, product_id: id.parse().map_err(|_| CursorError)? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.product_id)
    }
}

/// A page of the prices that a product has had, newest first; none if there never was such a product. It reads all of the
/// product's events, each time.
///
/// # Errors
/// A [`Fault`] of the store; permanent where an event can't be read by this release.
pub async fn price_history(
    products: &Products,
    product_id: &ProductId,
    limit: u32,
    before: Option<&Cursor>,
) -> Result<Option<Page<PriceSet>>, Fault> {
    let commits = products.writer().store().load(&AggregateId::from(product_id), Version::ZERO).await?;
    let mut all = Vec::new();
    for envelope in commits.iter().flat_map(|commit| &commit.events) {
        let unreadable = |error| Fault::new(FaultKind::Permanent, "catalog.priceHistory", error);
        let Ok(event) = CatalogEvent::try_from(envelope.event().map_err(unreadable)?) else { continue };
        all.extend(entry(envelope, &event));
    }
    // Every history begins with a price.
    Ok((!all.is_empty()).then(|| page(product_id, all, limit, before)))
}

/// The price that an event sets.
fn entry(envelope: &Envelope, event: &CatalogEvent) -> Option<(Money, PriceSet)> {
    let (price, source_sequence) = match event {
        CatalogEvent::ProductCreated(event) => (event.price, None),
        CatalogEvent::ProductUpdated(event) => (event.price, None),
        CatalogEvent::ProductRestored(event) => (event.price, None),
        CatalogEvent::ProductPriceChanged(event) => (event.price, event.source_sequence.clone()),
        CatalogEvent::ProductImageAdded(_) | CatalogEvent::ProductDeleted(_) => return None,
    };
    let source = if source_sequence.is_some() { PriceSource::Stream } else { PriceSource::Command };
    let (since, version) = (envelope.time, envelope.aggregateversion);
    let (major, currency) = (price.to_major_number(), price.currency());
    Some((price, PriceSet { price: major, currency, since, source, source_sequence, version }))
}

/// Entries come oldest first. One at the price of the one before it set none.
fn page(
    product_id: &ProductId,
    mut entries: Vec<(Money, PriceSet)>,
    limit: u32,
    before: Option<&Cursor>,
) -> Page<PriceSet> {
    entries.dedup_by(|(now, _), (before, _)| now == before);
    let newest_first = entries.into_iter().rev().map(|(_, set)| set);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let wanted = newest_first.filter(|set| before.is_none_or(|cursor| set.version < cursor.version));
    let mut items: Vec<_> = wanted.take(limit.saturating_add(1)).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    let next_cursor = last.map(|last| Cursor { version: last.version, product_id: product_id.clone() }.to_string());
    Page { items, next_cursor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_journey_and_is_of_one_list() {
        let kinoko = ProductId::parse("prod_kinoko").unwrap();
        let cursor = Cursor { version: Version::new(3), product_id: kinoko.clone() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        assert!(cursor.is_of(&kinoko) && !cursor.is_of(&ProductId::parse("prod_takenoko").unwrap()));
        for text in ["", ".", "3", "3.", "x.prod_1", "+3.prod_1", "-3.prod_1", "99999999999999999999.prod_1", "3.ord_1"]
        {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
