//! Payments, for administrators and for whoever placed the order.

use serde_json::Number;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::filters::PaymentSort;
use shotengai_contracts::api::listed::Listed;
use shotengai_contracts::api::payments::{Payment, PaymentRefund, PaymentStatus};
use shotengai_kernel::{Money, OrderId, PaymentId, Timestamp, UserId};
use shotengai_messaging::Fault;

use crate::conditions::Conditions;
use crate::damaged::one;
use crate::database::Database;
use crate::domain::payment::ShopRefundRow;
use crate::domain::{PaymentRow, payment};
use crate::page::{Cursor, KeyKind, Sorting, paged, select};
use crate::params::Params;
use crate::store::{Stored, parsed};

const READ: &str = "postgres.payments";

const TABLE: &str = "read_payments";
/// The columns that [`PaymentRow`] is read from.
const COLUMNS: &str = "payment_id, status, amount_minor, currency, captured_minor, refunded_minor, reason, refunds, \
                       started_at, updated_at, version";

impl Sorting for PaymentSort {
    type Id = PaymentId;
    const ALL: &'static [Self] = Self::ALL;
    const ID: &'static str = "payment_id";

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Newest | Self::Oldest => "started_at",
            Self::Amount | Self::AmountDown => "coalesce(amount_minor, 0)",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Newest | Self::Oldest => KeyKind::Moment,
            Self::Amount | Self::AmountDown => KeyKind::Number,
        }
    }

    fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::AmountDown)
    }
}

/// Which payments are wanted; all, unless it says more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// That have come so far.
    pub status: Option<PaymentStatus>,
    /// That began after this moment.
    pub started_after: Option<Timestamp>,
    /// That began before this moment.
    pub started_before: Option<Timestamp>,
}

impl PaymentFilter {
    /// Reads the filters of a request.
    pub fn read(params: &mut Params) -> Self {
        Self {
            status: params.payment_status(),
            started_after: params.moment("started_after"),
            started_before: params.moment("started_before"),
        }
    }

    /// The same as conditions on `read_payments`.
    fn conditions(&self, conditions: &mut Conditions) {
        if let Some(status) = self.status {
            let status = conditions.value(status.as_str());
            conditions.and(format!("status = {status}"));
        }
        for (moment, holds) in [(self.started_after, ">"), (self.started_before, "<")] {
            if let Some(moment) = moment {
                let moment = conditions.value(moment);
                conditions.and(format!("started_at {holds} {moment}"));
            }
        }
    }
}

impl Params {
    /// `status`: only payments that have come so far.
    fn payment_status(&mut self) -> Option<PaymentStatus> {
        let status = payment::status(&self.one("status")?);
        if status.is_none() {
            let known: Vec<_> = PaymentStatus::ALL.iter().map(|status| status.as_str()).collect();
            self.fault("status", format_args!("must be one of {}", known.join(", ")));
        }
        status
    }
}

/// A row as it is shown. Without an amount there is no currency, and nothing was taken.
fn shown(row: PaymentRow) -> Payment {
    let currency = row.amount.map(Money::currency);
    let major = |minor| {
        let amount = currency.and_then(|currency| Money::from_minor(minor, currency).ok());
        amount.map_or(Number::from(0), Money::to_major_number)
    };
    let refund = |ShopRefundRow { refund_id, status, amount }| PaymentRefund {
        refund_id,
        status,
        amount: amount.to_major_number(),
    };
    Payment {
        order_id: row.payment_id.order(),
        payment_id: row.payment_id,
        status: row.status,
        amount: row.amount.map(Money::to_major_number),
        captured: major(row.captured),
        refunded: major(row.refunded),
        currency,
        reason: row.reason,
        refunds: row.refunds.into_iter().map(refund).collect(),
        started_at: row.started_at,
        updated_at: row.updated_at,
        version: row.version,
    }
}

/// The statement of [`list`], and the values that stand in it.
#[must_use]
pub fn listing(
    filter: &PaymentFilter,
    sort: PaymentSort,
    limit: u32,
    after: Option<&Cursor<PaymentSort>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(&mut conditions);
    select(COLUMNS, TABLE, conditions, sort, after, limit)
}

/// A page of payments.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    filter: &PaymentFilter,
    sort: PaymentSort,
    limit: u32,
    after: Option<&Cursor<PaymentSort>>,
) -> Result<Page<Listed<Payment>>, Fault> {
    let listing = listing(filter, sort, limit, after);
    paged((database, READ), listing, (sort, limit), TABLE, |row| PaymentRow::read(row).map(shown)).await
}

/// The payment of an order, and whose the order is where that can be read.
pub struct Found {
    /// Whose the order is.
    pub owner: Option<UserId>,
    /// The payment; none before billing has begun with it.
    pub payment: Option<Listed<Payment>>,
}

/// The payment of an order, whoever asks: who may see it is the caller's to judge. None where there is neither the order nor the
/// payment: either may be here first.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn of_order(database: &Database, order: &OrderId) -> Result<Option<Found>, Fault> {
    const OWNER: &str = "SELECT user_id FROM read_orders WHERE order_id = $1";
    let id = PaymentId::of_order(order);
    let statement = format!("SELECT {COLUMNS} FROM {TABLE} WHERE payment_id = $1");
    let session = database.session().await?;
    let orders = session.query(READ, OWNER, &[&order.as_str()]).await?;
    let payments = session.query(READ, &statement, &[&id.as_str()]).await?;
    if orders.is_empty() && payments.is_empty() {
        return Ok(None);
    }
    let read = |row| one(TABLE, id.as_str(), row, |row| PaymentRow::read(row).map(shown));
    let payment = payments.first().map(read).transpose()?;
    Ok(Some(Found { owner: orders.first().and_then(|row| parsed(row, "user_id").ok()), payment }))
}
