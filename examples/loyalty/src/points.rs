//! Points: of each customer a balance, and an entry for each reason that it moved; both are written together, once.

use std::convert::Infallible;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use shotengai_contracts::EventType;
use shotengai_contracts::events::{Event, OrderStage};
use shotengai_kernel::{Money, OrderId, Ports, UserId};
use shotengai_messaging::{CommandError, Delivery, Disposition, EventHandler, Fault, Key, Row, Table, WriteOp, once};

/// Price of one point. An order that was paid before a change and is cancelled after it gives back by the new price.
const MINOR_UNITS: i64 = 100;
const POINTS: &str = "points";

/// Movement of an event: by which entry of whom, how many points.
fn decide(event: &Event) -> Option<(Key, i64)> {
    let entry = |user: &UserId, kind, order: &OrderId| Key::new(user.as_str(), format!("{kind}/{order}"));
    let points = |total: Money| total.minor() / MINOR_UNITS;
    match event {
        Event::OrderPaid(it) => Some((entry(&it.user_id, "paid", &it.order_id), points(it.total))),
        Event::OrderCancelled(it) if it.cancelled_from == OrderStage::Paid => {
            Some((entry(&it.user_id, "cancelled", &it.order_id), -points(it.total)))
        }
        _ => None,
    }
}

#[derive(Clone)]
pub(crate) struct Points {
    pub(crate) table: Arc<dyn Table>,
    pub(crate) ports: Ports,
}

impl Points {
    pub(crate) async fn of(&self, user: &UserId) -> Result<i64, Fault> {
        let row = self.table.get(&Key::new(user.as_str(), POINTS)).await?;
        Ok(row.map_or(0, |row| row.counter(POINTS)))
    }

    /// Moves the balance, once an entry; false where the entry says something else already.
    pub(crate) async fn book(&self, entry: Key, points: i64, why: &str) -> Result<bool, CommandError<Infallible>> {
        let moves = WriteOp::add(Key::new(entry.pk.as_str(), POINTS), POINTS, points);
        let row = Row::new(entry, 1, json!({ POINTS: points, "reason": why }));
        let stands = once(self.table.as_ref(), self.ports.random.as_ref(), row.clone(), [moves]).await?;
        Ok(stands.doc == row.doc)
    }
}

#[async_trait]
impl EventHandler for Points {
    const EVENTS: &'static [EventType] = crate::QUEUE.events();

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let Some((entry, points)) = decide(&delivery.event) else { return Disposition::Done };
        self.book(entry, points, "order").await.map(drop).into()
    }
}
