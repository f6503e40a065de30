//! Orders, for those who placed them and for administrators.

use serde_json::Number;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::filters::OrderSort;
use shotengai_contracts::api::listed::Listed;
use shotengai_contracts::api::orders::{Order, OrderItem};
use shotengai_contracts::api::refunds::{Refund, RefundStatus, RefundedLine};
use shotengai_contracts::events::RefundLine;
use shotengai_kernel::{Money, OrderId, UserId};
use shotengai_messaging::Fault;

use crate::conditions::Conditions;
use crate::damaged::one;
use crate::database::Database;
use crate::domain::OrderRow;
use crate::domain::order::RefundRow;
use crate::filters::OrderFilter;
use crate::page::{Cursor, paged, select};
use crate::store::{Stored, parsed};

const READ: &str = "postgres.orders";

const TABLE: &str = "read_orders";
/// The columns that [`OrderRow`] is read from.
const COLUMNS: &str =
    "order_id, user_id, status, items, total_minor, currency, reason, note, refunds, placed_at, updated_at, version";

/// Sum that went back, where there are refunds. Each is no more than the order's total, so the sum of all is an amount; where it
/// were none, nothing is said.
fn refunded(row: &OrderRow) -> Option<Number> {
    let paid = row.refunds.iter().filter(|refund| refund.status == RefundStatus::Refunded);
    let sum = paid.into_iter().try_fold(Money::zero(row.total.currency()), |sum, refund| sum.plus(refund.amount));
    if row.refunds.is_empty() { None } else { sum.ok().map(Money::to_major_number) }
}

fn shown_refund(refund: RefundRow) -> Refund {
    let line =
        |line: RefundLine| RefundedLine { product_id: line.product_id, quantity: line.quantity, restock: line.restock };
    Refund {
        refund_id: refund.refund_id,
        status: refund.status,
        amount: refund.amount.to_major_number(),
        lines: refund.lines.into_iter().map(line).collect(),
        reason: Some(refund.reason),
        requested_at: refund.requested_at,
    }
}

/// A row as it is shown.
pub(crate) fn shown(row: OrderRow) -> Order {
    let refunded = refunded(&row);
    let items = row.items.into_iter().map(|item| OrderItem {
        price: item.price.to_major_number(),
        product_id: item.product_id,
        name: item.name,
        names: item.names,
        quantity: item.quantity,
    });
    Order {
        order_id: row.order_id,
        user_id: Some(row.user_id),
        status: row.status,
        items: items.collect(),
        total: row.total.to_major_number(),
        currency: row.total.currency(),
        reason: row.reason,
        note: row.note,
        refunded,
        refunds: row.refunds.into_iter().map(shown_refund).collect(),
        placed_at: row.placed_at,
        version: row.version,
    }
}

/// As it is shown to whoever has a link: the order, and nothing that somebody is known by or wrote.
#[must_use]
pub fn shared(order: Order) -> Order {
    let refunds = order.refunds.into_iter().map(|refund| Refund { reason: None, ..refund }).collect();
    Order { user_id: None, note: None, refunds, ..order }
}

/// The statement of [`list`], and the values that stand in it.
#[must_use]
pub fn listing(
    filter: &OrderFilter,
    sort: OrderSort,
    limit: u32,
    after: Option<&Cursor<OrderSort>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(&mut conditions);
    select(COLUMNS, TABLE, conditions, sort, after, limit)
}

/// A page of orders.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    filter: &OrderFilter,
    sort: OrderSort,
    limit: u32,
    after: Option<&Cursor<OrderSort>>,
) -> Result<Page<Listed<Order>>, Fault> {
    let listing = listing(filter, sort, limit, after);
    paged((database, READ), listing, (sort, limit), TABLE, |row| OrderRow::read(row).map(shown)).await
}

/// An order, and whose it is where that can be read.
pub struct Found {
    /// Whose it is.
    pub owner: Option<UserId>,
    /// The order.
    pub order: Listed<Order>,
}

/// One order, whoever asks: who may see it is the caller's to judge. Damaged where its row can't be read.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(database: &Database, id: &OrderId) -> Result<Option<Found>, Fault> {
    let statement = format!("SELECT {COLUMNS} FROM {TABLE} WHERE order_id = $1");
    let rows = database.session().await?.query(READ, &statement, &[&id.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let order = one(TABLE, id.as_str(), row, |row| OrderRow::read(row).map(shown))?;
    Ok(Some(Found { owner: parsed(row, "user_id").ok(), order }))
}
