//! Planted causes, each explained rightly: in a street where all else is well.
//!
//! - `awaits`: what is awaited. `on_its_way`: up to the queue. `at_the_consumer`: from it on.

mod at_the_consumer;
mod awaits;
mod on_its_way;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use shotengai_contracts::api::ops::explanations::{
    AwaitedDeed, CauseKind, Certainty, Deed, ExplainedCause, Explanation, MessagePlace,
};
use shotengai_contracts::api::ops::street::{
    Pause, Street, StreetConsumer, StreetProcess, StreetQueue, StreetShard, StreetStream, Unknown,
};
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::{QueueSpec, SHOTENGAI, queues};
use shotengai_contracts::{Event, EventType, aggregates, samples};
use shotengai_kernel::{AggregateId, EventId, OrderId, PaymentId, Timestamp, UserId, Version};
use uuid::Uuid;

use super::*;

/// Seconds after the order was placed at which somebody asks.
const ASKED_AFTER: i64 = 60;

fn order() -> OrderId {
    OrderId::parse("ord_019a0000000070008000000000000001").unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

fn events(subject: AggregateId, events: Vec<(Event, i64)>) -> Vec<Fact> {
    let numbered = events.into_iter().zip(1_u64..);
    let fact = |((event, second), number): ((Event, i64), u64)| Fact {
        id: EventId::new(Uuid::new_v5(&Uuid::nil(), format!("{subject} {number}").as_bytes())),
        subject: subject.clone(),
        version: Version::new(number),
        at: at(second),
        event,
    };
    numbered.map(fact).collect()
}

fn sample(event: &(EventType, i64)) -> (Event, i64) {
    (samples::event(event.0).unwrap(), event.1)
}

/// What happened, each with the second in which it did.
fn facts(of_order: &[(EventType, i64)], of_stock: &[(EventType, i64)], of_payment: &[(EventType, i64)]) -> Facts {
    let of = |subject, all: &[_]| events(subject, all.iter().map(sample).collect());
    Facts {
        order: of(AggregateId::from(&order()), of_order),
        reservation: of(aggregates::reservation(&order()), of_stock),
        payment: of(AggregateId::from(&PaymentId::of_order(&order())), of_payment),
        unread: 0,
    }
}

/// Stock is secured, and billing has not answered.
fn waits_for_billing() -> Facts {
    use EventType::{OrderPlaced, OrderStockSecured, StockReserved};
    facts(&[(OrderPlaced, 0), (OrderStockSecured, 2)], &[(StockReserved, 1)], &[])
}

/// It is confirmed, and billing has said so far what these are.
fn confirmed(payment: &[(EventType, i64)]) -> Facts {
    use EventType::{
        OrderConfirmed, OrderPaymentSecured, OrderPlaced, OrderStockSecured, PaymentAuthorized, StockReserved,
    };
    let order = [(OrderPlaced, 0), (OrderStockSecured, 2), (OrderPaymentSecured, 4), (OrderConfirmed, 4)];
    let payment: Vec<_> = [(PaymentAuthorized, 3)].iter().chain(payment).copied().collect();
    facts(&order, &[(StockReserved, 1)], &payment)
}

/// A street in which all is well: one process a role, four shards that are read to their end, empty queues.
fn well() -> Seen {
    let processes = SHOTENGAI.services.iter().map(|service| StreetProcess {
        address: format!("http://{service}"),
        roles: vec![service.to_string()],
        ready: true,
        dependencies: 1,
        down: BTreeMap::new(),
        fault: None,
    });
    let shards = (0..4).map(|n| StreetShard {
        shard: format!("shard-{n}"),
        parents: Vec::new(),
        owner: Some("bridge-1".to_owned()),
        epoch: Some(1),
        ended: false,
        lag_ms: Some(0),
        fault: None,
    });
    let consumed = || SHOTENGAI.consumed_queues();
    let queues = consumed().map(|queue| StreetQueue {
        queue: queue.name.to_owned(),
        service: queue.service.to_string(),
        waiting: 0,
        in_flight: 0,
        delayed: 0,
        oldest_seconds: None,
        dead_letter_queue: queue.dead_letters(),
        dead_letters: 0,
    });
    let consumers = consumed().map(|queue| StreetConsumer {
        consumer: queue.consumer().to_owned(),
        queue: queue.name.to_owned(),
        service: queue.service.to_string(),
        processes: 1,
        handled: 1,
        failed: 0,
        handled_per_second: None,
        failed_per_second: None,
        age_seconds: None,
        breaker_open: false,
        paused: None,
    });
    let street = Street {
        at: at(ASKED_AFTER),
        processes: processes.collect(),
        stream: StreetStream { name: "ec-events".to_owned(), shards: shards.collect() },
        queues: queues.collect(),
        consumers: consumers.collect(),
        ..Street::default()
    };
    Seen { street, all_processes: true, is_searched: true, ..Seen::default() }
}

fn queue<'a>(seen: &'a mut Seen, spec: &QueueSpec) -> &'a mut StreetQueue {
    seen.street.queues.iter_mut().find(|queue| queue.queue == spec.name).unwrap()
}

fn consumer<'a>(seen: &'a mut Seen, spec: &QueueSpec) -> &'a mut StreetConsumer {
    seen.street.consumers.iter_mut().find(|consumer| consumer.queue == spec.name).unwrap()
}

fn process<'a>(seen: &'a mut Seen, role: &str) -> &'a mut StreetProcess {
    seen.street.processes.iter_mut().find(|process| process.roles == [role]).unwrap()
}

fn gone(seen: &mut Seen, role: &str) {
    seen.street.processes.retain(|process| process.roles != [role]);
}

fn told(facts: &Facts, seen: &Seen) -> Explanation {
    explain(&order(), facts, seen).unwrap()
}

/// The only thing that is awaited.
fn only(facts: &Facts, seen: &Seen) -> AwaitedDeed {
    let mut explanation = told(facts, seen);
    assert_eq!(explanation.awaited.len(), 1, "{explanation:#?}");
    explanation.awaited.remove(0)
}

/// The causes, by kind and certainty.
fn kinds(awaited: &AwaitedDeed) -> Vec<(CauseKind, Certainty)> {
    awaited.causes.iter().map(|cause| (cause.cause, cause.certainty)).collect()
}

/// That this alone, or this before others, explains it; what is said of it.
fn first(awaited: &AwaitedDeed, kind: CauseKind, certainty: Certainty, place: MessagePlace) -> ExplainedCause {
    assert_eq!(kinds(awaited)[0], (kind, certainty), "{awaited:#?}");
    assert_eq!(awaited.place, place, "{awaited:#?}");
    awaited.causes[0].clone()
}

fn placed(facts: &Facts) -> EventId {
    facts.order[0].id
}

fn letter(queue: &QueueSpec, of: &Fact, reason: &str) -> SeenLetter {
    SeenLetter {
        queue: queue.dead_letters(),
        id: "letter-1".to_owned(),
        reason: reason.to_owned(),
        error: "tried 40 times".to_owned(),
        event: Some((of.subject.as_str().to_owned(), of.version)),
        order: Some(order()),
        since: Some(at(5)),
    }
}
