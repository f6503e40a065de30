//! Lists in pages.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};

use super::ProblemType;
use super::parameter::Parameter;

/// The most entries a page may have.
pub const MAX_LIMIT: u32 = 100;
/// How many a page has if nothing is said.
pub const DEFAULT_LIMIT: u32 = 20;
/// The most versions one read may wait for.
pub const MAX_MIN_VERSIONS: usize = 10;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; null at the end. Send it back unchanged as `cursor`.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

/// How many entries a page has.
pub const LIMIT: Parameter = Parameter::query(
    "limit",
    "How many entries the page has.",
    |_| json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT }),
    "20",
);

/// Where a page begins.
pub const CURSOR: Parameter = Parameter::query(
    "cursor",
    "Where the page begins: `next_cursor` of the page before it, unchanged, with the same `sort`.",
    |_| json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9._~-]+$" }),
    "1767225600000001.prod_kinoko",
);

/// Pattern of what a read can wait for, without its anchors.
macro_rules! version_pattern {
    () => {
        "(prod_|stock/prod_|ord_|pay_|cart_)[A-Za-z0-9_-]{1,64}:[0-9]{1,19}"
    };
}
pub(super) use version_pattern;

/// What a read has to show.
pub const MIN_VERSION: Parameter = Parameter {
    repeats: Some(MAX_MIN_VERSIONS),
    ..Parameter::query(
        "min_version",
        "Read your own writes: waits a while until the read model shows this version of a product, of its stock, of an \
         order, a payment or a cart, or a later one. `<id>:<version>`, as commands answer them; the id of a product, \
         `stock/<product>`, of an order, a payment or a cart. May be given ten times. If it doesn't show in time: 504 `not-caught-up`.",
        |_| json_schema!({ "type": "string", "pattern": concat!("^", version_pattern!(), "$") }),
        "prod_kinoko:1",
    )
};

/// 504: `not-caught-up`.
pub const NOT_CAUGHT_UP: ProblemType = ProblemType {
    slug: "not-caught-up",
    status: 504,
    title: "The read model is behind",
    meaning: "The read model did not reach the `min_version` in time, too many reads wait for it, or there is no such thing. \
              What was written is safe, but can't be read yet.",
    cure: "Ask again after `Retry-After` seconds, or without `min_version` for what there is.",
};
