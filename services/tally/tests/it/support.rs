//! Orders and a handler over a table in memory.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shotengai_contracts::events::{
    CancelReason, EarlierRefund, Event, OrderCancelled, OrderItem, OrderPaid, OrderRefunded, OrderStage, RefundLine,
    StockLine,
};
use shotengai_contracts::topology::{QueueSpec, Service, queues, tables};
use shotengai_contracts::{Envelope, Metadata};
use shotengai_kernel::{
    AggregateId, Clock, Currency, EventId, Money, Names, OrderId, ProductId, Quantity, RefundId, UserId, Version,
};
use shotengai_kit::{Installation, role};
use shotengai_messaging::{Delivery, Disposition, Handler, Queue};
use shotengai_runtime::Role;
use shotengai_tally::counters::Counters;
use shotengai_tally::{TallyRole, TallySettings};
use shotengai_testing::memory::{FaultInjector, NoFaults};
use uuid::Uuid;

pub(crate) fn id(product: &str) -> ProductId {
    ProductId::parse(product).unwrap()
}

fn items(lines: &[(&str, u32)]) -> Vec<OrderItem> {
    lines
        .iter()
        .map(|(product, quantity)| OrderItem {
            product_id: id(product),
            name: format!("name of {product}"),
            names: Names::default(),
            quantity: Quantity::new(*quantity).unwrap(),
            price: Money::from_minor(200, Currency::JPY).unwrap(),
        })
        .collect()
}

pub(crate) fn paid(order: usize, lines: &[(&str, u32)]) -> Event {
    let (order_id, user_id) = ids(order);
    OrderPaid { order_id, user_id, items: items(lines), total: Money::zero(Currency::JPY) }.into()
}

/// One piece of a product that is called so.
pub(crate) fn paid_named(order: i64, product: &str, name: &str) -> Event {
    let Event::OrderPaid(mut event) = paid(order.try_into().unwrap(), &[(product, 1)]) else { panic!("it is paid") };
    name.clone_into(&mut event.items[0].name);
    event.into()
}

pub(crate) fn cancelled(order: usize, lines: &[(&str, u32)], cancelled_from: OrderStage) -> Event {
    let (order_id, user_id) = ids(order);
    let (items, total, reason) = (items(lines), Money::zero(Currency::JPY), CancelReason::CustomerRequest);
    OrderCancelled {
        order_id,
        user_id,
        items,
        total,
        reason,
        cancelled_from,
        note: None,
        refunds: Vec::new(),
        refunded_pieces: Vec::new(),
    }
    .into()
}

/// The cancellation of a paid order of which these pieces were refunded before, or were being.
pub(crate) fn cancelled_after(
    order: usize,
    lines: &[(&str, u32)],
    refund: (u128, &[(&str, u32)]),
    is_paid: bool,
) -> Event {
    let Event::OrderCancelled(event) = cancelled(order, lines, OrderStage::Paid) else { panic!("it is cancelled") };
    let refund_id = RefundId::new(Uuid::from_u128(refund.0));
    let amount = Money::from_minor(1, Currency::JPY).unwrap();
    let refunds = vec![EarlierRefund { refund_id, amount, is_paid }];
    let piece = |line: RefundLine| StockLine { product_id: line.product_id, quantity: line.quantity };
    let paid = if is_paid { refund_lines(refund.1) } else { Vec::new() };
    OrderCancelled { refunds, refunded_pieces: paid.into_iter().map(piece).collect(), ..event }.into()
}

pub(crate) fn refunded(
    order: usize,
    lines: &[(&str, u32)],
    refund: (u128, &[(&str, u32)]),
    refunded_from: OrderStage,
) -> Event {
    let (order_id, user_id) = ids(order);
    let zero = Money::zero(Currency::JPY);
    OrderRefunded {
        refund_id: RefundId::new(Uuid::from_u128(refund.0)),
        order_id,
        user_id,
        items: items(lines),
        total: zero,
        amount: zero,
        refunded: zero,
        lines: refund_lines(refund.1),
        reason: String::new(),
        refunded_from,
    }
    .into()
}

fn refund_lines(lines: &[(&str, u32)]) -> Vec<RefundLine> {
    let line = |(product, pieces): &(&str, u32)| RefundLine {
        product_id: id(product),
        quantity: Quantity::new(*pieces).unwrap(),
        restock: false,
    };
    lines.iter().map(line).collect()
}

fn ids(order: usize) -> (OrderId, UserId) {
    (OrderId::parse(&format!("ord_{order}")).unwrap(), UserId::parse("usr_1").unwrap())
}

pub(crate) fn delivery(event: &Event, time: Timestamp) -> Delivery {
    Delivery::of(envelope(event, 0, time)).unwrap()
}

/// The event as it travels, under an id of its own.
pub(crate) fn envelope(event: &Event, id: usize, time: Timestamp) -> Envelope {
    let meta = Metadata::request(Uuid::nil(), None);
    let subject = AggregateId::parse("ord_x").unwrap();
    Envelope::wrap(EventId::new(Uuid::from_u128(id as u128)), time, subject, Version::new(1), &meta, event)
}

/// An installation, and processes that count in it.
pub(crate) struct Street {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: Counters,
    installation: Installation,
}

impl Street {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with_faults(seed, Arc::new(NoFaults))
    }

    pub(crate) fn with_faults(seed: u64, faults: Arc<dyn FaultInjector>) -> Self {
        let installation = Installation::with_faults(seed, faults);
        let clock = Arc::clone(&installation.ports.clock);
        let TallyRole { counters, .. } = process(&installation, &TallySettings::default());
        Self { clock, counters, installation }
    }

    /// A process of its own: its handler shares only the table with others.
    pub(crate) fn handler(&self) -> Arc<dyn Handler> {
        role::handler(&self.role(&TallySettings::default()), &queues::TALLY)
    }

    pub(crate) fn role(&self, settings: &TallySettings) -> Role {
        process(&self.installation, settings).role
    }

    pub(crate) fn delivery(&self, event: &Event) -> Delivery {
        delivery(event, self.clock.now())
    }

    /// Handles a batch that all of is expected to be counted.
    pub(crate) async fn count(&self, events: &[Event]) {
        let batch: Vec<_> = events.iter().map(|event| self.delivery(event)).collect();
        assert_eq!(self.handler().handle(&batch).await, vec![Disposition::Done; batch.len()]);
    }

    /// (sold, returned, orders) of a product.
    pub(crate) async fn of(&self, product: &str) -> (i64, i64, i64) {
        let standings = self.counters.standings().await.unwrap();
        standings.0.get(&id(product)).map_or((0, 0, 0), |found| (found.sold, found.returned, found.orders))
    }

    /// The queue's letters, which a pod of this street receives.
    pub(crate) fn queue(&self, queue: &QueueSpec) -> Arc<dyn Queue> {
        self.installation.infra.memory_queue(queue.name)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.installation.advance(SignedDuration::from_secs(seconds));
    }

    /// What has expired is gone, as some days later.
    pub(crate) fn drop_expired(&self) {
        self.installation.infra.memory_table(tables::TALLY_COUNTERS.name).drop_expired();
    }
}

fn process(installation: &Installation, settings: &TallySettings) -> TallyRole {
    shotengai_tally::assemble(installation.deps(Service::TALLY), settings)
}
