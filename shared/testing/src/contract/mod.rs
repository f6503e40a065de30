//! Promises of the ports' docs, as code: every adapter has to pass the suite of its port.
//!
//! A suite uses fresh ids, so it can share a server with others; where it needs a queue to itself, it says so. It waits
//! on conditions with a deadline, and works under paused `tokio` time too. What only some backends enforce (limits on
//! sizes, transactions that meet) is not in here.
//!
//! Beside the suites: [`stories`], valid histories of orders, and [`deliver_until_settled`], which brings their messages to a
//! handler, to test that it comes to one end whatever order they come in; [`CountingStore`] says what was read.
//!
//! Not for production code: a broken promise panics with what was expected.
#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "a failed check of a test suite is a panic")]

mod bucket;
mod checkpoint;
mod counting;
mod delivering;
mod exchange;
mod lease;
mod queue;
mod store;
mod store_each;
mod store_indexes;
pub mod stories;
mod stream;
mod subscription;
mod table;
mod table_transact;
mod topic;

use std::future::Future;
use std::time::Duration;

use shotengai_kernel::Ports;
use tokio::time::Instant;

pub use bucket::bucket_contract;
pub use checkpoint::checkpoint_contract;
pub use counting::CountingStore;
pub use delivering::deliver_until_settled;
pub use exchange::{Snapshots, exchange_contract};
pub use lease::lease_contract;
pub use queue::{queue_contract, redrive_contract};
pub use store::event_store_contract;
pub use stream::stream_contract;
pub use subscription::subscription_contract;
pub use table::table_contract;
pub use topic::topic_contract;

/// How long a condition may take to become true.
const DEADLINE: Duration = Duration::from_secs(20);
/// How long between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A name nobody else has.
fn fresh(ports: &Ports, prefix: &str) -> String {
    format!("{prefix}{}", ports.ids.uuid_v7().as_simple())
}

/// Looks until there is something to see.
async fn eventually<T, F, Fut>(what: &str, mut look: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "after {DEADLINE:?} still not so: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
