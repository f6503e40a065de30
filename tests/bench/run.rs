//! One street, measured from its start to the last mail of its load.

use std::time::Duration;

use futures::StreamExt;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_messaging::Infrastructure;
use shotengai_tests::process;
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster, binary};
use shotengai_tests::wait::until;
use tokio::time::Instant;

use crate::requests::{Requests, Units};
use crate::{Plan, Polling};

/// Longer than a shard counts as busy after its last record, so that what follows is rest.
pub(crate) const SETTLE: Duration = Duration::from_secs(7);
const PAID_WITHIN: Duration = Duration::from_secs(30);
/// Between two looks at an order: a reader without a pause would take a core from what it measures.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Requests counted over a time.
pub(crate) struct Counted {
    pub(crate) requests: Requests,
    pub(crate) over: Duration,
    pub(crate) orders: usize,
}

/// What was measured. `None` where the system does not tell.
pub(crate) struct Figures {
    pub(crate) binary_bytes: u64,
    pub(crate) ready: Duration,
    pub(crate) resident_at_rest: Option<u64>,
    pub(crate) resident_after_load: Option<u64>,
    pub(crate) threads: Option<u64>,
    /// Shares of a core.
    pub(crate) idle_cpu: Option<f64>,
    /// Processor time of the process for all orders of the load.
    pub(crate) load_cpu: Option<Duration>,
    pub(crate) accepted: Vec<Duration>,
    pub(crate) paid: Vec<Duration>,
    pub(crate) all_placed: Duration,
    pub(crate) all_paid: Duration,
    pub(crate) idle: Counted,
    pub(crate) single: Counted,
    pub(crate) load: Counted,
}

impl Figures {
    /// Units of the load, less what the same time at rest uses.
    pub(crate) fn net_units(&self) -> Units {
        let times = self.load.over.as_secs_f64() / self.idle.over.as_secs_f64();
        self.load.requests.units.net_of(&self.idle.requests.units, times)
    }
}

/// A street with something on sale.
pub(crate) struct Bench<'a> {
    cluster: &'a TestCluster,
    shop: Shop,
    health_url: String,
    lines: [(String, u32); 2],
    /// Orders placed so far: each sends two mails.
    placed: usize,
}

/// Measures a street of its own.
pub(crate) async fn measure(plan: &Plan, polling: &Polling) -> Figures {
    let cluster = TestCluster::provisioned().await;
    let started = Instant::now();
    let process = cluster.serve("all", polling.settings).await;
    let ready = started.elapsed();
    let mut bench = Bench::open(&cluster, &process).await;
    let pid = process.id();

    bench.until_quiet().await;
    tokio::time::sleep(SETTLE).await;
    let (idle, idle_cpu) = bench.idle(pid, plan.idle).await;
    let resident_at_rest = process::resident(pid);

    let (single, accepted, paid) = bench.one_by_one(plan.single).await;

    let cpu = process::cpu_time(pid);
    let (load, all_placed, all_paid) = bench.at_once(plan.load, plan.clients).await;
    let load_cpu = cpu.and_then(|before| Some(process::cpu_time(pid)?.saturating_sub(before)));
    let figures = Figures {
        binary_bytes: std::fs::metadata(binary()).unwrap().len(),
        ready,
        resident_at_rest,
        resident_after_load: process::resident(pid),
        threads: process::threads(pid),
        idle_cpu,
        load_cpu,
        accepted,
        paid,
        all_placed,
        all_paid,
        idle,
        single,
        load,
    };
    cluster.assert_tidy().await;
    figures
}

impl<'a> Bench<'a> {
    pub(crate) async fn open(cluster: &'a TestCluster, process: &Process) -> Self {
        let shop = cluster.shop(process);
        let admin = shop.admin().await;
        let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10_000).await;
        let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 10_000).await;
        let lines = [(kinoko, 2), (takenoko, 1)];
        Self { cluster, shop, health_url: process.health_url.clone(), lines, placed: 0 }
    }

    async fn requests(&self) -> Requests {
        Requests::read(&self.health_url).await
    }

    async fn buyer(&self, n: usize) -> Person {
        self.shop.guest(Some(&format!("buyer{n}@example.com")), "en").await
    }

    async fn place(&self, buyer: &Person) -> String {
        let lines: Vec<_> = self.lines.iter().map(|(product, quantity)| (product.as_str(), *quantity)).collect();
        text(&self.shop.order(buyer, &lines).await.expect(202), "order_id")
    }

    /// Waits until nothing that was placed is under way: every mail sent, every marker off, every message deleted.
    pub(crate) async fn until_quiet(&self) {
        until("every mail is there", Duration::from_secs(120), || async {
            let count = self.cluster.inbox.count();
            if count >= 2 * self.placed { Ok(()) } else { Err(count) }
        })
        .await;
        until("every queue is empty", Duration::from_secs(60), || async {
            let mut left = 0;
            for queue in SHOTENGAI.subscribed_queues() {
                // What is delayed waits for its deadline.
                let depth = self.cluster.aws.queue(queue.name).depth().await.unwrap();
                left += depth.visible + depth.in_flight;
            }
            if left == 0 { Ok(()) } else { Err(left) }
        })
        .await;
        until("every marker is off", Duration::from_secs(60), || async {
            let left = self.cluster.unpublished().await;
            if left == 0 { Ok(()) } else { Err(left) }
        })
        .await;
    }

    async fn idle(&self, pid: u32, over: Duration) -> (Counted, Option<f64>) {
        let (before, cpu, started) = (self.requests().await, process::cpu_time(pid), Instant::now());
        tokio::time::sleep(over).await;
        let over = started.elapsed();
        let used = cpu.and_then(|before| Some(process::cpu_time(pid)?.saturating_sub(before)));
        let share = used.map(|used| used.as_secs_f64() / over.as_secs_f64());
        (Counted { requests: self.requests().await.since(&before), over, orders: 0 }, share)
    }

    /// Orders that have the street for themselves; answers when each was accepted and when it showed as paid.
    async fn one_by_one(&mut self, orders: usize) -> (Counted, Vec<Duration>, Vec<Duration>) {
        let buyer = self.buyer(0).await;
        let (before, started) = (self.requests().await, Instant::now());
        let (mut accepted, mut paid) = (Vec::new(), Vec::new());
        for _ in 0..orders {
            let placed = Instant::now();
            let order = self.place(&buyer).await;
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

    /// Orders by several clients, each placing its next as soon as the last was accepted.
    pub(crate) async fn at_once(&mut self, orders: usize, clients: usize) -> (Counted, Duration, Duration) {
        let mut buyers = Vec::new();
        for client in 0..clients {
            buyers.push(self.buyer(client).await);
        }
        let (before, started) = (self.requests().await, Instant::now());
        let bench = &*self;
        let placed: Vec<_> = futures::stream::iter(0..orders)
            .map(|n| {
                let buyer = &buyers[n % clients];
                async move { (buyer, bench.place(buyer).await) }
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
        (Counted { requests: self.requests().await.since(&before), over, orders }, all_placed, all_paid)
    }
}
