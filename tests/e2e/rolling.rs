//! Every role is replaced under load, as a Deployment does it: the successor is ready before the old process is told to go.
//! `switching`: by ones that publish in another way.

mod switching;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use shotengai_tests::service::Service;
use shotengai_tests::shop::{Answer, Shop, order_body, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

const ROLES: [&str; 9] =
    ["storefront", "order", "catalog", "inventory", "query", "tally", "billing", "notification", "bridge"];
const CLIENTS: usize = 4;

/// What kept coming while processes went.
#[derive(Default)]
struct Load {
    accepted: Vec<String>,
    answers: BTreeMap<u16, usize>,
    broken: Vec<String>,
    failed: Vec<String>,
}

/// The street as a cluster has it: a Service a role, a process behind each.
struct Cluster {
    cluster: TestCluster,
    services: BTreeMap<&'static str, Service>,
    processes: BTreeMap<&'static str, Process>,
    /// How processes that start from now on publish; none: as this run's shape has it.
    publish: Option<&'static str>,
}

/// What clients are told, and tell.
#[derive(Default)]
struct Buying {
    enough: AtomicBool,
    accepted: AtomicUsize,
}

impl Cluster {
    async fn start(publish: Option<&'static str>) -> Self {
        let cluster = TestCluster::provisioned().await;
        let mut services = BTreeMap::new();
        for role in ROLES {
            services.insert(role, Service::start().await);
        }
        let mut cluster = Self { cluster, services, processes: BTreeMap::new(), publish };
        let started = futures::future::join_all(ROLES.map(|role| cluster.process(role))).await;
        for (role, process) in ROLES.into_iter().zip(started) {
            cluster.services[role].add(process.http());
            cluster.processes.insert(role, process);
        }
        cluster
    }

    async fn process(&self, role: &str) -> Process {
        let urls: Vec<(String, String)> = ["storefront", "order", "catalog", "inventory", "query", "tally"]
            .map(|role| (format!("{}_URL", role.to_uppercase()), self.services[role].url()))
            .into();
        let mut extra: Vec<(&str, &str)> = urls.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        // A cluster takes a while to withdraw an endpoint; this is how long the old process serves on.
        extra.push(("PRE_STOP_SECONDS", "2"));
        extra.extend(self.publish.map(|publish| ("PUBLISH", publish)));
        self.cluster.serve_one(role, &extra).await
    }

    fn shop(&self) -> Shop {
        self.cluster.shop_at(self.services["storefront"].url())
    }

    /// As a Deployment with maxSurge 1 and maxUnavailable 0.
    async fn replace(&mut self, role: &'static str) {
        let successor = self.process(role).await;
        let service = &self.services[role];
        service.add(successor.http());
        let mut old = self.processes.insert(role, successor).expect("it runs");
        let (address, ready) = (old.http(), format!("{}/readyz", old.health_url));
        let withdraw = async {
            // The endpoint goes after the process has said so, never before.
            until("the old process is unready", Duration::from_secs(20), || async {
                match reqwest::get(&ready).await {
                    Ok(answer) if answer.status().is_success() => Err("still ready"),
                    _ => Ok(()),
                }
            })
            .await;
            service.remove(address);
        };
        let (ended_well, ()) = tokio::join!(old.terminate_alone(), withdraw);
        assert!(ended_well, "{role} drained and ended well");
    }
}

impl Load {
    fn count(&mut self, asked: &str, answer: &Answer) {
        *self.answers.entry(answer.status.as_u16()).or_default() += 1;
        if answer.status.is_server_error() {
            self.failed.push(format!("{asked}: {}", answer.body));
        }
    }
}

async fn keep_buying(shop: Shop, kinoko: String, buying: Arc<Buying>) -> Load {
    let mut load = Load::default();
    let guest = shop.guest(None, "en").await;
    while !buying.enough.load(Ordering::Relaxed) {
        let placed =
            shop.send(reqwest::Method::POST, "/orders", Some(&guest), &[], Some(&order_body(&[(&kinoko, 1)]))).await;
        match placed {
            Ok(answer) => {
                load.count("POST /orders", &answer);
                if answer.status.is_success() {
                    load.accepted.push(text(&answer.body, "order_id"));
                    buying.accepted.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(error) => load.broken.push(format!("POST /orders: {error:?}")),
        }
        for path in [format!("/products/{kinoko}"), "/orders".to_owned(), "/tally".to_owned()] {
            match shop.send(reqwest::Method::GET, &path, Some(&guest), &[], None).await {
                Ok(answer) => load.count(&format!("GET {path}"), &answer),
                Err(error) => load.broken.push(format!("GET {path}: {error:?}")),
            }
        }
    }
    load
}

/// Lets clients buy, replaces roles meanwhile, and answers what all of them met.
async fn under_load(cluster: &mut Cluster, kinoko: &str, work: impl AsyncFnOnce(&mut Cluster, &Buying)) -> Load {
    let buying = Arc::new(Buying::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(keep_buying(cluster.shop(), kinoko.to_owned(), Arc::clone(&buying))))
        .collect();
    work(cluster, &buying).await;
    buying.enough.store(true, Ordering::Relaxed);
    let mut total = Load::default();
    for client in clients {
        let load = client.await.unwrap();
        total.accepted.extend(load.accepted);
        total.broken.extend(load.broken);
        total.failed.extend(load.failed);
        for (status, count) in load.answers {
            *total.answers.entry(status).or_default() += count;
        }
    }
    println!("answers by status {:?}, {} orders accepted", total.answers, total.accepted.len());
    assert_eq!(total.broken, [] as [String; 0], "broken connections");
    assert_eq!(total.failed, [] as [String; 0], "{:?}", total.answers);
    total
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_is_replaced_under_load_and_no_customer_notices() {
    let mut cluster = Cluster::start(None).await;
    let shop = cluster.shop();
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;

    let total = under_load(&mut cluster, &kinoko, async |cluster, _| {
        for role in ROLES {
            cluster.replace(role).await;
        }
    })
    .await;
    assert!(total.accepted.len() > ROLES.len(), "there was load all the time: {}", total.accepted.len());
    for order in &total.accepted {
        shop.until_status(&admin, order, "paid").await;
    }
    cluster.cluster.assert_tidy().await;
}
