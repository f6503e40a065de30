//! Leases that are lost, deleted, unreadable or a stranger's; a stream that goes away. Nothing panics, nothing spins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use shotengai_contracts::topology::STREAM;
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Lease, LeaseChange, LeaseError, Leases, Row, Table};
use shotengai_streaming::shard::{ShardConfig, StreamConsumer};
use shotengai_testing::memory::InjectedFault;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::lease_sharing::{LEASE, seen};
use super::shard::Notes;
use super::{Running, SECOND, Street, until, until_found};

const SHARD: &str = "shardId-000000000000";

/// What a stopped process doesn't do: its calls and its handler wait until it goes on.
#[derive(Default)]
pub(crate) struct Ice {
    frozen: AtomicBool,
    thaw: Notify,
}

impl Ice {
    async fn pass(&self) {
        while self.frozen.load(Ordering::Relaxed) {
            self.thaw.notified().await;
        }
    }

    pub(crate) fn freeze(&self, frozen: bool) {
        self.frozen.store(frozen, Ordering::Relaxed);
        self.thaw.notify_waiters();
    }
}

struct Freezing<T> {
    ice: Arc<Ice>,
    inner: T,
}

#[async_trait]
impl Leases for Freezing<Arc<dyn Leases>> {
    async fn list(&self) -> Result<Vec<Lease>, Fault> {
        self.ice.pass().await;
        self.inner.list().await
    }

    async fn create(&self, name: &str, holder: &str, duration: Duration) -> Result<Lease, LeaseError> {
        self.ice.pass().await;
        self.inner.create(name, holder, duration).await
    }

    async fn change(&self, seen: &Lease, change: LeaseChange) -> Result<Lease, LeaseError> {
        self.ice.pass().await;
        self.inner.change(seen, change).await
    }

    async fn delete(&self, seen: &Lease) -> Result<(), LeaseError> {
        self.ice.pass().await;
        self.inner.delete(seen).await
    }
}

#[async_trait]
impl RecordHandler for Freezing<Arc<Notes>> {
    async fn handle(&self, shard: &str, records: &[ReadRecord], _: &CancellationToken) -> usize {
        self.inner.apply(shard, records);
        self.ice.pass().await;
        records.len()
    }
}

impl Street {
    fn frozen_whole(&self, ice: &Arc<Ice>, notes: &Arc<Notes>) -> Running {
        self.freezing(ice, Arc::new(Freezing { ice: Arc::clone(ice), inner: self.leases() }), notes)
    }

    /// One whose handler stands still while it is frozen.
    pub(crate) fn freezing(&self, ice: &Arc<Ice>, leases: Arc<dyn Leases>, notes: &Arc<Notes>) -> Running {
        let handler = Freezing { ice: Arc::clone(ice), inner: Arc::clone(notes) };
        let consumer = StreamConsumer::with_leases(
            "bridge",
            ShardConfig::default(),
            self.infra.memory_stream(),
            self.checkpoints(),
            leases,
            Arc::new(handler),
            self.ports.clone(),
        );
        Running::start(consumer.worker())
    }
}

#[tokio::test(start_paused = true)]
async fn a_frozen_owner_that_wakes_cannot_checkpoint_and_stops() {
    let street = Street::with_shards(1);
    let (frozen, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
    let ice = Arc::new(Ice::default());
    let sleeper = street.frozen_whole(&ice, &frozen);
    until_found("it reads", || async { street.checkpoint(SHARD).await.is_some() }).await;
    ice.freeze(true);
    street.put("key", "a").await;
    until("it is in the middle of a batch", || frozen.data() == ["a"]).await;
    let successor = street.member(&other);
    street.put("key", "b").await;
    until("another reads", || other.data() == ["a", "b"]).await;
    until_found("it has saved", || async { street.checkpoint(SHARD).await.unwrap().position.as_deref() == Some("2") })
        .await;
    let before = street.checkpoint(SHARD).await.unwrap();
    assert_eq!(before.epoch, 2);

    ice.freeze(false);
    tokio::time::sleep(2 * LEASE).await;
    assert_eq!(street.checkpoint(SHARD).await.unwrap(), before, "what it had applied moves no checkpoint");
    street.put("key", "c").await;
    until("the new owner reads on", || other.data().len() == 3).await;
    assert_eq!(frozen.data(), ["a"], "the old one has stopped");
    assert_eq!(street.members().await, 2, "it is a member again");
    successor.stop().await;
    street.put("key", "d").await;
    until("it has its turn again", || frozen.data() == ["a", "d"]).await;
    sleeper.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_cannot_renew_stops_reading_within_the_lease_and_goes_on_later() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    let running = street.member(&notes);
    street.put("key", "a").await;
    until("a is read", || notes.data() == ["a"]).await;
    tokio::time::sleep(2 * SECOND).await;
    street.faults.always("table.put", InjectedFault::Refuse(FaultKind::Transient));
    tokio::time::sleep(LEASE).await;
    let (reads, puts) = (street.faults.calls("stream.read"), street.faults.calls("table.put"));
    street.put("key", "b").await;
    tokio::time::sleep(600 * SECOND).await;
    assert_eq!(street.faults.calls("stream.read"), reads, "it doesn't read");
    let puts = street.faults.calls("table.put") - puts;
    assert!(puts < 2000, "{puts} tries to write in ten minutes");
    street.faults.end("table.put");
    until("b is read", || notes.data() == ["a", "b"]).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn throttled_reads_and_expired_cursors_cost_no_lease_and_no_epoch() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    let running = street.member(&notes);
    street.put("key", "a").await;
    until("a is read", || notes.data() == ["a"]).await;
    street.faults.always("stream.read", InjectedFault::Refuse(FaultKind::Throttled));
    let reads = street.faults.calls("stream.read");
    tokio::time::sleep(120 * SECOND).await;
    let reads = street.faults.calls("stream.read") - reads;
    assert!((10..100).contains(&reads), "{reads} reads in two minutes back off");
    street.faults.end("stream.read");
    street.put("key", "b").await;
    until("b is read", || notes.data() == ["a", "b"]).await;
    for n in 0..20 {
        street.infra.memory_stream().expire_cursors();
        street.put("key", &n.to_string()).await;
        let start = Instant::now();
        until("it is read", || notes.data().len() == 3 + n).await;
        assert!(start.elapsed() <= Duration::from_millis(300), "no backoff: {:?}", start.elapsed());
    }
    assert_eq!(street.checkpoint(SHARD).await.unwrap().epoch, 1);
    assert_eq!(street.lease(SHARD).await.unwrap().transitions, 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn deleted_leases_are_made_again_and_the_reading_goes_on() {
    let street = Street::with_shards(2);
    let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
    let members = [street.member(&one), street.member(&other)];
    street.until_shared(&[1, 1]).await;
    for round in 0..5 {
        for lease in street.leases().list().await.unwrap() {
            let key = Key::new(format!("leases/bridge/{STREAM}"), lease.name);
            street.checkpoint_table().delete(&key, Condition::Any).await.unwrap();
        }
        street.put_many(round * 20..round * 20 + 20).await;
        until("all is read", || seen(&[&one, &other]).len() == round * 20 + 20).await;
        tokio::time::sleep(LEASE).await;
        street.until_shared(&[1, 1]).await;
        assert_eq!(street.members().await, 2);
    }
    for member in members {
        member.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_no_lease_counts_as_free() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    for name in [SHARD, "member/what"] {
        let row = Row::new(Key::new(format!("leases/bridge/{STREAM}"), name), 7, json!({"what": 1}));
        street.checkpoint_table().put(&row, Condition::Any).await.unwrap();
    }
    street.put("key", "a").await;
    let start = Instant::now();
    let running = street.member(&notes);
    until("it is read", || notes.data() == ["a"]).await;
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    until_found("what is no member is deleted", || async { street.members().await == 1 }).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_stranger_holds_is_left_to_it_for_as_long_as_it_renews() {
    let street = Street::with_shards(2);
    let notes = Arc::new(Notes::default());
    let mut lease = street.leases().create(SHARD, "a stranger", LEASE).await.unwrap();
    let running = street.member(&notes);
    street.put_many(0..20).await;
    for _ in 0..60 {
        tokio::time::sleep(SECOND).await;
        lease = street.leases().change(&lease, LeaseChange::Renew).await.unwrap();
    }
    assert!(!notes.data().is_empty() && notes.all().iter().all(|(shard, _)| shard != SHARD), "{:?}", notes.all());
    let last = Instant::now();
    until("all is read", || seen(&[&notes]).len() == 20).await;
    assert!((LEASE..LEASE + 3 * SECOND).contains(&last.elapsed()), "{:?}", last.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_deleted_is_asked_for_now_and_then() {
    let street = Street::with_shards(4);
    let notes = Arc::new(Notes::default());
    let running = street.member(&notes);
    street.until_shared(&[4]).await;
    let operations = ["stream.shards", "stream.cursor", "stream.read"];
    for operation in operations {
        street.faults.always(operation, InjectedFault::Refuse(FaultKind::Permanent));
    }
    tokio::time::sleep(60 * SECOND).await;
    let calls = || operations.iter().map(|operation| street.faults.calls(operation)).sum::<usize>();
    let before = calls();
    tokio::time::sleep(600 * SECOND).await;
    let calls = calls() - before;
    assert!((100..1000).contains(&calls), "{calls} calls in ten minutes for four shards");
    for operation in operations {
        street.faults.end(operation);
    }
    street.put_many(0..20).await;
    until("it is there again", || seen(&[&notes]).len() == 20).await;
    running.stop().await;
    // And where it isn't there at the start.
    street.faults.always("stream.shards", InjectedFault::Refuse(FaultKind::Permanent));
    let running = street.member(&notes);
    let before = street.faults.calls("stream.shards");
    tokio::time::sleep(600 * SECOND).await;
    let looks = street.faults.calls("stream.shards") - before;
    assert!((100..700).contains(&looks), "{looks} looks in ten minutes");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_leaves_the_stream_takes_its_lease_along_and_not_its_checkpoint() {
    let street = Street::with_shards(1);
    let stream = street.infra.memory_stream();
    let notes = Arc::new(Notes::default());
    street.put_many(0..20).await;
    stream.split(SHARD).unwrap();
    street.put_many(20..40).await;
    // It is to be in the middle of the parent when that leaves.
    street.faults.each_nth("stream.read", 1, 3, InjectedFault::Refuse(FaultKind::Throttled));
    let running = street.reading(ShardConfig { limit: 1, busy_poll: 5 * SECOND, ..ShardConfig::default() }, &notes);
    until("it reads", || !notes.data().is_empty()).await;
    assert!(stream.forget(SHARD));
    let before = street.faults.calls("stream.read");
    until("the children are read", || seen(&[&notes]).len() >= 21).await;
    tokio::time::sleep(30 * LEASE).await;
    let reads = street.faults.calls("stream.read") - before;
    assert!(reads < 5000, "{reads}");
    assert_eq!(street.lease(SHARD).await, None);
    assert!(street.checkpoint(SHARD).await.is_some());
    assert_eq!(street.shares().await, [2]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn leases_that_cannot_be_listed_keep_nobody_from_reading_what_is_held() {
    let street = Street::with_shards(2);
    let notes = Arc::new(Notes::default());
    let running = street.member(&notes);
    street.until_shared(&[2]).await;
    street.faults.always("table.list", InjectedFault::Refuse(FaultKind::Permanent));
    let before = street.faults.calls("table.list");
    tokio::time::sleep(600 * SECOND).await;
    assert!(street.faults.calls("table.list") - before < 1000);
    street.put_many(0..20).await;
    until("all is read", || seen(&[&notes]).len() == 20).await;
    street.faults.end("table.list");
    assert!(street.leases().list().await.unwrap().iter().all(|lease| lease.transitions == 0));
    running.stop().await;
}

/// Loses the answer of one renewal, lets its repetition through, and is away from then on.
struct Lossy {
    inner: Arc<dyn Leases>,
    renewals: std::sync::Mutex<Vec<Instant>>,
}

impl Lossy {
    fn away<T>() -> Result<T, Fault> {
        Err(Fault::new(FaultKind::Transient, "test", "away"))
    }

    fn is_away(&self) -> bool {
        self.renewals.lock().unwrap().len() >= 2
    }
}

#[async_trait]
impl Leases for Lossy {
    async fn list(&self) -> Result<Vec<Lease>, Fault> {
        if self.is_away() { Self::away() } else { self.inner.list().await }
    }

    async fn create(&self, name: &str, holder: &str, duration: Duration) -> Result<Lease, LeaseError> {
        if self.is_away() { Ok(Self::away()?) } else { self.inner.create(name, holder, duration).await }
    }

    async fn change(&self, seen: &Lease, change: LeaseChange) -> Result<Lease, LeaseError> {
        if self.is_away() {
            return Ok(Self::away()?);
        }
        let is_renewal = seen.name.starts_with("member/") && change == LeaseChange::Renew;
        let changed = self.inner.change(seen, change).await;
        if !is_renewal {
            return changed;
        }
        self.renewals.lock().unwrap().push(Instant::now());
        if self.is_away() { changed } else { Ok(Self::away()?) }
    }

    async fn delete(&self, seen: &Lease) -> Result<(), LeaseError> {
        self.inner.delete(seen).await
    }
}

#[tokio::test(start_paused = true)]
async fn the_echo_of_a_renewal_prolongs_no_lease_beyond_what_others_see() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    let leases = Arc::new(Lossy { inner: street.leases(), renewals: std::sync::Mutex::default() });
    let consumer = StreamConsumer::with_leases(
        "bridge",
        ShardConfig::default(),
        street.infra.memory_stream(),
        street.checkpoints(),
        Arc::clone(&leases) as Arc<dyn Leases>,
        Arc::clone(&notes) as Arc<dyn RecordHandler>,
        street.ports.clone(),
    );
    let running = Running::start(consumer.worker());
    until("a renewal was repeated", || leases.is_away()).await;
    let written = leases.renewals.lock().unwrap()[0];
    tokio::time::sleep_until(written + LEASE * 7 / 10 + SECOND / 20).await;
    let reads = street.faults.calls("stream.read");
    tokio::time::sleep(LEASE).await;
    assert_eq!(street.faults.calls("stream.read"), reads, "it has stopped reading");
    running.stop().await;
}
