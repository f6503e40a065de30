//! DynamoDB away for a time, under load.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::audit::Verdict;
use super::customers::{Accepted, Customers, Wish};
use super::doors::Doors;
use super::faults::Faults;
use super::fleet::{Fleet, Slot};
use super::settle::settle;
use crate::test_cluster::TestCluster;
use crate::wait::until;

const ROLES: &[&str] =
    &["order", "inventory", "billing", "notification", "query", "tally", "bridge", "catalog", "storefront"];
const CLIENTS: usize = 6;
/// Placed before the outage, so that it meets work on its way.
const BEFORE: usize = 40;
const SETTLE_WITHIN: Duration = Duration::from_secs(180);
/// Handlers that are in the middle of something find out, and the breaker asks, within this.
const NOTICE: Duration = Duration::from_secs(4);

/// What happened.
#[derive(Debug)]
pub struct Outage {
    /// How long DynamoDB was away.
    pub away: Duration,
    /// Requests to it that were refused.
    pub refused: u64,
    /// Orders accepted before, during and after.
    pub orders: usize,
    /// Consumers that stopped and said so.
    pub breakers: Vec<String>,
    /// Receives by role, once everybody had had time to notice.
    pub receives: BTreeMap<&'static str, u64>,
    /// From its return until a customer's order was accepted.
    pub first_accepted: Duration,
    /// From its return until every order was final and everything held.
    pub recovered: Duration,
    /// Until when, after its return, each queue had something under way.
    pub under_way: BTreeMap<&'static str, Duration>,
    /// What holds and what does not.
    pub verdict: Verdict,
    /// What each process logged.
    pub logs: Vec<(String, String)>,
}

/// Takes DynamoDB away for so long, on a street of its own.
pub async fn run(away: Duration, seed: u64) -> Outage {
    let cluster = TestCluster::provisioned().await;
    let fleet = Fleet::start(&cluster, ROLES, &[]).await;
    let doors = Doors::new(&cluster, &fleet.addresses());
    // Scarcity is not what this is about: there are fewer orders than pieces.
    let customers = Customers::open(&cluster, doors, seed, 100_000, CLIENTS).await;
    let ordering = Clients::start(&customers);
    until("orders are on their way", Duration::from_secs(60), || async {
        let count = ordering.accepted();
        if count >= BEFORE { Ok(()) } else { Err(count) }
    })
    .await;

    let faults = Faults::without(&fleet, seed, "dynamodb");
    let started = Instant::now();
    tokio::time::sleep(NOTICE).await;
    let before = receives(&fleet.slots);
    let mut breakers = BTreeMap::new();
    while started.elapsed() < away {
        for slot in &fleet.slots {
            for consumer in open_breakers(slot).await {
                breakers.insert(consumer, ());
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let after = receives(&fleet.slots);
    let receives = after.into_iter().map(|(role, count)| (role, count - before[role])).collect();
    let accepted_before = ordering.accepted();
    faults.end();
    let (away, back) = (started.elapsed(), Instant::now());

    until("an order is accepted again", Duration::from_secs(120), || async {
        let count = ordering.accepted();
        if count > accepted_before { Ok(()) } else { Err(count) }
    })
    .await;
    let first_accepted = back.elapsed();
    let accepted = ordering.end().await;
    let settling = back.elapsed();
    let settled = settle(&cluster, &customers, &accepted, SETTLE_WITHIN).await;
    let refused = faults.outcomes().values().sum();
    Outage {
        away,
        refused,
        orders: accepted.len(),
        breakers: breakers.into_keys().collect(),
        receives,
        first_accepted,
        recovered: back.elapsed(),
        under_way: settled.until.into_iter().map(|(name, until)| (name, settling + until)).collect(),
        verdict: settled.verdict,
        logs: fleet.logs().collect(),
    }
}

impl Outage {
    /// What does not hold of it, the street's own violations included.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut violations = self.verdict.violations.clone();
        if self.breakers.is_empty() {
            violations.push("no consumer noticed: the outage met no work".to_owned());
        }
        // Who waits for a message asks every 20 s; what was received before may still be asked for once by each of the
        // batches that a consumer holds.
        let bound = 6 + self.away.as_secs() / 10;
        for (role, count) in self.receives.iter().filter(|(_, count)| **count > bound) {
            violations.push(format!("{role} received {count} times while DynamoDB was away, more than {bound}"));
        }
        violations
    }
}

/// Receives of each role so far.
fn receives(slots: &[Slot]) -> BTreeMap<&'static str, u64> {
    let of = |slot: &Slot| slot.proxy.seen().get("sqs.ReceiveMessage").copied().unwrap_or_default();
    slots.iter().map(|slot| (slot.roles, of(slot))).collect()
}

/// Consumers that say they have stopped.
async fn open_breakers(slot: &Slot) -> Vec<String> {
    let asked = async { reqwest::get(format!("{}/metrics", slot.health_url())).await?.text().await };
    let text = asked.await.unwrap_or_default();
    let open = text.lines().filter(|line| line.starts_with("shotengai_consumer_breaker_open") && line.ends_with(" 1"));
    open.filter_map(|line| Some(line.split("consumer=\"").nth(1)?.split('"').next()?.to_owned())).collect()
}

/// Customers who order one after the other until they are told to stop.
struct Clients {
    stop: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
    running: JoinSet<Vec<Accepted>>,
}

impl Clients {
    fn start(customers: &Arc<Customers>) -> Self {
        let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut running = JoinSet::new();
        for client in 0..CLIENTS {
            let (customers, stop, accepted) = (Arc::clone(customers), Arc::clone(&stop), Arc::clone(&accepted));
            running.spawn(async move {
                let mut orders = Vec::new();
                // Numbers a client apart: each its own person and keys.
                for n in (client..).step_by(CLIENTS) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let (wish, body) = customers.draw(n);
                    if wish == Wish::Shipped {
                        // Nobody ships here: that waits until it is paid.
                        continue;
                    }
                    orders.push(customers.order(n, wish, &body).await);
                    accepted.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                orders
            });
        }
        Self { stop, accepted, running }
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    async fn end(self) -> Vec<Accepted> {
        self.stop.store(true, Ordering::Relaxed);
        self.running.join_all().await.into_iter().flatten().collect()
    }
}
