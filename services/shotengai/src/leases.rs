//! Leases in a cluster, for the processes that share shards and for who looks at them.

use std::sync::Arc;

use anyhow::Context as _;
use shotengai_aws::Aws;
use shotengai_kernel::Ports;
use shotengai_kubernetes::Cluster;
use shotengai_messaging::{Infrastructure, Leases};
use shotengai_runtime::LeaseStore;
use shotengai_runtime::settings::{AwsSettings, LeaseSettings};

/// The Lease objects of one installation.
pub(crate) struct ClusterLeases {
    cluster: Cluster,
    prefix: String,
}

impl ClusterLeases {
    pub(crate) async fn connect(settings: &LeaseSettings, prefix: &str, ports: Ports) -> anyhow::Result<Self> {
        let cluster = Cluster::connect(settings.namespace.as_deref(), ports).await;
        let cluster = cluster.context("LEASES: kubernetes can't be used here")?;
        let cluster = match &settings.pod {
            Some(pod) => cluster.used_by_pod(&*pod.name, &*pod.uid),
            None => cluster,
        };
        tracing::info!(namespace = cluster.namespace(), "leases are Lease objects");
        Ok(Self { cluster, prefix: prefix.to_owned() })
    }

    /// Those of a group. Installations with prefixes of their own may share a namespace.
    pub(crate) fn of(&self, group: &str) -> Arc<dyn Leases> {
        Arc::new(self.cluster.leases(&format!("{}{group}", self.prefix)))
    }
}

/// The leases as the bridges of these settings would find them.
pub(crate) async fn of_bridges(
    aws: &Aws,
    settings: &AwsSettings,
    leases: &LeaseSettings,
) -> anyhow::Result<Arc<dyn Leases>> {
    let group = shotengai_bridge::lease_group(&settings.stream_name);
    match leases.store {
        LeaseStore::Table => Ok(aws.leases(&group)),
        LeaseStore::Kubernetes => {
            Ok(ClusterLeases::connect(leases, &settings.prefix, Ports::system()).await?.of(&group))
        }
    }
}
