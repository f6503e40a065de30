//! Places where a cluster's address is looked for. The environment belongs to the process: the end-to-end tests look at `KUBECONFIG`.

use kube::config::{KubeConfigOptions, Kubeconfig};
use shotengai_fake_cluster::server::Server;
use shotengai_messaging::Leases;

use super::*;

#[tokio::test]
async fn a_server_that_is_gone_is_a_transient_fault_until_it_is_back() {
    let fake = FakeCluster::new();
    let server = Server::start(Arc::clone(&fake)).await;
    let (address, kubeconfig) = (server.address(), Kubeconfig::from_yaml(&server.kubeconfig("shop")).unwrap());
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    assert_eq!(config.default_namespace, "shop");
    let cluster = Cluster::with_client(kube::Client::try_from(config).unwrap(), "shop", ports());
    let leases = cluster.leases(GROUP);
    leases.create(SHARD, "one", LASTS).await.unwrap();
    drop(server);
    let fault = leases.list().await.unwrap_err();
    assert!(fault.is_retryable() && fault.operation() == "kubernetes.ListLeases", "{fault}");
    let _server = Server::start_at(address, Arc::clone(&fake)).await;
    assert_eq!(leases.list().await.unwrap().len(), 1);
}
