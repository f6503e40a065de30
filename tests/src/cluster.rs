//! A cluster for the leases of a street's processes.

use std::path::PathBuf;
use std::sync::Arc;

use kube::config::{KubeConfigOptions, Kubeconfig};
use shotengai_contracts::topology::STREAM;
use shotengai_fake_cluster::FakeCluster;
use shotengai_fake_cluster::server::Server;
use shotengai_kernel::Ports;
use shotengai_kubernetes::KubernetesLeases;
use tempfile::TempDir;

use crate::test_cluster::TestCluster;

/// The namespace that the kubeconfig names.
pub const NAMESPACE: &str = "street";

/// An API server that listens, and the kubeconfig that leads to it. It ends when dropped.
pub struct Cluster {
    /// What stands in it, and what can be broken.
    pub fake: Arc<FakeCluster>,
    server: Server,
    folder: TempDir,
}

impl Cluster {
    /// One without objects.
    pub async fn start() -> Self {
        let fake = FakeCluster::new();
        let server = Server::start(Arc::clone(&fake)).await;
        let folder = tempfile::Builder::new().prefix("shotengai-cluster-").tempdir().unwrap();
        std::fs::write(folder.path().join("config"), server.kubeconfig(NAMESPACE)).unwrap();
        Self { fake, server, folder }
    }

    /// Where the kubeconfig is.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// The leases of a street's bridges, as those see them.
    pub async fn leases(&self, owner: &TestCluster) -> KubernetesLeases {
        let kubeconfig = Kubeconfig::from_yaml(&self.server.kubeconfig(NAMESPACE)).unwrap();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        let client = kube::Client::try_from(config).unwrap();
        let cluster = shotengai_kubernetes::Cluster::with_client(client, NAMESPACE, Ports::system());
        cluster.leases(&format!("{}bridge/{STREAM}", owner.prefix()))
    }
}
