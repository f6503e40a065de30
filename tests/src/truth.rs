//! What became of an order in each service's own records, to hold the read models against.

use std::time::Duration;

use serde_json::Value;
use shotengai_contracts::aggregates;
use shotengai_contracts::events::{DeclineStage, OrderStage};
use shotengai_contracts::{Envelope, Event, EventType, Owner};
use shotengai_kernel::{AggregateId, OrderId, PaymentId, ProductId, Version};
use shotengai_messaging::Infrastructure;

use crate::shop::{Person, Shop};
use crate::test_cluster::TestCluster;
use crate::wait::until;

/// How long a message may take through a busy street.
const WITHIN: Duration = Duration::from_secs(90);

/// Where the pieces of a product are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Can be reserved.
    pub available: i64,
    /// Promised to orders.
    pub reserved: i64,
    /// Left the house.
    pub deducted: i64,
}

/// What the provider did about one payment, all of it together, in major units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Net {
    /// Still held.
    pub held: i64,
    /// Taken and not given back.
    pub taken: i64,
}

impl TestCluster {
    /// All events of an aggregate, oldest first.
    pub async fn history(&self, owner: Owner, id: &AggregateId) -> Vec<Envelope> {
        let commits = self.aws.event_store(owner).load(id, Version::ZERO).await.unwrap();
        commits.into_iter().flat_map(|commit| commit.events).collect()
    }

    /// The events of an order.
    pub async fn order(&self, order: &str) -> Vec<Envelope> {
        self.history(Owner::Order, &AggregateId::from(&OrderId::parse(order).unwrap())).await
    }

    /// The events of an order's reservation.
    pub async fn reservation(&self, order: &str) -> Vec<Envelope> {
        self.history(Owner::Inventory, &aggregates::reservation(&OrderId::parse(order).unwrap())).await
    }

    /// The events of an order's payment.
    pub async fn payment(&self, order: &str) -> Vec<Envelope> {
        let payment = PaymentId::of_order(&OrderId::parse(order).unwrap());
        self.history(Owner::Billing, &AggregateId::from(&payment)).await
    }

    /// Where the pieces of a product are, by inventory's own events.
    pub async fn pieces(&self, product: &str) -> Pieces {
        let stock = aggregates::stock(&ProductId::parse(product).unwrap());
        let mut pieces = Pieces::default();
        for event in self.history(Owner::Inventory, &stock).await {
            let Ok(Event::StockMoved(moved)) = event.event() else { panic!("{event:?}") };
            let [added, reserved, released, deducted] =
                [moved.added, moved.reserved, moved.released, moved.deducted].map(i64::from);
            pieces.available += added + released - reserved;
            pieces.reserved += reserved - released - deducted;
            pieces.deducted += deducted;
        }
        pieces
    }

    /// Waits until inventory has the pieces there, and its public number says so too.
    pub async fn until_pieces(&self, shop: &Shop, product: &str, expected: Pieces) {
        until(&format!("{product}: {expected:?}"), WITHIN, || async {
            let (pieces, shown) = (self.pieces(product).await, shop.get(&format!("/products/{product}"), None).await);
            if pieces == expected && shown.body["stock"] == pieces.available { Ok(()) } else { Err((pieces, shown)) }
        })
        .await;
    }

    /// Waits until an order's events have one of this type; answers it.
    pub async fn until_event(&self, order: &str, event: EventType) -> Envelope {
        until(&format!("{order} has {event:?}"), WITHIN, || async {
            let events = self.order(order).await;
            events
                .iter()
                .find(|envelope| envelope.known_type().unwrap() == event)
                .cloned()
                .ok_or_else(|| types(&events))
        })
        .await
    }

    /// Waits until inventory and billing have let go of a cancelled order; answers the types of what happened to the
    /// reservation and to the payment. The provider then holds and has nothing.
    pub async fn until_let_go(&self, shop: &Shop, order: &str) -> (Vec<String>, Vec<String>) {
        let done = until(&format!("{order} is let go of"), WITHIN, || async {
            let (reservation, payment) = (self.reservation(order).await, self.payment(order).await);
            let ended = reservation.last().is_some_and(holds_nothing) && payment.last().is_some_and(holds_nothing);
            let seen = (types(&reservation), types(&payment));
            if ended { Ok(seen) } else { Err(seen) }
        })
        .await;
        until(&format!("the ledger of {order} nets to zero"), WITHIN, || async {
            let ledger = shop.ledger(order).await;
            if net(&ledger) == Net::default() { Ok(()) } else { Err(ledger) }
        })
        .await;
        done
    }

    /// Waits until the read model has an order's last event, and compares the two; answers the order as it is shown.
    pub async fn agreed(&self, shop: &Shop, person: &Person, order: &str) -> Value {
        let events = self.order(order).await;
        let last = events.last().expect("the order was placed").aggregateversion;
        let path = format!("/orders/{order}");
        let shown = until(&format!("{order} is shown at version {last}"), WITHIN, || async {
            let answer = shop.get(&path, Some(person)).await;
            if answer.body["version"] == last.get() { Ok(answer.body) } else { Err(answer) }
        })
        .await;
        let mut expected = (OrderStage::Pending, Value::Null, Value::Null);
        for envelope in &events {
            let field = |name: &str| envelope.data.get(name).cloned().unwrap_or_default();
            expected = match envelope.known_type().unwrap() {
                EventType::OrderConfirmed => (OrderStage::Confirmed, Value::Null, Value::Null),
                EventType::OrderPaid => (OrderStage::Paid, Value::Null, Value::Null),
                EventType::OrderShipped => (OrderStage::Shipped, Value::Null, Value::Null),
                EventType::OrderCancelled => (OrderStage::Cancelled, field("reason"), field("note")),
                _ => expected,
            };
        }
        let (stage, reason, note) = expected;
        assert_eq!(shown["status"], stage.as_str(), "{shown}");
        assert_eq!((shown["reason"].clone(), shown["note"].clone()), (reason, note), "{shown}");
        shown
    }
}

/// The types of events, as they travel.
#[must_use]
pub fn types(events: &[Envelope]) -> Vec<String> {
    events.iter().map(|envelope| envelope.event_type.clone()).collect()
}

/// Sums a ledger of [`Shop::ledger`].
#[must_use]
pub fn net(ledger: &[Value]) -> Net {
    let mut net = Net::default();
    for entry in ledger.iter().filter(|entry| entry["outcome"] == "approved") {
        let amount = entry["amount"].as_i64().unwrap_or_else(|| panic!("{entry}"));
        match entry["operation"].as_str() {
            Some("authorize") => net.held += amount,
            Some("capture") => (net.held, net.taken) = (net.held - amount, net.taken + amount),
            Some("void") => net.held -= amount,
            Some("refund") => net.taken -= amount,
            _ => panic!("{entry}"),
        }
    }
    net
}

/// What the provider did, as `operation outcome`, oldest first.
#[must_use]
pub fn operations(ledger: &[Value]) -> Vec<String> {
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    ledger.iter().map(|entry| format!("{} {}", word(entry, "operation"), word(entry, "outcome"))).collect()
}

fn holds_nothing(envelope: &Envelope) -> bool {
    match envelope.event().unwrap() {
        Event::StockReleased(_) | Event::StockRejected(_) | Event::PaymentVoided(_) | Event::PaymentRefunded(_) => true,
        Event::PaymentDeclined(declined) => declined.stage == DeclineStage::Authorization,
        _ => false,
    }
}
