//! Leases in a cluster that can be broken at will; in paused time where waiting is what counts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod connecting;
mod objects;
mod outages;
mod sharing;
mod trouble;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt, Full};
use kube::client::Body;
use shotengai_fake_cluster::FakeCluster;
use shotengai_kernel::Ports;
use shotengai_kubernetes::{Cluster, KubernetesLeases};
use shotengai_testing::contract;
use shotengai_testing::harness::{every_line_counts, paused_ports};
use tokio::time::Instant;

const GROUP: &str = "bridge/ec-events";
const SHARD: &str = "shardId-000000000000";
const SECOND: Duration = Duration::from_secs(1);
const LASTS: Duration = Duration::from_secs(15);

fn ports() -> Ports {
    paused_ports(7)
}

/// A namespace of the cluster, without a network in between.
fn cluster(fake: &Arc<FakeCluster>) -> Cluster {
    let fake = Arc::clone(fake);
    let service = tower::service_fn(move |request: Request<Body>| {
        let fake = Arc::clone(&fake);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let path = head.uri.path_and_query().unwrap().as_str();
            fake.answer(&head.method, path, &body).await.map(|answer| answer.map(Full::new))
        }
    });
    Cluster::with_client(kube::Client::new(service, "shop"), "shop", ports())
}

fn leases(fake: &Arc<FakeCluster>) -> Arc<KubernetesLeases> {
    Arc::new(cluster(fake).leases(GROUP))
}

/// Log lines while this stands, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        every_line_counts();
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines_with(&self, words: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).lines().filter(|line| line.contains(words)).count()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn lease_objects_keep_the_contract_of_leases() {
    contract::lease_contract(leases(&FakeCluster::new()), &ports()).await;
}

#[tokio::test]
async fn lease_objects_keep_the_contract_over_http() {
    let fake = FakeCluster::new();
    let server = shotengai_fake_cluster::server::Server::start(Arc::clone(&fake)).await;
    let config = kube::Config::new(format!("http://{}", server.address()).parse().unwrap());
    let cluster = Cluster::with_client(kube::Client::try_from(config).unwrap(), "shop", ports());
    contract::lease_contract(Arc::new(cluster.leases(GROUP)), &ports()).await;
}
