//! Orders, for those who placed them and for administrators.

use serde_json::Number;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::orders::{Order, OrderItem};
use shotengai_contracts::api::refunds::{Refund, RefundStatus, RefundedLine};
use shotengai_contracts::events::{OrderStage, RefundLine};
use shotengai_kernel::{Money, OrderId, Timestamp, UserId};
use shotengai_messaging::Fault;

use crate::database::Database;
use crate::domain::OrderRow;
use crate::domain::order::RefundRow;
use crate::page::{Cursor, cut};
use crate::store::Stored;

const READ: &str = "postgres.orders";

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT order_id, user_id, status, items, total_minor, currency, reason, note, refunds, placed_at, updated_at, \
             version FROM read_orders WHERE ",
            $rest
        )
    };
}
const ONE: &str = select!("order_id = $1");
const LIST_OWN: &str = select!(
    "user_id = $1 AND ($2::text IS NULL OR status = $2) AND (placed_at, order_id) < ($3, $4) \
     ORDER BY placed_at DESC, order_id DESC LIMIT $5"
);
const LIST_ALL: &str = select!(
    "($1::text IS NULL OR status = $1) AND (placed_at, order_id) < ($2, $3) \
     ORDER BY placed_at DESC, order_id DESC LIMIT $4"
);

/// Later than any order, and within PostgreSQL's calendar and ours: the year 9999.
const END_OF_TIME_SECOND: i64 = 253_370_764_800;

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
fn shown(row: OrderRow) -> Order {
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

fn cursor(order: &Order) -> String {
    Cursor { at: order.placed_at, id: &order.order_id }.to_string()
}

/// A page of orders, newest first: of one person, or of everybody.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    owner: Option<&UserId>,
    status: Option<OrderStage>,
    limit: u32,
    after: Option<&Cursor<OrderId>>,
) -> Result<Page<Order>, Fault> {
    let end = Timestamp::from_second(END_OF_TIME_SECOND).unwrap_or(Timestamp::MAX);
    let (at, id) = after.map_or((end, ""), |cursor| (cursor.at, cursor.id.as_str()));
    let (status, limit_plus_one) = (status.map(OrderStage::as_str), i64::from(limit + 1));
    let session = database.session().await?;
    let rows = match owner {
        Some(user) => session.query(READ, LIST_OWN, &[&user.as_str(), &status, &at, &id, &limit_plus_one]).await,
        None => session.query(READ, LIST_ALL, &[&status, &at, &id, &limit_plus_one]).await,
    }?;
    let orders = rows.iter().map(|row| OrderRow::read(row).map(shown)).collect::<Result<_, _>>()?;
    Ok(cut(orders, limit, cursor))
}

/// One order, whoever asks: who may see it is the caller's to judge.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(database: &Database, id: &OrderId) -> Result<Option<Order>, Fault> {
    let rows = database.session().await?.query(READ, ONE, &[&id.as_str()]).await?;
    Ok(rows.first().map(OrderRow::read).transpose()?.map(shown))
}
