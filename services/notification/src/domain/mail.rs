//! Which event asks for which mail, and what that mail is about.

use shotengai_contracts::events::{CancelReason, EarlierRefund, Event, OrderItem, OrderStage};
use shotengai_kernel::{Money, OrderId, RefundId, UserId};

/// The mails a customer may get about one order; each at least once, and normally once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    /// The order was accepted and is pending.
    Received,
    /// It was paid.
    Receipt,
    /// The parcel left.
    Shipped,
    /// It came to nothing, and why.
    Cancelled,
    /// The shop gave money back; one mail a refund.
    Refunded,
}

impl MailKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Received, Self::Receipt, Self::Shipped, Self::Cancelled, Self::Refunded];

    /// Its word, in claims, message ids and file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Receipt => "receipt",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}

/// Why an order was cancelled, as far as its customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancellation {
    /// Why.
    pub reason: CancelReason,
    /// What is known about the money.
    pub charge: Charge,
    /// The part of it that goes back by refunds of the shop that came before.
    pub earlier: Option<Money>,
}

/// Refund by the shop, as far as its customer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Which refund.
    pub refund_id: RefundId,
    /// How much by this one.
    pub amount: Money,
    /// How much by this one and those before it.
    pub refunded: Money,
    /// The shop's words about it.
    pub reason: String,
}

/// Whether a cancelled order had been paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// Nothing was taken.
    None,
    /// It was being captured while the order was cancelled: what was taken goes back.
    Uncertain,
    /// It was paid, and goes back.
    Taken,
}

impl Charge {
    /// What is known when an order that had come this far is cancelled for this reason.
    #[must_use]
    pub const fn of(stage: OrderStage, reason: CancelReason) -> Self {
        match (stage, reason) {
            (OrderStage::Paid | OrderStage::Shipped, _) => Self::Taken,
            (OrderStage::Pending | OrderStage::Cancelled, _)
            | (OrderStage::Confirmed, CancelReason::CaptureRefused) => Self::None,
            (OrderStage::Confirmed, _) => Self::Uncertain,
        }
    }

    /// Its word, for templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Uncertain => "uncertain",
            Self::Taken => "taken",
        }
    }
}

/// One mail to be sent, before anybody knows to whom and in which language.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderMail {
    /// Which mail.
    pub kind: MailKind,
    /// About which order.
    pub order_id: OrderId,
    /// Whose order it is; the contact is asked for by this.
    pub user_id: UserId,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
    /// With a [`MailKind::Cancelled`] only.
    pub cancellation: Option<Cancellation>,
    /// With a [`MailKind::Refunded`] only.
    pub refund: Option<Refund>,
}

impl OrderMail {
    /// The mail this event asks for; none for events that nobody is written to about.
    #[must_use]
    pub fn for_event(event: &Event) -> Option<Self> {
        let about = |kind, order_id: &OrderId, user_id: &UserId, items: &[OrderItem], total| Self {
            kind,
            order_id: order_id.clone(),
            user_id: user_id.clone(),
            items: items.to_vec(),
            total,
            cancellation: None,
            refund: None,
        };
        match event {
            Event::OrderPlaced(e) => Some(about(MailKind::Received, &e.order_id, &e.user_id, &e.items, e.total)),
            Event::OrderPaid(e) => Some(about(MailKind::Receipt, &e.order_id, &e.user_id, &e.items, e.total)),
            Event::OrderShipped(e) => Some(about(MailKind::Shipped, &e.order_id, &e.user_id, &e.items, e.total)),
            Event::OrderCancelled(e) => Some(Self {
                cancellation: Some(Cancellation {
                    reason: e.reason,
                    charge: Charge::of(e.cancelled_from, e.reason),
                    earlier: earlier(&e.refunds),
                }),
                ..about(MailKind::Cancelled, &e.order_id, &e.user_id, &e.items, e.total)
            }),
            Event::OrderRefunded(e) => Some(Self {
                refund: Some(Refund {
                    refund_id: e.refund_id,
                    amount: e.amount,
                    refunded: e.refunded,
                    reason: e.reason.clone(),
                }),
                ..about(MailKind::Refunded, &e.order_id, &e.user_id, &e.items, e.total)
            }),
            _ => None,
        }
    }

    /// Which mail about its order it is, to be sent once: its kind and, of several of one kind, which.
    #[must_use]
    pub fn which(&self) -> String {
        match &self.refund {
            Some(refund) => format!("{}/{}", self.kind.as_str(), refund.refund_id),
            None => self.kind.as_str().to_owned(),
        }
    }

    /// The Message-ID of this mail: the same on every copy, so that a mailbox can tell a copy from a second mail.
    #[must_use]
    pub fn message_id(&self, domain: &str) -> String {
        format!("<{}.{}@{domain}>", self.order_id, self.which().replace('/', "."))
    }
}

/// Sum of earlier refunds whose money had gone back; none where there are none. They are no more than the order's total, so it is
/// an amount. Those that had no answer yet are told of by mails of their own, if they go back.
fn earlier(refunds: &[EarlierRefund]) -> Option<Money> {
    let mut amounts = refunds.iter().filter(|refund| refund.is_paid).map(|refund| refund.amount);
    let first = amounts.next()?;
    amounts.try_fold(first, Money::plus).ok()
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::events::{EventType, OrderConfirmed};
    use shotengai_contracts::topology::queues;
    use shotengai_kernel::Currency;

    use super::*;

    #[test]
    fn every_event_of_the_queue_asks_for_a_mail_and_others_do_not() {
        let events = queues::NOTIFICATION.events();
        assert_eq!(events.len(), MailKind::ALL.len());
        assert!(!events.contains(&EventType::OrderConfirmed));
        let confirmed = OrderConfirmed {
            order_id: OrderId::parse("ord_1").unwrap(),
            user_id: UserId::parse("usr_1").unwrap(),
            total: Money::zero(Currency::JPY),
        };
        assert_eq!(OrderMail::for_event(&confirmed.into()), None);
    }
}
