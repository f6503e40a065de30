//! Dead letters, by count.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::SHOTENGAI;
use shotengai_messaging::Infrastructure;
use tokio::time::sleep;

use super::say;

/// What lands there stays, so nothing is missed by looking seldom.
const POLL: Duration = Duration::from_secs(5);

/// Prints a line when a dead-letter queue holds more than before, until it is dropped.
pub(super) async fn follow(infra: Arc<dyn Infrastructure>) {
    let mut held: BTreeMap<String, u64> = SHOTENGAI.queues.iter().map(|queue| (queue.dead_letters(), 0)).collect();
    loop {
        sleep(POLL).await;
        for (name, held) in &mut held {
            let Ok(depth) = infra.queue(name).depth().await else { continue };
            if depth.total() > *held {
                say("dead letters", &format!("{name} holds {}; `make dead-letters` says why", depth.total()));
            }
            *held = depth.total();
        }
    }
}
