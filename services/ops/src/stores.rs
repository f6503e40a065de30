//! Event stores: commits, and those that are not yet in the stream.

use serde::Serialize;
use shotengai_aws::Aws;
use shotengai_contracts::Owner;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, Infrastructure, OUTBOX_SHARDS};

/// Counting commits stops here, so that a look at a large installation stays cheap.
pub const MOST_COMMITS: usize = 10_000;
const PAGE: usize = 1000;
/// Commits that a look of many who watch reads of each shard of the outbox: they are read whole.
pub const GLANCE: usize = 25;
/// Pages of a shard that may be read in vain, of which all has been published since.
const MOST_IN_VAIN: usize = 4;

/// The event store of one service.
#[derive(Debug, Clone, Serialize)]
pub struct StoreState {
    /// The service.
    pub owner: &'static str,
    /// [`MOST_COMMITS`] at the most.
    pub commits: usize,
    /// Those of them that wait for the stream.
    pub unpublished: Unpublished,
    /// Whether its table streams itself.
    pub change_capture: String,
}

/// Commits with a marker: not yet in the stream, as far as is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unpublished {
    /// A page of each shard of the outbox at the most.
    pub count: usize,
    /// Whether there may be more.
    #[serde(skip)]
    pub at_least: bool,
    /// How old the oldest is.
    pub oldest_seconds: Option<i64>,
}

/// Commits of a service that wait for the stream, a thousand of each shard of the outbox at the most.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn unpublished(infra: &dyn Infrastructure, owner: Owner, now: Timestamp) -> Result<Unpublished, Fault> {
    waiting(infra, owner, now, PAGE).await
}

/// The same with `page` commits of each shard of the outbox at the most.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn waiting(
    infra: &dyn Infrastructure,
    owner: Owner,
    now: Timestamp,
    page: usize,
) -> Result<Unpublished, Fault> {
    let store = infra.event_store(owner);
    let mut found = Unpublished::default();
    for shard in 0..OUTBOX_SHARDS {
        // Of many the first page is enough: the number says that there are many, and the oldest come first.
        let (mut commits, mut next) = store.pending(shard, None, page).await?;
        // One may be empty, where all that its index still shows has been published.
        for _ in 1..MOST_IN_VAIN {
            if !commits.is_empty() {
                break;
            }
            let Some(from) = next.take() else { break };
            (commits, next) = store.pending(shard, Some(from), page).await?;
        }
        found.count += commits.len();
        found.at_least |= next.is_some();
        let oldest = commits.iter().map(|commit| commit.created_at).min();
        let age = oldest.map(|oldest| now.duration_since(oldest).as_secs().max(0));
        found.oldest_seconds = found.oldest_seconds.max(age);
    }
    Ok(found)
}

/// The event stores of all services, and whether change capture is on.
///
/// # Errors
/// When a store or its table can't be asked.
pub async fn stores(aws: &Aws, now: Timestamp) -> anyhow::Result<Vec<StoreState>> {
    let mut states = Vec::new();
    for (owner, capture) in shotengai_provisioning::captures(aws).await? {
        states.push(StoreState {
            owner: owner.as_str(),
            commits: commits(aws, owner).await?,
            unpublished: unpublished(aws, owner, now).await?,
            change_capture: capture.to_string(),
        });
    }
    Ok(states)
}

/// How many commits there are, [`MOST_COMMITS`] at the most.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn commits(infra: &dyn Infrastructure, owner: Owner) -> Result<usize, Fault> {
    let store = infra.event_store(owner);
    let mut commits = 0;
    for shard in 0..OUTBOX_SHARDS {
        let mut from = None;
        while commits < MOST_COMMITS {
            let (page, next) = store.scan(shard, from, PAGE).await?;
            commits += page.len();
            from = next;
            if from.is_none() {
                break;
            }
        }
    }
    Ok(commits.min(MOST_COMMITS))
}
