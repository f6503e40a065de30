//! What orders cost: requests to AWS counted on the wire, write units by the processes' own meter; held against a table.
//!
//! - `kinds`: what a request is for. [`gate`]: the table, and what rose above it.
//!
//! Counts, never times: they hardly depend on the machine. Orders that have the street for themselves cost the same each time;
//! of orders that come at once the fewer the more of them meet, which a slow machine changes.

pub mod gate;
mod kinds;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;

use crate::proxy::{Action, Proxy, Rule};
use crate::shop::{Person, Shop, text};
use crate::test_cluster::{Process, TestCluster};
use crate::wait::until;

use gate::Measured;
use kinds::kind_of;

/// Orders one after the other, and at once by so many clients.
const SINGLE: u32 = 5;
const AT_ONCE: u32 = 100;
const CLIENTS: usize = 16;
const SOON: Duration = Duration::from_secs(60);
/// As an installation has it; the harness wants leases of the dead sooner.
const SETTINGS: [(&str, &str); 3] =
    [("BRIDGE_LEASE_SECONDS", "15"), ("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "500")];

/// Requests by kind.
pub type Kinds = BTreeMap<String, u64>;

/// Counts requests of a kind.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<Kinds>>);

impl Tally {
    fn add(&self, kind: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }

    /// What was counted since this was asked last.
    fn take(&self) -> Kinds {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A street whose requests are counted.
struct Counted<'a> {
    cluster: &'a TestCluster,
    shop: Shop,
    products: [String; 2],
    /// Orders placed so far: each sends two mails.
    placed: usize,
}

/// Measures a street of its own, whose commits get into the stream by `publish` (`outbox` or `cdc`).
pub async fn measure(publish: &'static str) -> Measured {
    let cluster = TestCluster::provisioned().await;
    let mode = if publish == "cdc" { &["provision"][..] } else { &["provision", "--stop-capture"][..] };
    let provisioned = cluster.command(mode).env("PUBLISH", publish).output().await.unwrap();
    assert!(provisioned.status.success(), "provision: {}", String::from_utf8_lossy(&provisioned.stderr));
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let url = proxy.url();
    let settings = [&SETTINGS[..], &[("PUBLISH", publish), ("AWS_ENDPOINT_URL", url.as_str())]].concat();
    let process = cluster.serve("all", &settings).await;
    let mut street = Counted::open(&cluster, &process).await;
    let (tally, prefix) = (Tally::default(), cluster.prefix());
    let onto = tally.clone();
    let count = Rule::when(move |exchange| {
        if let Some(kind) = kind_of(exchange, &prefix) {
            onto.add(kind);
        }
        false
    });
    let count = proxy.rule(count.act(Action::Pass));
    let buyers = street.buyers().await;
    tally.take();
    for _ in 0..SINGLE {
        street.order(&buyers[..1], 1).await;
    }
    let single = tally.take();
    let units = write_units(&process).await;
    street.order(&buyers, AT_ONCE).await;
    let at_once = tally.take();
    let write_units = (write_units(&process).await - units) / f64::from(AT_ONCE);
    count.remove();
    cluster.assert_tidy().await;
    Measured { publish, single, singles: SINGLE, at_once, orders: AT_ONCE, write_units }
}

impl<'a> Counted<'a> {
    async fn open(cluster: &'a TestCluster, process: &Process) -> Self {
        let shop = cluster.shop(process);
        let admin = shop.admin().await;
        let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10_000).await;
        let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 10_000).await;
        let street = Self { cluster, shop, products: [kinoko, takenoko], placed: 0 };
        street.until_quiet().await;
        street
    }

    async fn buyers(&self) -> Vec<Person> {
        let mut buyers = Vec::with_capacity(CLIENTS);
        for n in 0..CLIENTS {
            buyers.push(self.shop.guest(Some(&format!("buyer{n}@example.com")), "en").await);
        }
        buyers
    }

    /// Has each of these place one after another until there are so many, and waits until all is done.
    async fn order(&mut self, buyers: &[Person], orders: u32) {
        let orders = usize::try_from(orders).unwrap();
        let lines = [(self.products[0].as_str(), 1), (self.products[1].as_str(), 1)];
        let placed: Vec<_> = futures::stream::iter(0..orders)
            .map(|n| {
                let (shop, buyer) = (&self.shop, &buyers[n % buyers.len()]);
                async move { (text(&shop.order(buyer, &lines).await.expect(202), "order_id"), buyer) }
            })
            .buffer_unordered(buyers.len())
            .collect()
            .await;
        for (order, buyer) in &placed {
            self.shop.until_status(buyer, order, "paid").await;
        }
        self.placed += orders;
        self.until_quiet().await;
    }

    async fn until_quiet(&self) {
        until("all is published and every mail has left", SOON, || async {
            match (self.cluster.unpublished().await, self.cluster.inbox.count()) {
                (0, mails) if mails >= 2 * self.placed => Ok(()),
                left => Err(left),
            }
        })
        .await;
    }
}

/// Write units of DynamoDB that the processes have used.
async fn write_units(process: &Process) -> f64 {
    let metrics = process.metrics().await;
    let writes = metrics.lines().filter(|line| {
        line.starts_with("shotengai_aws_units_total")
            && line.contains("\"dynamodb\"")
            && line.contains("unit=\"write\"")
    });
    writes.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
