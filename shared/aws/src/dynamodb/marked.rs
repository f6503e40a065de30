//! Whether commits still have their marker: a consistent look at the items themselves, since the index lags.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use shotengai_kernel::{CommitId, Ports};
use shotengai_messaging::{Commit, Fault, FaultKind};

use super::attributes::Item;
use super::commit_item::{key, read_commit_id};
use super::expression::CONFLICT_BACKOFF;
use super::limits::BATCH_GET_MAX;
use super::schema::{AGGREGATE_ID, COMMIT_ID, OUTBOX, VERSION};
use crate::fault::{fault, invalid};

const BATCH_GET: &str = "dynamodb.BatchGetItem";
/// How often keys that the service left unprocessed are asked for again.
const ATTEMPTS: u32 = 8;

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
    let mut found: Vec<Item> = Vec::new();
    // One call may name a key once.
    let slots: BTreeSet<_> = commits.iter().map(|commit| (&commit.aggregate_id, commit.first_version)).collect();
    let slots: Vec<_> = slots.into_iter().collect();
    for chunk in slots.chunks(BATCH_GET_MAX) {
        let mut wanted: Vec<Item> = chunk.iter().map(|(id, version)| key(id, *version)).collect();
        let mut failures = 0;
        loop {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .projection_expression(format!("{AGGREGATE_ID}, #version, {COMMIT_ID}, {OUTBOX}"))
                .expression_attribute_names("#version", VERSION)
                .build()
                .map_err(|error| invalid(BATCH_GET, error))?;
            let call = client.batch_get_item().request_items(table, request).send().await;
            let answer = call.map_err(|error| fault(BATCH_GET, &error))?;
            found.extend(answer.responses.into_iter().flat_map(HashMap::into_values).flatten());
            wanted =
                answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|keys| keys.keys).collect();
            if wanted.is_empty() {
                break;
            }
            failures += 1;
            if failures >= ATTEMPTS {
                return Err(Fault::new(FaultKind::Throttled, BATCH_GET, "keys were left unprocessed"));
            }
            tokio::time::sleep(CONFLICT_BACKOFF.delay(failures, ports.random.as_ref())).await;
        }
    }
    Ok(found)
}
