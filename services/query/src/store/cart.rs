//! `read_carts`.

use serde_json::{Value, json};
use shotengai_kernel::{AggregateId, Money};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::{Stored, column, corrupt, parsed, version, written};
use crate::domain::CartRow;

impl Stored for CartRow {
    const LOAD: &'static str = "
        SELECT cart_id, user_id, lines, pieces, value_minor, currency, opened_at, updated_at, version
        FROM read_carts WHERE cart_id = ANY($1)";
    const WRITE: &'static str = "
        INSERT INTO read_carts AS old
            (cart_id, user_id, lines, pieces, value_minor, currency, opened_at, updated_at, version)
        SELECT cart_id, user_id, lines, pieces, value_minor, currency, opened_at, updated_at, version
        FROM jsonb_to_recordset($1::jsonb) AS new (
            cart_id text, user_id text, lines jsonb, pieces bigint, value_minor bigint, currency text,
            opened_at timestamptz, updated_at timestamptz, version bigint)
        ORDER BY cart_id COLLATE \"C\"
        ON CONFLICT (cart_id) DO UPDATE SET
            user_id = excluded.user_id, lines = excluded.lines, pieces = excluded.pieces,
            value_minor = excluded.value_minor, currency = excluded.currency, opened_at = excluded.opened_at,
            updated_at = excluded.updated_at, version = excluded.version";
    const ID: &'static str = "cart_id";

    fn key(aggregate: &AggregateId) -> &str {
        aggregate.as_str()
    }

    fn read(row: &Row) -> Result<Self, Fault> {
        let cart = Self {
            cart_id: parsed(row, "cart_id")?,
            user_id: parsed(row, "user_id")?,
            lines: serde_json::from_value(column(row, "lines")?).map_err(|_| corrupt("lines"))?,
            opened_at: column(row, "opened_at")?,
            updated_at: column(row, "updated_at")?,
            version: version(row)?,
        };
        let value = (column::<Option<i64>>(row, "value_minor")?, column::<Option<&str>>(row, "currency")?);
        let wanted = cart.value().map(|value| (value.minor(), value.currency()));
        if value != (wanted.map(|(minor, _)| minor), wanted.as_ref().map(|(_, currency)| currency.code())) {
            return Err(corrupt("value_minor"));
        }
        if column::<i64>(row, "pieces")? == cart.pieces() { Ok(cart) } else { Err(corrupt("pieces")) }
    }

    /// What lists are filtered and sorted by is written beside the lines that it follows from, and held against them.
    fn write(&self) -> Result<Value, Fault> {
        let value = self.value();
        Ok(json!({
            "cart_id": self.cart_id,
            "user_id": self.user_id,
            "lines": self.lines,
            "pieces": self.pieces(),
            "value_minor": value.map(Money::minor),
            "currency": value.map(Money::currency),
            "opened_at": self.opened_at,
            "updated_at": self.updated_at,
            "version": written(self.version)?,
        }))
    }
}
