//! Publishing once more what was committed in some time: what the stream has lost, or never got.

use std::ops::Range;
use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_kernel::{Ports, Timestamp};

use super::{OutboxConfig, Publisher};
use crate::commit::Commit;
use crate::pacer::Pacer;
use crate::ports::fault::Fault;
use crate::ports::infrastructure::Infrastructure;
use crate::ports::store::OUTBOX_SHARDS;

/// How many commits a request to the time index asks for.
const PAGE: usize = 100;

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Republished {
    /// Commits that were decided in the time, and looked at.
    pub commits: usize,
    /// Of those, commits that were to be published.
    pub wanted: usize,
    /// Events of those that the stream has.
    pub events: usize,
    /// Commits of which the stream did not take every event.
    pub refused: usize,
}

/// What to publish once more.
pub struct Republish<'a> {
    /// Decided in this time, by the clocks of those who decided.
    pub between: Range<Timestamp>,
    /// Only looks.
    pub dry_run: bool,
    /// Events a second, at the most.
    pub per_second: u32,
    /// Whether a commit is to be published.
    pub wanted: &'a (dyn Fn(&Commit) -> bool + Send + Sync),
    /// Hears how far it is, after each page.
    pub progress: &'a (dyn Fn(&Republished) + Send + Sync),
}

impl Publisher {
    /// A publisher of what a service has committed, for whoever is not that service. Nothing is offered to it.
    #[must_use]
    pub fn republisher(infra: &dyn Infrastructure, owner: Owner, config: OutboxConfig, ports: Ports) -> Arc<Self> {
        Self::new(owner.as_str(), infra.event_store(owner), infra.stream_writer(), config, ports).1
    }

    /// Publishes commits of a time once more, shard by shard of the time index, oldest first. A commit whose marker is on
    /// keeps it. Safe to repeat: consumers take what comes twice for what it is. The index may lag, so the last moments
    /// before now may be missing; commits that can't be read are left out, logged and counted.
    ///
    /// # Errors
    /// The [`Fault`] of the store that ended it; `report` says what was done until then.
    pub async fn republish(&self, what: &Republish<'_>, report: &mut Republished) -> Result<(), Fault> {
        let mut pacer = Pacer::per_second(what.per_second);
        for shard in 0..OUTBOX_SHARDS {
            let mut from = None;
            loop {
                let (page, next) = self.store.scan_between(shard, what.between.clone(), from, PAGE).await?;
                report.commits += page.len();
                let wanted: Vec<_> = page.into_iter().filter(|commit| (what.wanted)(commit)).collect();
                report.wanted += wanted.len();
                if what.dry_run {
                    report.events += events(&wanted);
                } else if !wanted.is_empty() {
                    pacer.turn().await;
                    pacer.spend(events(&wanted));
                    let count = wanted.len();
                    let acknowledged = self.publish(wanted, "republish", self.config.attempts).await;
                    report.events += events(&acknowledged);
                    report.refused += count - acknowledged.len();
                }
                (what.progress)(report);
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn events(commits: &[Commit]) -> usize {
    commits.iter().map(|commit| commit.events.len()).sum()
}
