//! From what happened to what has to happen yet.

use shotengai_contracts::api::ops::explanations::Deed;
use shotengai_contracts::events::{DeclineStage, OrderCancelled, OrderStage};
use shotengai_contracts::topology::{QueueSpec, queues};
use shotengai_contracts::{Event, EventType};
use shotengai_kernel::{RefundId, Timestamp};

use super::facts::{Fact, Facts, newest};

/// A step of the order that somebody has to take next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Awaited<'a> {
    /// What.
    pub deed: Deed,
    /// The event that tells them to.
    pub message: &'a Fact,
    /// The queue by which it comes to them. Who empties that has to act.
    pub queue: &'static QueueSpec,
    /// That the payment provider is asked: committed before it is, and not followed by its answer.
    pub asked: Option<&'a Fact>,
}

impl<'a> Awaited<'a> {
    const fn of(deed: Deed, message: &'a Fact, queue: &'static QueueSpec) -> Self {
        Self { deed, message, queue, asked: None }
    }

    const fn answer(message: &'a Fact) -> Self {
        Self::of(Deed::TakeInAnswer, message, &queues::ORDER)
    }

    /// Of billing, which may have asked the provider: by an intention of this deed's own.
    fn money(deed: Deed, message: &'a Fact, facts: &'a Facts, is_own: impl Fn(&Event) -> bool) -> Self {
        let asked = facts.payment.last().filter(|fact| is_own(&fact.event));
        Self { asked, ..Self::of(deed, message, &queues::BILLING) }
    }

    /// Since when it is awaited.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.asked.unwrap_or(self.message).at
    }

    /// Where the message would be among the dead letters; and where a letter tells that an order is confirmed for too long.
    #[must_use]
    pub fn letter_queues(&self) -> Vec<&'static QueueSpec> {
        let mut all = vec![self.queue];
        if self.asked.is_none() {
            all.push(&queues::BRIDGE_DEAD_LETTERS);
        }
        if matches!(self.deed, Deed::CapturePayment | Deed::ReserveStock | Deed::AuthorizePayment) {
            all.push(&queues::ORDER_DEADLINE);
        }
        all
    }
}

/// Steps that are missing for an order to be decided, and for its stock and its money to be where they belong then. Empty
/// where nothing is awaited, and where nobody placed it.
#[must_use]
pub fn awaited(facts: &Facts) -> Vec<Awaited<'_>> {
    match facts.stage() {
        None => Vec::new(),
        Some(OrderStage::Pending) => securing(facts),
        Some(OrderStage::Confirmed) => capturing(facts).into_iter().collect(),
        Some(OrderStage::Paid | OrderStage::Shipped) => deducting(facts).into_iter().chain(refunding(facts)).collect(),
        Some(OrderStage::Cancelled) => letting_go(facts).into_iter().chain(answered(facts)).collect(),
    }
}

fn securing(facts: &Facts) -> Vec<Awaited<'_>> {
    use EventType::{
        OrderPaymentSecured, OrderPlaced, OrderStockSecured, PaymentAuthorized, PaymentDeclined, StockRejected,
        StockReserved,
    };
    // An answer that ends the order is all that it waits for.
    let refusal = newest(&facts.reservation, &[StockRejected]).or_else(|| newest(&facts.payment, &[PaymentDeclined]));
    if let Some(refusal) = refusal {
        return vec![Awaited::answer(refusal)];
    }
    let Some(placed) = newest(&facts.order, &[OrderPlaced]) else { return Vec::new() };
    let stock = newest(&facts.reservation, &[StockReserved])
        .map_or_else(|| Awaited::of(Deed::ReserveStock, placed, &queues::INVENTORY), Awaited::answer);
    let payment = newest(&facts.payment, &[PaymentAuthorized])
        .map_or_else(|| Awaited::money(Deed::AuthorizePayment, placed, facts, |_| false), Awaited::answer);
    let known = |event| newest(&facts.order, &[event]).is_some();
    let open = [(OrderStockSecured, stock), (OrderPaymentSecured, payment)];
    open.into_iter().filter(|(secured, _)| !known(*secured)).map(|(_, awaited)| awaited).collect()
}

fn capturing(facts: &Facts) -> Option<Awaited<'_>> {
    let answer = newest(&facts.payment, &[EventType::PaymentCaptured, EventType::PaymentDeclined]);
    let confirmed = newest(&facts.order, &[EventType::OrderConfirmed])?;
    Some(answer.map_or_else(
        || Awaited::money(Deed::CapturePayment, confirmed, facts, |event| matches!(event, Event::CaptureStarted(_))),
        Awaited::answer,
    ))
}

fn deducting(facts: &Facts) -> Option<Awaited<'_>> {
    let shipped = newest(&facts.order, &[EventType::OrderShipped])?;
    let is_reserved = facts.reservation.last()?.event_type() == EventType::StockReserved;
    is_reserved.then(|| Awaited::of(Deed::DeductStock, shipped, &queues::INVENTORY))
}

/// Refunds by the shop that have not ended yet.
fn refunding(facts: &Facts) -> impl Iterator<Item = Awaited<'_>> {
    let is_decided = |id| facts.order.iter().any(|fact| is_decision_on(&fact.event, id));
    let requested = facts.order.iter().filter_map(move |fact| match &fact.event {
        Event::OrderRefundRequested(asked) if !is_decided(asked.refund_id) => Some((fact, asked.refund_id)),
        _ => None,
    });
    requested.map(|(request, id)| {
        let answer = facts.payment.iter().find(|fact| is_answer_to(&fact.event, id));
        let is_own = move |event: &Event| matches!(event, Event::ShopRefundStarted(it) if it.refund_id == id);
        answer.map_or_else(|| Awaited::money(Deed::PayRefund, request, facts, is_own), Awaited::answer)
    })
}

/// Answers to refunds of a cancelled order that it has not taken in. What was not answered goes back with the rest.
fn answered(facts: &Facts) -> impl Iterator<Item = Awaited<'_>> {
    refunding(facts).filter(|awaited| awaited.deed == Deed::TakeInAnswer)
}

fn is_decision_on(event: &Event, id: RefundId) -> bool {
    match event {
        Event::OrderRefunded(it) => it.refund_id == id,
        Event::OrderRefundDeclined(it) => it.refund_id == id,
        _ => false,
    }
}

fn is_answer_to(event: &Event, id: RefundId) -> bool {
    match event {
        Event::ShopRefundPaid(it) => it.refund_id == id,
        Event::ShopRefundDeclined(it) => it.refund_id == id,
        _ => false,
    }
}

/// Stock and money that a cancelled order still holds.
fn letting_go(facts: &Facts) -> Vec<Awaited<'_>> {
    let cancelled = facts.order.iter().rev().find_map(|fact| match &fact.event {
        Event::OrderCancelled(event) => Some((fact, event)),
        _ => None,
    });
    let Some((message, event)) = cancelled else { return Vec::new() };
    let mut all = Vec::new();
    let stock = facts.reservation.last().map(Fact::event_type);
    // Of an order that inventory has not heard of yet it writes down that nothing is to be reserved.
    if matches!(stock, None | Some(EventType::StockReserved)) {
        all.push(Awaited::of(Deed::ReleaseStock, message, &queues::INVENTORY));
    }
    if !is_let_go(&facts.payment, event) {
        all.push(Awaited::money(Deed::ReturnMoney, message, facts, is_return));
    }
    all
}

/// Whether billing holds nothing of a cancelled order any more.
fn is_let_go(payment: &[Fact], cancelled: &OrderCancelled) -> bool {
    let (mut is_over, mut captured, mut returned) = (false, None, 0);
    for fact in payment {
        match &fact.event {
            Event::PaymentVoided(_) | Event::PaymentRefunded(_) => is_over = true,
            Event::PaymentDeclined(it) => is_over |= it.stage == DeclineStage::Authorization,
            Event::PaymentCaptured(it) => captured = Some(it.amount.minor()),
            Event::ShopRefundPaid(it) => returned += it.amount.minor(),
            _ => {}
        }
    }
    // What the shop has given back before is not given back again.
    let ended = |id| payment.iter().any(|fact| is_answer_to(&fact.event, id));
    let all_returned = captured.is_some_and(|captured| captured == returned);
    is_over || all_returned && cancelled.refunds.iter().all(|refund| ended(refund.refund_id))
}

/// An intention to give back what a cancelled order holds.
const fn is_return(event: &Event) -> bool {
    matches!(event, Event::VoidStarted(_) | Event::RefundStarted(_))
}
