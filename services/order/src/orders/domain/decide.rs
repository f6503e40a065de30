//! Decisions: from what is known and what is asked or told, to events. Each function is total over every state.
//!
//! Messages come late, twice and in any order. A message whose point has passed leads to no events, so every order of
//! the same messages ends in the same stage; see `confluence_tests`.

use shotengai_contracts::OrderEvent;
use shotengai_contracts::events::{
    CancelReason, DeclineStage, OrderCancelled, OrderConfirmed, OrderPaid, OrderPaymentSecured, OrderPlaced,
    OrderShipped, OrderStage, OrderStockSecured,
};
use shotengai_kernel::{PaymentId, RefundId, UserId};

use super::refund::{declined, paid};
use super::{Order, PlacedOrder, Refusal, TooEarly};

/// What inventory and billing tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Inventory reserved every line.
    StockReserved,
    /// Inventory reserved nothing, since something is missing.
    StockRejected,
    /// Billing holds the amount.
    PaymentAuthorized,
    /// The provider refused.
    PaymentDeclined(DeclineStage),
    /// Billing has the amount.
    PaymentCaptured,
    /// The money of a refund by the shop went back.
    RefundPaid(RefundId),
    /// The provider refused a refund by the shop.
    RefundDeclined(RefundId),
}

/// Places an order. A repeated request leads to no second order.
///
/// # Errors
/// [`Refusal::KeyReused`] when the order was placed by another request.
pub fn place(order: &Order, wanted: OrderPlaced) -> Result<Vec<OrderEvent>, Refusal> {
    match order.placed() {
        None => Ok(vec![wanted.into()]),
        Some(placed) if placed.fingerprint == wanted.request_fingerprint => Ok(Vec::new()),
        Some(_) => Err(Refusal::KeyReused),
    }
}

/// Takes a message in.
///
/// # Errors
/// [`TooEarly`] when the order has not come to the point that the message follows from.
pub fn signal(order: &Order, signal: Signal) -> Result<Vec<OrderEvent>, TooEarly> {
    let order = order.placed().ok_or(TooEarly(None))?;
    match signal {
        Signal::StockReserved => Ok(stock_secured(order)),
        Signal::StockRejected => Ok(cancel_pending(order, CancelReason::OutOfStock)),
        Signal::PaymentAuthorized => Ok(payment_secured(order)),
        Signal::PaymentDeclined(DeclineStage::Authorization) => {
            Ok(cancel_pending(order, CancelReason::PaymentDeclined))
        }
        Signal::PaymentDeclined(DeclineStage::Capture) => capture_refused(order),
        Signal::PaymentCaptured => captured(order),
        Signal::RefundPaid(id) => paid(order, id),
        Signal::RefundDeclined(id) => declined(order, id),
    }
}

/// Gives up on an order that has not secured stock and payment in time.
#[must_use]
pub fn deadline_passed(order: &Order) -> Vec<OrderEvent> {
    order.placed().map(|order| cancel_pending(order, CancelReason::DeadlineExceeded)).unwrap_or_default()
}

/// The next step of an order, until somebody tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaits {
    /// Stock and payment, or one of them: it is given up at its deadline.
    Securing,
    /// Its money: it is confirmed, and whether the provider has captured is for billing to say.
    Capture,
    /// Nothing, or a person.
    Nothing,
}

/// The step that an order waits for; nothing, if it was never placed.
#[must_use]
pub fn awaits(order: &Order) -> Awaits {
    match order.placed().map(|order| order.stage) {
        Some(OrderStage::Pending) => Awaits::Securing,
        Some(OrderStage::Confirmed) => Awaits::Capture,
        Some(OrderStage::Paid | OrderStage::Shipped | OrderStage::Cancelled) | None => Awaits::Nothing,
    }
}

/// Ships a paid order; nothing more happens to one that was shipped before.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::NotShippable`], [`Refusal::Refunded`].
pub fn ship(order: &Order) -> Result<Vec<OrderEvent>, Refusal> {
    let order = order.placed().ok_or(Refusal::NotFound)?;
    match order.stage {
        OrderStage::Paid if is_refunded(order) => Err(Refusal::Refunded),
        OrderStage::Paid => Ok(vec![
            OrderShipped {
                order_id: order.order_id.clone(),
                user_id: order.user_id.clone(),
                items: order.items.clone(),
                total: order.total,
            }
            .into(),
        ]),
        OrderStage::Shipped => Ok(Vec::new()),
        stage @ (OrderStage::Pending | OrderStage::Confirmed | OrderStage::Cancelled) => {
            Err(Refusal::NotShippable(stage))
        }
    }
}

/// Cancels an order on a person's request; nothing more happens to one that was cancelled before, whatever for.
///
/// `owner` is the person who must own it; none for an administrator, who may cancel anybody's.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::AlreadyShipped`].
pub fn cancel(order: &Order, owner: Option<&UserId>, note: Option<String>) -> Result<Vec<OrderEvent>, Refusal> {
    let order = order.placed().ok_or(Refusal::NotFound)?;
    if owner.is_some_and(|owner| *owner != order.user_id) {
        return Err(Refusal::NotFound);
    }
    match order.stage {
        OrderStage::Pending | OrderStage::Confirmed | OrderStage::Paid => {
            Ok(vec![cancelled(order, CancelReason::CustomerRequest, note)])
        }
        OrderStage::Cancelled => Ok(Vec::new()),
        OrderStage::Shipped => Err(Refusal::AlreadyShipped),
    }
}

/// Whether refunds have asked for all of its money. An order that costs nothing has none.
fn is_refunded(order: &PlacedOrder) -> bool {
    order.refunds.standing().next().is_some() && order.refunds.left_of(order.total).is_ok_and(|left| left.minor() == 0)
}

fn stock_secured(order: &PlacedOrder) -> Vec<OrderEvent> {
    if order.stage != OrderStage::Pending || order.stock_secured {
        return Vec::new();
    }
    let secured = OrderStockSecured { order_id: order.order_id.clone() };
    with_confirmation(order, secured.into(), order.payment_secured)
}

fn payment_secured(order: &PlacedOrder) -> Vec<OrderEvent> {
    if order.stage != OrderStage::Pending || order.payment_secured {
        return Vec::new();
    }
    let payment_id = PaymentId::of_order(&order.order_id);
    let secured = OrderPaymentSecured { order_id: order.order_id.clone(), payment_id };
    with_confirmation(order, secured.into(), order.stock_secured)
}

/// Score and confirmation are one commit: there is no state in which both are secured and nobody confirms.
fn with_confirmation(order: &PlacedOrder, secured: OrderEvent, other_is_secured: bool) -> Vec<OrderEvent> {
    let mut events = vec![secured];
    if other_is_secured {
        let confirmed =
            OrderConfirmed { order_id: order.order_id.clone(), user_id: order.user_id.clone(), total: order.total };
        events.push(confirmed.into());
    }
    events
}

fn capture_refused(order: &PlacedOrder) -> Result<Vec<OrderEvent>, TooEarly> {
    match order.stage {
        OrderStage::Pending => Err(TooEarly(Some(order.stage))),
        OrderStage::Confirmed => Ok(vec![cancelled(order, CancelReason::CaptureRefused, None)]),
        OrderStage::Paid | OrderStage::Shipped | OrderStage::Cancelled => Ok(Vec::new()),
    }
}

/// A capture that comes after the cancel leads to nothing here: billing itself refunds on `OrderCancelled`.
fn captured(order: &PlacedOrder) -> Result<Vec<OrderEvent>, TooEarly> {
    match order.stage {
        OrderStage::Pending => Err(TooEarly(Some(order.stage))),
        OrderStage::Confirmed => Ok(vec![
            OrderPaid {
                order_id: order.order_id.clone(),
                user_id: order.user_id.clone(),
                items: order.items.clone(),
                total: order.total,
            }
            .into(),
        ]),
        OrderStage::Paid | OrderStage::Shipped | OrderStage::Cancelled => Ok(Vec::new()),
    }
}

fn cancel_pending(order: &PlacedOrder, reason: CancelReason) -> Vec<OrderEvent> {
    if order.stage == OrderStage::Pending { vec![cancelled(order, reason, None)] } else { Vec::new() }
}

fn cancelled(order: &PlacedOrder, reason: CancelReason, note: Option<String>) -> OrderEvent {
    OrderCancelled {
        order_id: order.order_id.clone(),
        user_id: order.user_id.clone(),
        items: order.items.clone(),
        total: order.total,
        reason,
        cancelled_from: order.stage,
        note,
        refunds: order.refunds.before_cancellation(),
        refunded_pieces: order.refunds.paid_pieces(),
    }
    .into()
}
