//! Which products and orders a list shows, and in which order.

use shotengai_contracts::api::filters::{LONGEST_CATEGORY, OrderSort, ProductSort};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{Currency, Decimal, OrderId, ProductId, Timestamp, UserId};
use shotengai_runtime::Caller;

use crate::conditions::Conditions;
use crate::page::{KeyKind, Sorting};
use crate::params::Params;

/// Earlier than any order, and within PostgreSQL's calendar: the year 1.
const EARLIEST_SECOND: i64 = -62_135_596_800;

impl Sorting for ProductSort {
    type Id = ProductId;
    const ALL: &'static [Self] = Self::ALL;
    const ID: &'static str = "p.product_id";

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Oldest | Self::Newest => "p.created_at",
            Self::Price | Self::PriceDown => "p.price_minor",
            Self::Name => "left(lower(p.name COLLATE \"C\"), 200)",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Oldest | Self::Newest => KeyKind::Moment,
            Self::Price | Self::PriceDown => KeyKind::Number,
            Self::Name => KeyKind::Text,
        }
    }

    fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::PriceDown)
    }
}

impl Sorting for OrderSort {
    type Id = OrderId;
    const ALL: &'static [Self] = Self::ALL;
    const ID: &'static str = "order_id";

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn key(self) -> &'static str {
        "placed_at"
    }

    fn kind(self) -> KeyKind {
        KeyKind::Moment
    }

    fn descends(self) -> bool {
        matches!(self, Self::Newest)
    }
}

/// The pieces of a product `p` that can be ordered now. Looked up row by row where it is used, and so for a page's rows alone
/// where nothing is filtered by it: a join would have PostgreSQL read all of the stock for some hundred products.
pub const AVAILABLE: &str = "coalesce((SELECT s.available FROM read_stock s WHERE s.product_id = p.product_id), 0)";

/// Which products are wanted; those that are on sale, unless it says more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// Of this category, or one below it.
    pub category: Option<String>,
    /// At this price or a higher one.
    pub min_price: Option<Bound>,
    /// At this price or a lower one.
    pub max_price: Option<Bound>,
    /// Whether pieces can be ordered now.
    pub in_stock: Option<bool>,
}

/// A price that others are held against, in minor units. A price in another currency is neither above nor below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The amount; may be beyond what any price is.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
}

impl ProductFilter {
    /// Reads the filters of a request, prices in this currency.
    pub fn read(params: &mut Params, currency: Currency) -> Self {
        Self {
            category: params.category(),
            min_price: params.price("min_price", currency, |whole, more| whole.saturating_add(i64::from(more))),
            max_price: params.price("max_price", currency, |whole, _| whole),
            in_stock: params.flag("in_stock"),
        }
    }

    /// The same as conditions on `read_products p`.
    pub fn conditions(&self, conditions: &mut Conditions) {
        self.indexed(conditions);
        match self.in_stock {
            Some(true) => conditions.and(format!("{AVAILABLE} > 0")),
            Some(false) => conditions.and(format!("{AVAILABLE} <= 0")),
            None => {}
        }
    }

    /// Those of them that an index of `read_products` answers.
    pub fn indexed(&self, conditions: &mut Conditions) {
        conditions.and("NOT p.deleted");
        if let Some(category) = &self.category {
            let category = conditions.value(category.clone());
            conditions.and(format!("read_category_paths(p.categories) @> ARRAY[{category}]"));
        }
        for (bound, holds) in [(self.min_price, ">="), (self.max_price, "<=")] {
            if let Some(Bound { minor, currency }) = bound {
                let (minor, currency) = (conditions.value(minor), conditions.value(currency.code()));
                conditions.and(format!("p.price_minor {holds} {minor} AND p.currency = {currency}"));
            }
        }
    }
}

/// Which orders are wanted; all, unless it says more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Of this person.
    pub owner: Option<UserId>,
    /// That have come so far.
    pub status: Option<OrderStage>,
    /// That were placed after this moment.
    pub placed_after: Option<Timestamp>,
    /// That were placed before this moment.
    pub placed_before: Option<Timestamp>,
    /// With this product in them.
    pub product: Option<ProductId>,
}

impl OrderFilter {
    /// Reads the filters of a caller's request. Everybody but administrators sees their own orders alone.
    pub fn read(params: &mut Params, caller: &Caller) -> Self {
        let status = params.status();
        let (placed_after, placed_before) = (params.moment("placed_after"), params.moment("placed_before"));
        let product = params.id("product_id", "must be a product's id");
        let named = params.id::<UserId>("user_id", "must be a user's id");
        let owner = if caller.admin { named } else { Some(own(params, named, caller)) };
        Self { owner, status, placed_after, placed_before, product }
    }

    /// The same as conditions on `read_orders`.
    pub fn conditions(&self, conditions: &mut Conditions) {
        if let Some(owner) = &self.owner {
            let owner = conditions.value(owner.as_str().to_owned());
            conditions.and(format!("user_id = {owner}"));
        }
        if let Some(status) = self.status {
            let status = conditions.value(status.as_str());
            conditions.and(format!("status = {status}"));
        }
        for (moment, holds) in [(self.placed_after, ">"), (self.placed_before, "<")] {
            if let Some(moment) = moment {
                let moment = conditions.value(moment);
                conditions.and(format!("placed_at {holds} {moment}"));
            }
        }
        if let Some(product) = &self.product {
            let product = conditions.value(product.as_str().to_owned());
            conditions.and(format!("jsonb_path_query_array(items, '$[*].product_id') @> jsonb_build_array({product})"));
        }
    }
}

fn own(params: &mut Params, named: Option<UserId>, caller: &Caller) -> UserId {
    if named.is_some_and(|named| named != caller.user_id) {
        params.fault("user_id", "must be your own: only administrators see orders of others");
    }
    caller.user_id.clone()
}

/// Reading them.
impl Params {
    /// `category`: only products of it, or of one below it.
    pub fn category(&mut self) -> Option<String> {
        let category = self.one("category")?;
        let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let level = |level: &str| !level.is_empty() && level.bytes().all(is_fit);
        if category.len() <= LONGEST_CATEGORY && category.split('/').count() <= 4 && category.split('/').all(level) {
            return Some(category);
        }
        self.fault("category", "must be a category such as sweets or sweets/chocolate");
        None
    }

    /// A price in major units of the street's currency. `round` makes an amount of its whole minor units, and of whether
    /// there is a part of one more.
    fn price(&mut self, name: &str, currency: Currency, round: impl Fn(i64, bool) -> i64) -> Option<Bound> {
        let price = self.one(name)?.parse::<Decimal>().ok();
        let Some((whole, more)) = price.and_then(|price| price.whole_units(currency.decimals())) else {
            self.fault(name, "must be a number, 0 at least");
            return None;
        };
        Some(Bound { minor: round(whole, more), currency })
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.one(name)?.parse().ok();
        if flag.is_none() {
            self.fault(name, "must be true or false");
        }
        flag
    }

    /// A moment.
    pub(crate) fn moment(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.one(name)?;
        // The calendar of ours ends some hours before RFC 3339's.
        let end = || text.strip_prefix("9999").and_then(|rest| format!("9998{rest}").parse::<Timestamp>().ok());
        let moment = text.parse().ok().or_else(|| end().map(|_| Timestamp::MAX));
        let moment = moment.filter(|moment: &Timestamp| moment.as_second() >= EARLIEST_SECOND);
        if moment.is_none() {
            self.fault(name, "must be a time such as 2026-11-28T12:34:56Z (RFC 3339)");
        }
        moment
    }

    /// An id.
    fn id<Id: std::str::FromStr>(&mut self, name: &str, why: &str) -> Option<Id> {
        let id = self.one(name)?.parse().ok();
        if id.is_none() {
            self.fault(name, why);
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_rfc_3339() {
        for (text, wanted) in [
            ("2026-11-28T12:34:56Z", Some("2026-11-28T12:34:56Z")),
            ("2026-11-28t12:34:56.5+09:00", Some("2026-11-28T03:34:56.5Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-30T22:00:00.999999999Z")),
            ("9999-13-31T23:59:59Z", None),
            ("-009999-01-02T01:59:59Z", None),
            ("2026-11-28", None),
            ("1767225600", None),
            ("", None),
        ] {
            let mut params = Params::new(vec![("placed_after".to_owned(), text.to_owned())]);
            let moment = params.moment("placed_after").map(|moment| moment.to_string());
            assert_eq!((moment.as_deref(), params.faults().len()), (wanted, usize::from(wanted.is_none())), "{text}");
        }
    }

    #[test]
    fn a_price_that_no_coin_is_for_is_rounded_into_its_bound() {
        let read = |name: &str, text: &str| {
            let mut params = Params::new(vec![(name.to_owned(), text.to_owned())]);
            let filter = ProductFilter::read(&mut params, Currency::JPY);
            filter.min_price.or(filter.max_price).map(|bound| bound.minor)
        };
        for (name, text, wanted) in [
            ("min_price", "100.2", Some(101)),
            ("max_price", "100.2", Some(100)),
            ("max_price", "1e2", Some(100)),
            ("min_price", "1e308", Some(i64::MAX)),
            ("min_price", "-0.1", None),
            ("min_price", "NaN", None),
        ] {
            assert_eq!(read(name, text), wanted, "{name}={text}");
        }
    }
}
