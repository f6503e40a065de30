//! Processes that share shards by Lease objects.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use shotengai_contracts::topology::{STREAM, tables};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Infrastructure, StreamRecord};
use shotengai_streaming::Checkpoints;
use shotengai_streaming::shard::{ReaderName, ShardConfig, StreamConsumer};
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure, StreamConfig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;

/// The lease time of [`ShardConfig::default`].
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// Records that were read, by whom.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<String>>);

impl Notes {
    pub(crate) fn all(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().iter().cloned().collect()
    }
}

#[async_trait]
impl RecordHandler for Notes {
    async fn handle(&self, _: &str, records: &[ReadRecord], _: &CancellationToken) -> usize {
        let data = records.iter().map(|record| String::from_utf8_lossy(&record.data).into_owned());
        self.0.lock().unwrap().extend(data);
        records.len()
    }
}

/// A stream, its checkpoints, and a cluster for the leases.
pub(crate) struct Street {
    pub(crate) fake: Arc<FakeCluster>,
    infra: MemoryInfrastructure,
    ports: Ports,
}

/// A process that reads. Killed when dropped.
pub(crate) struct Process {
    token: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    pub(crate) async fn stop(mut self) {
        self.token.cancel();
        tokio::time::timeout(60 * SECOND, &mut self.task).await.unwrap().unwrap();
    }

    /// Nothing of it runs after this.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Street {
    pub(crate) fn new(shards: u64) -> Self {
        let ports = ports();
        let config =
            MemoryConfig { stream: StreamConfig { shards, ..StreamConfig::default() }, ..MemoryConfig::default() };
        Self { fake: FakeCluster::new(), infra: MemoryInfrastructure::with(ports.clone(), config), ports }
    }

    pub(crate) fn process(&self, host: &str, notes: &Arc<Notes>) -> Process {
        let consumer = StreamConsumer::with_leases(
            ReaderName::on("bridge", Some(host)),
            ShardConfig::default(),
            self.infra.memory_stream(),
            Checkpoints::new(self.infra.table(tables::CHECKPOINTS.name), "bridge", STREAM),
            leases(&self.fake),
            Arc::clone(notes) as Arc<dyn RecordHandler>,
            self.ports.clone(),
        );
        let token = CancellationToken::new();
        let (worker, until) = (consumer.worker(), token.clone());
        Process { token, task: tokio::spawn(async move { worker.run(until).await }) }
    }

    pub(crate) async fn put(&self, data: &[String]) {
        let record = |data: &String| StreamRecord { key: data.clone(), data: data.clone().into_bytes() };
        let records: Vec<_> = data.iter().map(record).collect();
        for answer in self.infra.stream_writer().put(&records).await.unwrap() {
            answer.unwrap();
        }
    }

    /// How many shards each host holds, as the objects say.
    pub(crate) fn shares(&self) -> BTreeMap<String, usize> {
        let mut shares = BTreeMap::new();
        for lease in self.fake.leases() {
            let holder = lease["spec"]["holderIdentity"].as_str();
            if let Some(holder) = holder.filter(|_| lease["metadata"]["labels"]["shotengai.dev/kind"] == "shard") {
                *shares.entry(holder.split('_').next().unwrap().to_owned()).or_default() += 1;
            }
        }
        shares
    }

    pub(crate) async fn until_shared(&self, shares: &[(&str, usize)]) {
        let shares: BTreeMap<_, _> = shares.iter().map(|(host, count)| ((*host).to_owned(), *count)).collect();
        until("the shards are shared", || self.shares() == shares).await;
    }
}

/// Waits until it is so, for at most an hour of paused time.
pub(crate) async fn until(what: &str, so: impl Fn() -> bool) {
    let deadline = Instant::now() + 3600 * SECOND;
    while !so() {
        assert!(Instant::now() < deadline, "not so after an hour: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn many(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n}")).collect()
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_four_shards_and_the_survivor_has_all_within_the_lease_time() {
    let street = Street::new(4);
    let notes = Arc::new(Notes::default());
    let one = street.process("bridge-0", &notes);
    street.until_shared(&[("bridge-0", 4)]).await;
    let two = street.process("bridge-1", &notes);
    street.until_shared(&[("bridge-0", 2), ("bridge-1", 2)]).await;
    let before = many("before-", 40);
    street.put(&before).await;
    two.kill();
    let killed = Instant::now();
    street.until_shared(&[("bridge-0", 4)]).await;
    assert!(killed.elapsed() <= LEASE, "{:?}", killed.elapsed());
    let after = many("after-", 40);
    street.put(&after).await;
    let all: BTreeSet<_> = before.into_iter().chain(after).collect();
    until("everything is read", || notes.all() == all).await;
    until("both takeovers are told", || {
        street.fake.events().iter().filter(|event| event["reason"] == "ShardTakenOver").count() == 2
    })
    .await;
    one.stop().await;
    until("it has left", || street.shares().is_empty()).await;
    let members = street.fake.leases().iter().filter(|lease| lease["spec"]["holderIdentity"].is_string()).count();
    assert_eq!(members, 1, "only the dead one's presence stands until it is swept");
}

#[tokio::test(start_paused = true)]
async fn a_race_of_many_for_the_same_leases_ends_in_fair_shares() {
    let street = Street::new(6);
    let notes = Arc::new(Notes::default());
    let hosts: Vec<_> = (0..3).map(|n| format!("bridge-{n}")).collect();
    let all: Vec<_> = hosts.iter().map(|host| street.process(host, &notes)).collect();
    street.until_shared(&[("bridge-0", 2), ("bridge-1", 2), ("bridge-2", 2)]).await;
    let transitions = |street: &Street| {
        let count = |lease: &serde_json::Value| lease["spec"]["leaseTransitions"].as_u64().unwrap();
        street.fake.leases().iter().map(count).sum::<u64>()
    };
    let before = transitions(&street);
    tokio::time::sleep(10 * LEASE).await;
    assert_eq!(transitions(&street), before, "nothing moves any more");
    for process in all {
        process.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn deleted_and_mangled_leases_stop_no_reading_for_longer_than_the_lease_time() {
    let street = Street::new(2);
    let notes = Arc::new(Notes::default());
    let process = street.process("bridge-0", &notes);
    street.until_shared(&[("bridge-0", 2)]).await;
    let breakages: [fn(&FakeCluster, &str); 4] = [
        |fake, name| fake.delete(name),
        |fake, name| fake.edit(name, |lease| drop(lease.as_object_mut().unwrap().remove("spec"))),
        |fake, name| fake.edit(name, |lease| lease["metadata"]["labels"] = serde_json::json!({"app": "other"})),
        |fake, name| fake.edit(name, |lease| lease["spec"]["holderIdentity"] = serde_json::json!("a stranger")),
    ];
    for (n, breakage) in breakages.into_iter().enumerate() {
        for lease in street.fake.leases() {
            breakage(&street.fake, lease["metadata"]["name"].as_str().unwrap());
        }
        let broken = Instant::now();
        let data = many(&format!("round-{n}-"), 10);
        street.put(&data).await;
        until("all is read", || data.iter().all(|one| notes.all().contains(one))).await;
        street.until_shared(&[("bridge-0", 2)]).await;
        assert!(broken.elapsed() <= LEASE + SECOND, "breakage {n}: {:?}", broken.elapsed());
        tokio::time::sleep(LEASE).await;
    }
    process.stop().await;
}
