//! Whether commits still have their marker: a consistent look at the items themselves, since the index lags.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use shotengai_kernel::{CommitId, Ports};
use shotengai_messaging::{Commit, Fault};

use super::attributes::Item;
use super::batch_get::{Attributes, read_slots};
use super::commit_item::read_commit_id;
use super::schema::OUTBOX;

/// Whether each commit stands and is marked, in order.
pub(super) async fn marked(
    client: &Client,
    table: &str,
    ports: &Ports,
    commits: &[Commit],
) -> Result<Vec<bool>, Fault> {
    let items = read_marks(client, table, ports, commits).await?;
    let marked = items.iter().filter(|item| item.contains_key(OUTBOX));
    // A commit whose id can't be read is none of those that were asked for.
    let found: BTreeSet<CommitId> = marked.filter_map(|item| read_commit_id(item).ok()).collect();
    Ok(commits.iter().map(|commit| found.contains(&commit.commit_id)).collect())
}

/// Key, commit id and marker of what stands in the slots of these commits. Consistent.
pub(super) async fn read_marks(
    client: &Client,
    table: &str,
    ports: &Ports,
    commits: &[Commit],
) -> Result<Vec<Item>, Fault> {
    let slots: BTreeSet<_> = commits.iter().map(|commit| (commit.aggregate_id.clone(), commit.first_version)).collect();
    let slots: Vec<_> = slots.into_iter().collect();
    read_slots(client, table, ports, &slots, Attributes::Marks).await
}
