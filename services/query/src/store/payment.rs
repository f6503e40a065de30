//! `read_payments`.

use serde_json::{Value, json};
use shotengai_kernel::{AggregateId, Currency, Money};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::{Stored, column, corrupt, parsed, version, written};
use crate::domain::{PaymentRow, payment};

impl Stored for PaymentRow {
    const LOAD: &'static str = "
        SELECT payment_id, status, amount_minor, currency, captured_minor, refunded_minor, reason, refunds, started_at,
            updated_at, version
        FROM read_payments WHERE payment_id = ANY($1)";
    const WRITE: &'static str = "
        INSERT INTO read_payments AS old
            (payment_id, status, amount_minor, currency, captured_minor, refunded_minor, reason, refunds, started_at,
            updated_at, version)
        SELECT payment_id, status, amount_minor, currency, captured_minor, refunded_minor, reason, refunds, started_at,
            updated_at, version
        FROM jsonb_to_recordset($1::jsonb) AS new (
            payment_id text, status text, amount_minor bigint, currency text, captured_minor bigint, refunded_minor bigint,
            reason text, refunds jsonb, started_at timestamptz, updated_at timestamptz, version bigint)
        ORDER BY payment_id COLLATE \"C\"
        ON CONFLICT (payment_id) DO UPDATE SET
            status = excluded.status, amount_minor = excluded.amount_minor, currency = excluded.currency,
            captured_minor = excluded.captured_minor, refunded_minor = excluded.refunded_minor, reason = excluded.reason,
            refunds = excluded.refunds, started_at = excluded.started_at, updated_at = excluded.updated_at,
            version = excluded.version";
    const ID: &'static str = "payment_id";

    fn key(aggregate: &AggregateId) -> &str {
        aggregate.as_str()
    }

    fn read(row: &Row) -> Result<Self, Fault> {
        let amount = amount(row)?;
        Ok(Self {
            payment_id: parsed(row, "payment_id")?,
            status: payment::status(column(row, "status")?).ok_or_else(|| corrupt("status"))?,
            amount,
            captured: part(row, "captured_minor", amount)?,
            refunded: part(row, "refunded_minor", amount)?,
            reason: column(row, "reason")?,
            refunds: serde_json::from_value(column(row, "refunds")?).map_err(|_| corrupt("refunds"))?,
            started_at: column(row, "started_at")?,
            updated_at: column(row, "updated_at")?,
            version: version(row)?,
        })
    }

    fn write(&self) -> Result<Value, Fault> {
        Ok(json!({
            "payment_id": self.payment_id,
            "status": self.status,
            "amount_minor": self.amount.map(Money::minor),
            "currency": self.amount.map(Money::currency),
            "captured_minor": self.captured,
            "refunded_minor": self.refunded,
            "reason": self.reason,
            "refunds": self.refunds,
            "started_at": self.started_at,
            "updated_at": self.updated_at,
            "version": written(self.version)?,
        }))
    }
}

/// The amount that it is of, with its currency; neither of them for one that never began.
fn amount(row: &Row) -> Result<Option<Money>, Fault> {
    let minor: Option<i64> = column(row, "amount_minor")?;
    let currency: Option<&str> = column(row, "currency")?;
    match (minor, currency) {
        (None, None) => Ok(None),
        (Some(minor), Some(currency)) => {
            let currency = Currency::parse(currency).map_err(|_| corrupt("currency"))?;
            Money::from_minor(minor, currency).map(Some).map_err(|_| corrupt("amount_minor"))
        }
        _ => Err(corrupt("currency")),
    }
}

/// A sum of which the amount has the currency.
fn part(row: &Row, name: &str, amount: Option<Money>) -> Result<i64, Fault> {
    let minor: i64 = column(row, name)?;
    let is_amount = match amount {
        Some(amount) => Money::from_minor(minor, amount.currency()).is_ok(),
        None => minor == 0,
    };
    if is_amount { Ok(minor) } else { Err(corrupt(name)) }
}
