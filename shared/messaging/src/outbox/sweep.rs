//! Publishing what was left behind.
//!
//! **Age.** A marker is taken for lost once this process has seen it twice, `sweep_age` apart by its own watch. Nobody's
//! clock is asked.
//!
//! **Division.** Of each shard one process at a time is the sweeper ([`Claim`]); it pages through the index by key, and
//! right before it publishes it looks at the items themselves, consistently: the index may still show what anybody has
//! cleared. So one event comes once more for each fault (a lost answer, a death or freeze between publishing and clearing,
//! a publisher that is alive and later than `sweep_age`), however many processes there are and however far the index lags.
//!
//! **Budget.** Events of a shard go at a sixteenth of `sweep_per_second`, and the shard's holder keeps the pace: the
//! service has one budget, whoever spends it, and nothing is shared but the claims. Where a claim changes hands the pace
//! begins anew, and while two believe in one claim both spend.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use shotengai_kernel::{CommitId, Timestamp};
use tokio::time::Instant;

use super::claim::{CLAIM_LEASE, Claim};
use super::{CLEAR_BATCH, Publisher};
use crate::commit::Commit;
use crate::metrics;
use crate::pacer::Pacer;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::OUTBOX_SHARDS;

/// How many commits a look at a shard asks for at once, and wants to see where nothing else is known.
const PAGE: usize = CLEAR_BATCH * 4;
/// How many commits the holder of a shard looks ahead, so that the next are old enough when their turn comes.
const AHEAD: usize = PAGE * 8;
/// The most commits of a shard that one sweep publishes.
const ROUND: usize = PAGE * 4;
/// How long a marker that is not shown any more is remembered.
const FORGET: Duration = Duration::from_secs(120);

/// How often the sweeper offers a record to the stream before it leaves it for later.
const SWEEP_ATTEMPTS: u32 = 2;

/// What a look at a shard has found.
struct Found {
    /// Those that this process has seen for long enough.
    old: Vec<Commit>,
    /// How many markers there are of any age, as far as it looked.
    seen: usize,
    /// Whether there is a page of markers or more.
    more: bool,
}

/// Outcome of a sweep.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Swept {
    /// Commits that were published.
    pub(super) published: usize,
    /// Markers that were seen, of whatever age.
    pub(super) seen: usize,
}

/// What this process knows of one shard.
#[derive(Debug)]
pub(super) struct ShardState {
    /// Since when, and when last, each marker was seen.
    seen: BTreeMap<CommitId, (Instant, Instant)>,
    claim: Claim,
    /// Whether it holds the shard for the next sweep too, since there is more.
    goes_on: bool,
    /// Another process is at it, or the stream takes nothing: not before then.
    rests_until: Option<Instant>,
    /// When the oldest commit was decided whose marker the last look saw.
    oldest: Option<Timestamp>,
    /// The shard's part of the budget.
    pacer: Pacer,
}

impl ShardState {
    fn new(service_per_second: u32) -> Self {
        let each = Duration::from_secs(u64::from(OUTBOX_SHARDS)) / service_per_second.max(1);
        Self {
            seen: BTreeMap::new(),
            claim: Claim::default(),
            goes_on: false,
            rests_until: None,
            oldest: None,
            pacer: Pacer::every(each),
        }
    }

    /// Notes what a look that was asked for at `asked` has shown; returns what was seen `age` before that.
    fn old(&mut self, found: Vec<Commit>, asked: Instant, age: Duration) -> Vec<Commit> {
        self.seen.retain(|_, (_, last)| asked.saturating_duration_since(*last) < FORGET);
        found
            .into_iter()
            .filter(|commit| {
                let (first, last) = self.seen.entry(commit.commit_id).or_insert((asked, asked));
                *last = asked;
                asked.saturating_duration_since(*first) >= age
            })
            .collect()
    }

    fn forget(&mut self, commits: &[Commit]) {
        for commit in commits {
            self.seen.remove(&commit.commit_id);
        }
    }
}

impl Publisher {
    /// One sweep: looks at every shard, and publishes the commits whose markers it has seen for `sweep_age`, of the shards
    /// that nobody else sweeps. Returns how many it published.
    ///
    /// # Errors
    /// The last [`Fault`] of the store; what was found elsewhere is published all the same.
    pub async fn sweep(&self) -> Result<usize, Fault> {
        self.look_and_sweep().await.map(|swept| swept.published)
    }

    pub(super) async fn look_and_sweep(&self) -> Result<Swept, Fault> {
        let mut shards = self.shards.lock().await;
        shards.resize_with(usize::from(OUTBOX_SHARDS), || ShardState::new(self.config.sweep_per_second));
        let mut outcome = Ok(());
        let mut swept = Swept::default();
        let mut work = Vec::new();
        // Looks go one after the other: at rest a sweep is never a burst of queries.
        for (shard, state) in (0..OUTBOX_SHARDS).zip(shards.iter_mut()) {
            if state.rests_until.is_some_and(|until| Instant::now() < until) {
                // Somebody is at it.
                swept.seen += 1;
                continue;
            }
            match self.look(shard, state).await {
                Ok(found) => {
                    swept.seen += found.seen;
                    if !found.old.is_empty() || state.goes_on {
                        work.push((shard, state, found));
                    }
                }
                // One shard's fault must not keep the other shards' commits from the stream.
                Err(fault) => outcome = Err(fault),
            }
        }
        for answer in
            join_all(work.into_iter().map(|(shard, state, found)| self.sweep_shard(shard, state, found))).await
        {
            match answer {
                Ok(published) => swept.published += published,
                Err(fault) => outcome = Err(fault),
            }
        }
        self.show_oldest(&shards);
        outcome.map(|()| swept)
    }

    /// Shows how old the oldest commit is that waits, by our clock and that of who decided it.
    fn show_oldest(&self, shards: &[ShardState]) {
        let oldest = shards.iter().filter_map(|state| state.oldest).min();
        let age = oldest.map_or(0.0, |at| self.ports.clock.now().duration_since(at).as_secs_f64().max(0.0));
        metrics::OUTBOX_OLDEST.record(age, [self.service.into()]);
    }

    /// Looks through the markers of a shard: through a page, or as far ahead as its holder should.
    async fn look(&self, shard: u8, state: &mut ShardState) -> Result<Found, Fault> {
        let wanted = if state.goes_on { AHEAD } else { PAGE };
        let mut old = Vec::new();
        let (mut seen, mut from, mut oldest) = (0, None, None);
        loop {
            let asked = Instant::now();
            let (found, next) = self.store.pending(shard, from, PAGE).await?;
            seen += found.len();
            oldest = found.iter().map(|commit| commit.created_at).chain(oldest).min();
            old.extend(state.old(found, asked, self.config.sweep_age));
            from = next;
            if from.is_none() || seen >= wanted {
                state.oldest = oldest;
                return Ok(Found { old, seen, more: seen >= PAGE });
            }
        }
    }

    async fn sweep_shard(&self, shard: u8, state: &mut ShardState, found: Found) -> Result<usize, Fault> {
        let swept = self.sweep_claimed(shard, state, found).await;
        // A shard with more to do stays ours, unless it is we who get nowhere with it.
        if swept.is_err() {
            state.goes_on = false;
        }
        if !state.goes_on {
            state.claim.give_back(self.store.as_ref(), &claim_name(shard)).await;
        }
        swept
    }

    async fn sweep_claimed(&self, shard: u8, state: &mut ShardState, found: Found) -> Result<usize, Fault> {
        let began = !state.goes_on;
        state.goes_on = false;
        if !self.has_claim(shard, state).await? {
            return Ok(0);
        }
        state.goes_on = found.more;
        let old = if began && found.more { self.look(shard, state).await?.old } else { found.old };
        let mut swept = 0;
        for commits in old.into_iter().take(ROUND).collect::<Vec<_>>().chunks(CLEAR_BATCH) {
            state.pacer.turn().await;
            if !self.has_claim(shard, state).await? {
                state.goes_on = false;
                return Ok(swept);
            }
            // Whoever had the claim before may have published these, or who committed them, late.
            let marked = self.those_marked(commits.to_vec(), state).await?;
            let count = marked.len();
            if count == 0 {
                continue;
            }
            state.pacer.spend(marked.iter().map(|commit| commit.events.len()).sum());
            tracing::info!(service = self.service, shard, commits = count, "publishing what was left behind");
            let mut acknowledged = self.publish(marked, "sweeper", SWEEP_ATTEMPTS).await;
            swept += acknowledged.len();
            let refused = acknowledged.len() < count;
            state.forget(&acknowledged);
            let cleared = self.clear(&mut acknowledged).await;
            // Markers that don't come off would be found, and published, for ever. And a stream that refuses some has no
            // room for a sweeper: those who publish for the first time go before it.
            if refused || cleared < count {
                state.goes_on = false;
                self.rest(state, self.config.sweep_every);
                return Ok(swept);
            }
        }
        Ok(swept)
    }

    async fn has_claim(&self, shard: u8, state: &mut ShardState) -> Result<bool, Fault> {
        let ours = state.claim.take(self.store.as_ref(), &claim_name(shard), &self.holder).await?;
        if !ours {
            self.rest(state, CLAIM_LEASE / 2);
        }
        Ok(ours)
    }

    /// Those of these commits that still have their marker.
    async fn those_marked(&self, commits: Vec<Commit>, state: &mut ShardState) -> Result<Vec<Commit>, Fault> {
        if commits.is_empty() {
            return Ok(commits);
        }
        let marked = match self.store.marked(&commits).await {
            Ok(marked) => marked,
            // Where that must not be asked, the index is believed: copies are better than nothing.
            Err(fault) if matches!(fault.kind(), FaultKind::Denied | FaultKind::Permanent) => {
                metrics::count_fault(&fault);
                tracing::warn!(service = self.service, %fault, "markers can't be looked at; what the index shows is published");
                return Ok(commits);
            }
            Err(fault) => return Err(fault),
        };
        let (still, gone): (Vec<_>, Vec<_>) = commits.into_iter().zip(marked).partition(|(_, marked)| *marked);
        let gone: Vec<_> = gone.into_iter().map(|(commit, _)| commit).collect();
        state.forget(&gone);
        Ok(still.into_iter().map(|(commit, _)| commit).collect())
    }

    fn rest(&self, state: &mut ShardState, about: Duration) {
        let millis = u64::try_from(about.as_millis()).unwrap_or(u64::MAX);
        let rest = Duration::from_millis((millis / 2).saturating_add(self.ports.random.below(millis.max(1))));
        state.rests_until = Instant::now().checked_add(rest);
    }
}

fn claim_name(shard: u8) -> String {
    format!("sweep/{shard:02x}")
}
