//! `read_stock`.

use serde_json::{Value, json};
use shotengai_contracts::aggregates;
use shotengai_kernel::AggregateId;
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::{Stored, column, parsed, version, written};
use crate::domain::StockRow;

impl Stored for StockRow {
    const LOAD: &'static str = "
        SELECT product_id, available, reserved, deducted, version
        FROM read_stock WHERE product_id = ANY($1)";
    const WRITE: &'static str = "
        INSERT INTO read_stock AS old (product_id, available, reserved, deducted, version)
        SELECT product_id, available, reserved, deducted, version
        FROM jsonb_to_recordset($1::jsonb) AS new (
            product_id text, available bigint, reserved bigint, deducted bigint, version bigint)
        ORDER BY product_id COLLATE \"C\"
        ON CONFLICT (product_id) DO UPDATE SET
            available = excluded.available, reserved = excluded.reserved, deducted = excluded.deducted,
            version = excluded.version";
    const ID: &'static str = "product_id";

    fn key(aggregate: &AggregateId) -> &str {
        aggregates::STOCK.name_in(aggregate.as_str()).unwrap_or(aggregate.as_str())
    }

    fn read(row: &Row) -> Result<Self, Fault> {
        Ok(Self {
            product_id: parsed(row, "product_id")?,
            available: column(row, "available")?,
            reserved: column(row, "reserved")?,
            deducted: column(row, "deducted")?,
            version: version(row)?,
        })
    }

    fn write(&self) -> Result<Value, Fault> {
        Ok(json!({
            "product_id": self.product_id,
            "available": self.available,
            "reserved": self.reserved,
            "deducted": self.deducted,
            "version": written(self.version)?,
        }))
    }
}
