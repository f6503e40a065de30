//! The one payment of an order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::DeclineStage;
use shotengai_contracts::{BillingEvent, Misplaced};
use shotengai_kernel::{Money, RefundId};
use shotengai_messaging::Aggregate;

/// How far a payment has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The money is ours, but for what the shop has refunded.
    Captured {
        /// How much was captured.
        amount: Money,
        /// The part of it that the shop gives back.
        refunds: ShopRefunds,
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
    /// We decided to give back what is left of the money; the provider may know or not.
    RefundStarted {
        /// How much.
        amount: Money,
    },
    /// All of the money went back. An end.
    Refunded,
}

/// Refunds by the shop of one payment. One is under way at a time, so that each is decided on what the ones before it left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopRefunds {
    /// How much each gave back; nothing where the provider refused.
    ended: BTreeMap<RefundId, Option<Money>>,
    /// The one that we decided to pay; the provider may know or not.
    under_way: Option<(RefundId, Money)>,
}

impl ShopRefunds {
    /// The one that is under way.
    #[must_use]
    pub const fn under_way(&self) -> Option<(RefundId, Money)> {
        self.under_way
    }

    /// Whether a refund has ended, one way or the other.
    #[must_use]
    pub fn has_ended(&self, id: RefundId) -> bool {
        self.ended.contains_key(&id)
    }

    /// The rest of `captured`. Nothing more than that is ever paid, so the fallback is never taken.
    #[must_use]
    pub fn left_of(&self, captured: Money) -> Money {
        let paid = self.ended.values().flatten();
        let left = paid.into_iter().try_fold(captured, |left, paid| left.minus(*paid));
        left.unwrap_or(Money::zero(captured.currency()))
    }

    fn start(&mut self, id: RefundId, amount: Money) -> bool {
        let starts = self.under_way.is_none() && !self.has_ended(id);
        if starts {
            self.under_way = Some((id, amount));
        }
        starts
    }

    /// One ends that is under way, or was refused before it was.
    fn end(&mut self, id: RefundId, paid: Option<Money>) -> bool {
        let ends = match self.under_way {
            Some((under_way, _)) => under_way == id,
            None => paid.is_none(),
        };
        if ends {
            self.under_way = None;
            self.ended.insert(id, paid);
        }
        ends
    }
}

impl Aggregate for Payment {
    type Event = BillingEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &BillingEvent) -> Result<(), Misplaced> {
        *self = match event {
            BillingEvent::ShopRefundStarted(it) => {
                return self.refunding(event, |all| all.start(it.refund_id, it.amount));
            }
            BillingEvent::ShopRefundPaid(it) => {
                return self.refunding(event, |all| all.end(it.refund_id, Some(it.amount)));
            }
            BillingEvent::ShopRefundDeclined(it) => return self.refunding(event, |all| all.end(it.refund_id, None)),
            BillingEvent::PaymentAuthorized(it) => Self::Authorized { amount: it.amount },
            BillingEvent::PaymentDeclined(it) => match it.stage {
                DeclineStage::Authorization => Self::Declined,
                DeclineStage::Capture => Self::CaptureRefused { amount: it.amount },
            },
            BillingEvent::CaptureStarted(it) => Self::CaptureStarted { amount: it.amount },
            BillingEvent::PaymentCaptured(it) => Self::Captured { amount: it.amount, refunds: ShopRefunds::default() },
            BillingEvent::VoidStarted(it) => Self::VoidStarted { amount: it.amount },
            BillingEvent::PaymentVoided(it) if it.amount.is_none() => Self::Forestalled,
            BillingEvent::PaymentVoided(_) => Self::Voided,
            BillingEvent::RefundStarted(it) => Self::RefundStarted { amount: it.amount },
            BillingEvent::PaymentRefunded(_) => Self::Refunded,
        };
        Ok(())
    }
}

impl Payment {
    /// Takes in what happened to a refund by the shop: only money that is ours can be given back.
    fn refunding(
        &mut self,
        event: &BillingEvent,
        change: impl FnOnce(&mut ShopRefunds) -> bool,
    ) -> Result<(), Misplaced> {
        let changed = if let Self::Captured { refunds, .. } = self { change(refunds) } else { false };
        if changed { Ok(()) } else { Err(Misplaced::of(event)) }
    }
}
