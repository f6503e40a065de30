//! Event stores out of the archive.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::json;
use shotengai_contracts::Owner;
use shotengai_kernel::Ports;
use shotengai_messaging::ports::store::{APPEND_EACH_MAX, OUTBOX_SHARDS};
use shotengai_messaging::{
    AppendError, Backoff, Commit, Condition, EventStore, Fault, FaultKind, Note, Row, Table, WriteError,
};

use crate::assemble::{Assembled, Broken, assemble};
use crate::line::Line;
use crate::patience::patiently;
use crate::shelf::{ReadError, Shelf, Shelved};
use crate::spill::Spill;
use crate::verify::{Progress, Stores};

/// Requests with commits under way at the same time.
const AT_ONCE: usize = 8;
/// How often commits are tried that a store refuses for now.
const ATTEMPTS: u32 = 12;
/// The note that a store is being restored, and so may have events already.
const NOTE: &str = "restore";
const UNDER_WAY: &str = "under way";
const DONE: &str = "done";

/// Event stores that are brought back.
pub struct Restore<'a> {
    /// The archive.
    pub shelf: &'a Shelf,
    /// The event stores; empty ones.
    pub stores: &'a Stores,
    /// Brings back what there is of an archive that is not whole.
    pub despite_damage: bool,
    /// So many broken histories are named at the most; all are counted.
    pub name_most: usize,
    /// Where files are put; none: where temporary files go. They are as large as the archive is unpacked.
    pub folder: Option<&'a Path>,
    /// Rows that are put before the first event is: what others keep about the events, and what would be wrong from then on.
    pub marks: &'a [(Arc<dyn Table>, Row)],
    /// Clock, chance, ids.
    pub ports: Ports,
    /// Hears how far it is.
    pub progress: &'a (dyn Fn(Progress<'_>) + Send + Sync),
}

/// What it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// The archive.
    pub archive: Shelved,
    /// Events of each event store that were written.
    pub stores: BTreeMap<&'static str, u64>,
    /// Commits that they were written in.
    pub commits: u64,
    /// Lines that said once more what another says.
    pub duplicates: u64,
    /// Histories that are not whole.
    pub broken: Vec<Broken>,
    /// Such histories that are not named.
    pub more_broken: u64,
}

impl RestoreReport {
    /// Whether nothing is lost.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.archive.lost == 0 && self.broken.is_empty() && self.more_broken == 0
    }
}

/// Why nothing, or not all, was brought back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The archive could not be read.
    #[error("the archive: {0}")]
    Archive(#[from] ReadError),
    /// There are events where none may be.
    #[error(
        "the event stores of {} have events; an archive is restored into empty ones only, or what was decided since would be \
         mixed with what was before. Nothing was written", .0.join(", ")
    )]
    NotEmpty(Vec<&'static str>),
    /// The archive is not whole. Nothing was written.
    #[error("{} objects and {} histories of the archive are not whole; nothing was written", .0.archive.lost, .0.broken.len() as u64 + .0.more_broken)]
    NotWhole(Box<RestoreReport>),
    /// An event store failed, or took other events meanwhile.
    #[error("the events of {owner}: {why}")]
    Store {
        /// Whose.
        owner: Owner,
        /// Why.
        why: AppendError,
    },
    /// A row could not be put. Nothing was written.
    #[error("what is kept about the events could not be marked, and nothing was written: {0}")]
    Mark(Fault),
    /// What was read could not be put down.
    #[error("what was read can't be put down: {0}")]
    Local(#[from] io::Error),
}

impl Restore<'_> {
    /// Brings all events back, each where it stood, as published. Safe to repeat after it was interrupted: what stands already
    /// is its own success. Memory holds a 128th part of the events at a time.
    ///
    /// # Errors
    /// [`RestoreError`]. Nothing was written, unless it is of a store.
    pub async fn run(&self) -> Result<RestoreReport, RestoreError> {
        self.require_empty().await?;
        let mut spill = Spill::new(self.folder)?;
        let put = |line: Line| spill.push(&line.aggregate, &line.text);
        let archive = self.shelf.read_all(put, &|shelved| (self.progress)(Progress::Archive(shelved))).await?;
        let mut report = RestoreReport { archive, ..RestoreReport::default() };
        // All of it is looked at before anything is written.
        for part in spill.parts() {
            let Assembled { broken, duplicates, .. } = self.assembled(part?)?;
            report.duplicates += duplicates;
            for broken in broken {
                if report.broken.len() < self.name_most {
                    report.broken.push(broken);
                } else {
                    report.more_broken += 1;
                }
            }
        }
        if !report.is_whole() && !self.despite_damage {
            return Err(RestoreError::NotWhole(Box::new(report)));
        }
        self.mark().await?;
        self.note(UNDER_WAY).await?;
        let mut written = 0;
        for part in spill.parts() {
            let Assembled { commits, .. } = self.assembled(part?)?;
            let mut by_owner: BTreeMap<Owner, Vec<Commit>> = BTreeMap::new();
            commits.into_iter().for_each(|(owner, commit)| by_owner.entry(owner).or_default().push(commit));
            for (owner, store) in self.stores {
                let Some(commits) = by_owner.remove(owner) else { continue };
                let events: u64 = commits.iter().map(|commit| u64::try_from(commit.events.len()).unwrap_or(0)).sum();
                report.commits += u64::try_from(commits.len()).unwrap_or(u64::MAX);
                self.write(*owner, store, &commits).await?;
                *report.stores.entry(owner.as_str()).or_default() += events;
                written += events;
                (self.progress)(Progress::Written(written));
            }
        }
        self.note(DONE).await?;
        Ok(report)
    }

    fn assembled(&self, part: Vec<String>) -> io::Result<Assembled> {
        let lines = part.iter().map(|text| Line::read(text)).collect::<Result<Vec<_>, _>>();
        let mut lines = lines.map_err(|error| io::Error::other(error.to_string()))?;
        lines.retain(|line| self.stores.iter().any(|(owner, _)| line.owner == Some(*owner)));
        Ok(assemble(lines))
    }

    /// That there are no events, unless a restore is under way: what it notes in each store it may not have noted in all.
    async fn require_empty(&self) -> Result<(), RestoreError> {
        let of = |owner: Owner| move |fault: Fault| RestoreError::Store { owner, why: fault.into() };
        for (owner, store) in self.stores {
            let note = patiently(async || store.note(NOTE).await).await.map_err(of(*owner))?;
            if note.is_some_and(|note| note.doc["state"] == UNDER_WAY) {
                return Ok(());
            }
        }
        let mut full = Vec::new();
        for (owner, store) in self.stores {
            for shard in 0..OUTBOX_SHARDS {
                let page = patiently(async || store.scan(shard, None, 1).await).await;
                let (commits, more) = page.map_err(of(*owner))?;
                if !commits.is_empty() || more.is_some() {
                    full.push(owner.as_str());
                    break;
                }
            }
        }
        if full.is_empty() { Ok(()) } else { Err(RestoreError::NotEmpty(full)) }
    }

    async fn mark(&self) -> Result<(), RestoreError> {
        for (table, row) in self.marks {
            let put = async || match table.put(row, Condition::Any).await {
                Ok(()) | Err(WriteError::Condition(_)) => Ok(()),
                Err(WriteError::Fault(fault)) => Err(fault),
            };
            patiently(put).await.map_err(RestoreError::Mark)?;
        }
        Ok(())
    }

    /// Says in each store what is going on in it.
    async fn note(&self, state: &str) -> Result<(), RestoreError> {
        for (owner, store) in self.stores {
            let of = |fault: Fault| RestoreError::Store { owner: *owner, why: fault.into() };
            let standing = async || patiently(async || store.note(NOTE).await).await;
            let before = standing().await.map_err(of)?;
            let (doc, version) = (json!({ "state": state }), before.as_ref().map(|note| note.version));
            if before.is_some_and(|note| note.doc == doc) {
                continue;
            }
            let note = Note { version: version.unwrap_or(0) + 1, doc };
            let put = patiently(async || store.put_note(NOTE, &note, version).await).await.map_err(of)?;
            // Its own, where only the answer was lost.
            if !put && standing().await.map_err(of)?.as_ref() != Some(&note) {
                let why = "another process restores into it at the same time";
                return Err(of(Fault::new(FaultKind::Permanent, "restore.note", why)));
            }
        }
        Ok(())
    }

    async fn write(&self, owner: Owner, store: &Arc<dyn EventStore>, commits: &[Commit]) -> Result<(), RestoreError> {
        stream::iter(commits.chunks(APPEND_EACH_MAX))
            .map(|commits| self.write_some(owner, store, commits))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn write_some(
        &self,
        owner: Owner,
        store: &Arc<dyn EventStore>,
        commits: &[Commit],
    ) -> Result<(), RestoreError> {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let (mut left, mut attempts) = (commits.to_vec(), 0);
        loop {
            attempts += 1;
            let mut refused = None;
            match store.restore_each(&left).await {
                Ok(answers) => {
                    let mut again = Vec::new();
                    for (commit, answer) in std::mem::take(&mut left).into_iter().zip(answers) {
                        match answer {
                            Ok(()) => {}
                            Err(AppendError::Fault(fault)) if fault.is_retryable() => {
                                refused = Some(fault);
                                again.push(commit);
                            }
                            Err(why) => return Err(RestoreError::Store { owner, why }),
                        }
                    }
                    left = again;
                }
                Err(fault) if fault.is_retryable() => refused = Some(fault),
                Err(fault) => return Err(RestoreError::Store { owner, why: fault.into() }),
            }
            match refused {
                None => return Ok(()),
                Some(fault) if attempts >= ATTEMPTS => return Err(RestoreError::Store { owner, why: fault.into() }),
                Some(_) => tokio::time::sleep(backoff.delay(attempts, self.ports.random.as_ref())).await,
            }
        }
    }
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
