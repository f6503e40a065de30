//! A day of trouble with change capture, in paused time.

use std::collections::BTreeSet;

use async_trait::async_trait;
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Envelope, EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, CommitId, ManualClock, Version};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Commit, CommitFactory, EventStore, Infrastructure, OutboxConfig};
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::captured::Noting;

const HOUR: i64 = 3600;

struct Passing;

#[async_trait]
impl RecordHandler for Passing {
    async fn handle(&self, _: &str, records: &[ReadRecord], _: &CancellationToken) -> usize {
        records.len()
    }
}

struct Installation {
    clock: Arc<ManualClock>,
    ports: Ports,
    infra: MemoryInfrastructure,
}

impl Installation {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock) as _);
        let config = MemoryConfig { marks_outbox: false, ..MemoryConfig::default() };
        Self { infra: MemoryInfrastructure::with(ports.clone(), config), clock, ports }
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(jiff_seconds(seconds));
    }

    /// A bridge: what notes, and what compares.
    fn bridge(&self) -> (Noting, Reconciler) {
        let table = self.infra.table(tables::CHECKPOINTS.name);
        let captured = Arc::new(Captured::new(Arc::clone(&table), "ec-events", self.ports.clone()));
        let publishers = [Owner::Order, Owner::Billing].map(|owner| {
            let (store, stream) = (self.infra.event_store(owner), self.infra.stream_writer());
            Publisher::new(owner.as_str(), store, stream, OutboxConfig::default(), self.ports.clone()).1
        });
        let noting = Noting { inner: Arc::new(Passing), captured: Arc::clone(&captured) };
        let reconciler = Reconciler::new(table, "ec-events", captured, publishers.to_vec(), self.ports.clone());
        (noting, reconciler)
    }

    async fn committed(&self, count: u64) -> Vec<Commit> {
        let factory = CommitFactory::new(self.ports.clone());
        let event = samples::event(EventType::OrderPaid).unwrap();
        let mut commits = Vec::new();
        for _ in 0..count {
            let id = AggregateId::parse(&format!("ord_{}", self.ports.ids.uuid_v7().as_simple())).unwrap();
            let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
            let commit = factory.commit(id, Version::ZERO, std::slice::from_ref(&event), &meta).unwrap();
            self.infra.memory_event_store(Owner::Order).append(std::slice::from_ref(&commit)).await.unwrap();
            commits.push(commit);
            self.pass(1);
        }
        commits
    }

    fn published(&self) -> BTreeSet<AggregateId> {
        let records = self.infra.memory_stream().records();
        let found: Vec<_> = records.iter().map(|record| Envelope::from_json(&record.data).unwrap().subject).collect();
        let distinct: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "each once");
        distinct
    }
}

fn jiff_seconds(seconds: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(seconds)
}

/// The change record of a commit.
fn change(commit: &Commit) -> ReadRecord {
    let image = json!({
        "aggregate_id": {"S": commit.aggregate_id.as_str()}, "version": {"N": "1"},
        "commit_id": {"S": commit.commit_id.to_string()}, "created_at": {"S": format!("{:.6}", commit.created_at)},
        "events": {"S": commit.events.to_json()},
    });
    let data = json!({"eventName": "INSERT", "dynamodb": {"NewImage": image}}).to_string().into_bytes();
    ReadRecord { position: "1".into(), key: "k".into(), data, arrived_at: None }
}

fn subjects(commits: &[Commit]) -> BTreeSet<AggregateId> {
    commits.iter().map(|commit| commit.aggregate_id.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_capture_has_lost_is_published_once_a_day_later_and_nothing_else() {
    let installation = Installation::new();
    let (noting, reconciler) = installation.bridge();
    reconciler.look().await.unwrap();
    let commits = installation.committed(3000).await;
    // Every seventh is given up.
    let (lost, came): (Vec<_>, Vec<_>) = commits.iter().cloned().enumerate().partition(|(n, _)| n % 7 == 0);
    let (lost, came): (Vec<_>, Vec<_>) =
        (lost.into_iter().map(|(_, it)| it).collect(), came.into_iter().map(|(_, it)| it).collect());
    let shutdown = CancellationToken::new();
    for batch in came.chunks(400) {
        let records: Vec<_> = batch.iter().map(change).collect();
        assert_eq!(noting.handle("shard", &records, &shutdown).await, records.len());
        noting.captured.write().await.unwrap();
    }
    installation.pass(24 * HOUR);
    reconciler.look().await.unwrap();
    assert_eq!(installation.published(), BTreeSet::new(), "DynamoDB may still bring them");
    installation.pass(3 * HOUR);
    // Another bridge, which has noted nothing itself.
    let (_, another) = installation.bridge();
    another.look().await.unwrap();
    assert_eq!(installation.published(), subjects(&lost));
    for _ in 0..3 {
        installation.pass(HOUR);
        reconciler.look().await.unwrap();
        another.look().await.unwrap();
    }
    assert_eq!(installation.published(), subjects(&lost), "and once only");
    assert_eq!(installation.infra.memory_table(tables::CHECKPOINTS.name).all().len(), 1, "old lists are dropped");
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_before_capture_is_nobodys_loss() {
    let installation = Installation::new();
    installation.committed(50).await;
    installation.pass(2 * HOUR);
    let (_, reconciler) = installation.bridge();
    for _ in 0..60 {
        reconciler.look().await.unwrap();
        installation.pass(HOUR);
    }
    assert_eq!(installation.published(), BTreeSet::new());
}

/// The alert's figure: an hour after, and a day before it is lost.
#[tokio::test(start_paused = true)]
async fn what_capture_does_not_bring_is_told_of_within_the_hour_and_no_longer_once_it_comes() {
    let installation = Installation::new();
    let (noting, reconciler) = installation.bridge();
    let commits = installation.committed(20).await;
    let shutdown = CancellationToken::new();
    let bring = async |commits: &[Commit]| {
        let records: Vec<_> = commits.iter().map(change).collect();
        assert_eq!(noting.handle("shard", &records, &shutdown).await, records.len());
        noting.captured.write().await.unwrap();
    };
    bring(&commits[..15]).await;
    let missing = async || reconciler.missing_lately(installation.ports.clock.now()).await.unwrap();
    assert_eq!(missing().await, 0, "they may be on their way");
    installation.pass(45 * 60);
    assert_eq!(missing().await, 5);
    reconciler.look().await.unwrap();
    assert_eq!(installation.published(), BTreeSet::new(), "it only looks");
    bring(&commits[15..]).await;
    assert_eq!(missing().await, 0);
}

/// A bridge that starts and ends before its first look, and a clock that is behind its own.
#[tokio::test(start_paused = true)]
async fn what_is_committed_as_the_first_bridge_starts_is_looked_at() {
    let installation = Installation::new();
    installation.pass(-5);
    let mut lost = installation.committed(3).await;
    installation.pass(2);
    let (_, reconciler) = installation.bridge();
    let (worker, shutdown) = (Arc::new(reconciler).worker(), CancellationToken::new());
    let stop = shutdown.clone();
    let running = tokio::spawn(async move { worker.run(stop).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    shutdown.cancel();
    running.await.unwrap();
    installation.pass(60);
    lost.extend(installation.committed(3).await);
    installation.pass(27 * HOUR);
    let (_, another) = installation.bridge();
    another.look().await.unwrap();
    assert_eq!(installation.published(), subjects(&lost));
}

/// Capture, then services that publish by themselves, then capture again.
#[tokio::test(start_paused = true)]
async fn what_services_published_by_themselves_is_nobodys_loss_when_capture_comes_back() {
    let installation = Installation::new();
    installation.bridge().1.look().await.unwrap();
    installation.pass(3 * HOUR);
    let (worker, shutdown) = (Arc::new(installation.bridge().1).forgetting(), CancellationToken::new());
    let stop = shutdown.clone();
    let running = tokio::spawn(async move { worker.run(stop).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    shutdown.cancel();
    running.await.unwrap();
    installation.committed(50).await;
    let (_, reconciler) = installation.bridge();
    reconciler.look().await.unwrap();
    installation.pass(20 * 60);
    let lost = installation.committed(3).await;
    for _ in 0..6 {
        let missing = reconciler.missing_lately(installation.ports.clock.now()).await.unwrap();
        assert!([0, 3].contains(&missing), "{missing}");
        installation.pass(600);
    }
    for _ in 0..60 {
        reconciler.look().await.unwrap();
        installation.pass(HOUR);
    }
    assert_eq!(installation.published(), subjects(&lost));
}

/// Event tables brought back from the archive: the same events, in commits with other ids, of which none was noted.
#[tokio::test(start_paused = true)]
async fn what_was_restored_is_not_sent_again_a_day_later() {
    let before = Installation::new();
    let (noting, reconciler) = before.bridge();
    reconciler.look().await.unwrap();
    let commits = before.committed(50).await;
    let records: Vec<_> = commits.iter().map(change).collect();
    assert_eq!(noting.handle("shard", &records, &CancellationToken::new()).await, records.len());
    noting.captured.write().await.unwrap();

    // The table of checkpoints is what it was.
    let after = Installation::new();
    after.pass(3600);
    let table = after.infra.table(tables::CHECKPOINTS.name);
    for row in before.infra.memory_table(tables::CHECKPOINTS.name).all() {
        table.put(&row, Condition::Any).await.unwrap();
    }
    table.put(&begins_anew("ec-events"), Condition::Any).await.unwrap();
    let restored = commits.into_iter().map(|it| Commit { commit_id: CommitId::new(after.ports.ids.uuid_v7()), ..it });
    for commit in restored {
        let answers = after.infra.memory_event_store(Owner::Order).restore_each(&[commit]).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }
    let (_, reconciler) = after.bridge();
    reconciler.look().await.unwrap();
    after.pass(20 * 60);
    let lost = after.committed(2).await;
    for _ in 0..30 {
        after.pass(HOUR);
        reconciler.look().await.unwrap();
    }
    assert_eq!(after.published(), subjects(&lost), "and what is lost from then on is found");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_away_keeps_the_window_open() {
    let installation = Installation::new();
    let (_, reconciler) = installation.bridge();
    reconciler.look().await.unwrap();
    let lost = installation.committed(20).await;
    installation.pass(27 * HOUR);
    let broken = Reconciler::new(
        installation.infra.table(tables::CHECKPOINTS.name),
        "ec-events",
        Arc::clone(&reconciler.captured),
        vec![
            Publisher::new(
                "order",
                installation.infra.event_store(Owner::Order),
                Arc::new(Away),
                OutboxConfig::default(),
                installation.ports.clone(),
            )
            .1,
        ],
        installation.ports.clone(),
    );
    broken.look().await.unwrap_err();
    assert_eq!(installation.published(), BTreeSet::new());
    reconciler.look().await.unwrap();
    assert_eq!(installation.published(), subjects(&lost));
}

struct Away;

#[async_trait]
impl shotengai_messaging::StreamWriter for Away {
    async fn put(&self, _: &[shotengai_messaging::StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        Err(Fault::new(FaultKind::Transient, "stream.put", "away"))
    }
}
