//! Whether the archive is what the event stores are.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use shotengai_contracts::Owner;
use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::store::OUTBOX_SHARDS;
use shotengai_messaging::{Commit, EventStore, Fault};

use crate::compare::{Compared, Entry, Finding, Side, compare};
use crate::line::Line;
use crate::patience::patiently;
use crate::shelf::{ReadError, Shelf, Shelved};
use crate::spill::Spill;

/// Commits of a page of an event store.
const PAGE: usize = 100;
/// Shards of event stores that are read at the same time.
const AT_ONCE: usize = 4;

/// Event stores by their owners.
pub type Stores = Vec<(Owner, Arc<dyn EventStore>)>;

/// A comparison of an archive with event stores.
pub struct Verify<'a> {
    /// The archive.
    pub shelf: &'a Shelf,
    /// The event stores.
    pub stores: &'a Stores,
    /// What was decided then or later is not missed on either side.
    pub settled: Timestamp,
    /// So many faults of events are named at the most; all are counted.
    pub name_most: usize,
    /// Where files are put; none: where temporary files go. About 200 bytes an event, on each side.
    pub folder: Option<&'a Path>,
    /// Hears how far it is.
    pub progress: &'a (dyn Fn(Progress<'_>) + Send + Sync),
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// So much of the archive was read.
    Archive(&'a Shelved),
    /// So many events of event stores were read.
    Stores(u64),
    /// So many events were written.
    Written(u64),
}

/// What it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The archive by itself.
    pub archive: Shelved,
    /// Events of each event store.
    pub stores: BTreeMap<&'static str, u64>,
    /// One beside the other.
    pub events: Compared,
    /// Events that something is wrong with.
    pub findings: Vec<Finding>,
    /// Such findings that are not named.
    pub more_findings: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.archive.damaged == 0 && self.events.is_right()
    }
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The archive could not be read.
    #[error("the archive: {0}")]
    Archive(#[from] ReadError),
    /// An event store could not be read.
    #[error("the events of {owner}: {fault}")]
    Store {
        /// Whose.
        owner: Owner,
        /// Why.
        fault: Fault,
    },
    /// What was read could not be put down.
    #[error("what was read can't be put down: {0}")]
    Local(#[from] io::Error),
}

impl Verify<'_> {
    /// Compares. Memory does not grow with the number of events but for a 128th part of them at a time.
    ///
    /// # Errors
    /// [`VerifyError`]; what is wrong with archive or stores is in the report.
    pub async fn run(&self) -> Result<VerifyReport, VerifyError> {
        let mut spill = Spill::new(self.folder)?;
        let mut report = VerifyReport::default();
        // The archive first: what comes into both meanwhile is young, not unknown.
        let put = |line: Line| match line.owner {
            Some(owner) => push(&mut spill, &Entry::of(Side::Archive, owner, &line)),
            None => Ok(()),
        };
        report.archive = self.shelf.read_all(put, &|shelved| (self.progress)(Progress::Archive(shelved))).await?;
        let mut read = 0;
        for (owner, store) in self.stores {
            let mut pages = pages(*owner, store);
            let mut events = 0;
            while let Some(commits) = pages.try_next().await? {
                for text in commits.iter().flat_map(|commit| commit.events.texts()) {
                    let line = Line::read(text).map_err(|error| io::Error::other(error.to_string()))?;
                    push(&mut spill, &Entry::of(Side::Store, *owner, &line))?;
                    events += 1;
                }
                (self.progress)(Progress::Stores(read + events));
            }
            read += events;
            report.stores.insert(owner.as_str(), events);
        }
        for part in spill.parts() {
            let entries = part?.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>();
            let entries = entries.map_err(io::Error::other)?;
            compare(entries, self.settled, &mut report.events, |finding| {
                if report.findings.len() < self.name_most {
                    report.findings.push(finding);
                } else {
                    report.more_findings += 1;
                }
            });
        }
        Ok(report)
    }
}

fn push(spill: &mut Spill, entry: &Entry) -> io::Result<()> {
    let text = serde_json::to_string(entry).map_err(io::Error::other)?;
    spill.push(&entry.aggregate, &text)
}

/// All that an event store has, in no order. Commits that can't be read are left out, logged and counted by the store.
fn pages(owner: Owner, store: &Arc<dyn EventStore>) -> stream::LocalBoxStream<'_, Result<Vec<Commit>, VerifyError>> {
    stream::iter(0..OUTBOX_SHARDS)
        .map(move |shard| {
            stream::try_unfold(Some(None::<String>), move |from| async move {
                let Some(from) = from else { return Ok(None) };
                let all = Timestamp::UNIX_EPOCH..Timestamp::MAX;
                let page = patiently(async || store.scan_between(shard, all.clone(), from.clone(), PAGE).await).await;
                let (commits, next) = page.map_err(|fault| VerifyError::Store { owner, fault })?;
                Ok(Some((commits, next.map(Some))))
            })
            .boxed_local()
        })
        .flatten_unordered(AT_ONCE)
        .boxed_local()
}

#[cfg(test)]
#[path = "verify_tests.rs"]
pub(crate) mod tests;
