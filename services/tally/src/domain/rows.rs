//! Where everything stands in the table `tally-counters`.
//!
//! | pk | sk | |
//! |---|---|---|
//! | `seen/<order>` | `paid`, `returned`, `returned/<refund>` | makes an order, and each refund of it, count once; for ever |
//! | `count/<product>/<shard>` | `total` | `sold`, `returned`, `orders` |
//! | `minute/<YYYY-MM-DDTHH:MM>/<shard>` | `sales` | `sold/<product>`, `returned/<product>`; 24 hours |
//! | `products` | `<product>` | its name |
//! | `rivals` | `chosen` | the two rivals, where somebody chose them |
//!
//! Every counter is the sum of its eight shards: two writers meet on one row in one of eight cases. A minute has one row
//! (a shard) for all products, so that a batch costs one operation a minute and a chart reads eight rows a minute.

use jiff::{SignedDuration, Timestamp};
use shotengai_contracts::topology::tables;
use shotengai_kernel::{OrderId, ProductId, RefundId};
use shotengai_messaging::Key;

use super::count::Effect;

/// Rows that one counter is spread over.
pub const SHARDS: u64 = 8;
/// How long minutes are kept.
pub const MINUTE_KEPT: SignedDuration = tables::TALLY_MINUTES.kept;
/// Partition of the products there are.
pub const PRODUCTS: &str = "products";

/// Counter of orders that had a product.
pub const ORDERS: &str = "orders";

/// Makes this effect of this order, or of this refund of it, count once.
#[must_use]
pub fn seen(order: &OrderId, effect: Effect, refund: Option<RefundId>) -> Key {
    let which = match refund {
        Some(refund) => format!("{}/{refund}", effect.as_str()),
        None => effect.as_str().to_owned(),
    };
    Key::new(format!("seen/{order}"), which)
}

/// One shard of a product's totals.
#[must_use]
pub fn total(product: &ProductId, shard: u64) -> Key {
    Key::new(format!("count/{product}/{shard}"), "total")
}

/// One shard of a minute.
#[must_use]
pub fn minute(minute: &str, shard: u64) -> Key {
    Key::new(format!("minute/{minute}/{shard}"), "sales")
}

/// The row of the two rivals.
#[must_use]
pub fn rivals() -> Key {
    Key::new("rivals", "chosen")
}

/// A product's row.
#[must_use]
pub fn product(product: &ProductId) -> Key {
    Key::new(PRODUCTS, product.as_str())
}

/// The minute of a moment, as it stands in keys and answers; UTC.
#[must_use]
pub fn minute_of(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Counter of a product within a minute.
#[must_use]
pub fn minute_counter(effect: Effect, product: &ProductId) -> String {
    format!("{}/{product}", effect.counter())
}

/// The minute and shard of a minute row's key.
#[must_use]
pub fn read_minute(key: &Key) -> Option<&str> {
    key.pk.strip_prefix("minute/")?.rsplit_once('/').map(|(minute, _)| minute)
}

/// The product of a total row's key.
#[must_use]
pub fn read_total(key: &Key) -> Option<ProductId> {
    let (product, _) = key.pk.strip_prefix("count/")?.rsplit_once('/')?;
    ProductId::parse(product).ok()
}
