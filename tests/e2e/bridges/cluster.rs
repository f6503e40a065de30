//! The same with leases in a cluster.

use shotengai_contracts::topology::{STREAM, tables};
use shotengai_fake_cluster::Outage;
use shotengai_messaging::Infrastructure;
use shotengai_tests::cluster::{Cluster, NAMESPACE};
use shotengai_tests::shards::{readers_by, shown_holders_with};

use super::*;

/// A bridge whose leases are in the cluster, as the pod of this name.
async fn bridge_in(cluster: &TestCluster, kubernetes: &Cluster, pod: &str) -> Process {
    let kubeconfig = kubernetes.kubeconfig();
    let settings = [
        ("LEASES", "kubernetes"),
        ("KUBECONFIG", kubeconfig.to_str().unwrap()),
        ("POD_NAME", pod),
        ("BRIDGE_BUSY_POLL_MS", "200"),
        ("BRIDGE_IDLE_POLL_MS", "200"),
        ("BRIDGE_LEASE_SECONDS", "6"),
    ];
    cluster.serve("bridge", &settings).await
}

fn shares(readers: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, usize> {
    readers.iter().map(|(owner, shards)| (owner.split('_').next().unwrap(), shards.len())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bridges_share_shards_by_lease_objects_and_lose_no_event_when_one_is_killed() {
    let (cluster, kubernetes) = (TestCluster::provisioned().await, Cluster::start().await);
    let leases = kubernetes.leases(&cluster).await;
    let look = || readers_by(&cluster.aws, &leases);
    let shared = |wanted: BTreeMap<&'static str, usize>| {
        let look = &look;
        async move {
            until("the shards are shared", SOON, || async {
                let readers = look().await;
                if shares(&readers) == wanted { Ok(readers) } else { Err(readers) }
            })
            .await
        }
    };
    let process = cluster.serve(SHOP, &[]).await;
    let first = bridge_in(&cluster, &kubernetes, "bridge-0").await;
    shared(BTreeMap::from([("bridge-0", 4)])).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;
    let guest = shop.guest(Some("cluster@example.com"), "ja").await;
    let stop = CancellationToken::new();
    let ordering = tokio::spawn(shop.clone().keep_ordering(guest.clone(), kinoko, stop.clone()));
    let checkpoints = CheckpointWatch::start(&cluster.aws);

    let mut second = bridge_in(&cluster, &kubernetes, "bridge-1").await;
    let both = shared(BTreeMap::from([("bridge-0", 2), ("bridge-1", 2)])).await;
    let kubeconfig = kubernetes.kubeconfig();
    let of_status = [("LEASES", "kubernetes"), ("KUBECONFIG", kubeconfig.to_str().unwrap())];
    assert_eq!(shown_holders_with(&cluster, &of_status).await, both, "the command line shows the same");

    second.kill().await;
    moved_within_the_lease_time(Instant::now(), look).await;
    until("both takeovers are told in Events", SOON, || async {
        let events = kubernetes.fake.events();
        let told = events.iter().filter(|event| event["reason"] == "ShardTakenOver").count();
        if told >= 2 { Ok(()) } else { Err(events) }
    })
    .await;

    // Shorter than a lease holds: nothing moves, nobody stops.
    kubernetes.fake.outage(Some(Outage::CutsOff));
    tokio::time::sleep(Duration::from_secs(2)).await;
    kubernetes.fake.outage(None);
    let lost = |process: &Process| process.log().matches("the lease was lost").count();
    assert_eq!(lost(&first), 0, "an outage of two seconds costs no lease");
    // Longer: it stops before somebody else could read, and goes on.
    kubernetes.fake.outage(Some(Outage::Stalls));
    until("it has stopped reading", SOON, || async { if lost(&first) == 4 { Ok(()) } else { Err(lost(&first)) } })
        .await;
    kubernetes.fake.outage(None);
    shared(BTreeMap::from([("bridge-0", 4)])).await;

    stop.cancel();
    let orders = ordering.await.unwrap();
    checkpoints.end().await;
    for order in &orders {
        shop.until_status(&guest, order, "paid").await;
    }
    cluster.assert_tidy().await;
    println!("{} orders placed meanwhile, all paid; {:?}", orders.len(), kubernetes.fake.calls());
    assert!(!orders.is_empty());
    assert_eq!(
        cluster
            .aws
            .table(tables::CHECKPOINTS.name)
            .list(&format!("leases/bridge/{STREAM}"), "", None, 10)
            .await
            .unwrap(),
        []
    );
    let objects = kubernetes.fake.leases();
    assert!(objects.iter().all(|lease| lease["metadata"]["namespace"] == NAMESPACE), "{objects:?}");
    let mut first = first;
    assert!(first.terminate().await);
    let held =
        kubernetes.fake.leases().into_iter().filter(|lease| {
            lease["spec"]["holderIdentity"].as_str().is_some_and(|holder| holder.starts_with("bridge-0"))
        });
    assert_eq!(held.count(), 0, "one that ends gives everything back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_without_a_cluster_says_so_at_its_start_and_one_without_rights_is_not_ready() {
    let (cluster, kubernetes) = (TestCluster::provisioned().await, Cluster::start().await);
    let nowhere = [("LEASES", "kubernetes"), ("KUBECONFIG", "/nonexistent"), ("HTTP_ADDR", "127.0.0.1:0")];
    let command = cluster.command(&["serve", "bridge"]).envs(nowhere).env("HEALTH_ADDR", "127.0.0.1:0").output().await;
    let output = command.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("LEASES: kubernetes can't be used here"), "{said}");
    assert!(said.contains("no cluster is configured"), "{said}");

    kubernetes.fake.forbid("list leases", true);
    let kubeconfig = kubernetes.kubeconfig();
    let settings = [("LEASES", "kubernetes"), ("KUBECONFIG", kubeconfig.to_str().unwrap())];
    let process = cluster.spawn_one("bridge", &settings);
    until("it says why it is not ready", SOON, || async {
        let answer = reqwest::get(format!("{}/readyz", process.health_url)).await.map_err(|error| error.to_string())?;
        let (code, body) = (answer.status().as_u16(), answer.text().await.unwrap());
        if code == 503 && body.contains("the user cannot list leases in the namespace street") {
            Ok(())
        } else {
            Err(body)
        }
    })
    .await;
    kubernetes.fake.forbid("list leases", false);
    until("it is ready", SOON, || async {
        let answer = reqwest::get(format!("{}/readyz", process.health_url)).await.map_err(|error| error.to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(answer.text().await.unwrap()) }
    })
    .await;
}
