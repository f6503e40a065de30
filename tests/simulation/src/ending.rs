//! What came of orders, each with a name, so that it can be counted how often it did: a street that sells nothing keeps
//! every other promise.

use std::collections::BTreeMap;
use std::fmt;

use shotengai_contracts::Event;
use shotengai_contracts::events::{CancelReason, OrderStage};

/// What can come of an order, of its payment and of its pieces. Counted from the events that say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// It was paid.
    Paid,
    /// It was shipped.
    Shipped,
    /// Something was missing.
    OutOfStock,
    /// Its payment was declined.
    PaymentDeclined,
    /// The provider held the amount and would not hand it over.
    CaptureRefused,
    /// Its customer thought better of it.
    CustomerRequest,
    /// It took too long.
    DeadlineExceeded,
    /// It was cancelled while its payment was being captured.
    CancelledConfirmed,
    /// It was cancelled after it had been paid.
    CancelledPaid,
    /// What was held for it was given up.
    Voided,
    /// What was taken for it went back.
    Refunded,
    /// Its pieces went back.
    Released,
    /// Billing heard of its cancel before it heard of the order.
    PaymentForestalled,
    /// Inventory heard of its cancel before it heard of the order.
    ReservationForestalled,
    /// It had been a cart.
    OfACart,
    /// A cart took over what was in a guest's.
    TakenOver,
    /// The shop gave something back.
    RefundedByShop,
    /// It was cancelled when the shop had given something back.
    CancelledRefunded,
    /// The provider refused to give something back.
    RefundDeclined,
    /// Pieces that were given back are sold again.
    Restocked,
}

/// How often each has happened.
pub type Endings = BTreeMap<Ending, u64>;

impl Ending {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Paid,
        Self::Shipped,
        Self::OutOfStock,
        Self::PaymentDeclined,
        Self::CaptureRefused,
        Self::CustomerRequest,
        Self::DeadlineExceeded,
        Self::CancelledConfirmed,
        Self::CancelledPaid,
        Self::Voided,
        Self::Refunded,
        Self::Released,
        Self::PaymentForestalled,
        Self::ReservationForestalled,
        Self::OfACart,
        Self::TakenOver,
        Self::RefundedByShop,
        Self::CancelledRefunded,
        Self::RefundDeclined,
        Self::Restocked,
    ];

    /// What an event says came of its order.
    pub fn of(event: &Event) -> impl Iterator<Item = Self> {
        let [one, other] = match event {
            Event::OrderPaid(_) => [Some(Self::Paid), None],
            Event::OrderShipped(_) => [Some(Self::Shipped), None],
            Event::OrderCancelled(it) => [Some(Self::of_reason(it.reason)), Self::cancelled_from(it.cancelled_from)],
            Event::PaymentVoided(it) if it.amount.is_none() => [Some(Self::PaymentForestalled), None],
            Event::PaymentVoided(_) => [Some(Self::Voided), None],
            Event::PaymentRefunded(_) => [Some(Self::Refunded), None],
            Event::StockReleased(it) if it.lines.is_empty() => [Some(Self::ReservationForestalled), None],
            Event::StockReleased(_) => [Some(Self::Released), None],
            Event::OrderRefunded(it) => {
                let restocked = it.lines.iter().any(|line| line.restock);
                [Some(Self::RefundedByShop), restocked.then_some(Self::Restocked)]
            }
            Event::OrderRefundDeclined(_) => [Some(Self::RefundDeclined), None],
            Event::CartCleared(it) if it.order_id.is_some() => [Some(Self::OfACart), None],
            Event::ItemAddedToCart(it) if it.addition_id.is_none() => [Some(Self::TakenOver), None],
            _ => [None, None],
        };
        let refunded = matches!(event, Event::OrderCancelled(it) if !it.refunds.is_empty());
        one.into_iter().chain(other).chain(refunded.then_some(Self::CancelledRefunded))
    }

    const fn of_reason(reason: CancelReason) -> Self {
        match reason {
            CancelReason::OutOfStock => Self::OutOfStock,
            CancelReason::PaymentDeclined => Self::PaymentDeclined,
            CancelReason::CaptureRefused => Self::CaptureRefused,
            CancelReason::CustomerRequest => Self::CustomerRequest,
            CancelReason::DeadlineExceeded => Self::DeadlineExceeded,
        }
    }

    fn cancelled_from(stage: OrderStage) -> Option<Self> {
        match stage {
            OrderStage::Confirmed => Some(Self::CancelledConfirmed),
            OrderStage::Paid => Some(Self::CancelledPaid),
            _ => None,
        }
    }

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "order paid",
            Self::Shipped => "order shipped",
            Self::OutOfStock => "cancelled: out of stock",
            Self::PaymentDeclined => "cancelled: payment declined",
            Self::CaptureRefused => "cancelled: capture refused",
            Self::CustomerRequest => "cancelled: customer's request",
            Self::DeadlineExceeded => "cancelled: deadline",
            Self::CancelledConfirmed => "cancelled while being captured",
            Self::CancelledPaid => "cancelled after it was paid",
            Self::Voided => "hold given up",
            Self::Refunded => "money given back",
            Self::Released => "pieces given back",
            Self::PaymentForestalled => "cancel before the payment",
            Self::ReservationForestalled => "cancel before the reservation",
            Self::OfACart => "cart became an order",
            Self::TakenOver => "guest's cart taken over",
            Self::RefundedByShop => "refunded by the shop",
            Self::CancelledRefunded => "cancelled after a refund",
            Self::RefundDeclined => "refund declined",
            Self::Restocked => "refunded pieces sold again",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
