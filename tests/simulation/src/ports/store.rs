//! Event stores. Their indexes are eventually consistent.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::{Event, aggregates};
use shotengai_kernel::{AggregateId, CommitId, OrderId, Timestamp, Version};
use shotengai_messaging::{AppendError, Commit, EventStore, Fault, FaultKind, Guard, HistoryPage, Note, Snapshot};
use shotengai_testing::memory::MemoryEventStore;
use tokio::time::Instant;
use uuid::Uuid;

use super::{admitted, merged};
use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::network::{Landing, Network};
use crate::plan::Dependency::DynamoDb;

pub(super) struct NetworkedStore {
    network: Network,
    inner: Arc<MemoryEventStore>,
    name: &'static str,
    /// When each product's numbers, or each order, were last read, and their last commit; for planted bugs.
    read: Mutex<BTreeMap<AggregateId, (Instant, Version)>>,
}

const APPEND: &str = "store.append";

/// More writes than this together are many: half of what a transaction may have.
pub(super) const MANY_WRITES: usize = 50;

/// How long the planted bugs believe in what they have read.
const CACHED_FOR: Duration = Duration::from_secs(5);

impl NetworkedStore {
    pub(super) fn new(network: Network, inner: Arc<MemoryEventStore>, name: &'static str) -> Self {
        Self { network, inner, name, read: Mutex::default() }
    }
}

impl NetworkedStore {
    /// A planted bug: every shard is everybody's, and what the index shows is published.
    fn never_skips(&self) -> bool {
        self.network.world().bug == Some(Bug::SweeperNeverSkips)
    }

    /// Planted bugs: nobody asks whether there is anything newer than the numbers, or the order, that were read a moment ago.
    /// The last commit that they believe to be the newest.
    fn believed(&self, id: &AggregateId, after: Version) -> Option<Version> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, newest) = read.get(id)?;
        (Instant::now() < *at + CACHED_FOR && *newest > after).then_some(*newest)
    }

    /// Lets the planted bugs believe in what was read.
    fn believe(&self, id: &AggregateId, read: &[Commit]) {
        let is_planted = match self.network.world().bug {
            Some(Bug::RejectByCachedStock) => aggregates::STOCK.name_in(id.as_str()).is_some(),
            Some(Bug::ReadsFromMemory) => OrderId::parse(id.as_str()).is_ok(),
            _ => false,
        };
        if is_planted && let Some(newest) = read.last() {
            let entry = (Instant::now(), newest.first_version);
            self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), entry);
        }
    }
}

/// A planted bug: whether their slots are taken by now, nobody looks; they are written behind what stands there.
async fn behind_themselves(store: &MemoryEventStore, commits: Vec<Commit>) -> Result<Vec<Commit>, Fault> {
    let mut behind = Vec::with_capacity(commits.len());
    for mut commit in commits {
        let stored = store.load(&commit.aggregate_id, Version::ZERO).await?;
        let Some(newest) = stored.last().filter(|newest| newest.last_version() >= commit.first_version) else {
            behind.push(commit);
            continue;
        };
        commit.first_version = newest.last_version().next();
        commit.commit_id = CommitId::new(Uuid::from_u128(commit.commit_id.uuid().as_u128() ^ 1));
        let mut version = commit.first_version;
        for event in commit.events.iter_mut() {
            event.aggregateversion = version;
            version = version.next();
        }
        behind.push(commit);
    }
    Ok(behind)
}

/// A planted bug: of a large transaction the last product's pieces are not written.
fn cut(commits: &[Commit]) -> &[Commit] {
    match commits.split_last() {
        Some((last, others))
            if commits.len() > MANY_WRITES && aggregates::STOCK.name_in(last.aggregate_id.as_str()).is_some() =>
        {
            others
        }
        _ => commits,
    }
}

/// A planted bug: which record of the price stream set a price is forgotten.
fn forget_places(commits: &mut [Commit]) {
    for event in commits.iter_mut().flat_map(|commit| commit.events.iter_mut()) {
        if let Some(data) = event.data.as_object_mut() {
            data.remove("source_sequence");
        }
    }
}

/// A planted bug: what empties a cart for an order is not written.
fn without_emptied_carts(commits: &[Commit]) -> Vec<Commit> {
    let empties = |commit: &Commit| {
        let mut events = commit.events.iter().filter_map(|envelope| envelope.event().ok());
        events.any(|event| matches!(event, Event::CartCleared(cleared) if cleared.order_id.is_some()))
    };
    commits.iter().filter(|commit| !empties(commit)).cloned().collect()
}

/// What an append does at the far end.
async fn write(
    network: &Network,
    inner: &MemoryEventStore,
    name: &str,
    commits: Vec<Commit>,
    guards: Vec<Guard>,
    landing: Landing,
) -> Result<(), AppendError> {
    let world = network.world();
    // Single puts meet transactions too.
    if world.per_mille(world.plan.rates.conflict) {
        world.count(Mishap::TransactionConflict);
        network.hold_up(name);
        return Err(Fault::new(FaultKind::Throttled, APPEND, "simulated: transaction conflict").into());
    }
    let guards = if world.bug == Some(Bug::RejectByCachedStock) { Vec::new() } else { guards };
    let blind = world.bug == Some(Bug::BlindLateAppend) && landing == Landing::Late;
    let commits = if blind { behind_themselves(inner, commits).await? } else { commits };
    let commits = if world.bug == Some(Bug::CartStaysFull) { without_emptied_carts(&commits) } else { commits };
    if commits.len() + guards.len() > MANY_WRITES {
        world.count(Mishap::LargeTransaction);
    }
    let written = if world.bug == Some(Bug::LostAtTheCut) { cut(&commits) } else { &commits };
    let answer = inner.append_as(written, &guards, network.marks_outbox()).await;
    if answer.is_ok() {
        world.transactions.wrote(&commits);
        if network.is_newer() {
            world.wrote_newer(&commits);
        }
        world.ways.commit(world.elapsed(), network.process(), &commits);
    }
    world.capture.wake();
    world.note(network.name(), || {
        let what: Vec<_> = commits.iter().map(summary).collect();
        format!("append {}: {}", what.join(", "), answer.as_ref().map_or("refused", |()| "written"))
    });
    answer
}

#[async_trait]
impl EventStore for NetworkedStore {
    async fn append_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Result<(), AppendError> {
        let (network, inner, name) = (self.network.clone(), Arc::clone(&self.inner), self.name);
        let (written, commits, guards) = (commits, commits.to_vec(), guards.to_vec());
        let effect = move |landing| async move { write(&network, &inner, name, commits, guards, landing).await };
        let answer = self.network.send(DynamoDb, APPEND, self.name, effect).await;
        if answer.is_ok() && self.network.world().bug == Some(Bug::ReadsFromMemory) {
            written.iter().for_each(|commit| self.believe(&commit.aggregate_id, std::slice::from_ref(commit)));
        }
        answer
    }

    async fn append_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        let (network, inner, name) = (self.network.clone(), Arc::clone(&self.inner), self.name);
        let refused = self.network.refused_writes(APPEND, self.name, commits.len());
        let commits = commits.to_vec();
        network.world().count(Mishap::CommitsTogether);
        if refused.contains(&true) && refused.contains(&false) {
            network.world().count(Mishap::CommitsParted);
        }
        let effect = move |landing| async move {
            let throttled = || Fault::new(FaultKind::Throttled, APPEND, "simulated: this statement was refused");
            let mut answers = Vec::with_capacity(commits.len());
            for (commit, refused) in commits.into_iter().zip(refused) {
                answers.push(match refused {
                    true => Err(throttled().into()),
                    false => write(&network, &inner, name, vec![commit], Vec::new(), landing).await,
                });
            }
            // A planted bug: answers come in another order than statements.
            if network.world().bug == Some(Bug::AnswersShift) {
                answers.rotate_right(1);
            }
            Ok(answers)
        };
        self.network.send(DynamoDb, APPEND, self.name, effect).await
    }

    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault> {
        if let Some(newest) = self.believed(id, after) {
            let mut commits = self.inner.load(id, after).await?;
            commits.retain(|commit| commit.first_version <= newest);
            return Ok(commits);
        }
        let mut commits = self.network.call(DynamoDb, "store.load", self.name, self.inner.load(id, after)).await?;
        if self.network.world().bug == Some(Bug::ForgetsPlaces) {
            forget_places(&mut commits);
        }
        self.believe(id, &commits);
        Ok(commits)
    }

    async fn load_some(&self, id: &AggregateId, after: Version, limit: usize) -> Result<HistoryPage, Fault> {
        self.network.call(DynamoDb, "store.load_some", self.name, self.inner.load_some(id, after, limit)).await
    }

    async fn load_newest(&self, id: &AggregateId, before: Version, limit: usize) -> Result<HistoryPage, Fault> {
        self.network.call(DynamoDb, "store.load_newest", self.name, self.inner.load_newest(id, before, limit)).await
    }

    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
        let snapshot =
            self.network.call(DynamoDb, "store.load_snapshot", self.name, self.inner.load_snapshot(id)).await?;
        let world = self.network.world();
        if snapshot.is_some() && world.per_mille(world.plan.rates.snapshot) {
            world.count(Mishap::SnapshotUseless);
            // It went, or another release wrote it.
            let of_another_release = |snapshot: Snapshot| Snapshot { schema: snapshot.schema + 1, ..snapshot };
            return Ok(snapshot.map(of_another_release).filter(|_| world.below(2) == 0));
        }
        Ok(snapshot)
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        self.network.call(DynamoDb, "store.save_snapshot", self.name, self.inner.save_snapshot(snapshot)).await
    }

    async fn pending(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        // A planted bug: what the outbox left behind is nobody's where change capture feeds the stream.
        if self.network.world().bug == Some(Bug::LeavesMarkers) && !self.network.marks_outbox() {
            return Ok((Vec::new(), None));
        }
        let effect = self.inner.pending(shard, from, limit);
        let page = self.network.call(DynamoDb, "store.pending", self.name, effect).await?;
        if page.0.iter().any(|commit| !self.inner.is_pending(commit)) {
            self.network.world().count(Mishap::StaleIndex);
            self.network.hold_up(self.name);
        }
        Ok(page)
    }

    async fn marked(&self, commits: &[Commit]) -> Result<Vec<bool>, Fault> {
        if self.never_skips() {
            return Ok(vec![true; commits.len()]);
        }
        self.network.call(DynamoDb, "store.marked", self.name, self.inner.marked(commits)).await
    }

    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "store.clear_pending";
        let refused = self.network.refused_entries(self.name, commits.len());
        let some = admitted(commits, &refused);
        let effect = self.inner.clear_pending(&some);
        let answer = self.network.call(DynamoDb, OPERATION, self.name, effect).await;
        let answer = answer.map(|answers| merged(OPERATION, &refused, answers));
        let kept = |index: usize| answer.as_ref().map_or(true, |answers| answers.get(index).is_none_or(Result::is_err));
        let marked =
            commits.iter().enumerate().filter(|(index, _)| kept(*index)).flat_map(|(_, commit)| &commit.events);
        self.network.world().copies.excuse(marked.map(|event| event.id));
        answer
    }

    async fn scan(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.network.call(DynamoDb, "store.scan", self.name, self.inner.scan(shard, from, limit)).await
    }

    async fn scan_between(
        &self,
        shard: u8,
        between: Range<Timestamp>,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        let effect = self.inner.scan_between(shard, between, from, limit);
        let mut page = self.network.call(DynamoDb, "store.scan_between", self.name, effect).await?;
        if self.network.world().bug == Some(Bug::PublishesInPart) {
            page.0.pop();
        }
        Ok(page)
    }

    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        self.network.call(DynamoDb, "store.aggregates", self.name, self.inner.aggregates(shard, from, limit)).await
    }

    async fn note(&self, name: &str) -> Result<Option<Note>, Fault> {
        if self.never_skips() {
            return Ok(None);
        }
        self.network.call(DynamoDb, "store.note", self.name, self.inner.note(name)).await
    }

    async fn put_note(&self, name: &str, note: &Note, replacing: Option<u64>) -> Result<bool, Fault> {
        if self.never_skips() {
            return Ok(true);
        }
        let effect = self.inner.put_note(name, note, replacing);
        self.network.call(DynamoDb, "store.put_note", self.name, effect).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.network.call(DynamoDb, "store.ping", self.name, self.inner.ping()).await
    }
}

fn summary(commit: &Commit) -> String {
    let types: Vec<_> = commit.events.iter().map(|envelope| envelope.event_type.as_str()).collect();
    format!("{}@{} {}", commit.aggregate_id, commit.first_version, types.join("+"))
}
