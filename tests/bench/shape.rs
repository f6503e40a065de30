//! The streets that are measured.

use std::path::PathBuf;
use std::time::Duration;

use shotengai_tests::stream;
use shotengai_tests::test_cluster::{Process, TestCluster, binary};
use tokio::time::Instant;

use crate::args::StreetKey;
use crate::one_message::OneMessage;

/// Settings by name.
pub(crate) type Settings = &'static [(&'static str, &'static str)];

/// As an installation has them by default; tests want what a killed process held sooner.
const DEFAULTS: Settings = &[("BRIDGE_LEASE_SECONDS", "15"), ("CONSUMER_VISIBILITY_SECONDS", "30")];
/// As `make run`: hints, and reads of a shard as often as they come.
const HINTS: Settings =
    &[("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "500"), ("BRIDGE_READS_PER_SECOND", "100")];
/// Kinesis allows five reads a second and shard.
const POLLS: Settings = &[("HINTS", "off"), ("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "200")];
const PUSH: Settings = &[("STREAM_READ", "push"), ("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "500")];
const NAIVE: Settings =
    &[("GROUP_COMMIT", "off"), ("HINTS", "off"), ("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "200")];
/// `make run` of the first milestone. Its services ask each other by the environment's proxy, and the harness has one that fails
/// whoever does.
const MILESTONE: Settings = &[("BRIDGE_BUSY_POLL_MS", "25"), ("BRIDGE_IDLE_POLL_MS", "100"), ("NO_PROXY", "127.0.0.1")];

/// The setting of the provisioner.
const SHARDS: &str = "KINESIS_SHARDS";

/// What a street is made of.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) key: StreetKey,
    pub(crate) name: &'static str,
    /// `outbox` or `cdc`.
    pub(crate) publish: &'static str,
    pub(crate) settings: Settings,
    /// Each role a process of its own.
    pub(crate) apart: bool,
    pub(crate) binary: PathBuf,
    /// Shards of its stream.
    pub(crate) shards: u16,
}

/// A provisioned street and its processes.
pub(crate) struct Open {
    pub(crate) cluster: TestCluster,
    pub(crate) process: Process,
    /// From its processes' start until all were ready.
    pub(crate) ready: Duration,
    /// Stands before the local AWS where messages are to come one by one.
    _one_message: Option<OneMessage>,
}

impl Shape {
    /// The shape of this name, its stream of so many shards; `baseline` is the older binary.
    pub(crate) fn of(key: StreetKey, baseline: Option<&PathBuf>, shards: u16) -> Self {
        let (name, publish, settings) = match key {
            StreetKey::Outbox => ("outbox, hints (`make run`)", "outbox", HINTS),
            StreetKey::OutboxPolls => ("outbox, polls alone", "outbox", POLLS),
            StreetKey::Cdc => ("change capture, hints", "cdc", HINTS),
            StreetKey::Apart => ("nine processes, change capture, push", "cdc", PUSH),
            StreetKey::Naive => ("naive", "outbox", NAIVE),
            StreetKey::Milestone => ("first milestone", "outbox", MILESTONE),
        };
        let older = baseline.filter(|_| key == StreetKey::Milestone).cloned();
        let apart = key == StreetKey::Apart;
        Self { key, name, publish, settings, apart, binary: older.unwrap_or_else(binary), shards }
    }

    /// Its settings by name, all that differ from the harness' own.
    pub(crate) fn all_settings(&self) -> Vec<(&'static str, &'static str)> {
        let mut settings = vec![("PUBLISH", self.publish)];
        settings.extend(DEFAULTS);
        settings.extend(self.settings);
        settings
    }

    /// Whether it is ours, and so has metrics and tables as this program knows them.
    pub(crate) fn is_ours(&self) -> bool {
        self.key != StreetKey::Milestone
    }

    /// Whether it is one whose rest is promised, and so is waited for: sweepers look less and less often, down to once a minute.
    pub(crate) const fn rests_deeply(&self) -> bool {
        matches!(self.key, StreetKey::Outbox | StreetKey::Cdc | StreetKey::Apart)
    }

    /// Whether bridges subscribe to shards.
    pub(crate) fn pushes(&self) -> bool {
        self.settings.contains(&("STREAM_READ", "push"))
    }

    /// A provisioned cluster without processes.
    pub(crate) async fn provisioned(&self) -> TestCluster {
        let shards = self.shards.to_string();
        let cluster = TestCluster::provisioned_with(&self.binary, &[(SHARDS, &shards)]).await;
        if !self.is_ours() {
            return cluster;
        }
        // The harness provisions for the mode of its environment.
        if stream::captured() && self.publish == "outbox" {
            self.provision(&cluster, &["provision", "--stop-capture"]).await;
        }
        self.provision(&cluster, &["provision"]).await;
        cluster
    }

    async fn provision(&self, cluster: &TestCluster, args: &[&str]) {
        let read = if self.pushes() { "push" } else { "poll" };
        let mut command = cluster.command(args);
        command.env("PUBLISH", self.publish).env("STREAM_READ", read).env(SHARDS, self.shards.to_string());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "provision: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts its processes; `aws` stands in for the local AWS.
    pub(crate) async fn start(&self, cluster: &TestCluster, aws: Option<&str>) -> Process {
        let mut settings = self.all_settings();
        // Said in any case: what is measured has no guard before its AWS.
        let own = cluster.endpoint_url();
        settings.push(("AWS_ENDPOINT_URL", aws.unwrap_or(&own)));
        if self.apart {
            return cluster.serve_apart("all", None, &settings).await;
        }
        cluster.serve("all", &settings).await
    }

    /// Provisioned and started.
    pub(crate) async fn open(&self) -> Open {
        let cluster = self.provisioned().await;
        let one_message =
            if self.key == StreetKey::Naive { Some(OneMessage::before(&cluster.endpoint_url()).await) } else { None };
        let url = one_message.as_ref().map(OneMessage::url);
        let started = Instant::now();
        let process = self.start(&cluster, url.as_deref()).await;
        Open { cluster, process, ready: started.elapsed(), _one_message: one_message }
    }
}
