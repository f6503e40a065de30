//! Where the API server is, and which namespace holds the leases.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Client, Config};
use shotengai_kernel::Ports;

use crate::leases::KubernetesLeases;
use crate::object;

/// An API server that can't be reached in this time is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no cluster to talk to.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Neither a pod's service account nor a kubeconfig says where it is.
    #[error("no cluster is configured, neither by a pod's service account nor by KUBECONFIG: {0}")]
    NotConfigured(#[source] Box<kube::config::InferConfigError>),
    /// Configuration that can't be used.
    #[error("no client for the cluster can be made: {0}")]
    Client(#[source] Box<kube::Error>),
}

/// One namespace of a cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    namespace: String,
    ports: Ports,
    pod: Option<OwnerReference>,
}

impl Cluster {
    /// The cluster that `KUBECONFIG` or the pod's service account names. Without `namespace`, the one of the kubeconfig's
    /// context or of the service account. Calls nobody yet.
    ///
    /// # Errors
    /// [`ClusterError`] when nothing, or nothing usable, is configured.
    pub async fn connect(namespace: Option<&str>, ports: Ports) -> Result<Self, ClusterError> {
        let mut config = Config::infer().await.map_err(|error| ClusterError::NotConfigured(Box::new(error)))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        // Whoever holds a lease tries again by rules of his own, which know how much time is left.
        config.default_retry = false;
        let namespace = namespace.map_or_else(|| config.default_namespace.clone(), str::to_owned);
        let client = Client::try_from(config).map_err(|error| ClusterError::Client(Box::new(error)))?;
        Ok(Self::with_client(client, namespace, ports))
    }

    /// The cluster behind a client that exists.
    #[must_use]
    pub fn with_client(client: Client, namespace: impl Into<String>, ports: Ports) -> Self {
        Self { client, namespace: namespace.into(), ports, pod: None }
    }

    /// The same, used by this pod of the namespace: it owns the Leases that it takes, and the cluster deletes them with it.
    #[must_use]
    pub fn used_by_pod(mut self, name: impl Into<String>, uid: impl Into<String>) -> Self {
        self.pod = Some(object::pod(name.into(), uid.into()));
        self
    }

    /// Where the leases are.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The leases of `group` (such as `bridge/ec-events`): those who share one stream. Installations that share a
    /// namespace need groups of their own.
    #[must_use]
    pub fn leases(&self, group: &str) -> KubernetesLeases {
        KubernetesLeases::new(self.client.clone(), &self.namespace, group, self.ports.clone(), self.pod.clone())
    }
}
