//! Payments, without anything of the means of payment.

use serde::{Deserialize, Serialize};
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::api::refunds::RefundStatus;
use shotengai_contracts::events::DeclineStage;
use shotengai_contracts::{BillingEvent, Envelope, Misplaced};
use shotengai_kernel::{AggregateId, Money, PaymentId, RefundId, Timestamp, Version};

use super::{Fold, stored_text, stored_time};

/// One payment. Its order's id follows from its own.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentRow {
    /// Which.
    pub payment_id: PaymentId,
    /// How far it has come.
    pub status: PaymentStatus,
    /// How much it is of; none where it was given up before it began.
    pub amount: Option<Money>,
    /// How much was taken, in minor units of the amount's currency.
    pub captured: i64,
    /// How much of that went back, in minor units.
    pub refunded: i64,
    /// The provider's word for why it declined last.
    pub reason: Option<String>,
    /// Refunds by the shop, oldest first.
    pub refunds: Vec<ShopRefundRow>,
    /// When its first event was decided.
    pub started_at: Timestamp,
    /// When its last event was decided.
    pub updated_at: Timestamp,
    /// The payment aggregate's version.
    pub version: Version,
}

/// A refund by the shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShopRefundRow {
    /// Which.
    pub refund_id: RefundId,
    /// How far it has come.
    pub status: RefundStatus,
    /// How much.
    pub amount: Money,
}

/// The status of this name, if there is one.
#[must_use]
pub fn status(name: &str) -> Option<PaymentStatus> {
    PaymentStatus::ALL.into_iter().find(|status| status.as_str() == name)
}

impl PaymentRow {
    /// A refund comes to its end, or is declined before it has begun.
    fn end(&mut self, refund_id: RefundId, amount: Money, status: RefundStatus) -> bool {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.refund_id == refund_id) {
            refund.status = status;
            return true;
        }
        let declined = status == RefundStatus::Declined;
        if declined {
            self.refunds.push(ShopRefundRow { refund_id, status, amount });
        }
        declined
    }
}

impl Fold for PaymentRow {
    type Event = BillingEvent;

    fn folds(aggregate: &AggregateId) -> bool {
        PaymentId::parse(aggregate.as_str()).is_ok()
    }

    fn aggregate_id(&self) -> AggregateId {
        AggregateId::from(&self.payment_id)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn begin(envelope: &Envelope, event: &BillingEvent) -> Option<Self> {
        let (payment_id, amount) = match event {
            BillingEvent::PaymentAuthorized(it) => (&it.payment_id, Some(it.amount)),
            BillingEvent::PaymentDeclined(it) if it.stage == DeclineStage::Authorization => {
                (&it.payment_id, Some(it.amount))
            }
            BillingEvent::PaymentVoided(it) => (&it.payment_id, it.amount),
            _ => return None,
        };
        let time = stored_time(envelope.time);
        let mut row = Self {
            payment_id: payment_id.clone(),
            status: PaymentStatus::Voided,
            amount,
            captured: 0,
            refunded: 0,
            reason: None,
            refunds: Vec::new(),
            started_at: time,
            updated_at: time,
            version: Version::ZERO,
        };
        row.evolve(envelope, event).ok()?;
        Some(row)
    }

    fn evolve(&mut self, envelope: &Envelope, event: &BillingEvent) -> Result<(), Misplaced> {
        let known = match event {
            BillingEvent::PaymentAuthorized(_) => {
                self.status = PaymentStatus::Authorized;
                true
            }
            BillingEvent::PaymentDeclined(it) => {
                self.status = match it.stage {
                    DeclineStage::Authorization => PaymentStatus::Declined,
                    DeclineStage::Capture => PaymentStatus::CaptureDeclined,
                };
                self.reason = Some(stored_text(&it.reason));
                true
            }
            BillingEvent::CaptureStarted(_) => {
                self.status = PaymentStatus::CaptureStarted;
                true
            }
            BillingEvent::PaymentCaptured(it) => {
                self.status = PaymentStatus::Captured;
                self.captured = it.amount.minor();
                true
            }
            BillingEvent::VoidStarted(_) => {
                self.status = PaymentStatus::VoidStarted;
                true
            }
            BillingEvent::PaymentVoided(_) => {
                self.status = PaymentStatus::Voided;
                true
            }
            BillingEvent::RefundStarted(_) => {
                self.status = PaymentStatus::RefundStarted;
                true
            }
            BillingEvent::PaymentRefunded(it) => {
                self.status = PaymentStatus::Refunded;
                self.refunded = self.refunded.saturating_add(it.amount.minor());
                true
            }
            BillingEvent::ShopRefundStarted(it) => {
                let (refund_id, amount, status) = (it.refund_id, it.amount, RefundStatus::Requested);
                self.refunds.push(ShopRefundRow { refund_id, status, amount });
                true
            }
            BillingEvent::ShopRefundPaid(it) => {
                self.refunded = self.refunded.saturating_add(it.amount.minor());
                self.end(it.refund_id, it.amount, RefundStatus::Refunded)
            }
            BillingEvent::ShopRefundDeclined(it) => self.end(it.refund_id, it.amount, RefundStatus::Declined),
        };
        if !known {
            return Err(Misplaced::of(event));
        }
        self.updated_at = stored_time(envelope.time);
        self.version = envelope.aggregateversion;
        Ok(())
    }
}
