//! Dead letters over the memory adapters: seen without a change, sent before they are deleted, lost never.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod bridge;
mod faults;
mod looking;
mod redriving;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shotengai_contracts::topology::Installation;
use shotengai_contracts::{Envelope, EventType, samples};
use shotengai_dead_letters::{Bounds, DeadLetters, Filter, Job, Watch, route};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::{Message, Queue};
use shotengai_testing::harness::paused_ports;
use shotengai_testing::memory::{
    FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure, MemoryQueue, StoredMessage,
};

type Rule = dyn Fn(&str, &str, usize) -> Option<InjectedFault> + Send + Sync;

/// Faults by operation, resource and the number of the call, from 1.
#[derive(Default)]
struct Faults {
    rule: Mutex<Option<Box<Rule>>>,
    calls: Mutex<BTreeMap<(String, String), usize>>,
}

impl Faults {
    fn set(&self, rule: impl Fn(&str, &str, usize) -> Option<InjectedFault> + Send + Sync + 'static) {
        *self.rule.lock().unwrap() = Some(Box::new(rule));
    }

    fn end(&self) {
        *self.rule.lock().unwrap() = None;
    }

    fn calls(&self, operation: &str, resource: &str) -> usize {
        self.calls.lock().unwrap().get(&(operation.to_owned(), resource.to_owned())).copied().unwrap_or_default()
    }
}

impl FaultInjector for Faults {
    fn before(&self, _: &'static str) -> Option<InjectedFault> {
        None
    }

    fn before_on(&self, operation: &'static str, resource: &str) -> Option<InjectedFault> {
        let mut calls = self.calls.lock().unwrap();
        let call = calls.entry((operation.to_owned(), resource.to_owned())).or_default();
        *call += 1;
        self.rule.lock().unwrap().as_ref().and_then(|rule| rule(operation, resource, *call))
    }
}

/// An installation with faults to inject.
struct Street {
    ports: Ports,
    faults: Arc<Faults>,
    infra: MemoryInfrastructure,
}

impl Street {
    fn new() -> Self {
        Self::seeded(5)
    }

    fn seeded(seed: u64) -> Self {
        let ports = paused_ports(seed);
        let faults = Arc::new(Faults::default());
        let injector = Arc::clone(&faults) as Arc<dyn FaultInjector>;
        let config = MemoryConfig { faults: injector, ..MemoryConfig::default() };
        Self { infra: MemoryInfrastructure::with(ports.clone(), config), ports, faults }
    }

    fn letters(&self, queue: &str) -> DeadLetters {
        DeadLetters::open(&self.infra, &route(&Installation::default(), queue).unwrap(), self.ports.clone())
    }

    /// With room for so few letters that a run takes several rounds.
    fn letters_by(&self, queue: &str, hold_letters: usize) -> DeadLetters {
        self.letters(queue).with_bounds(Bounds { hold_letters, ..Bounds::default() })
    }

    fn queue(&self, name: &str) -> Arc<MemoryQueue> {
        self.infra.memory_queue(name)
    }

    async fn put(&self, queue: &str, message: Message) {
        let answers = self.queue(queue).send(&[message]).await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }

    /// Nothing in this queue is in anybody's hands.
    fn assert_released(&self, queue: &str) {
        let depth = self.queue(queue).depth_now();
        assert_eq!((depth.in_flight, depth.delayed), (0, 0), "{depth:?}");
    }

    /// Subject and version of each message, in the order of their arrival.
    fn arrived(&self, queue: &str) -> Vec<(String, u64)> {
        self.queue(queue).messages().iter().map(subject_and_version).collect()
    }
}

fn subject_and_version(message: &StoredMessage) -> (String, u64) {
    let envelope = Envelope::from_json(message.body.as_bytes()).unwrap();
    (envelope.subject.as_str().to_owned(), envelope.aggregateversion.get())
}

fn envelope(event_type: EventType, subject: &str, version: u64) -> Envelope {
    let mut envelope = samples::envelope(event_type).unwrap();
    envelope.subject = AggregateId::parse(subject).unwrap();
    envelope.aggregateversion = Version::new(version);
    envelope
}

fn facts(reason: &str, error: &str) -> DeadLetterFacts {
    DeadLetterFacts {
        reason: reason.to_owned(),
        error: error.to_owned(),
        consumer: "order".to_owned(),
        attempts: 3,
        first_seen: None,
        trace: None,
    }
}

/// A letter as a consumer writes it.
fn letter(body: String, facts: &DeadLetterFacts) -> Message {
    let attributes = BTreeMap::from([
        ("traceparent".to_owned(), "00-1-2-01".to_owned()),
        (DEAD_LETTER_ATTRIBUTE.to_owned(), serde_json::to_string(facts).unwrap()),
    ]);
    Message { body, attributes, delay: Duration::ZERO }
}

/// A letter about this aggregate's event.
fn paid(subject: &str, version: u64) -> Message {
    let body = envelope(EventType::OrderPaid, subject, version).to_json();
    letter(body, &facts("exhausted", &format!("{subject} waits for event {version}")))
}

fn all() -> Job {
    Job::default()
}

fn of_reason(reason: &str) -> Job {
    Job { filter: Filter { reason: Some(reason.to_owned()), ..Filter::default() }, ..Job::default() }
}

fn unwatched() -> Watch {
    Watch::default()
}
