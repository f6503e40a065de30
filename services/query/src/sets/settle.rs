//! Rows that were at different versions in two sets: on their way, or really different.

use std::time::Duration;

use shotengai_contracts::Event;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::Fault;
use tokio::time::Instant;

use super::Projections;
use super::diff::{Found, aggregates_of};
use super::table::{Tabled, asked_of};
use crate::domain::fold_on;
use crate::history::HISTORY_PAGE;
use crate::rebuild::{RebuildReport, Watch};
use crate::store::{Rows, Session, is_corrupt, load};

/// How long rows are looked at again.
const SETTLE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(200);
/// Rows that are looked at in one statement.
const TOGETHER: usize = 1000;

pub(super) struct Settled {
    pub(super) differing: Vec<Found>,
    pub(super) in_motion: u64,
}

/// Looks at rows again until they are the same, differ at one version, or time is up.
pub(super) async fn settle<R>(
    sets: &Projections,
    between: (&str, &str),
    mut moving: Vec<Found>,
) -> Result<Settled, Fault>
where
    R: Tabled,
    dyn Session: Rows<R>,
{
    let (begun, rebuild) = (Instant::now(), sets.onto(between.1));
    let mut settled = Settled { differing: Vec::new(), in_motion: 0 };
    while !moving.is_empty() && begun.elapsed() < SETTLE {
        tokio::time::sleep(LOOK).await;
        let mut still = Vec::new();
        for rows in moving.chunks(TOGETHER) {
            let before = rows.len();
            let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
            let now = sets.compare_some::<R>(between, &ids).await?;
            settled.in_motion += (before - now.len()) as u64;
            still.extend(now);
        }
        let (differing, at_versions): (Vec<_>, Vec<_>) = still.into_iter().partition(Found::is_settled);
        settled.differing.extend(differing);
        moving = at_versions;
        // Where nobody writes the other set any more, this does.
        let behind: Vec<_> = moving.iter().filter(|row| row.other < row.live).cloned().collect();
        rebuild.those::<R>(&aggregates_of::<R>(&behind), &mut RebuildReport::default(), &Untold).await?;
    }
    for row in moving {
        if sets.is_only_behind::<R>(between.0, &row).await? {
            settled.in_motion += 1;
        } else {
            settled.differing.push(row);
        }
    }
    Ok(settled)
}

impl Projections {
    /// Whether a live row is what its aggregate's events were at its own version, and the other set is further.
    async fn is_only_behind<R: Tabled>(&self, live: &str, row: &Found) -> Result<bool, Fault> {
        let (Some(id), Some(version)) = (R::aggregate(&row.id), row.live) else { return Ok(false) };
        if row.other <= row.live {
            return Ok(false);
        }
        let statement = asked_of::<R>(live, R::LOAD)?;
        let there = match load::<R>(&self.session().await?, &statement, std::slice::from_ref(&id)).await {
            Ok(mut rows) => rows.remove(&id),
            Err(fault) if is_corrupt(&fault) => return Ok(false),
            Err(fault) => return Err(fault),
        };
        let version = Version::new(u64::try_from(version).unwrap_or_default());
        Ok(there.is_some() && there == self.fold_up_to::<R>(&id, version).await?)
    }

    /// The row as of a version; none when the events make none.
    async fn fold_up_to<R: Tabled>(&self, id: &AggregateId, version: Version) -> Result<Option<R>, Fault> {
        let mut row: Option<R> = None;
        loop {
            let after = row.as_ref().map_or(Version::ZERO, R::version);
            let page = self.sources.load_some(R::OWNER, id, after, HISTORY_PAGE).await?;
            let wanted = page.commits.iter().flat_map(|commit| &commit.events);
            let wanted = wanted.filter(|envelope| envelope.aggregateversion <= version);
            let events: Result<Vec<(_, Event)>, _> =
                wanted.map(|envelope| envelope.event().map(|event| (envelope, event))).collect();
            let Ok(events) = events else { return Ok(None) };
            row = match fold_on(row, events.iter().map(|(envelope, event)| (*envelope, event))) {
                Ok(row) => row,
                Err(_) => return Ok(None),
            };
            let now = row.as_ref().map_or(Version::ZERO, R::version);
            if now >= version || now == after || !page.more {
                return Ok(row);
            }
        }
    }
}

/// Told before, when the sets were brought together.
struct Untold;

impl Watch for Untold {
    fn progress(&self, _: &RebuildReport) {}

    fn failed(&self, _: &AggregateId, _: &str) {}
}
