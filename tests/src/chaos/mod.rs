//! A street whose wires fail and whose processes are killed while customers order; then what must hold of it.
//!
//! - [`fleet`]: roles as processes, each behind its own proxy. [`faults`]: what the proxies do. [`monkey`]: kills.
//! - [`customers`]: what is ordered. [`doors`]: how, again and again until it is answered.
//! - `copies`: how many mails may come once more. [`truth`]: the event stores, folded. [`audit`]: the invariants. [`settle`](mod@settle): when to hold them.
//! - [`outage`](mod@outage): one service away for a time. [`report`]: all of it in Markdown.
//!
//! A seed decides wishes, faults and kills, each in its own order; which request meets which is up to the machine, so a
//! seed repeats the weather, not the history.

pub mod audit;
mod copies;
pub mod customers;
pub mod doors;
pub mod faults;
pub mod fleet;
pub mod monkey;
pub mod outage;
pub mod report;
pub mod settle;
pub mod truth;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::audit::Verdict;
use self::customers::Customers;
use self::doors::Doors;
use self::faults::{Faults, Outcomes};
use self::fleet::Fleet;
use crate::test_cluster::TestCluster;

/// Two of each that shares its work, one of those that others look up.
pub const EVERYBODY_TWICE: &[&str] = &[
    "order",
    "order",
    "inventory",
    "inventory",
    "billing",
    "billing",
    "notification",
    "notification",
    "query",
    "query",
    "tally",
    "tally",
    "bridge",
    "bridge",
    "catalog",
    "storefront",
];

/// How much chaos.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Orders placed.
    pub orders: usize,
    /// Customers who order at the same time.
    pub at_once: usize,
    /// The processes.
    pub roles: &'static [&'static str],
    /// The time from one kill to the next.
    pub kill_every: Duration,
    /// Decides wishes, faults and kills.
    pub seed: u64,
    /// How long the street may take to settle afterwards.
    pub settle_within: Duration,
    /// Settings of all processes beside the defaults.
    pub settings: &'static [(&'static str, &'static str)],
}

/// What happened.
#[derive(Debug)]
pub struct Chaos {
    /// Exchanges by what became of them, while there were faults.
    pub outcomes: Outcomes,
    /// Kills by role.
    pub kills: BTreeMap<&'static str, u64>,
    /// Processes that ended though nobody killed them, by role.
    pub ended: BTreeMap<&'static str, u64>,
    /// Answers to customers that were 5xx, and answers that never came.
    pub asked_again: (u64, u64),
    /// How long faults and kills went on.
    pub load: Duration,
    /// How long the street then took until everything held.
    pub settled: Duration,
    /// Until when each queue had something under way.
    pub under_way: BTreeMap<&'static str, Duration>,
    /// What holds and what does not.
    pub verdict: Verdict,
    /// What each process logged.
    pub logs: Vec<(String, String)>,
}

/// Does it all on a street of its own.
pub async fn run(plan: &Plan) -> Chaos {
    let cluster = TestCluster::provisioned().await;
    let mut fleet = Fleet::start(&cluster, plan.roles, plan.settings).await;
    let doors = Doors::new(&cluster, &fleet.addresses());
    let customers = Customers::open(&cluster, doors, plan.seed, plan.orders, plan.at_once).await;

    let started = Instant::now();
    let faults = Faults::on_every_wire(&fleet, plan.seed);
    let stop = CancellationToken::new();
    let raging = async {
        monkey::rampage(&mut fleet, &cluster, plan.seed, plan.kill_every, &stop).await;
        faults.end();
        started.elapsed()
    };
    let (accepted, load) = tokio::join!(customers.order_all(plan.orders, &stop), raging);

    let over = started + load;
    fleet.until_ready(&cluster).await;
    let mut settled = settle::settle(&cluster, &customers, &accepted, plan.settle_within).await;
    let copies = settled.verdict.copies;
    let most = copies::most(&fleet, &faults);
    if u64::try_from(copies).unwrap_or(u64::MAX) > most {
        let found = format!("{copies} mails came once more, and kills and faults explain {most}");
        settled.verdict.violations.push(found);
    }
    let by_role = |count: fn(&fleet::Slot) -> u64| {
        let mut counts = BTreeMap::new();
        for slot in &fleet.slots {
            *counts.entry(slot.roles).or_default() += count(slot);
        }
        counts
    };
    Chaos {
        outcomes: faults.outcomes(),
        kills: by_role(|slot| slot.kills),
        ended: by_role(|slot| slot.ended),
        asked_again: (customers.doors.refused(), customers.doors.lost()),
        load,
        settled: over.elapsed(),
        under_way: settled.until,
        verdict: settled.verdict,
        logs: fleet.logs().collect(),
    }
}
