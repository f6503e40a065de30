//! Price history of a product: read from its events, newest first.

use std::fmt;
use std::str::FromStr;

use shotengai_contracts::api::Page;
use shotengai_contracts::api::products::{PriceSet, PriceSource};
use shotengai_contracts::{CatalogEvent, Envelope};
use shotengai_kernel::{AggregateId, Money, ProductId, Version};
use shotengai_messaging::{Commit, Fault, FaultKind};

use crate::aggregate::Products;

/// Where a page ended. Travels as `<before>.<product>` or `<before>-<pending>.<product>`, which callers should not take apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The next page has what lies before this version,
    before: Version,
    /// and the price of this one, if nothing before it has set the same.
    pending: Option<Version>,
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
        let version = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number).map(Version::new).ok_or(CursorError)
        };
        let (place, id) = text.split_once('.').ok_or(CursorError)?;
        let (before, pending) = match place.split_once('-') {
            Some((before, pending)) => (version(before)?, Some(version(pending)?)),
            None => (version(place)?, None),
        };
        if pending.is_some_and(|pending| pending < before) {
            return Err(CursorError);
        }
        Ok(Self { before, pending, product_id: id.parse().map_err(|_| CursorError)? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.before)?;
        if let Some(pending) = self.pending {
            write!(f, "-{pending}")?;
        }
        write!(f, ".{}", self.product_id)
    }
}

/// A page of the prices that a product has had, newest first; none if there never was such a product. Reads a thousand
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
    let mut before = after.map_or(Version::new(u64::MAX), |cursor| cursor.before);
    let mut listing = Listing::new(usize::try_from(limit).unwrap_or(usize::MAX));
    if let Some(pending) = after.and_then(|cursor| cursor.pending) {
        let page = store.load_newest(&id, pending.next(), 1).await?;
        let sets = page.commits.first().map(sets).transpose()?.unwrap_or_default();
        sets.into_iter().filter(|(_, set)| set.version == pending).for_each(|set| listing.take(set));
    }
    let bound = before;
    let mut scanned = 0;
    let end = loop {
        let page = store.load_newest(&id, before, COMMITS).await?;
        for commit in &page.commits {
            sets(commit)?.into_iter().filter(|(_, set)| set.version < bound).for_each(|set| listing.take(set));
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
    let cursor = |(before, pending)| Cursor { before, pending, product_id: product_id.clone() }.to_string();
    Ok(Some(Page { items, next_cursor: next.map(cursor) }))
}

/// The prices that a commit sets, newest first.
fn sets(commit: &Commit) -> Result<Vec<(Money, PriceSet)>, Fault> {
    let unreadable = |error| Fault::new(FaultKind::Permanent, "catalog.priceHistory", error);
    let mut sets = Vec::new();
    for envelope in commit.events.iter().rev() {
        if let Ok(event) = CatalogEvent::try_from(envelope.event().map_err(unreadable)?) {
            sets.extend(entry(envelope, &event));
        }
    }
    Ok(sets)
}

/// A page as it grows, from the newest price to the oldest. Where several in a row are the same, the first set it.
struct Listing {
    limit: usize,
    items: Vec<PriceSet>,
    /// The last that was seen; one before it may have set the same price.
    last: Option<(Money, PriceSet)>,
}

impl Listing {
    const fn new(limit: usize) -> Self {
        Self { limit, items: Vec::new(), last: None }
    }

    const fn is_full(&self) -> bool {
        self.items.len() >= self.limit
    }

    fn take(&mut self, set: (Money, PriceSet)) {
        if self.is_full() {
            return;
        }
        let is_same = self.last.as_ref().is_some_and(|(price, _)| *price == set.0);
        if let Some((_, passed)) = self.last.replace(set).filter(|_| !is_same) {
            self.items.push(passed);
        }
    }

    /// All that was found, and where to go on; `scanned_to` is where a look ended that did not come to the first commit.
    fn end(mut self, scanned_to: Option<Version>) -> (Vec<PriceSet>, Option<(Version, Option<Version>)>) {
        if self.is_full() {
            let last = self.items.last().map(|last| (last.version, None));
            return (self.items, last);
        }
        let last = self.last.map(|(_, last)| last);
        if let Some(scanned_to) = scanned_to {
            return (self.items, Some((scanned_to, last.map(|last| last.version))));
        }
        self.items.extend(last);
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
        let cursor = Cursor { before: Version::new(3), pending: None, product_id: kinoko.clone() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        let pending = Cursor { pending: Some(Version::new(7)), ..cursor.clone() };
        assert_eq!(pending.to_string().parse(), Ok(pending));
        assert!(cursor.is_of(&kinoko) && !cursor.is_of(&ProductId::parse("prod_takenoko").unwrap()));
        for text in [
            "",
            ".",
            "3",
            "3.",
            "x.prod_1",
            "+3.prod_1",
            "-3.prod_1",
            "99999999999999999999.prod_1",
            "3.ord_1",
            "3-.prod_1",
            "-7.prod_1",
            "7-3.prod_1",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
