//! A street with something on sale, and what customers do in it.

use std::time::Duration;

use futures::StreamExt;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_messaging::Infrastructure;
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use crate::requests::Requests;

const PAID_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks at an order: a reader without a pause would take a core from what it measures.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const SOON: Duration = Duration::from_secs(120);

/// Lines of an order: product and quantity.
pub(crate) type Lines = Vec<(String, u32)>;

/// A street with something on sale.
pub(crate) struct Street<'a> {
    cluster: &'a TestCluster,
    process: &'a Process,
    pub(crate) shop: Shop,
    /// Whether its tables are as this program knows them.
    is_ours: bool,
    /// Those of our queues that it has.
    queues: Vec<&'static str>,
    /// Orders placed so far: each sends two mails.
    placed: usize,
}

/// Requests counted over a time.
pub(crate) struct Counted {
    pub(crate) requests: Requests,
    pub(crate) over: Duration,
    pub(crate) orders: usize,
}

/// Orders that were placed at once.
pub(crate) struct AtOnce {
    pub(crate) counted: Counted,
    pub(crate) all_placed: Duration,
    pub(crate) all_paid: Duration,
    /// From an order's first event until its last, by their own times.
    pub(crate) paid: Vec<Duration>,
}

impl<'a> Street<'a> {
    /// Opens it, with nothing on sale.
    pub(crate) async fn open(cluster: &'a TestCluster, process: &'a Process, is_ours: bool) -> Self {
        let mut queues = Vec::new();
        for queue in SHOTENGAI.subscribed_queues() {
            if cluster.aws.admin().has_queue(queue.name).await.unwrap() {
                queues.push(queue.name);
            }
        }
        Self { cluster, process, shop: cluster.shop(process), is_ours, queues, placed: 0 }
    }

    /// Puts two products on sale; answers lines of them.
    pub(crate) async fn two_products(&self) -> Lines {
        let admin = self.shop.admin().await;
        let kinoko = self.shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;
        let takenoko = self.shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 100_000).await;
        vec![(kinoko, 2), (takenoko, 1)]
    }

    /// All of its requests so far.
    pub(crate) async fn requests(&self) -> Requests {
        Requests::read(&self.process.metrics().await)
    }

    /// Processes by role.
    pub(crate) fn parts(&self) -> Vec<(String, u32)> {
        self.process.parts().map(|(roles, pid)| (roles.to_owned(), pid)).collect()
    }

    async fn buyer(&self, n: usize) -> Person {
        self.shop.guest(Some(&format!("buyer{n}@example.com")), "en").await
    }

    async fn place(&self, buyer: &Person, lines: &[(String, u32)]) -> String {
        let lines: Vec<_> = lines.iter().map(|(product, quantity)| (product.as_str(), *quantity)).collect();
        text(&self.shop.order(buyer, &lines).await.expect(202), "order_id")
    }

    /// Waits until nothing that was placed is under way: every mail sent, every marker off, every message deleted.
    pub(crate) async fn until_quiet(&self) {
        until("every mail is there", SOON, || async {
            let count = self.cluster.inbox.count();
            if count >= 2 * self.placed { Ok(()) } else { Err(count) }
        })
        .await;
        until("every queue is empty", SOON, || async {
            let mut left = 0;
            for queue in &self.queues {
                // What is delayed waits for its deadline.
                let depth = self.cluster.aws.queue(queue).depth().await.unwrap();
                left += depth.visible + depth.in_flight;
            }
            if left == 0 { Ok(()) } else { Err(left) }
        })
        .await;
        if !self.is_ours {
            return;
        }
        until("every marker is off", SOON, || async {
            let left = self.cluster.unpublished().await;
            if left == 0 { Ok(()) } else { Err(left) }
        })
        .await;
    }

    /// What every measurement ends with: nothing was rejected.
    pub(crate) async fn assert_tidy(&self) {
        if self.is_ours {
            self.cluster.assert_tidy().await;
        }
    }

    /// Orders that have the street for themselves; answers when each was accepted and when it showed as paid.
    pub(crate) async fn one_by_one(&mut self, orders: usize, lines: &Lines) -> (Counted, Vec<Duration>, Vec<Duration>) {
        let buyer = self.buyer(0).await;
        let (before, started) = (self.requests().await, Instant::now());
        let (mut accepted, mut paid) = (Vec::new(), Vec::new());
        for _ in 0..orders {
            let placed = Instant::now();
            let order = self.place(&buyer, lines).await;
            self.placed += 1;
            accepted.push(placed.elapsed());
            let path = format!("/orders/{order}");
            while self.shop.get(&path, Some(&buyer)).await.body["status"] != "paid" {
                assert!(placed.elapsed() < PAID_WITHIN, "{order} is not paid after {PAID_WITHIN:?}");
                tokio::time::sleep(LOOK_EVERY).await;
            }
            paid.push(placed.elapsed());
            self.until_quiet().await;
        }
        let over = started.elapsed();
        (Counted { requests: self.requests().await.since(&before), over, orders }, accepted, paid)
    }

    /// Orders by several clients, each placing its next as soon as the last was accepted; order `n` is of `lines(n)`.
    pub(crate) async fn at_once(&mut self, orders: usize, clients: usize, lines: impl Fn(usize) -> Lines) -> AtOnce {
        let mut buyers = Vec::new();
        for client in 0..clients {
            buyers.push(self.buyer(client).await);
        }
        let (before, started) = (self.requests().await, Instant::now());
        let street = &*self;
        let placed: Vec<_> = futures::stream::iter(0..orders)
            .map(|n| {
                let (buyer, lines) = (&buyers[n % clients], lines(n));
                async move { (buyer, street.place(buyer, &lines).await) }
            })
            .buffer_unordered(clients)
            .collect()
            .await;
        let all_placed = started.elapsed();
        for (buyer, order) in &placed {
            self.shop.until_status(buyer, order, "paid").await;
        }
        let all_paid = started.elapsed();
        self.placed += orders;
        self.until_quiet().await;
        let over = started.elapsed();
        let counted = Counted { requests: self.requests().await.since(&before), over, orders };
        let orders: Vec<_> = placed.into_iter().map(|(_, order)| order).collect();
        AtOnce { counted, all_placed, all_paid, paid: took(self.cluster.database_url(), &orders).await }
    }
}

/// From each order's first event until its last, as the read model has them.
async fn took(database_url: &str, orders: &[String]) -> Vec<Duration> {
    const TIMES: &str =
        "SELECT (extract(epoch FROM updated_at - placed_at) * 1e6)::bigint FROM read_orders WHERE order_id = ANY($1)";
    let (client, connection) = tokio_postgres::connect(database_url, NoTls).await.unwrap();
    let connected = tokio::spawn(connection);
    let rows = client.query(TIMES, &[&orders]).await.unwrap();
    drop(client);
    connected.await.unwrap().unwrap();
    let micros = rows.iter().map(|row| u64::try_from(row.get::<_, i64>(0)).unwrap_or_default());
    micros.map(Duration::from_micros).collect()
}
