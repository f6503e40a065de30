//! Histories of orders as the services together write them, for tests of what consumers make of their messages.

mod refund;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use shotengai_contracts::aggregates;
use shotengai_contracts::events::{
    CancelReason, CaptureStarted, DeclineStage, OrderCancelled, OrderConfirmed, OrderItem, OrderPaid,
    OrderPaymentSecured, OrderPlaced, OrderShipped, OrderStage, OrderStockSecured, PaymentAuthorized, PaymentCaptured,
    PaymentDeclined, PaymentRefunded, PaymentVoided, Presentation, ProductCreated, RefundStarted, StockDeducted,
    StockLine, StockRejected, StockReleased, StockReserved, VoidStarted,
};
use shotengai_contracts::payment::{IntentKey, PaymentToken};
use shotengai_contracts::topology::QueueSpec;
use shotengai_contracts::{Envelope, Event, Metadata, Owner};
use shotengai_kernel::{
    AggregateId, Currency, EventId, Money, Names, OrderId, PaymentId, ProductId, Quantity, Timestamp, UserId, Version,
};
use shotengai_messaging::delivery::Delivery;
use uuid::Uuid;

use refund::StoryRefund;

/// The fingerprint of every order's request.
const FINGERPRINT: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

/// Fate of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Nobody has done anything about it yet.
    Pending,
    /// Stock and payment are secured.
    Confirmed,
    /// The end that everybody hopes for, but for the parcel.
    Paid,
    /// The end that everybody hopes for.
    Shipped,
    /// Something was missing.
    OutOfStock,
    /// The payment was not authorized.
    Declined,
    /// The payment was authorized, and then not captured.
    CaptureRefused,
    /// Billing did not answer before the deadline.
    TooLate,
    /// Cancelled by the customer before inventory or billing knew of it.
    CancelledWhilePending,
    /// Cancelled by the customer while the capture ran.
    CancelledWhileCapturing,
    /// Cancelled by the customer after it was paid.
    CancelledAfterPaid,
    /// Paid, and the shop has refunded a piece of its first line.
    Refunded,
    /// Shipped, and a piece of its first line came back and is sold again.
    CameBack,
    /// Cancelled by the customer after such a refund.
    CancelledAfterRefund,
    /// Cancelled by the customer while the provider was asked for such a refund.
    CancelledWhileRefunding,
}

impl Fate {
    /// Each of them.
    pub const ALL: [Self; 15] = [
        Self::Pending,
        Self::Confirmed,
        Self::Paid,
        Self::Shipped,
        Self::OutOfStock,
        Self::Declined,
        Self::CaptureRefused,
        Self::TooLate,
        Self::CancelledWhilePending,
        Self::CancelledWhileCapturing,
        Self::CancelledAfterPaid,
        Self::Refunded,
        Self::CameBack,
        Self::CancelledAfterRefund,
        Self::CancelledWhileRefunding,
    ];

    /// Why the order was cancelled, and how far it had come; none where it was not.
    #[must_use]
    pub const fn cancellation(self) -> Option<(CancelReason, OrderStage)> {
        Some(match self {
            Self::Pending | Self::Confirmed | Self::Paid | Self::Shipped | Self::Refunded | Self::CameBack => {
                return None;
            }
            Self::OutOfStock => (CancelReason::OutOfStock, OrderStage::Pending),
            Self::Declined => (CancelReason::PaymentDeclined, OrderStage::Pending),
            Self::CaptureRefused => (CancelReason::CaptureRefused, OrderStage::Confirmed),
            Self::TooLate => (CancelReason::DeadlineExceeded, OrderStage::Pending),
            Self::CancelledWhilePending => (CancelReason::CustomerRequest, OrderStage::Pending),
            Self::CancelledWhileCapturing => (CancelReason::CustomerRequest, OrderStage::Confirmed),
            Self::CancelledAfterPaid | Self::CancelledAfterRefund | Self::CancelledWhileRefunding => {
                (CancelReason::CustomerRequest, OrderStage::Paid)
            }
        })
    }

    /// Where the order ends.
    #[must_use]
    pub const fn stage(self) -> OrderStage {
        match self {
            Self::Pending => OrderStage::Pending,
            Self::Confirmed => OrderStage::Confirmed,
            Self::Paid | Self::Refunded => OrderStage::Paid,
            Self::Shipped | Self::CameBack => OrderStage::Shipped,
            _ => OrderStage::Cancelled,
        }
    }

    const fn is_secured(self) -> bool {
        self.is_paid() || matches!(self, Self::Confirmed | Self::CaptureRefused | Self::CancelledWhileCapturing)
    }

    const fn is_paid(self) -> bool {
        self.is_refunded() || matches!(self, Self::Paid | Self::Shipped | Self::CancelledAfterPaid)
    }

    const fn is_shipped(self) -> bool {
        matches!(self, Self::Shipped | Self::CameBack)
    }

    /// Whether the shop gives back what a piece of its first line cost.
    const fn is_refunded(self) -> bool {
        matches!(self, Self::Refunded | Self::CameBack | Self::CancelledAfterRefund | Self::CancelledWhileRefunding)
    }

    /// How far the order had come when the refund was paid, where it was before a cancellation.
    const fn stage_of_refund(self) -> OrderStage {
        if self.is_shipped() { OrderStage::Shipped } else { OrderStage::Paid }
    }

    /// The token that makes the built-in provider behave so.
    fn token(self) -> Option<&'static str> {
        match self {
            Self::Declined => Some("tok_declined"),
            Self::CaptureRefused => Some("tok_capture_declined"),
            _ => None,
        }
    }
}

/// One order's history.
#[derive(Debug, Clone)]
pub struct Story {
    /// Which order: `ord_<number>`.
    pub order_id: OrderId,
    /// Its fate.
    pub fate: Fate,
    number: u32,
    items: Vec<OrderItem>,
}

impl Story {
    /// The order of this number, of (product, pieces) lines at 200 yen.
    #[must_use]
    pub fn new(number: u32, fate: Fate, lines: &[(ProductId, u32)]) -> Self {
        let item = |(product_id, pieces): &(ProductId, u32)| OrderItem {
            product_id: product_id.clone(),
            name: format!("name of {product_id}"),
            names: Names::default(),
            quantity: Quantity::new(*pieces).unwrap(),
            price: Money::from_minor(200, Currency::JPY).unwrap(),
        };
        let items = lines.iter().map(item).collect();
        Self { order_id: OrderId::parse(&format!("ord_{number}")).unwrap(), fate, number, items }
    }

    /// The payment intent that order leaves for billing, where the customer named a means of payment.
    #[must_use]
    pub fn intent(&self) -> Option<(IntentKey, PaymentToken)> {
        let key = IntentKey { order_id: self.order_id.clone(), fingerprint: FINGERPRINT.to_owned() };
        Some((key, PaymentToken::parse(self.fate.token()?).unwrap()))
    }

    /// Everything that happens to the order, in every service, in an order in which it may happen.
    #[must_use]
    pub fn envelopes(&self) -> Vec<Envelope> {
        let mut versions: BTreeMap<AggregateId, Version> = BTreeMap::new();
        let wrap = |(place, event): (usize, Event)| {
            let place = u32::try_from(place).unwrap();
            let subject = self.subject(&event);
            let version = versions.entry(subject.clone()).or_default();
            *version = version.next();
            let seconds = i64::from(self.number) * 40 + i64::from(place);
            let time = start() + SignedDuration::from_secs(seconds);
            let id = EventId::new(Uuid::from_u128((u128::from(self.number) << 64) | (u128::from(place) + 1)));
            Envelope::wrap(id, time, subject, *version, &Metadata::request(id.uuid(), None), &event)
        };
        self.events().into_iter().enumerate().map(wrap).collect()
    }

    fn subject(&self, event: &Event) -> AggregateId {
        match event.event_type().owner() {
            Owner::Inventory => aggregates::reservation(&self.order_id),
            Owner::Billing => AggregateId::from(&PaymentId::of_order(&self.order_id)),
            _ => AggregateId::from(&self.order_id),
        }
    }

    fn events(&self) -> Vec<Event> {
        let (fate, order_id, user_id) = (self.fate, self.order_id.clone(), UserId::parse("usr_1").unwrap());
        let (items, payment_id) = (self.items.clone(), PaymentId::of_order(&order_id));
        let total = items.iter().map(|item| i64::from(item.quantity.get()) * 200).sum();
        let total = Money::from_minor(total, Currency::JPY).unwrap();
        let (amount, provider_reference) = (total, "ledger".to_owned());
        let lines: Vec<StockLine> = items
            .iter()
            .map(|item| StockLine { product_id: item.product_id.clone(), quantity: item.quantity })
            .collect();
        let mut events: Vec<Event> = Vec::new();
        let mut happens = |event: Event| events.push(event);

        happens(
            OrderPlaced {
                order_id: order_id.clone(),
                user_id: user_id.clone(),
                items: items.clone(),
                total,
                has_payment_token: fate.token().is_some(),
                request_fingerprint: FINGERPRINT.to_owned(),
            }
            .into(),
        );
        let authorized: Event = PaymentAuthorized {
            payment_id: payment_id.clone(),
            order_id: order_id.clone(),
            amount,
            provider_reference: provider_reference.clone(),
        }
        .into();
        let declined = |stage| -> Event {
            let (payment_id, order_id) = (payment_id.clone(), order_id.clone());
            PaymentDeclined { payment_id, order_id, amount, stage, reason: "declined".to_owned() }.into()
        };
        let stock_secured: Event = OrderStockSecured { order_id: order_id.clone() }.into();
        let payment_secured: Event =
            OrderPaymentSecured { order_id: order_id.clone(), payment_id: payment_id.clone() }.into();
        let reserves = fate.is_secured() || matches!(fate, Fate::Declined | Fate::TooLate);
        let authorizes = fate.is_secured() || fate == Fate::OutOfStock;
        if reserves {
            happens(StockReserved { order_id: order_id.clone(), lines: lines.clone() }.into());
            happens(stock_secured);
        } else if fate == Fate::OutOfStock {
            happens(StockRejected { order_id: order_id.clone(), shortages: Vec::new() }.into());
        }
        if authorizes {
            happens(authorized);
            if fate.is_secured() {
                happens(payment_secured);
            }
        } else if fate == Fate::Declined {
            happens(declined(DeclineStage::Authorization));
        }
        let captured: Event = PaymentCaptured {
            payment_id: payment_id.clone(),
            order_id: order_id.clone(),
            amount,
            provider_reference: provider_reference.clone(),
        }
        .into();
        if fate.is_secured() {
            happens(OrderConfirmed { order_id: order_id.clone(), user_id: user_id.clone(), total }.into());
        }
        if fate.is_secured() && fate != Fate::Confirmed {
            happens(CaptureStarted { payment_id: payment_id.clone(), order_id: order_id.clone(), amount }.into());
        }
        if fate == Fate::CaptureRefused {
            happens(declined(DeclineStage::Capture));
        }
        if fate.is_paid() {
            happens(captured.clone());
            let (order_id, user_id, items) = (order_id.clone(), user_id.clone(), items.clone());
            happens(OrderPaid { order_id, user_id, items, total }.into());
        }
        if fate.is_shipped() {
            let (user_id, items) = (user_id.clone(), items.clone());
            happens(OrderShipped { order_id: order_id.clone(), user_id, items, total }.into());
            happens(StockDeducted { order_id: order_id.clone(), lines: lines.clone() }.into());
        }
        let refund = fate.is_refunded().then(|| StoryRefund::of(self));
        let mut amount = amount;
        let (mut refunds, mut refunded_pieces) = (Vec::new(), Vec::new());
        if let Some(refund) = &refund {
            happens(refund.requested());
            if fate == Fate::CancelledWhileRefunding {
                refunds.push(refund.earlier(false));
            } else {
                refund.paid(fate.stage_of_refund()).into_iter().for_each(&mut happens);
                refunds.push(refund.earlier(true));
                refunded_pieces = refund.pieces();
            }
            amount = amount.minus(refund.amount).unwrap();
        }
        if let Some((reason, cancelled_from)) = fate.cancellation() {
            let (note, id) = (None, order_id.clone());
            let cancelled = OrderCancelled {
                order_id: id,
                user_id,
                items,
                total,
                reason,
                cancelled_from,
                note,
                refunds,
                refunded_pieces,
            };
            happens(cancelled.into());
            if let (Some(refund), Fate::CancelledWhileRefunding) = (&refund, fate) {
                refund.paid(OrderStage::Cancelled).into_iter().for_each(&mut happens);
            }
            if fate != Fate::OutOfStock {
                let lines = if reserves { lines } else { Vec::new() };
                happens(StockReleased { order_id: order_id.clone(), lines }.into());
            }
            if fate.is_paid() && amount.minor() == 0 {
                // The refund before has given all of it back.
            } else if fate.is_paid() || fate == Fate::CancelledWhileCapturing {
                if fate == Fate::CancelledWhileCapturing {
                    happens(captured);
                }
                happens(RefundStarted { payment_id: payment_id.clone(), order_id: order_id.clone(), amount }.into());
                happens(PaymentRefunded { payment_id, order_id, amount, provider_reference }.into());
            } else if authorizes {
                happens(VoidStarted { payment_id: payment_id.clone(), order_id: order_id.clone(), amount }.into());
                happens(PaymentVoided { payment_id, order_id, amount: Some(amount) }.into());
            } else if fate != Fate::Declined {
                happens(PaymentVoided { payment_id, order_id, amount: None }.into());
            }
        }
        events
    }
}

/// A product's first event: so many pieces at 200 yen.
#[must_use]
pub fn product_created(product_id: &ProductId, stock: u32) -> Envelope {
    let created = ProductCreated {
        product_id: product_id.clone(),
        name: format!("name of {product_id}"),
        names: Names::default(),
        description: String::new(),
        presentation: Presentation::default(),
        price: Money::from_minor(200, Currency::JPY).unwrap(),
        stock,
    };
    let id = EventId::new(Uuid::new_v5(&Uuid::NAMESPACE_URL, product_id.as_str().as_bytes()));
    let meta = Metadata::request(id.uuid(), None);
    Envelope::wrap(id, start(), AggregateId::from(product_id), Version::new(1), &meta, &created.into())
}

/// Messages that the topic sends to this queue, as deliveries.
#[must_use]
pub fn deliveries_to(queue: &QueueSpec, envelopes: &[Envelope]) -> Vec<Delivery> {
    let events = queue.events();
    let subscribed = envelopes.iter().filter(|envelope| events.contains(&envelope.known_type().unwrap()));
    subscribed.map(|envelope| Delivery::of(envelope.clone()).unwrap()).collect()
}

/// When the first story begins.
fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap()
}
