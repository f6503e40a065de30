//! Effects of handling one message: what it has written, and where it wrote nothing, what it met instead.
//!
//! Handlers say of a message that it is done, not what that came to. Where somebody wants to know, they are called within
//! `Effects::during`, and what they write through is told of it: event stores, tables and queues do that by themselves, whoever
//! writes elsewhere says so ([`wrote`], [`sent`], [`stood`], [`left_alone`]). Outside such a scope all of this does nothing. Tasks that a handler
//! spawns are not part of it.
//!
//! - `table`, `queue`: a table and a queue that tell.

mod queue;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_kernel::{AggregateId, Timestamp, Version};
use tokio::time::timeout;
use uuid::Uuid;

use crate::commit::Commit;
use crate::outcomes::{Came, Ignored, Stands};
use crate::ports::store::EventStore;

pub use queue::TellingQueue;
pub use table::TellingTable;

/// Events that are named, of a message that made many.
const MOST_EVENTS: usize = 20;
/// How long each may take to answer then.
const LOOK_WITHIN: Duration = Duration::from_millis(500);
/// Aggregates that are looked at again, to tell why a message was ignored.
const MOST_LOOKS: usize = 4;
/// Commits of each that are searched for what this message has caused.
const MOST_COMMITS: usize = 50;

tokio::task_local! {
    static EFFECTS: Effects;
}

/// Effects of handling one message. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Effects(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    events: Vec<Stands>,
    wrote: BTreeSet<String>,
    looked_at: BTreeMap<AggregateId, Arc<dyn EventStore>>,
    stood: Option<Ignored>,
    left_alone: Option<&'static str>,
    /// Where something was to be written and no answer came: it may have been.
    unsure: BTreeSet<String>,
    /// How often it was handled.
    passes: u32,
}

/// What is known of the message.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    /// The event that it is, which what follows names as its cause.
    pub(crate) event: Option<Uuid>,
    /// When its queue took it.
    pub(crate) sent_at: Option<Timestamp>,
    /// How often it was received.
    pub(crate) receives: u32,
}

impl Effects {
    fn held(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what this does, beside what earlier passes did.
    pub(crate) async fn during<F: Future>(&self, work: F) -> F::Output {
        self.held().passes += 1;
        EFFECTS.scope(self.clone(), work).await
    }

    /// What handling this message, which is done with, came to. Where it wrote nothing, the aggregates that were looked at are read once
    /// more: events that name it as their cause say that it was applied before. Those that were decided after it was sent are its own, where
    /// it was tried before: an earlier attempt at it made them, which ended before it could say so. A copy that is at it too may have made
    /// them all the same.
    pub(crate) async fn came_to(&self, about: About) -> Came {
        let (looked_at, stood, is_tried) = {
            let noted = self.held();
            if !noted.events.is_empty() || !noted.wrote.is_empty() && noted.left_alone.is_none() {
                let wrote = noted.wrote.iter().cloned().collect();
                return Came::Handled { events: noted.events.clone(), wrote };
            }
            if let Some(why) = noted.left_alone {
                return Came::Ignored { why: Ignored::NothingToDo, detail: Some(why.to_owned()), stands: Vec::new() };
            }
            // What stands there is what a write of its own left there, whose answer was lost.
            if noted.stood == Some(Ignored::AlreadyApplied) && !noted.unsure.is_empty() {
                return Came::Handled { events: Vec::new(), wrote: noted.unsure.iter().cloned().collect() };
            }
            let is_tried = about.receives > 1 || noted.passes > 1;
            (noted.looked_at.clone(), noted.stood, is_tried)
        };
        let (mut caused, mut stands) = (Vec::new(), Vec::new());
        let (mut is_own, mut is_unread) = (is_tried, looked_at.len() > MOST_LOOKS);
        for (id, store) in looked_at.into_iter().take(MOST_LOOKS) {
            let looking = timeout(LOOK_WITHIN, store.load_newest(&id, Version::new(u64::MAX), MOST_COMMITS)).await;
            let Ok(Ok(page)) = looking else {
                is_unread = true;
                continue;
            };
            is_unread |= page.more;
            stands.extend(page.commits.first().and_then(|commit| commit.events.last()).map(Stands::of));
            // Newest first; told in the order in which they were decided.
            for event in page.commits.iter().rev().flat_map(|commit| commit.events.iter()) {
                if about.event == Some(event.causationid) {
                    is_own &= about.sent_at.is_some_and(|sent_at| event.time >= sent_at);
                    caused.push(Stands::of(event));
                }
            }
        }
        caused.truncate(MOST_EVENTS);
        match (caused.is_empty(), stood) {
            (false, _) if is_own => Came::Handled { events: caused, wrote: Vec::new() },
            (false, _) => Came::Ignored { why: Ignored::AlreadyApplied, detail: None, stands: caused },
            (true, Some(why)) => {
                let before = (is_tried && why == Ignored::AlreadyApplied)
                    .then_some("perhaps by an earlier attempt at this message");
                Came::Ignored { why, detail: before.map(str::to_owned), stands }
            }
            (true, None) => {
                let unread = is_unread.then_some("what it is about could not all be looked at once more");
                Came::Ignored { why: Ignored::NothingToDo, detail: unread.map(str::to_owned), stands }
            }
        }
    }
}

fn note(noting: impl FnOnce(&mut Noted)) {
    // Without a scope nobody wants to know.
    let _ = EFFECTS.try_with(|effects| noting(&mut effects.held()));
}

/// Commits have been appended.
pub(crate) fn committed(commits: &[Commit]) {
    note(|noted| {
        let events = commits.iter().flat_map(|commit| commit.events.iter()).map(Stands::of);
        let room = MOST_EVENTS.saturating_sub(noted.events.len());
        noted.events.extend(events.take(room));
    });
}

/// An aggregate of this store has been looked at.
pub(crate) fn looked_at(id: &AggregateId, store: &Arc<dyn EventStore>) {
    note(|noted| {
        noted.looked_at.entry(id.clone()).or_insert_with(|| Arc::clone(store));
    });
}

/// Something has been written here, by the name of the table or what else it is.
pub fn wrote(place: &str) {
    note(|noted| {
        noted.wrote.insert(place.to_owned());
    });
}

/// Something was to be written here and no answer came: it may have been.
pub(crate) fn unsure(place: &str) {
    note(|noted| {
        noted.unsure.insert(place.to_owned());
    });
}

/// Does this without noting what it does: it is no effect of the message, but something that a handler remembers for itself.
pub async fn apart<F: Future>(work: F) -> F::Output {
    if EFFECTS.try_with(|_| ()).is_err() {
        return work.await;
    }
    Effects::default().during(work).await
}

/// Something has been sent there, by the name of the queue or what else it is.
pub fn sent(to: &str) {
    wrote(to);
}

/// What was to be written stood there already, for this reason.
pub fn stood(why: Ignored) {
    note(|noted| noted.stood = Some(noted.stood.map_or(why, |before| before.min(why))));
}

/// Nothing is done about the message for a reason that its service has, in a few words; whatever it wrote down to remember that.
pub fn left_alone(why: &'static str) {
    note(|noted| noted.left_alone = Some(why));
}
