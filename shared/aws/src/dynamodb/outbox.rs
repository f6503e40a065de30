//! The marker that keeps a commit in the sparse index until the stream has it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures::future::join_all;
use shotengai_kernel::Timestamp;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::{Commit, Fault, FaultKind, Seldom};

use super::attributes::{BadItem, Item, read_number, read_text, text};
use super::commit_item::{decode, encode, format_time, outbox_shard};
use super::event_store::page_size;
use super::limits::BATCH_WRITE_MAX;
use super::schema::{AGGREGATE_ID, OUTBOX_INDEX, VERSION};
use crate::fault::{fault, for_each, invalid};

const QUERY: &str = "dynamodb.Query";
const WRITE: &str = "dynamodb.BatchWriteItem";
const CALLS_AT_ONCE: usize = 4;
/// Sweepers come by every few seconds; what one can't read stays until somebody repairs it.
const LOG_EVERY: Duration = Duration::from_secs(600);
/// How many keys one line of the log names.
const KEYS_MAX: usize = 10;

/// Marked commits that can't be read: named in the log now and then, counted each time.
pub(super) struct Unreadable(Mutex<Seldom>);

impl Unreadable {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Seldom::new(LOG_EVERY)))
    }

    /// Of these, which stand in one shard. Keys and attributes' names only: what stands in them may be personal.
    fn found(&self, table: &str, shard: u8, items: Vec<(String, BadItem)>) {
        if items.is_empty() {
            return;
        }
        let named: Vec<String> = items.iter().take(KEYS_MAX).map(|(key, error)| format!("{key}: {error}")).collect();
        let mut seldom = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seldom.may(&outbox_shard(shard)) {
            let commits = items.len();
            tracing::error!(table, commits, ?named, "these commits don't come into the stream until they are repaired");
        }
        for (_, error) in items {
            count_fault(&invalid(QUERY, error));
        }
    }
}

/// Marked commits of one shard, older than `before`, oldest first. What can't be read is passed over: it must not keep
/// those behind it from the stream.
pub(super) async fn pending(
    client: &Client,
    table: &str,
    shard: u8,
    before: Timestamp,
    limit: usize,
    unreadable: &Unreadable,
) -> Result<Vec<Commit>, Fault> {
    let (mut commits, mut bad) = (Vec::new(), Vec::new());
    let mut start = None;
    while commits.len() < limit {
        let page = client
            .query()
            .table_name(table)
            .index_name(OUTBOX_INDEX)
            .key_condition_expression("outbox = :shard AND created_at < :before")
            .expression_attribute_values(":shard", text(outbox_shard(shard)))
            .expression_attribute_values(":before", text(format_time(before)))
            // Not by what is missing: behind many that can't be read those would be very small pages.
            .limit(page_size(limit))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| fault(QUERY, &error))?;
        for item in page.items() {
            match decode(item) {
                Ok(commit) => commits.push(commit),
                Err(error) => bad.push((key_of(item), error)),
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    unreadable.found(table, shard, bad);
    commits.truncate(limit);
    Ok(commits)
}

/// An item's key as an operator would look for it.
fn key_of(item: &Item) -> String {
    let version = read_number::<u64>(item, VERSION).unwrap_or_default();
    format!("{}/{version}", read_text(item, AGGREGATE_ID).unwrap_or("?"))
}

/// Writes commits again without their marker. They are immutable, so the last writer wins nothing.
pub(super) async fn clear(client: &Client, table: &str, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
    let mut answers: Vec<(usize, Result<_, Fault>)> = Vec::new();
    for calls in commits.chunks(BATCH_WRITE_MAX * CALLS_AT_ONCE) {
        let chunks = calls.chunks(BATCH_WRITE_MAX);
        let calls: Vec<_> = chunks.clone().map(|chunk| clear_chunk(client, table, chunk)).collect();
        answers.extend(chunks.map(<[Commit]>::len).zip(join_all(calls).await));
    }
    let answered = answers.iter().any(|(_, answer)| answer.is_ok());
    let mut all = Vec::with_capacity(commits.len());
    for (entries, answer) in answers {
        match answer {
            Ok(each) => all.extend(each),
            Err(fault) if answered => all.extend(for_each(&fault, entries)),
            Err(fault) => return Err(fault),
        }
    }
    Ok(all)
}

async fn clear_chunk(client: &Client, table: &str, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
    // One call may name a slot once.
    let mut slots: BTreeMap<Slot, Item> = BTreeMap::new();
    for commit in commits {
        slots.insert(slot_of(commit), encode(commit, false).map_err(|error| invalid(WRITE, error))?);
    }
    let writes = slots
        .into_values()
        .map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build().map_err(|error| invalid(WRITE, error))?;
            Ok(WriteRequest::builder().put_request(put).build())
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let answer =
        client.batch_write_item().request_items(table, writes).send().await.map_err(|error| fault(WRITE, &error))?;
    let unprocessed: Vec<Slot> = answer
        .unprocessed_items()
        .into_iter()
        .flat_map(|tables| tables.values().flatten())
        .filter_map(|write| slot_in(write.put_request()?.item()))
        .collect();
    Ok(commits
        .iter()
        .map(|commit| {
            if unprocessed.contains(&slot_of(commit)) {
                Err(Fault::new(FaultKind::Throttled, WRITE, "left unprocessed"))
            } else {
                Ok(())
            }
        })
        .collect())
}

type Slot = (String, u64);

fn slot_of(commit: &Commit) -> Slot {
    (commit.aggregate_id.to_string(), commit.first_version.get())
}

fn slot_in(item: &Item) -> Option<Slot> {
    Some((read_text(item, AGGREGATE_ID).ok()?.to_owned(), read_number(item, VERSION).ok()?))
}
