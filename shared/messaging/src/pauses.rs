//! Pauses: which consumers are told to receive nothing, in all processes that have them.
//!
//! One row says it for all of an installation. Who consumes looks at it once in ten seconds, for all consumers of its process
//! together, when it starts, and then only while messages come or a pause lasts: at rest nobody looks. So a consumer that is
//! paused at rest finds that out by the next message, which it gives back: a receive is spent on it, and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::metrics;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::table::{Condition, Key, Row, Table, WriteError};

/// How old what is known may be.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a look may take: messages that are received wait for it.
const WITHIN: Duration = Duration::from_secs(1);
/// How often a change is tried anew after another one came between.
const ATTEMPTS: u32 = 5;

/// That a consumer is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// Consumers that are paused, by their queue.
pub type PausedQueues = BTreeMap<String, Paused>;

fn key() -> Key {
    Key::new("consumers", "paused")
}

/// Which consumers are paused now.
///
/// # Errors
/// A [`Fault`] of the table, or where its row can't be read.
pub async fn paused(table: &dyn Table) -> Result<PausedQueues, Fault> {
    read(table).await?.1
}

/// The row's version, and what it says if that can be read.
async fn read(table: &dyn Table) -> Result<(Option<u64>, Result<PausedQueues, Fault>), Fault> {
    let Some(row) = table.get(&key()).await? else { return Ok((None, Ok(PausedQueues::new()))) };
    let queues = serde_json::from_value(row.doc).map_err(|error| unreadable("pauses.Read", error));
    Ok((Some(row.version), queues))
}

fn unreadable(operation: &'static str, error: serde_json::Error) -> Fault {
    Fault::new(FaultKind::Permanent, operation, error)
}

/// Pauses a queue's consumer, or lets it go on. One that is paused already stays as it was. Answers how it stands then. A row that
/// can't be read is replaced: nobody could pause anything by it any more.
///
/// # Errors
/// A [`Fault`] of the table; throttled where others change it again and again.
pub async fn set_paused(table: &dyn Table, queue: &str, wanted: Option<Paused>) -> Result<Option<Paused>, Fault> {
    for _ in 0..ATTEMPTS {
        let (version, read) = read(table).await?;
        let is_broken = read.is_err();
        let mut queues = read.unwrap_or_else(|fault| {
            tracing::error!(%fault, "which consumers are paused can't be read; it is written anew");
            PausedQueues::new()
        });
        match &wanted {
            Some(_) if queues.contains_key(queue) => return Ok(queues.remove(queue)),
            Some(paused) => drop(queues.insert(queue.to_owned(), paused.clone())),
            None if queues.remove(queue).is_none() && !is_broken => return Ok(None),
            None => {}
        }
        let doc = serde_json::to_value(&queues).map_err(|error| unreadable("pauses.Write", error))?;
        let (next, condition) = match version {
            None => (1, Condition::Absent),
            Some(version) => (version.saturating_add(1), Condition::VersionIs(version)),
        };
        match table.put(&Row::new(key(), next, doc), condition).await {
            Ok(()) => return Ok(wanted),
            Err(WriteError::Condition(_)) => {}
            Err(WriteError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::new(FaultKind::Throttled, "pauses.Write", "others change it at the same time"))
}

/// What consumers of a process know of pauses. Cheap to clone; all consumers of a process share what is known.
#[derive(Clone, Default)]
pub struct Pauses {
    known: Option<Arc<Known>>,
    /// The queue that is asked about, without the installation's prefix, which adapters put before its name.
    queue: &'static str,
}

struct Known {
    table: Arc<dyn Table>,
    /// When somebody looked last. Held while somebody looks.
    looked: Mutex<Option<Instant>>,
    queues: Lock<PausedQueues>,
}

impl fmt::Debug for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.known.is_some() { "Pauses" } else { "no pauses" })
    }
}

impl Pauses {
    /// Those that this table tells of.
    #[must_use]
    pub fn of(table: Arc<dyn Table>) -> Self {
        let known = Known { table, looked: Mutex::default(), queues: Lock::default() };
        Self { known: Some(Arc::new(known)), queue: "" }
    }

    /// The same for the consumer of this queue, by its name without the installation's prefix.
    #[must_use]
    pub fn of_queue(&self, queue: &'static str) -> Self {
        Self { known: self.known.clone(), queue }
    }

    /// Whether the queue's consumer was paused when somebody looked last. Asks nobody.
    pub(crate) fn was_paused(&self) -> bool {
        let is_listed =
            |known: &Arc<Known>| known.queues.lock().unwrap_or_else(PoisonError::into_inner).contains_key(self.queue);
        self.known.as_ref().is_some_and(is_listed)
    }

    /// Whether the queue's consumer is paused, as was known ten seconds ago at the most. Where the table can't be asked, what
    /// was known before holds: work goes on, or rests on.
    pub(crate) async fn is_paused(&self) -> bool {
        let Some(known) = &self.known else { return false };
        let mut looked = known.looked.lock().await;
        if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            let looking = timeout(WITHIN, paused(known.table.as_ref())).await;
            let slow = |_| Err(Fault::new(FaultKind::Transient, "pauses.Read", "no answer within a second"));
            match looking.unwrap_or_else(slow) {
                Ok(queues) => *known.queues.lock().unwrap_or_else(PoisonError::into_inner) = queues,
                Err(fault) => {
                    metrics::count_fault(&fault);
                    tracing::warn!(%fault, "whether consumers are paused is not known; they go on as before");
                }
            }
            *looked = Some(Instant::now());
        }
        drop(looked);
        self.was_paused()
    }
}
