//! The order that an event's text names.

use shotengai_kernel::OrderId;

/// How an event about an order names it. Within a text of JSON a quote has a backslash before it, so nothing that somebody has
/// written, a product's name say, can look like this.
const FIELD: &str = "\"order_id\":\"";
/// The same inside a text of JSON: change capture's records have the events of a commit as one.
const QUOTED: &str = "\\\"order_id\\\":\\\"";

/// What a change has, and a text of JSON within it can't: its quotes have backslashes.
const CHANGE: &str = "\"NewImage\"";

/// The order that the text of an event names first; none where it is about no order. Doesn't decode the event: it is asked of
/// every message.
#[must_use]
pub fn order_in(text: &str) -> Option<OrderId> {
    named(text, FIELD)
}

/// The same of a record of the stream: an event, or a change of a table that has a commit in it.
#[must_use]
pub fn order_in_record(data: &[u8]) -> Option<OrderId> {
    let text = std::str::from_utf8(data).ok()?;
    // An event's own texts may have what looks like a quoted field.
    named(text, FIELD).or_else(|| if text.contains(CHANGE) { named(text, QUOTED) } else { None })
}

fn named(text: &str, field: &str) -> Option<OrderId> {
    let (_, id) = text.split_once(field)?;
    OrderId::parse(id.split(['"', '\\']).next()?).ok()
}
