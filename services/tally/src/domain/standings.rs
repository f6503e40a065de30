//! Who leads: the totals of all products, how two moments differ, and how both are told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shotengai_contracts::live::{LiveKind, LiveMessage, LiveProduct};
use shotengai_kernel::ProductId;

/// The totals of one product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it is called.
    pub name: String,
    /// Pieces of paid orders.
    pub sold: i64,
    /// Pieces of orders that were paid and then cancelled.
    pub returned: i64,
    /// Paid orders that had it.
    pub orders: i64,
}

/// The totals of all products.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings(pub BTreeMap<ProductId, Standing>);

/// Which products a client wants to hear of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Option<BTreeSet<ProductId>>);

impl Filter {
    /// All there are and will be.
    #[must_use]
    pub const fn all() -> Self {
        Self(None)
    }

    /// These only.
    #[must_use]
    pub const fn only(products: BTreeSet<ProductId>) -> Self {
        Self(Some(products))
    }

    /// Whether everything passes.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether this product passes.
    #[must_use]
    pub fn passes(&self, product: &ProductId) -> bool {
        self.0.as_ref().is_none_or(|products| products.contains(product))
    }
}

impl Standings {
    /// The first message of a client: all its products.
    #[must_use]
    pub fn snapshot(&self, filter: &Filter, at: Timestamp) -> String {
        let products = self.0.iter().filter(|(product, _)| filter.passes(product));
        text(LiveKind::Snapshot, products.map(live).collect(), at)
    }

    /// The products that differ from `before`; none when nothing does. Products never leave the tally.
    #[must_use]
    pub fn change(&self, before: &Self, filter: &Filter, at: Timestamp) -> Option<String> {
        let changed = self
            .0
            .iter()
            .filter(|(product, standing)| filter.passes(product) && before.0.get(product) != Some(standing));
        let products: Vec<_> = changed.map(live).collect();
        if products.is_empty() { None } else { Some(text(LiveKind::Change, products, at)) }
    }
}

fn live((product_id, standing): (&ProductId, &Standing)) -> LiveProduct {
    let (product_id, name) = (product_id.clone(), standing.name.clone());
    LiveProduct { product_id, name, sold: standing.sold, returned: standing.returned }
}

fn text(kind: LiveKind, products: Vec<LiveProduct>, at: Timestamp) -> String {
    // Texts and whole numbers always serialize.
    serde_json::to_string(&LiveMessage { kind, products, at }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standings(sold: &[(&str, i64)]) -> Standings {
        let standing = |sold| Standing { name: "x".to_owned(), sold, returned: 0, orders: sold };
        Standings(sold.iter().map(|(id, sold)| (ProductId::parse(id).unwrap(), standing(*sold))).collect())
    }

    #[test]
    fn only_what_changed_is_told() {
        let (before, after) = (standings(&[("prod_a", 1), ("prod_b", 1)]), standings(&[("prod_a", 1), ("prod_b", 2)]));
        let at = Timestamp::UNIX_EPOCH;
        let change = after.change(&before, &Filter::all(), at).unwrap();
        assert!(change.contains("prod_b") && !change.contains("prod_a"), "{change}");
        assert_eq!(after.change(&after, &Filter::all(), at), None);
        let only_a = Filter::only(BTreeSet::from([ProductId::parse("prod_a").unwrap()]));
        assert_eq!(after.change(&before, &only_a, at), None);
        assert!(!after.snapshot(&only_a, at).contains("prod_b"));
    }
}
