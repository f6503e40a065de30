//! What becomes of messages that were dead letters before is told, once and for good, and never a reason to keep one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use shotengai_contracts::topology::{queues, tables};
use shotengai_contracts::{Envelope, EventType, InventoryEvent, Misplaced, samples};
use shotengai_kernel::{AggregateId, EventId, Version};
use shotengai_messaging::dead_letter::{REDRIVEN_ATTRIBUTE, Redriven};
use shotengai_messaging::effects::{self, TellingTable};
use shotengai_messaging::outcomes::{Came, Ignored, Outcome, Outcomes, Stands, of_letters};
use shotengai_messaging::{
    Aggregate, Aggregates, CommandError, CommitWriter, Condition, Consumer, ConsumerConfig, Delivery, Disposition,
    EventHandler, EventStore, FaultKind, Infrastructure, IntoHandler, Key, Loaded, Message, Outbox, Row, Table,
    WriteError,
};
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;
use uuid::Uuid;

use super::{SECOND, Street, aggregate, moved};

const RUN: Uuid = Uuid::from_u128(7);

/// Whether pieces came in: once.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Crate(bool);

impl Aggregate for Crate {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        let InventoryEvent::StockMoved(_) = event else { return Err(Misplaced::of(event)) };
        self.0 = true;
        Ok(())
    }
}

/// Fills the box that its event names, if it is empty.
#[derive(Clone)]
struct Fills(Aggregates<Crate>);

impl Fills {
    fn new(street: &Street) -> Self {
        Self(Aggregates::new(CommitWriter::new(street.store(), Outbox::disabled(), street.ports.clone())))
    }
}

#[async_trait]
impl EventHandler for Fills {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let fill = |loaded: &Loaded<Crate>| -> Result<Vec<InventoryEvent>, std::convert::Infallible> {
            Ok(if loaded.state.0 { Vec::new() } else { vec![moved(1).try_into().unwrap()] })
        };
        let done = self.0.execute(&boxed(&delivery.envelope), &delivery.metadata(), fill).await;
        done.map(drop).map_err(|error: CommandError<_>| error).into()
    }
}

/// Writes a row for its event, once, and answers as told.
struct Writes {
    table: Arc<dyn Table>,
    answer: Disposition,
}

#[async_trait]
impl EventHandler for Writes {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let row = Row::new(Key::new("seen", delivery.envelope.id.to_string()), 1, serde_json::Value::Null);
        match self.table.put(&row, Condition::Absent).await {
            Ok(()) | Err(WriteError::Condition(_)) => self.answer.clone(),
            Err(WriteError::Fault(fault)) => fault.into(),
        }
    }
}

fn boxed(envelope: &Envelope) -> AggregateId {
    aggregate(&format!("stock/{}", envelope.subject.as_str().replace('/', "_")))
}

fn envelope(order: &str) -> Envelope {
    let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
    envelope.subject = aggregate(order);
    envelope.id = EventId::new(Uuid::from_u128(u128::from(order.len() as u64)));
    envelope
}

/// As a redrive sends it.
async fn redriven(street: &Street, body: &str, letter: &str) {
    let redriven = Redriven { count: 1, run: RUN, letter: Some(letter.to_owned()) };
    let attributes = BTreeMap::from([(REDRIVEN_ATTRIBUTE.to_owned(), serde_json::to_string(&redriven).unwrap())]);
    let message = Message { body: body.to_owned(), attributes, ..Message::default() };
    let queue = street.infra.queue(queues::ORDER.name);
    assert!(queue.send(&[message]).await.unwrap()[0].is_ok());
}

fn consumer<M>(street: &Street, handler: impl IntoHandler<M>) -> Arc<Consumer> {
    let outcomes = Outcomes::into_table(street.infra.table(tables::LETTER_OUTCOMES.name));
    let config = ConsumerConfig { outcomes, max_attempts: 3, ..ConsumerConfig::new("order") };
    let (queue, letters) = (street.infra.queue(queues::ORDER.name), street.infra.queue(&queues::ORDER.dead_letters()));
    Consumer::new(config, queue, letters, handler.into_handler(), street.ports.clone())
}

async fn step<M>(street: &Street, handler: impl IntoHandler<M>) -> usize {
    consumer(street, handler).step(Duration::ZERO).await.unwrap()
}

async fn told(street: &Street, letter: &str) -> Option<Outcome> {
    let table = street.infra.table(tables::LETTER_OUTCOMES.name);
    of_letters(table.as_ref(), RUN, [letter]).await.unwrap().remove(letter)
}

async fn came(street: &Street, letter: &str) -> Came {
    told(street, letter).await.unwrap().came
}

fn left(street: &Street) -> u64 {
    street.infra.memory_queue(queues::ORDER.name).depth_now().total()
}

fn filled(envelope: &Envelope) -> Vec<Stands> {
    let subject = boxed(envelope).as_str().to_owned();
    vec![Stands { event_type: "StockMoved".to_owned(), subject, version: Version::new(1) }]
}

#[tokio::test(start_paused = true)]
async fn what_is_handled_names_its_events_and_what_comes_again_was_applied_by_them() {
    let street = Street::new();
    let (event, handler) = (envelope("ord_1"), Fills::new(&street));
    redriven(&street, &event.to_json(), "first").await;
    assert_eq!(step(&street, handler.clone()).await, 1);
    assert_eq!(came(&street, "first").await, Came::Handled { events: filled(&event), wrote: Vec::new() });
    // Another process, which remembers nothing, and the one that does; however soon.
    for (letter, handler) in [("second", Fills::new(&street)), ("third", handler)] {
        redriven(&street, &event.to_json(), letter).await;
        step(&street, handler).await;
        let again = Came::Ignored { why: Ignored::AlreadyApplied, detail: None, stands: filled(&event) };
        assert_eq!(came(&street, letter).await, again);
    }
    assert_eq!(left(&street), 0);
}

#[tokio::test(start_paused = true)]
async fn what_finds_another_state_is_ignored_and_where_that_stands_is_told() {
    let street = Street::new();
    let (other, mut event) = (envelope("ord_1"), envelope("ord_1"));
    event.id = EventId::new(Uuid::from_u128(99));
    let handler = Fills::new(&street);
    handler.handle(&Delivery::of(other.clone()).unwrap()).await;
    redriven(&street, &event.to_json(), "late").await;
    step(&street, handler).await;
    let nothing = Came::Ignored { why: Ignored::NothingToDo, detail: None, stands: filled(&other) };
    assert_eq!(came(&street, "late").await, nothing);
}

#[tokio::test(start_paused = true)]
async fn what_a_process_wrote_before_it_died_is_told_as_handled_by_the_next_one() {
    let street = Street::new();
    let event = envelope("ord_1");
    redriven(&street, &event.to_json(), "first").await;
    let received = street.infra.queue(queues::ORDER.name).receive(1, Duration::ZERO, SECOND).await.unwrap();
    assert_eq!(received.len(), 1);
    tokio::time::advance(2 * SECOND).await;
    // It was committed, and then nothing more happened.
    Fills::new(&street).handle(&Delivery::of(event.clone()).unwrap()).await;
    step(&street, Fills::new(&street)).await;
    assert_eq!(came(&street, "first").await, Came::Handled { events: filled(&event), wrote: Vec::new() });
}

#[tokio::test(start_paused = true)]
async fn rows_are_told_by_their_table_and_what_stands_there_was_applied_before() {
    let street = Street::new();
    let table = || -> Arc<dyn Table> { Arc::new(TellingTable::new("seen", street.infra.table("seen"))) };
    let body = envelope("ord_1").to_json();
    redriven(&street, &body, "first").await;
    step(&street, Writes { table: table(), answer: Disposition::Done }).await;
    assert_eq!(came(&street, "first").await, Came::Handled { events: Vec::new(), wrote: vec!["seen".to_owned()] });
    redriven(&street, &body, "second").await;
    step(&street, Writes { table: table(), answer: Disposition::Done }).await;
    let again = Came::Ignored { why: Ignored::AlreadyApplied, detail: None, stands: Vec::new() };
    assert_eq!(came(&street, "second").await, again);
}

/// Writes its row until it knows that it stands, then leaves the rest alone for a reason, if it has one.
struct Insists {
    table: Arc<dyn Table>,
    then: Option<&'static str>,
}

#[async_trait]
impl EventHandler for Insists {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let row = Row::new(Key::new("seen", delivery.envelope.id.to_string()), 1, serde_json::Value::Null);
        while let Err(WriteError::Fault(_)) = self.table.put(&row, Condition::Absent).await {}
        if let Some(why) = self.then {
            effects::left_alone(why);
        }
        Disposition::Done
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_because_an_answer_was_lost_is_its_own_and_a_services_word_counts_for_more_than_a_row() {
    let street = Street::new();
    let table = || -> Arc<dyn Table> { Arc::new(TellingTable::new("seen", street.infra.table("seen"))) };
    let body = envelope("ord_1").to_json();
    street.faults.next("table.put", InjectedFault::LoseAnswer);
    redriven(&street, &body, "first").await;
    step(&street, Insists { table: table(), then: None }).await;
    assert_eq!(came(&street, "first").await, Came::Handled { events: Vec::new(), wrote: vec!["seen".to_owned()] });
    redriven(&street, &body, "second").await;
    step(&street, Insists { table: table(), then: Some("nobody to write to") }).await;
    let detail = Some("nobody to write to".to_owned());
    let alone = Came::Ignored { why: Ignored::NothingToDo, detail, stands: Vec::new() };
    assert_eq!(came(&street, "second").await, alone);
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_remembers_for_itself_is_no_effect() {
    let street = Street::new();
    let table: Arc<dyn Table> = Arc::new(TellingTable::new("seen", street.infra.table("seen")));
    let key = || Row::new(Key::new("known", "it"), 1, serde_json::Value::Null);
    let handler = Remembers { table, row: key() };
    redriven(&street, &envelope("ord_1").to_json(), "first").await;
    step(&street, handler).await;
    let nothing = Came::Ignored { why: Ignored::NothingToDo, detail: None, stands: Vec::new() };
    assert_eq!(came(&street, "first").await, nothing);
}

/// Writes down what is no effect of its message.
struct Remembers {
    table: Arc<dyn Table>,
    row: Row,
}

#[async_trait]
impl EventHandler for Remembers {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, _: &Delivery) -> Disposition {
        effects::apart(self.table.put(&self.row, Condition::Any))
            .await
            .map_or_else(|error| panic!("{error}"), |()| Disposition::Done)
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_waits_with_its_cause_until_it_is_a_dead_letter_again() {
    let street = Street::new();
    let table: Arc<dyn Table> = street.infra.table("seen");
    let handler = || Writes { table: Arc::clone(&table), answer: Disposition::retry("not yet") };
    redriven(&street, &envelope("ord_1").to_json(), "first").await;
    let consumer = consumer(&street, handler());
    for attempt in 1..=2 {
        assert_eq!(consumer.step(20 * SECOND).await.unwrap(), 1);
        let told = told(&street, "first").await.unwrap();
        assert_eq!((told.came, told.attempts), (Came::Waits { cause: "not yet".to_owned() }, attempt));
    }
    assert_eq!(consumer.step(20 * SECOND).await.unwrap(), 1);
    let dead = Came::SetAside { reason: "exhausted".to_owned(), error: Some("not yet".to_owned()) };
    let told = told(&street, "first").await.unwrap();
    assert_eq!((told.came, told.attempts, told.consumer.as_str()), (dead, 3, "order"));
    let letters = street.infra.memory_queue(&queues::ORDER.dead_letters()).messages();
    assert!(letters[0].attributes.contains_key(REDRIVEN_ATTRIBUTE), "it names its run still");
    assert_eq!(left(&street), 0);
}

#[tokio::test(start_paused = true)]
async fn of_what_can_not_be_read_the_reason_is_told_and_nothing_of_its_body() {
    let street = Street::new();
    redriven(&street, r#"{ "name": "somebody" "#, "first").await;
    step(&street, Fills::new(&street)).await;
    let Came::SetAside { reason, error: None } = came(&street, "first").await else {
        panic!("it is told with its error")
    };
    assert!(reason.starts_with("not_"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn the_first_word_stays_where_a_message_comes_again_after_it() {
    let street = Street::new();
    let event = envelope("ord_1");
    redriven(&street, &event.to_json(), "first").await;
    let consumer = consumer(&street, Fills::new(&street));
    street.faults.next("queue.delete", InjectedFault::Refuse(FaultKind::Transient));
    consumer.step(Duration::ZERO).await.unwrap();
    let first = told(&street, "first").await.unwrap();
    tokio::time::advance(60 * SECOND).await;
    assert_eq!(consumer.step(Duration::ZERO).await.unwrap(), 1, "it comes again");
    assert_eq!((told(&street, "first").await.unwrap(), left(&street)), (first, 0));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_away_denied_or_silent_keeps_no_message() {
    for fault in [
        InjectedFault::Refuse(FaultKind::Transient),
        InjectedFault::Refuse(FaultKind::Denied),
        InjectedFault::Delay(60 * SECOND),
    ] {
        let street = Street::new();
        let event = envelope("ord_1");
        redriven(&street, &event.to_json(), "first").await;
        street.faults.always("table.put", fault);
        let begun = Instant::now();
        step(&street, Fills::new(&street)).await;
        assert!(begun.elapsed() <= 3 * SECOND, "{:?}", begun.elapsed());
        street.faults.calm();
        assert_eq!((left(&street), told(&street, "first").await), (0, None));
        let stands = street.store();
        assert_eq!(stands.load(&boxed(&event), Version::ZERO).await.unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn others_of_the_batch_go_together_as_ever_and_cost_no_row() {
    let street = Street::new();
    let queue = street.infra.queue(queues::ORDER.name);
    for order in ["ord_22", "ord_333"] {
        let message = Message { body: envelope(order).to_json(), ..Message::default() };
        assert!(queue.send(&[message]).await.unwrap()[0].is_ok());
    }
    redriven(&street, &envelope("ord_1").to_json(), "first").await;
    assert_eq!(step(&street, Fills::new(&street)).await, 3);
    assert_eq!((left(&street), street.faults.calls("table.put")), (0, 1));
    assert!(matches!(came(&street, "first").await, Came::Handled { events, .. } if events.len() == 1));
}

#[tokio::test(start_paused = true)]
async fn one_that_an_older_release_sent_is_not_told_of() {
    let street = Street::new();
    let attributes = BTreeMap::from([(REDRIVEN_ATTRIBUTE.to_owned(), format!(r#"{{"count":1,"run":"{RUN}"}}"#))]);
    let message = Message { body: envelope("ord_1").to_json(), attributes, ..Message::default() };
    let queue = street.infra.queue(queues::ORDER.name);
    assert!(queue.send(&[message]).await.unwrap()[0].is_ok());
    step(&street, Fills::new(&street)).await;
    assert_eq!((left(&street), street.faults.calls("table.put")), (0, 0));
}
