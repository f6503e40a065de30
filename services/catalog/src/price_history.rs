//! Price history of a product: read from its events, newest first.

use std::fmt;
use std::str::FromStr;

use shotengai_contracts::api::Page;
use shotengai_contracts::api::products::{PriceSet, PriceSource};
use shotengai_contracts::{CatalogEvent, Envelope};
use shotengai_kernel::{AggregateId, Money, ProductId, Version};
use shotengai_messaging::{Fault, FaultKind};

use crate::aggregate::Products;

/// Where a page ended: the next one has what lies before this version. Travels as `<version>.<product>`, which callers should not take
/// apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    version: Version,
    product_id: ProductId,
}

/// Commits that are read together.
const COMMITS: usize = 200;
/// Commits that one page reads at the most.
const SCANNED: usize = 1000;

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

/// A page of the prices that a product has had, newest first; none if there never was such a product. Reads [`SCANNED`]
/// commits at the most, so a page may be short, and not the last.
///
/// # Errors
/// A [`Fault`] of the store; permanent where an event can't be read by this release.
pub async fn price_history(
    products: &Products,
    product_id: &ProductId,
    limit: u32,
    after: Option<&Cursor>,
) -> Result<Option<Page<PriceSet>>, Fault> {
    let (store, id) = (products.writer().store(), AggregateId::from(product_id));
    let mut before = after.map_or(Version::new(u64::MAX), |cursor| cursor.version);
    let mut listing = Listing::new(before, usize::try_from(limit).unwrap_or(usize::MAX));
    let mut scanned = 0;
    let end = loop {
        let page = store.load_newest(&id, before, COMMITS).await?;
        for envelope in page.commits.iter().flat_map(|commit| commit.events.iter().rev()) {
            let unreadable = |error| Fault::new(FaultKind::Permanent, "catalog.priceHistory", error);
            if let Ok(event) = CatalogEvent::try_from(envelope.event().map_err(unreadable)?) {
                listing.take(envelope, &event);
            }
        }
        scanned += page.commits.len();
        before = page.commits.last().map_or(before, |commit| commit.first_version);
        if listing.is_full() || !page.more {
            break None;
        }
        if scanned >= SCANNED {
            break Some(before);
        }
    };
    if scanned == 0 && after.is_none() {
        return Ok(None);
    }
    let (items, next) = listing.end(end);
    let next_cursor = next.map(|version| Cursor { version, product_id: product_id.clone() }.to_string());
    Ok(Some(Page { items, next_cursor }))
}

/// A page as it grows, from the newest price to the oldest. Where several in a row are the same, the first set it.
struct Listing {
    before: Version,
    limit: usize,
    items: Vec<PriceSet>,
    /// The last that was seen; one before it may have set the same price.
    last: Option<(Money, PriceSet)>,
}

impl Listing {
    const fn new(before: Version, limit: usize) -> Self {
        Self { before, limit, items: Vec::new(), last: None }
    }

    const fn is_full(&self) -> bool {
        self.items.len() >= self.limit
    }

    fn take(&mut self, envelope: &Envelope, event: &CatalogEvent) {
        let Some(set) = entry(envelope, event).filter(|(_, set)| set.version < self.before) else { return };
        if self.is_full() {
            return;
        }
        let is_same = self.last.as_ref().is_some_and(|(price, _)| *price == set.0);
        if let Some((_, passed)) = self.last.replace(set).filter(|_| !is_same) {
            self.items.push(passed);
        }
    }

    /// All that was found, and where to go on; `scanned_to` is where a look ended that did not come to the first commit.
    fn end(mut self, scanned_to: Option<Version>) -> (Vec<PriceSet>, Option<Version>) {
        if self.is_full() {
            let last = self.items.last().map(|last| last.version);
            return (self.items, last);
        }
        if let Some(scanned_to) = scanned_to {
            // The last is looked at again: what set its price may lie further back.
            return (self.items, Some(self.last.map_or(scanned_to, |(_, last)| last.version.next())));
        }
        self.items.extend(self.last.map(|(_, last)| last));
        (self.items, None)
    }
}

/// The price that an event sets.
fn entry(envelope: &Envelope, event: &CatalogEvent) -> Option<(Money, PriceSet)> {
    let (price, source_sequence) = match event {
        CatalogEvent::ProductCreated(event) => (event.price, None),
        CatalogEvent::ProductUpdated(event) => (event.price, None),
        CatalogEvent::ProductRestored(event) => (event.price, None),
        CatalogEvent::ProductPriceChanged(event) => (event.price, event.source_sequence.clone()),
        CatalogEvent::ProductImageRequested(_)
        | CatalogEvent::ProductImageAdded(_)
        | CatalogEvent::ProductImageRefused(_)
        | CatalogEvent::ProductImageRemoved(_)
        | CatalogEvent::ProductDeleted(_) => return None,
    };
    let source = if source_sequence.is_some() { PriceSource::Stream } else { PriceSource::Command };
    let (since, version) = (envelope.time, envelope.aggregateversion);
    let (major, currency) = (price.to_major_number(), price.currency());
    Some((price, PriceSet { price: major, currency, since, source, source_sequence, version }))
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
