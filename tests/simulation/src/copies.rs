//! How often something may come: once, and once more for each fault that stood between its effect and its record. Events in
//! the stream, by publishers and sweepers; reminders that follow on a reminder of the same order.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shotengai_contracts::{Envelope, Owner};
use shotengai_kernel::EventId;
use shotengai_messaging::{Message, RawDelivery, StreamRecord};

use crate::world::World;

/// The attribute by which a reminder says its number and its token.
const REMINDER: &str = "reminder";

/// What may come more than once, and what was received and sent.
#[derive(Debug, Default)]
pub struct Copies(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// How many copies of an event have their fault.
    excused: BTreeMap<EventId, u64>,
    /// How often each reminder was received: by order and number, then token.
    received: BTreeMap<(String, u64), BTreeMap<String, u64>>,
    /// How many reminders of an order have a number.
    sent: BTreeMap<(String, u64), u64>,
    /// How many of them are sent again since an answer was lost.
    resent: BTreeMap<(String, u64), u64>,
}

/// Order, number and token of a reminder.
fn reminder(body: &str, attributes: &BTreeMap<String, String>) -> Option<(String, u64, String)> {
    let (number, token) = attributes.get(REMINDER)?.split_once('.')?;
    let envelope = Envelope::from_json(body.as_bytes()).ok()?;
    Some((envelope.subject.to_string(), number.parse().ok()?, token.to_owned()))
}

impl Copies {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each of these events may come once more.
    pub fn excuse(&self, events: impl IntoIterator<Item = EventId>) {
        let mut known = self.known();
        for event in events {
            *known.excused.entry(event).or_default() += 1;
        }
    }

    /// Each of these records may come once more, if it is an event.
    pub fn excuse_records(&self, records: &[StreamRecord]) {
        self.excuse(records.iter().filter_map(|record| Some(Envelope::from_json(&record.data).ok()?.id)));
    }

    /// Whatever is marked may come once more: somebody who may have published it died, stands still or waits.
    pub fn excuse_marked(&self, world: &World) {
        for owner in Owner::ALL {
            let marked = world.infra.memory_event_store(owner).pending_commits();
            self.excuse(marked.iter().flat_map(|commit| &commit.events).map(|event| event.id));
        }
    }

    /// How many copies of an event have their fault.
    #[must_use]
    pub fn excused(&self, event: EventId) -> u64 {
        self.known().excused.get(&event).copied().unwrap_or_default()
    }

    /// A process has received this.
    pub fn receive(&self, delivery: &RawDelivery) {
        if let Some((order, number, token)) = reminder(&delivery.body, &delivery.attributes) {
            *self.known().received.entry((order, number)).or_default().entry(token).or_default() += 1;
        }
    }

    /// The queue has taken these.
    pub fn send(&self, messages: &[Message]) {
        let mut known = self.known();
        for (order, number, _) in messages.iter().filter_map(|it| reminder(&it.body, &it.attributes)) {
            *known.sent.entry((order, number)).or_default() += 1;
        }
    }

    /// Whoever sent these does not know that the queue has taken them, and sends them again.
    pub fn send_again(&self, messages: &[Message]) {
        let mut known = self.known();
        for (order, number, _) in messages.iter().filter_map(|it| reminder(&it.body, &it.attributes)) {
            *known.resent.entry((order, number)).or_default() += 1;
        }
    }

    /// Reminders that more than one chain of their order has sent, in words.
    #[must_use]
    pub fn chains_beside_each_other(&self) -> Vec<String> {
        let known = self.known();
        let mut found = Vec::new();
        // Of the first each copy of the placement has its own.
        for ((order, number), sent) in known.sent.iter().filter(|((_, number), _)| *number > 1) {
            let before = known.received.get(&(order.clone(), number - 1));
            // One of those with the number before goes on, as often as it was received.
            let one = before.and_then(|tokens| tokens.values().max()).copied().unwrap_or_default();
            let resent = known.resent.get(&(order.clone(), *number)).copied().unwrap_or_default();
            if *sent > one + resent {
                found.push(format!("{order} has {sent} reminders of number {number}, {one} and {resent} have a cause"));
            }
        }
        found
    }
}
