//! Leases and Events as an administrator sees them.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use shotengai_kernel::Ports;
use shotengai_kubernetes::{Cluster, KubernetesLeases};

/// The objects of one group of bridges.
pub(crate) struct Objects {
    leases: Api<Lease>,
    events: Api<Event>,
    port: KubernetesLeases,
    group: String,
}

impl Objects {
    /// With the rights of `KUBECONFIG`.
    pub(crate) async fn connect(namespace: &str, group: &str) -> Self {
        let client = Client::try_default().await.unwrap();
        let port = Cluster::with_client(client.clone(), namespace, Ports::system()).leases(group);
        Self {
            leases: Api::namespaced(client.clone(), namespace),
            events: Api::namespaced(client, namespace),
            port,
            group: group.to_owned(),
        }
    }

    pub(crate) const fn leases(&self) -> &KubernetesLeases {
        &self.port
    }

    /// The Leases of this group's shards.
    async fn shards(&self) -> Vec<Lease> {
        let all = self.leases.list(&ListParams::default().labels("shotengai.dev/kind=shard")).await.unwrap();
        let ours = |lease: &Lease| lease.annotations().get("shotengai.dev/group") == Some(&self.group);
        all.items.into_iter().filter(ours).collect()
    }

    /// How many Events of this reason there are.
    pub(crate) async fn events(&self, reason: &str) -> usize {
        let all = self.events.list(&ListParams::default()).await.unwrap();
        all.items.iter().filter(|event| event.reason.as_deref() == Some(reason)).count()
    }

    /// What `kubectl get leases` shows.
    pub(crate) async fn described(&self) -> Vec<String> {
        let holder = |lease: &Lease| lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone());
        let shards = self.shards().await;
        shards.iter().map(|lease| format!("{}  {}", lease.name_any(), holder(lease).unwrap_or_default())).collect()
    }

    /// How many shards are held.
    pub(crate) async fn held(&self) -> usize {
        let holder = |lease: &&Lease| {
            lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).is_some_and(|name| !name.is_empty())
        };
        self.shards().await.iter().filter(holder).count()
    }

    /// Writes every Lease, so that the holder's next write meets another version.
    pub(crate) async fn annotate_all(&self) {
        for (place, lease) in self.shards().await.iter().enumerate() {
            let note = json!({"metadata": {"annotations": {"example.com/touched": format!("{place}-{}", lease.resource_version().unwrap_or_default())}}});
            self.leases.patch(&lease.name_any(), &PatchParams::default(), &Patch::Merge(note)).await.unwrap();
        }
    }

    pub(crate) async fn delete_all(&self) {
        for lease in self.shards().await {
            self.leases.delete(&lease.name_any(), &DeleteParams::default()).await.unwrap();
        }
    }
}
