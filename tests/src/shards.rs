//! Who reads the stream's shards, and what the checkpoints say over time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shotengai_aws::Aws;
use shotengai_contracts::topology::{STREAM, tables};
use shotengai_messaging::{Infrastructure, Leases};
use shotengai_streaming::Checkpoints;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::test_cluster::{Process, TestCluster};

/// The shards of each holder, as `shotengai status kinesis` shows them.
pub async fn shown_holders(cluster: &TestCluster) -> BTreeMap<String, Vec<String>> {
    shown_holders_with(cluster, &[]).await
}

/// The same, with settings of its own.
pub async fn shown_holders_with(cluster: &TestCluster, extra: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let output = cluster.command(&["status", "kinesis"]).envs(extra.iter().copied()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut words = line.split_whitespace();
        if let (Some(shard), Some(holder)) = (words.next(), words.next())
            && shard.starts_with("shardId-")
        {
            holders.entry(holder.to_owned()).or_default().push(shard.to_owned());
        }
    }
    holders
}

/// The shards of each owner that has both the lease and the last claim of the checkpoint.
pub async fn readers(aws: &Aws) -> BTreeMap<String, Vec<String>> {
    let leases = Checkpoints::new(aws.table(tables::CHECKPOINTS.name), "bridge", STREAM).leases();
    readers_by(aws, leases.as_ref()).await
}

/// The same, by leases of any kind.
pub async fn readers_by(aws: &Aws, leases: &dyn Leases) -> BTreeMap<String, Vec<String>> {
    let checkpoints = Checkpoints::new(aws.table(tables::CHECKPOINTS.name), "bridge", STREAM);
    let mut readers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for lease in leases.list().await.unwrap() {
        if !lease.name.starts_with("shardId-") {
            continue;
        }
        // A row that somebody spoilt names nobody.
        let owner = checkpoints.read(&lease.name).await.ok().flatten().map(|checkpoint| checkpoint.owner);
        if let Some(holder) = lease.holder.filter(|holder| owner.as_ref() == Some(holder)) {
            readers.entry(holder).or_default().push(lease.name);
        }
    }
    readers
}

/// Sends a process a signal by name (`STOP`, `CONT`).
pub async fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status().await.unwrap();
    assert!(sent.success());
}

/// Looks at the checkpoints all the time: epochs and positions only rise, and an epoch has one owner.
pub struct CheckpointWatch {
    done: CancellationToken,
    task: tokio::task::JoinHandle<usize>,
}

impl CheckpointWatch {
    /// Begins to look.
    #[must_use]
    pub fn start(aws: &Arc<Aws>) -> Self {
        let done = CancellationToken::new();
        let (until, aws) = (done.clone(), Arc::clone(aws));
        Self { done, task: tokio::spawn(async move { watch(&aws, &until).await }) }
    }

    /// Ends; answers how often it looked.
    ///
    /// # Panics
    /// When a checkpoint went backwards.
    pub async fn end(self) -> usize {
        self.done.cancel();
        self.task.await.unwrap()
    }
}

/// Positions are decimals of any length.
fn rank(position: Option<&String>) -> (usize, String) {
    let digits = position.map_or("", |position| position.trim_start_matches('0')).to_owned();
    (digits.len(), digits)
}

async fn watch(aws: &Aws, done: &CancellationToken) -> usize {
    let checkpoints = Checkpoints::new(aws.table(tables::CHECKPOINTS.name), "bridge", STREAM);
    let mut last = BTreeMap::new();
    let mut looks = 0;
    while !done.is_cancelled() {
        for shard in aws.stream_reader().shards().await.unwrap() {
            let Some(now) = checkpoints.read(&shard.id).await.unwrap() else { continue };
            let now = (now.epoch, rank(now.position.as_ref()), now.owner);
            if let Some(before) = last.insert(shard.id.clone(), now.clone()) {
                assert!(before.0 <= now.0 && before.1 <= now.1, "{}: {before:?}, then {now:?}", shard.id);
                assert!(before.0 < now.0 || before.2 == now.2, "{}: {before:?}, then {now:?}", shard.id);
            }
        }
        looks += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    looks
}
