//! Publishing over a topic in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{Envelope, EventType, samples};
use shotengai_kernel::{AggregateId, ManualClock, Ports};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::{Message, Queue, Topic};
use shotengai_testing::memory::MemoryQueue;

use super::*;

/// Answer of a topic to a message about this subject, at this call.
type Says = fn(&str, usize) -> Option<FaultKind>;

struct Moody {
    says: Says,
    /// Says it of the whole call instead.
    of_calls: bool,
    calls: Mutex<usize>,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Topic for Moody {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        let said = messages.iter().map(|message| {
            let subject = Envelope::from_json(message.body.as_bytes()).unwrap().subject.to_string();
            match (self.says)(&subject, *calls) {
                Some(kind) => Err(Fault::new(kind, "topic.publish", "no")),
                None => Ok(subject),
            }
        });
        let said: Vec<_> = said.collect();
        if self.of_calls
            && let Some(Err(fault)) = said.iter().find(|said| said.is_err())
        {
            return Err(fault.clone());
        }
        Ok(said.into_iter().map(|said| said.map(|subject| self.taken.lock().unwrap().push(subject))).collect())
    }
}

struct Rig {
    topic: Arc<Moody>,
    letters: Arc<MemoryQueue>,
    bridge: Bridge,
    began: Instant,
}

impl Rig {
    fn new(says: Says) -> Self {
        Self::with(says, false)
    }

    /// With a topic that takes or refuses whole calls.
    fn of_calls(says: Says) -> Self {
        Self::with(says, true)
    }

    fn with(says: Says, of_calls: bool) -> Self {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let topic = Arc::new(Moody { says, of_calls, calls: Mutex::default(), taken: Mutex::default() });
        let letters = Arc::new(MemoryQueue::new(queues::BRIDGE_DEAD_LETTERS.name, ports.clone()));
        let queue = Arc::clone(&letters) as Arc<dyn Queue>;
        let bridge = Bridge::new(Arc::clone(&topic) as Arc<dyn Topic>, queue, ports);
        Self { topic, letters, bridge, began: Instant::now() }
    }

    async fn handle(&self, subjects: &[&str]) {
        let record = |(index, subject): (usize, &&str)| {
            let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
            envelope.subject = AggregateId::parse(subject).unwrap();
            let (position, data) = (index.to_string(), envelope.to_json().into_bytes());
            ReadRecord { position, key: (*subject).to_owned(), data, arrived_at: None }
        };
        let records: Vec<_> = subjects.iter().enumerate().map(record).collect();
        let handled = self.bridge.handle("shard-0", &records, &CancellationToken::new()).await;
        assert_eq!(handled, records.len());
    }

    fn taken(&self) -> Vec<String> {
        self.topic.taken.lock().unwrap().clone()
    }

    /// Where the records of the dead letters stood, and their facts.
    async fn letters(&self) -> Vec<(String, DeadLetterFacts)> {
        let letters = self.letters.receive(10, Duration::ZERO, Duration::from_secs(30)).await.unwrap();
        let read = letters.into_iter().map(|letter| {
            let facts = serde_json::from_str(&letter.attributes[DEAD_LETTER_ATTRIBUTE]).unwrap();
            (letter.attributes["position"].clone(), facts)
        });
        read.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_topic_refuses_for_good_is_set_aside_and_blocks_nothing() {
    let rig = Rig::new(|subject, _| (subject == "ord_2").then_some(FaultKind::Permanent));
    rig.handle(&["ord_1", "ord_2", "ord_3"]).await;
    assert_eq!(rig.taken(), ["ord_1", "ord_3"]);
    let letters = rig.letters().await;
    let [(position, facts)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((position.as_str(), facts.reason.as_str()), ("1", "refused"));
    assert!(facts.attempts >= REFUSALS && rig.began.elapsed() >= REFUSED_FOR, "{facts:?}");
    assert_eq!(facts.trace, samples::envelope(EventType::OrderPaid).unwrap().traceparent);
    assert_eq!(rig.bridge.refused.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_for_one_record_is_halved_until_it_stands_alone() {
    let rig = Rig::of_calls(|subject, _| (subject == "ord_4").then_some(FaultKind::Permanent));
    let subjects: Vec<String> = (1..=10).map(|number| format!("ord_{number}")).collect();
    rig.handle(&subjects.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let others: Vec<_> = subjects.iter().filter(|subject| *subject != "ord_4").cloned().collect();
    assert_eq!(rig.taken(), others, "at once, and in order");
    let letters = rig.letters().await;
    let [(position, facts)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((position.as_str(), facts.reason.as_str()), ("3", "refused"));
    assert!(rig.began.elapsed() < REFUSED_ALONE_FOR, "{:?}", rig.began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_the_installation_denies_sets_nothing_aside_even_without_company() {
    for rig in [Rig::new, Rig::of_calls].map(|rig| rig(|_, call| (call < 1000).then_some(FaultKind::Denied))) {
        rig.handle(&["ord_1"]).await;
        assert!(rig.began.elapsed() > REFUSED_ALONE_FOR, "{:?}", rig.began.elapsed());
        assert_eq!((rig.taken().len(), rig.letters().await.len()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_passes_sets_nothing_aside_however_long_the_topic_was_away_before() {
    let rig = Rig::new(|subject, call| match call {
        ..=20 => Some(FaultKind::Transient),
        21 => (subject == "ord_2").then_some(FaultKind::Permanent),
        _ => None,
    });
    rig.handle(&["ord_1", "ord_2", "ord_3"]).await;
    assert_eq!(rig.taken(), ["ord_1", "ord_3", "ord_2"]);
    assert_eq!(rig.letters().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_the_topic_has_against_all_sets_nothing_aside() {
    let rig = Rig::new(|_, call| (call < 1000).then_some(FaultKind::Permanent));
    rig.handle(&["ord_1", "ord_2", "ord_3"]).await;
    assert!(rig.began.elapsed() > REFUSED_ALONE_FOR, "{:?}", rig.began.elapsed());
    assert_eq!(rig.taken().len(), 3);
    assert_eq!(rig.letters().await, []);
}

#[tokio::test(start_paused = true)]
async fn one_without_company_is_set_aside_after_longer() {
    let rig = Rig::new(|_, _| Some(FaultKind::Permanent));
    rig.handle(&["ord_1"]).await;
    assert!(rig.began.elapsed() >= REFUSED_ALONE_FOR);
    assert_eq!(rig.letters().await.len(), 1);
}
