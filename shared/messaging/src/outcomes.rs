//! Outcomes of letters that were redriven: what their consumers made of them, in a table that operators read.
//!
//! A redriven message names its run and its letter ([`Redriven`]). Only of such a one its consumer writes down what it came to: one row a
//! letter, under its run, which expires. **Written before the message is deleted and after its effect is durable**; it is never a reason to
//! keep a message: what could not be written within [`WITHIN`] is lost, counted and logged, and the letter is shown as one that waits.
//!
//! The first word that is final stays: a message that comes once more after that, since its deletion was lost, changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shotengai_contracts::Envelope;
use shotengai_contracts::topology::tables::OUTCOMES;
use shotengai_kernel::{Timestamp, Version};
use tokio::time::timeout;
use uuid::Uuid;

use crate::dead_letter::Redriven;
use crate::metrics;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::table::{Condition, Key, Row, Table, WriteError};

/// How long writing one may take: the message stays hidden meanwhile.
pub const WITHIN: Duration = Duration::from_secs(2);
/// How often it is tried within that.
const ATTEMPTS: u32 = 3;
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// The version of rows that are final. Below it stands the number of receives.
const FINAL: u64 = 1 << 32;
/// Causes of waits are cut here.
const CAUSE_CHARS: usize = 300;

/// What a consumer made of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "came", rename_all = "snake_case")]
pub enum Came {
    /// It was handled.
    Handled {
        /// Events that it made; the first twenty.
        events: Vec<Stands>,
        /// What else it wrote to or sent to, by name.
        wrote: Vec<String>,
    },
    /// It changed nothing.
    Ignored {
        /// Why.
        why: Ignored,
        /// The same in the service's own words, where it has some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// Where what it is about stands: events that it made before, else the newest one of each aggregate that was looked at.
        stands: Vec<Stands>,
    },
    /// It has been tried and comes again.
    Waits {
        /// Why.
        cause: String,
    },
    /// It is a dead letter again.
    SetAside {
        /// The reason's word.
        reason: String,
        /// What exactly; none of what can't be read, which would quote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

impl Came {
    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Waits { .. })
    }
}

/// Why a message changed nothing. The first says the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ignored {
    /// It was applied before.
    AlreadyApplied,
    /// What it brings has been overtaken by something newer.
    NewerStands,
    /// What it is about is in a state in which nothing is to be done about it.
    NothingToDo,
}

/// An event that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stands {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The aggregate.
    pub subject: String,
    /// Its number among the aggregate's.
    pub version: Version,
}

impl Stands {
    pub(crate) fn of(event: &Envelope) -> Self {
        let (event_type, subject) = (event.event_type.clone(), event.subject.as_str().to_owned());
        Self { event_type, subject, version: event.aggregateversion }
    }
}

/// Outcome of a letter, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What it came to.
    #[serde(flatten)]
    pub came: Came,
    /// Whose word that is.
    pub consumer: String,
    /// How often the message has been received.
    pub attempts: u32,
    /// When that was written.
    pub at: Timestamp,
}

/// Writes outcomes. Cheap to clone; the default writes none.
#[derive(Clone, Default)]
pub struct Outcomes(Option<Arc<dyn Table>>);

impl std::fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Outcomes" } else { "no outcomes" })
    }
}

impl Outcomes {
    /// Into this table.
    #[must_use]
    pub const fn into_table(table: Arc<dyn Table>) -> Self {
        Self(Some(table))
    }

    /// Whose outcome is to be told: a message's that was redriven by a release that reads it.
    pub(crate) fn asked(&self, attributes: &BTreeMap<String, String>) -> Option<Asked> {
        let table = Arc::clone(self.0.as_ref()?);
        let Redriven { run, letter, .. } = Redriven::of(attributes)?;
        Some(Asked { table, key: Key::new(partition(run), letter?) })
    }
}

/// A letter whose outcome is to be told.
pub(crate) struct Asked {
    table: Arc<dyn Table>,
    key: Key,
}

impl Asked {
    /// Writes it down, or gives up.
    pub(crate) async fn tell(self, outcome: Outcome) {
        let Ok(mut row) = row(self.key, &outcome) else { return };
        row.expires_at = outcome.at.checked_add(OUTCOMES.kept + SignedDuration::from_hours(1)).ok();
        let writing = async {
            let mut attempt = 1;
            loop {
                match self.table.put(&row, Condition::VersionBelow(row.version)).await {
                    // What stands there is final, or as new.
                    Ok(()) | Err(WriteError::Condition(_)) => return Ok(()),
                    Err(WriteError::Fault(fault)) if attempt < ATTEMPTS && fault.is_retryable() => attempt += 1,
                    Err(WriteError::Fault(fault)) => return Err(fault),
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let slow = |_| Err(Fault::new(FaultKind::Transient, "outcomes.Tell", "no answer within two seconds"));
        if let Err(fault) = timeout(WITHIN, writing).await.unwrap_or_else(slow) {
            metrics::count_fault(&fault);
            let (run, letter) = (&row.key.pk, &row.key.sk);
            tracing::warn!(consumer = outcome.consumer, run, letter, %fault, "what became of a redriven letter could not be told");
        }
    }
}

fn row(key: Key, outcome: &Outcome) -> Result<Row, serde_json::Error> {
    let version = if outcome.came.is_final() { FINAL } else { u64::from(outcome.attempts) };
    Ok(Row::new(key, version, serde_json::to_value(outcome)?))
}

/// A cause as it is kept.
pub(crate) fn cause(text: &str) -> String {
    text.chars().take(CAUSE_CHARS).collect()
}

fn partition(run: Uuid) -> String {
    format!("run/{run}")
}

/// Outcomes of these letters of a run, as far as they are known. A row that can't be read is left out and logged.
///
/// # Errors
/// A [`Fault`] of the table.
pub async fn of_letters<'a>(
    table: &dyn Table,
    run: Uuid,
    letters: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Outcome>, Fault> {
    let partition = partition(run);
    let keys: Vec<_> = letters.into_iter().map(|letter| Key::new(partition.clone(), letter)).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = table.get_many(&keys).await?.into_iter();
    Ok(rows.filter_map(|row| Some((row.key.sk.clone(), read(row)?))).collect())
}

fn read(row: Row) -> Option<Outcome> {
    let Row { key, doc, .. } = row;
    let read = serde_json::from_value(doc);
    read.map_err(|error| tracing::error!(pk = key.pk, sk = key.sk, %error, "an outcome can't be read")).ok()
}
