//! What the event stores say, folded here and by nobody else's code.

use std::collections::BTreeMap;

use shotengai_contracts::aggregates;
use shotengai_contracts::{Event, Owner};
use shotengai_kernel::{OrderId, PaymentId};
use shotengai_messaging::{Commit, Infrastructure, OUTBOX_SHARDS};

use crate::test_cluster::TestCluster;

const PAGE: usize = 500;

/// An order's life.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderTruth {
    /// `pending`, `confirmed`, `paid`, `shipped` or `cancelled`; empty if it was never placed.
    pub status: String,
    /// Why it was cancelled.
    pub reason: Option<&'static str>,
    /// Its events so far.
    pub version: u64,
    /// Product and pieces.
    pub lines: Vec<(String, i64)>,
    /// What it costs.
    pub total: i64,
    /// Whether it was ever paid.
    pub was_paid: bool,
    /// Whether it was ever shipped.
    pub was_shipped: bool,
    /// How often it was placed.
    pub placed: u64,
    /// The last that inventory said of it.
    pub reservation: String,
    /// The last that billing said of it.
    pub payment: String,
}

/// A product's numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockTruth {
    /// Pieces that came in.
    pub added: i64,
    /// Pieces that can be ordered.
    pub available: i64,
    /// Pieces that are ordered.
    pub reserved: i64,
    /// Pieces that left the house.
    pub deducted: i64,
    /// Whether one of these was ever below zero.
    pub fell_below_zero: bool,
}

/// Everything that was decided.
#[derive(Debug, Default)]
pub struct Truth {
    /// By order.
    pub orders: BTreeMap<String, OrderTruth>,
    /// By product.
    pub stock: BTreeMap<String, StockTruth>,
    /// Streams with a hole or two events at one place, and events that can't be read.
    pub broken: Vec<String>,
}

impl Truth {
    /// Reads all of it.
    pub async fn read(cluster: &TestCluster) -> Self {
        let mut truth = Self::default();
        for owner in [Owner::Order, Owner::Inventory, Owner::Billing] {
            for (id, mut commits) in commits_of(cluster, owner).await {
                commits.sort_by_key(|commit| commit.first_version);
                truth.fold(&id, &commits);
            }
        }
        truth
    }

    fn fold(&mut self, id: &str, commits: &[Commit]) {
        let mut version = 0;
        for envelope in commits.iter().flat_map(|commit| &commit.events) {
            version += 1;
            if envelope.aggregateversion.get() != version {
                self.broken.push(format!("{id}: version {} stands at place {version}", envelope.aggregateversion));
                version = envelope.aggregateversion.get();
            }
            match envelope.event() {
                Ok(event) => self.apply(id, version, &envelope.event_type, &event),
                Err(error) => self.broken.push(format!("{id}: {error}")),
            }
        }
    }

    fn apply(&mut self, id: &str, version: u64, event_type: &str, event: &Event) {
        if id.starts_with(OrderId::PREFIX) {
            let order = self.orders.entry(id.to_owned()).or_default();
            order.version = version;
            order.apply(event);
        } else if let Ok(payment) = PaymentId::parse(id) {
            event_type.clone_into(&mut self.orders.entry(payment.order().to_string()).or_default().payment);
        } else if let Some(order) = aggregates::RESERVATION.name_in(id) {
            event_type.clone_into(&mut self.orders.entry(order.to_owned()).or_default().reservation);
        } else if let Event::StockMoved(moved) = event {
            let stock = self.stock.entry(moved.product_id.to_string()).or_default();
            let [added, reserved, released, deducted] =
                [moved.added, moved.reserved, moved.released, moved.deducted].map(i64::from);
            stock.added += added;
            stock.available += added - reserved + released;
            stock.reserved += reserved - released - deducted;
            stock.deducted += deducted;
            stock.fell_below_zero |= stock.available < 0 || stock.reserved < 0;
        }
    }
}

impl OrderTruth {
    /// Whether nothing more happens to it by itself.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.status.as_str(), "paid" | "shipped" | "cancelled")
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::OrderPlaced(placed) => {
                self.placed += 1;
                self.lines = placed
                    .items
                    .iter()
                    .map(|item| (item.product_id.to_string(), i64::from(item.quantity.get())))
                    .collect();
                self.total = placed.total.to_major_number().as_i64().unwrap_or(i64::MIN);
                "pending".clone_into(&mut self.status);
            }
            Event::OrderConfirmed(_) => "confirmed".clone_into(&mut self.status),
            Event::OrderPaid(_) => {
                self.was_paid = true;
                "paid".clone_into(&mut self.status);
            }
            Event::OrderShipped(_) => {
                self.was_shipped = true;
                "shipped".clone_into(&mut self.status);
            }
            Event::OrderCancelled(cancelled) => {
                self.reason = Some(cancelled.reason.as_str());
                "cancelled".clone_into(&mut self.status);
            }
            _ => {}
        }
    }
}

/// All commits of a service by aggregate, from its time index.
async fn commits_of(cluster: &TestCluster, owner: Owner) -> BTreeMap<String, Vec<Commit>> {
    let store = cluster.aws.event_store(owner);
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for shard in 0..OUTBOX_SHARDS {
        let mut from = None;
        loop {
            let (commits, next) = store.scan(shard, from, PAGE).await.unwrap_or_else(|fault| panic!("{fault}"));
            for commit in commits {
                found.entry(commit.aggregate_id.as_str().to_owned()).or_default().push(commit);
            }
            match next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    found
}
