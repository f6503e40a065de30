//! The one payment of an order.

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::DeclineStage;
use shotengai_contracts::{BillingEvent, Misplaced};
use shotengai_kernel::Money;
use shotengai_messaging::Aggregate;

/// How far a payment has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Payment {
    /// Nothing has happened.
    #[default]
    Open,
    /// The provider refused to hold the amount. An end.
    Declined,
    /// The provider holds the amount for us.
    Authorized {
        /// How much.
        amount: Money,
    },
    /// We decided to capture; the provider may know or not.
    CaptureStarted {
        /// How much.
        amount: Money,
    },
    /// The provider refused to capture; it still holds the amount.
    CaptureRefused {
        /// How much.
        amount: Money,
    },
    /// The money is ours.
    Captured {
        /// How much.
        amount: Money,
    },
    /// We decided to give the hold up; the provider may know or not.
    VoidStarted {
        /// How much.
        amount: Money,
    },
    /// The hold is gone. An end.
    Voided,
    /// Cancelled before it was authorized, and so it never will be. An end.
    Forestalled,
    /// We decided to give the money back; the provider may know or not.
    RefundStarted {
        /// How much.
        amount: Money,
    },
    /// The money went back. An end.
    Refunded,
}

impl Aggregate for Payment {
    type Event = BillingEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &BillingEvent) -> Result<(), Misplaced> {
        *self = match event {
            BillingEvent::PaymentAuthorized(it) => Self::Authorized { amount: it.amount },
            BillingEvent::PaymentDeclined(it) => match it.stage {
                DeclineStage::Authorization => Self::Declined,
                DeclineStage::Capture => Self::CaptureRefused { amount: it.amount },
            },
            BillingEvent::CaptureStarted(it) => Self::CaptureStarted { amount: it.amount },
            BillingEvent::PaymentCaptured(it) => Self::Captured { amount: it.amount },
            BillingEvent::VoidStarted(it) => Self::VoidStarted { amount: it.amount },
            BillingEvent::PaymentVoided(it) if it.amount.is_none() => Self::Forestalled,
            BillingEvent::PaymentVoided(_) => Self::Voided,
            BillingEvent::RefundStarted(it) => Self::RefundStarted { amount: it.amount },
            BillingEvent::PaymentRefunded(_) => Self::Refunded,
        };
        Ok(())
    }
}
