//! A street whose bridges' leases are in a cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::config::Kubeconfig;
use shotengai_contracts::topology::STREAM;
use shotengai_kernel::Ports;
use shotengai_kubernetes::Cluster;
use shotengai_testing::contract::lease_contract;
use shotengai_tests::service::Service;
use shotengai_tests::shards::readers_by;
use shotengai_tests::shop::{Person, Shop};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::objects::Objects;

const SHOP: &str = "storefront,order,catalog,inventory,billing,notification,tally,query";
const SOON: Duration = Duration::from_secs(90);

/// A street, its bridges, and the wire to the API server.
pub(crate) struct Scene {
    cluster: TestCluster,
    shop_process: Process,
    shop: Shop,
    guest: Person,
    bridges: BTreeMap<String, Process>,
    objects: Objects,
    wire: Service,
    api_server: SocketAddr,
    folder: TempDir,
    namespace: String,
    selling: Option<(CancellationToken, JoinHandle<Vec<String>>)>,
}

fn named(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `make test-cluster` sets it"))
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let namespace = named("LEASE_NAMESPACE");
        let folder = tempfile::tempdir().unwrap();
        let (mut config, api_server, host) = read(&PathBuf::from(named("BRIDGE_KUBECONFIG")));
        let wire = Service::before(api_server).await;
        // The certificate is for the server's own name.
        let cluster = config.clusters[0].cluster.as_mut().expect("a cluster");
        cluster.server = Some(format!("https://{}", wire.address()));
        cluster.tls_server_name = Some(host);
        std::fs::write(folder.path().join("config"), serde_json::to_vec(&config).unwrap()).unwrap();

        let cluster = TestCluster::provisioned().await;
        let shop_process = cluster.serve(SHOP, &[]).await;
        let shop = cluster.shop(&shop_process);
        let guest = shop.guest(Some("cluster@example.com"), "ja").await;
        let group = format!("{}bridge/{STREAM}", cluster.prefix());
        let objects = Objects::connect(&namespace, &group).await;
        let bridges = BTreeMap::new();
        Self {
            cluster,
            shop_process,
            shop,
            guest,
            bridges,
            objects,
            wire,
            api_server,
            folder,
            namespace,
            selling: None,
        }
    }

    /// The suite that every lease adapter passes, over the service account's own rights.
    pub(crate) async fn contract(&self) {
        let (config, _, _) = read(&PathBuf::from(named("BRIDGE_KUBECONFIG")));
        let config = kube::Config::from_custom_kubeconfig(config, &Default::default()).await.unwrap();
        let client = kube::Client::try_from(config).unwrap();
        let ports = Ports::system();
        let cluster = Cluster::with_client(client, &*self.namespace, ports.clone());
        lease_contract(Arc::new(cluster.leases(&format!("{}contract", self.cluster.prefix()))), &ports).await;
    }

    pub(crate) async fn start_bridge(&mut self, pod: &str) {
        let config = self.folder.path().join("config");
        let settings = [
            ("LEASES", "kubernetes"),
            ("POD_NAMESPACE", self.namespace.as_str()),
            ("KUBECONFIG", config.to_str().unwrap()),
            ("POD_NAME", pod),
            ("POD_UID", &format!("uid-of-{pod}")),
            ("BRIDGE_LEASE_SECONDS", "6"),
        ];
        let process = self.cluster.serve_one("bridge", &settings).await;
        self.bridges.insert(pod.to_owned(), process);
    }

    pub(crate) async fn kill_bridge(&mut self, pod: &str) {
        self.bridges.remove(pod).expect("it runs").kill().await;
    }

    /// Waits until each of these pods reads so many shards.
    pub(crate) async fn until_shares(&self, wanted: &[(&str, usize)]) {
        let wanted: BTreeMap<_, _> = wanted.iter().copied().collect();
        until("the shards are shared", SOON, || async {
            let readers = readers_by(&self.cluster.aws, self.objects.leases()).await;
            let shares: BTreeMap<&str, usize> =
                readers.iter().map(|(owner, shards)| (owner.split('_').next().unwrap(), shards.len())).collect();
            if shares == wanted { Ok(()) } else { Err(readers) }
        })
        .await;
    }

    /// Waits until so many Events of this reason are there; answers how many.
    pub(crate) async fn until_events(&self, reason: &str, at_least: usize) -> usize {
        until(reason, SOON, || async {
            let count = self.objects.events(reason).await;
            if count >= at_least { Ok(count) } else { Err(count) }
        })
        .await
    }

    pub(crate) async fn print_leases(&self) {
        for line in self.objects.described().await {
            println!("      {line}");
        }
    }

    /// Somebody else writes the shards' Leases all the time.
    pub(crate) async fn disturb(&self, times: usize) {
        for _ in 0..times {
            self.objects.annotate_all().await;
        }
    }

    pub(crate) async fn delete_leases(&self) {
        self.objects.delete_all().await;
    }

    /// Nothing answers for so long, and no bridge may read on, on its own.
    pub(crate) async fn api_server_gone_for(&self, time: Duration) {
        self.wire.cut();
        let lost = || self.logged("the lease was lost");
        let (before, readings) = (lost(), self.readings());
        let begun = tokio::time::Instant::now();
        until("every bridge has stopped reading", time, || async {
            if lost() - before >= 4 { Ok(()) } else { Err(lost() - before) }
        })
        .await;
        println!("      all four shards given up {} ms after it went", begun.elapsed().as_millis());
        for bridge in self.bridges.values() {
            let alive = reqwest::get(format!("{}/livez", bridge.health_url)).await.unwrap();
            assert!(alive.status().is_success());
        }
        tokio::time::sleep_until(begun + time).await;
        assert_eq!(self.readings(), readings, "nobody reads without a lease");
        self.wire.add(self.api_server);
        let back = tokio::time::Instant::now();
        until("all shards are read again", SOON, || async {
            let again = self.readings() - readings;
            if again >= 4 { Ok(()) } else { Err(again) }
        })
        .await;
        println!("      all four shards read again {} ms after it came back", back.elapsed().as_millis());
    }

    /// How often a bridge began to read a shard.
    fn readings(&self) -> usize {
        self.logged("INFO reading ")
    }

    fn logged(&self, words: &str) -> usize {
        self.bridges.values().map(|bridge| bridge.log().matches(words).count()).sum()
    }

    /// Puts something on sale and places an order every 300 ms from now on.
    pub(crate) async fn sell(&mut self) {
        let stop = CancellationToken::new();
        let admin = self.shop.admin().await;
        let product = self.shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;
        let orders = tokio::spawn(self.shop.clone().keep_ordering(self.guest.clone(), product, stop.clone()));
        self.selling = Some((stop, orders));
    }

    /// Everything that was placed is paid; answers how many orders that were.
    pub(crate) async fn end(mut self) -> usize {
        let (stop, orders) = self.selling.take().expect("it sells");
        stop.cancel();
        let orders = orders.await.unwrap();
        for order in &orders {
            self.shop.until_status(&self.guest, order, "paid").await;
        }
        self.cluster.assert_tidy().await;
        for bridge in self.bridges.values_mut() {
            assert!(!bridge.log().contains("panicked"), "{}", bridge.log());
            assert!(bridge.terminate().await, "it drains and ends well");
        }
        assert_eq!(self.objects.held().await, 0, "one that ends gives everything back");
        drop(self.shop_process);
        orders.len()
    }
}

/// A kubeconfig, the address of its server and that server's name.
fn read(path: &std::path::Path) -> (Kubeconfig, SocketAddr, String) {
    let config = Kubeconfig::read_from(path).unwrap();
    let server = config.clusters[0].cluster.as_ref().and_then(|cluster| cluster.server.clone()).expect("a server");
    let authority = server.strip_prefix("https://").expect("https").trim_end_matches('/').to_owned();
    let authority = if authority.contains(':') { authority } else { format!("{authority}:443") };
    let address = std::net::ToSocketAddrs::to_socket_addrs(&authority).unwrap().next().expect("an address");
    let host = authority.rsplit_once(':').expect("a port").0.to_owned();
    (config, address, host)
}
