//! Leases in a cluster, for the processes that share shards and for who looks at them.

use std::sync::Arc;

use anyhow::Context as _;
use shotengai_kernel::Ports;
use shotengai_kubernetes::Cluster;
use shotengai_messaging::Leases;

/// The Lease objects of one installation.
pub(crate) struct ClusterLeases {
    cluster: Cluster,
    prefix: String,
}

impl ClusterLeases {
    pub(crate) async fn connect(namespace: Option<&str>, prefix: &str, ports: Ports) -> anyhow::Result<Self> {
        let cluster = Cluster::connect(namespace, ports).await.context("LEASES: kubernetes can't be used here")?;
        tracing::info!(namespace = cluster.namespace(), "leases are Lease objects");
        Ok(Self { cluster, prefix: prefix.to_owned() })
    }

    /// Those of a group. Installations with prefixes of their own may share a namespace.
    pub(crate) fn of(&self, group: &str) -> Arc<dyn Leases> {
        Arc::new(self.cluster.leases(&format!("{}{group}", self.prefix)))
    }
}
