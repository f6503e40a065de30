//! Orders, for those who placed them and for administrators.

use serde::Serialize;
use shotengai_contracts::events::{CancelReason, OrderStage};
use shotengai_kernel::{Currency, Names, OrderId, ProductId, Quantity, Timestamp, UserId, Version};
use shotengai_messaging::Fault;

use crate::database::Database;
use crate::domain::OrderRow;
use crate::page::{Cursor, Page};
use crate::store::Stored;

const READ: &str = "postgres.orders";

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT order_id, user_id, status, items, total_minor, currency, reason, note, placed_at, updated_at, \
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

/// A line as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemView {
    /// The product.
    pub product_id: ProductId,
    /// What it was called when ordered.
    pub name: String,
    /// What it was called then in other languages.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// How many pieces.
    pub quantity: Quantity,
    /// Price of one piece when ordered, in major units of the order's currency.
    pub price: serde_json::Number,
}

/// An order as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderView {
    /// Which.
    pub order_id: OrderId,
    /// Whose; not for those who have no more than a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// How far it has come.
    pub status: OrderStage,
    /// Its lines.
    pub items: Vec<ItemView>,
    /// Sum of all lines, in major units.
    pub total: serde_json::Number,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Why it was cancelled, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
    /// What was said about the cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Its version.
    pub version: Version,
}

impl From<OrderRow> for OrderView {
    fn from(row: OrderRow) -> Self {
        let items = row.items.into_iter().map(|item| ItemView {
            price: item.price.to_major_number(),
            product_id: item.product_id,
            name: item.name,
            names: item.names,
            quantity: item.quantity,
        });
        Self {
            order_id: row.order_id,
            user_id: Some(row.user_id),
            status: row.status,
            items: items.collect(),
            total: row.total.to_major_number(),
            currency: row.total.currency(),
            reason: row.reason,
            note: row.note,
            placed_at: row.placed_at,
            version: row.version,
        }
    }
}

impl OrderView {
    /// As it is shown to whoever has a link: the order, and nothing that somebody is known by or wrote.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { user_id: None, note: None, ..self }
    }

    fn cursor(&self) -> String {
        Cursor { at: self.placed_at, id: &self.order_id }.to_string()
    }
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
) -> Result<Page<OrderView>, Fault> {
    let end = Timestamp::from_second(END_OF_TIME_SECOND).unwrap_or(Timestamp::MAX);
    let (at, id) = after.map_or((end, ""), |cursor| (cursor.at, cursor.id.as_str()));
    let (status, limit_plus_one) = (status.map(OrderStage::as_str), i64::from(limit + 1));
    let session = database.session().await?;
    let rows = match owner {
        Some(user) => session.query(READ, LIST_OWN, &[&user.as_str(), &status, &at, &id, &limit_plus_one]).await,
        None => session.query(READ, LIST_ALL, &[&status, &at, &id, &limit_plus_one]).await,
    }?;
    let orders = rows.iter().map(|row| OrderRow::read(row).map(OrderView::from)).collect::<Result<_, _>>()?;
    Ok(Page::cut(orders, limit, OrderView::cursor))
}

/// One order, whoever asks: who may see it is the caller's to judge.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(database: &Database, id: &OrderId) -> Result<Option<OrderView>, Fault> {
    let rows = database.session().await?.query(READ, ONE, &[&id.as_str()]).await?;
    Ok(rows.first().map(OrderRow::read).transpose()?.map(OrderView::from))
}
