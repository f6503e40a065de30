//! `read_orders`.

use serde_json::{Value, json};
use shotengai_kernel::AggregateId;
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::{Stored, column, corrupt, money, parsed, version, written};
use crate::domain::{OrderRow, order};

impl Stored for OrderRow {
    const LOAD: &'static str = "
        SELECT order_id, user_id, status, items, total_minor, currency, reason, note, refunds, placed_at, updated_at, version
        FROM read_orders WHERE order_id = ANY($1)";
    const WRITE: &'static str = "
        INSERT INTO read_orders AS old
            (order_id, user_id, status, items, total_minor, currency, reason, note, refunds, placed_at, updated_at, version)
        SELECT order_id, user_id, status, items, total_minor, currency, reason, note, refunds, placed_at, updated_at, version
        FROM jsonb_to_recordset($1::jsonb) AS new (
            order_id text, user_id text, status text, items jsonb, total_minor bigint, currency text, reason text,
            note text, refunds jsonb, placed_at timestamptz, updated_at timestamptz, version bigint)
        ORDER BY order_id COLLATE \"C\"
        ON CONFLICT (order_id) DO UPDATE SET
            user_id = excluded.user_id, status = excluded.status, items = excluded.items,
            total_minor = excluded.total_minor, currency = excluded.currency, reason = excluded.reason,
            note = excluded.note, refunds = excluded.refunds, placed_at = excluded.placed_at, updated_at = excluded.updated_at,
            version = excluded.version";
    const ID: &'static str = "order_id";

    fn key(aggregate: &AggregateId) -> &str {
        aggregate.as_str()
    }

    fn read(row: &Row) -> Result<Self, Fault> {
        let reason: Option<String> = column(row, "reason")?;
        Ok(Self {
            order_id: parsed(row, "order_id")?,
            user_id: parsed(row, "user_id")?,
            status: order::stage(column(row, "status")?).ok_or_else(|| corrupt("status"))?,
            items: serde_json::from_value(column(row, "items")?).map_err(|_| corrupt("items"))?,
            total: money(row, "total_minor")?,
            reason: reason
                .map(|reason| serde_json::from_value(Value::String(reason)).map_err(|_| corrupt("reason")))
                .transpose()?,
            note: column(row, "note")?,
            refunds: serde_json::from_value(column(row, "refunds")?).map_err(|_| corrupt("refunds"))?,
            placed_at: column(row, "placed_at")?,
            updated_at: column(row, "updated_at")?,
            version: version(row)?,
        })
    }

    fn write(&self) -> Result<Value, Fault> {
        Ok(json!({
            "order_id": self.order_id,
            "user_id": self.user_id,
            "status": self.status,
            "items": self.items,
            "total_minor": self.total.minor(),
            "currency": self.total.currency(),
            "reason": self.reason,
            "note": self.note,
            "refunds": self.refunds,
            "placed_at": self.placed_at,
            "updated_at": self.updated_at,
            "version": written(self.version)?,
        }))
    }
}
