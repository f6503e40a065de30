//! Waits until a street has settled, and judges it then.

use std::collections::BTreeMap;
use std::time::Duration;

use shotengai_contracts::topology::SHOTENGAI;
use shotengai_messaging::Infrastructure;
use tokio::time::Instant;

use super::audit::{Verdict, audit};
use super::customers::{Accepted, Customers};
use crate::test_cluster::TestCluster;

/// How a street settled.
#[derive(Debug)]
pub struct Settled {
    /// The last verdict.
    pub verdict: Verdict,
    /// Until when each queue had something under way, and the outbox; those that never had are not in it.
    pub until: BTreeMap<&'static str, Duration>,
}

/// Judges when nothing is under way; again, until all holds or the time is over.
pub async fn settle(cluster: &TestCluster, customers: &Customers, accepted: &[Accepted], within: Duration) -> Settled {
    let started = Instant::now();
    let mut until = BTreeMap::new();
    loop {
        let under_way = under_way(cluster).await;
        until.extend(under_way.iter().map(|(name, _)| (*name, started.elapsed())));
        let late = started.elapsed() > within;
        if under_way.is_empty() || late {
            let mut verdict = audit(cluster, customers, accepted).await;
            if under_way.is_empty() && verdict.violations.is_empty() {
                return Settled { verdict, until };
            }
            if late {
                if !under_way.is_empty() {
                    verdict.violations.push(format!("still under way after {within:?}: {under_way:?}"));
                }
                for (queue, count) in cluster.dead_letters().await {
                    let count = usize::try_from(count).unwrap_or_default();
                    let letters = cluster.letters(&queue, count, Duration::from_secs(30)).await;
                    let said =
                        letters.into_iter().map(|letter| format!("{queue}: {:?} of {}", letter.facts, letter.body));
                    verdict.violations.extend(said);
                }
                return Settled { verdict, until };
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Messages that wait or are being handled, by queue, and commits that are not published.
async fn under_way(cluster: &TestCluster) -> Vec<(&'static str, u64)> {
    let mut found = Vec::new();
    for queue in SHOTENGAI.subscribed_queues() {
        // What is delayed waits for its deadline.
        let depth = cluster.aws.queue(queue.name).depth().await.unwrap_or_else(|fault| panic!("{fault}"));
        found.push((queue.name, depth.visible + depth.in_flight));
    }
    found.push(("outbox", u64::try_from(cluster.unpublished().await).unwrap_or(u64::MAX)));
    found.retain(|(_, count)| *count > 0);
    found
}
