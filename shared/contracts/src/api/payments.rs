//! Payments, as billing has carried them out.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::{Currency, OrderId, PaymentId, RefundId, Timestamp, Version};

use super::filters::PAYMENT_SORT;
use super::listed::{Listed, ROW_DAMAGED};
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::Parameter;
use super::position::POSITION;
use super::refunds::RefundStatus;
use super::{Administrator, Customer, Page, Route};
use crate::topology::Service;

const TAG: &str = "payments";

/// Lists all payments.
pub const LIST_PAYMENTS: Route<Administrator, (), (), Page<Listed<Payment>>> =
    Route::get("/payments", Service::QUERY, "listPayments")
        .about(
            TAG,
            "All payments",
            "Newest first unless `sort` says otherwise, in pages. What the payment provider has held, taken and given back; nothing of \
             the means of payment.",
        )
        .cached("private, no-store")
        .reads(&[
            &PAYMENT_STATUS,
            &STARTED_AFTER,
            &STARTED_BEFORE,
            &PAYMENT_SORT,
            &LIMIT,
            &CURSOR,
            &MIN_VERSION,
            &POSITION,
        ])
        .refuses(&[&NOT_CAUGHT_UP]);

/// The payment of an order.
pub const ORDER_PAYMENT: Route<Customer, OrderId, (), Payment> = Route::get(
    "/orders/{id}/payment",
    Service::QUERY,
    "getOrderPayment",
)
.about(
    TAG,
    "The payment of an order",
    "For the order's owner and administrators. An order that billing has not begun with has none yet: 404. Wait for \
             it by `min_version` with the payment's id.",
)
.cached("private, no-store")
.reads(&[&MIN_VERSION, &POSITION])
.refuses(&[&NOT_CAUGHT_UP, &ROW_DAMAGED]);

/// Only payments that have come so far.
pub const PAYMENT_STATUS: Parameter = Parameter::query(
    "status",
    "Only payments that have come so far.",
    |generator| generator.subschema_for::<PaymentStatus>(),
    "captured",
);

/// Only payments that began after a moment.
pub const STARTED_AFTER: Parameter = Parameter::query(
    "started_after",
    "Only payments that began after this moment (RFC 3339).",
    |_| json_schema!({ "type": "string", "format": "date-time" }),
    "2026-11-01T00:00:00Z",
);

/// Only payments that began before a moment.
pub const STARTED_BEFORE: Parameter = Parameter::query(
    "started_before",
    "Only payments that began before this moment (RFC 3339).",
    |_| json_schema!({ "type": "string", "format": "date-time" }),
    "2026-12-01T00:00:00Z",
);

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The provider refused to hold the amount. An end.
    Declined,
    /// The provider holds the amount.
    Authorized,
    /// The amount is about to be taken; the provider has not answered yet.
    CaptureStarted,
    /// The provider refused to hand out what it holds.
    CaptureDeclined,
    /// The money is the shop's, but for refunds.
    Captured,
    /// The hold is about to be given up; the provider has not answered yet.
    VoidStarted,
    /// The hold is gone, or never came to be; nothing was taken. An end.
    Voided,
    /// What is left is about to go back, since the order was cancelled; the provider has not answered yet.
    RefundStarted,
    /// All of the money went back, since the order was cancelled. An end.
    Refunded,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Declined,
        Self::Authorized,
        Self::CaptureStarted,
        Self::CaptureDeclined,
        Self::Captured,
        Self::VoidStarted,
        Self::Voided,
        Self::RefundStarted,
        Self::Refunded,
    ];

    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Authorized => "authorized",
            Self::CaptureStarted => "capture_started",
            Self::CaptureDeclined => "capture_declined",
            Self::Captured => "captured",
            Self::VoidStarted => "void_started",
            Self::Voided => "voided",
            Self::RefundStarted => "refund_started",
            Self::Refunded => "refunded",
        }
    }
}

/// A payment as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "payment_id": "pay_019acb5c36b4700088f1a1f7d7f2b0c4", "order_id": "ord_019acb5c36b4700088f1a1f7d7f2b0c4",
    "status": "captured", "amount": 400, "captured": 400, "refunded": 0, "currency": "JPY",
    "started_at": "2026-11-28T12:34:56.789012Z", "updated_at": "2026-11-28T12:34:57.789012Z", "version": 3
}]))]
pub struct Payment {
    /// Which; an order has one.
    pub payment_id: PaymentId,
    /// The order that it pays.
    pub order_id: OrderId,
    /// How far it has come.
    pub status: PaymentStatus,
    /// How much it is of, in major units. Left out where the order was cancelled before billing had begun with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Number")]
    pub amount: Option<Number>,
    /// How much was taken, in major units.
    pub captured: Number,
    /// How much of that went back, in major units.
    pub refunded: Number,
    /// The currency of all amounts; left out where there is no `amount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Currency")]
    pub currency: Option<Currency>,
    /// The provider's word for why it declined, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// Refunds by the shop that billing has begun with, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<PaymentRefund>,
    /// When billing began with it.
    pub started_at: Timestamp,
    /// When its last event was decided.
    pub updated_at: Timestamp,
    /// Its version.
    pub version: Version,
}

/// A refund by the shop, as billing has carried it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefund {
    /// Which.
    pub refund_id: RefundId,
    /// How far it has come.
    pub status: RefundStatus,
    /// How much, in major units of the payment's currency.
    pub amount: Number,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_written_as_it_travels() {
        for status in PaymentStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
