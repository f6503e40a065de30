//! What the event stores and the provider's ledger say: the truth that every other view has to agree with.

use shotengai_contracts::aggregates;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::{Envelope, Event, Owner};
use shotengai_kernel::{AggregateId, OrderId, PaymentId, ProductId, Version};
use shotengai_messaging::Infrastructure;

use crate::shop::Shop;
use crate::test_cluster::TestCluster;

/// All events of one aggregate, oldest first.
pub async fn history(cluster: &TestCluster, owner: Owner, id: &AggregateId) -> Vec<Envelope> {
    let commits = cluster.aws.event_store(owner).load(id, Version::ZERO).await.unwrap();
    commits.into_iter().flat_map(|commit| commit.events).collect()
}

/// An order as its events tell it.
#[derive(Debug, Clone)]
pub struct OrderFacts {
    /// How far it has come.
    pub stage: OrderStage,
    /// Its last version.
    pub version: u64,
    /// Why it was cancelled, if it was, and how far it had come.
    pub cancelled: Option<(String, OrderStage)>,
    /// Whether it was ever paid.
    pub was_paid: bool,
    /// Its total, in minor units.
    pub total: i64,
}

/// Reads an order; it must have been placed.
pub async fn order(cluster: &TestCluster, order: &str) -> OrderFacts {
    let id = AggregateId::from(&OrderId::parse(order).unwrap());
    let mut facts: Option<OrderFacts> = None;
    for envelope in history(cluster, Owner::Order, &id).await {
        let event = envelope.event().unwrap();
        if let Event::OrderPlaced(placed) = &event {
            let total = placed.total.minor();
            let fresh = OrderFacts { stage: OrderStage::Pending, version: 0, cancelled: None, was_paid: false, total };
            assert!(facts.replace(fresh).is_none(), "{order} was placed twice");
        }
        let facts = facts.as_mut().unwrap_or_else(|| panic!("{order} begins with {}", envelope.event_type));
        facts.version = envelope.aggregateversion.get();
        match event {
            Event::OrderConfirmed(_) => facts.stage = OrderStage::Confirmed,
            Event::OrderPaid(_) => (facts.stage, facts.was_paid) = (OrderStage::Paid, true),
            Event::OrderShipped(_) => facts.stage = OrderStage::Shipped,
            Event::OrderCancelled(cancelled) => {
                let why = (cancelled.reason.as_str().to_owned(), cancelled.cancelled_from);
                assert!(facts.cancelled.replace(why).is_none(), "{order} was cancelled twice");
                facts.stage = OrderStage::Cancelled;
            }
            _ => {}
        }
    }
    facts.unwrap_or_else(|| panic!("{order} was never placed"))
}

/// What inventory did about an order, oldest first.
pub async fn reservation(cluster: &TestCluster, order: &str) -> Vec<Event> {
    let id = aggregates::reservation(&OrderId::parse(order).unwrap());
    history(cluster, Owner::Inventory, &id).await.iter().map(|envelope| envelope.event().unwrap()).collect()
}

/// What billing did about an order, oldest first.
pub async fn payment(cluster: &TestCluster, order: &str) -> Vec<Event> {
    let id = AggregateId::from(&PaymentId::of_order(&OrderId::parse(order).unwrap()));
    history(cluster, Owner::Billing, &id).await.iter().map(|envelope| envelope.event().unwrap()).collect()
}

/// Pieces of one product: what came in, and where it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockFacts {
    /// Ever added.
    pub added: i64,
    /// Free.
    pub available: i64,
    /// Held for orders.
    pub reserved: i64,
    /// Left the house.
    pub deducted: i64,
}

/// Folds a product's stock; panics if any number was ever below zero.
pub async fn stock(cluster: &TestCluster, product: &str) -> StockFacts {
    let id = aggregates::stock(&ProductId::parse(product).unwrap());
    let mut facts = StockFacts::default();
    for envelope in history(cluster, Owner::Inventory, &id).await {
        let Event::StockMoved(moved) = envelope.event().unwrap() else { continue };
        let [added, reserved, released, deducted] =
            [moved.added, moved.reserved, moved.released, moved.deducted].map(i64::from);
        facts.added += added;
        facts.available += added + released - reserved;
        facts.reserved += reserved - released - deducted;
        facts.deducted += deducted;
        let lowest = facts.available.min(facts.reserved).min(facts.deducted);
        assert!(lowest >= 0, "{product} below zero at version {}: {facts:?}", envelope.aggregateversion);
    }
    facts
}

/// What the provider did for one order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Approved captures.
    pub captures: usize,
    /// Approved refunds.
    pub refunds: usize,
    /// Captured less refunded, in minor units of a currency without decimals.
    pub net: i64,
    /// Whether an amount is still held without having been taken.
    pub held: bool,
}

/// Reads the ledger at a process that has billing.
pub async fn balance(billing: &Shop, order: &str) -> Balance {
    let approved: Vec<_> =
        billing.ledger(order).await.into_iter().filter(|entry| entry["outcome"] == "approved").collect();
    let of = |operation: &str| {
        let amounts = approved.iter().filter(|entry| entry["operation"] == operation);
        amounts.map(|entry| entry["amount"].as_i64().expect("whole yen")).collect::<Vec<_>>()
    };
    let (captures, refunds) = (of("capture"), of("refund"));
    Balance {
        held: !of("authorize").is_empty() && captures.is_empty() && of("void").is_empty(),
        net: captures.iter().sum::<i64>() - refunds.iter().sum::<i64>(),
        captures: captures.len(),
        refunds: refunds.len(),
    }
}
