//! The marker that keeps a commit in the sparse index until the stream has it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BatchStatementError, BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse,
};
use futures::future::join_all;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::{Commit, Fault, LogLimiter};

use super::attributes::{BadItem, Item, number, read_number, read_text, text};
use super::commit_item::{decode, outbox_shard};
use super::event_store::{DynamoEventStore, ScanCursor, page_size};
use super::limits::BATCH_STATEMENTS_MAX;
use super::schema::{AGGREGATE_ID, COMMIT_ID, OUTBOX, OUTBOX_INDEX, VERSION};
use crate::fault::{entry_fault, fault, for_each, invalid, unanswered};

const QUERY: &str = "dynamodb.Query";
const UPDATE: &str = "dynamodb.BatchExecuteStatement";
const CALLS_AT_ONCE: usize = 4;
/// Sweepers come by every few seconds; what one can't read stays until somebody repairs it.
const LOG_EVERY: Duration = Duration::from_secs(600);
/// How many keys one line of the log names.
const KEYS_MAX: usize = 10;

/// Marked commits that can't be read: named in the log now and then, counted each time.
pub(super) struct Unreadable(Mutex<LogLimiter>);

impl Unreadable {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(LogLimiter::new(LOG_EVERY)))
    }

    /// The commits of these items of one shard, without those that can't be read.
    pub(super) fn without(&self, table: &str, shard: u8, items: &[Item]) -> Vec<Commit> {
        let (mut commits, mut bad) = (Vec::new(), Vec::new());
        for item in items {
            match decode(item) {
                Ok(commit) => commits.push(commit),
                Err(error) => bad.push((key_of(item), error)),
            }
        }
        self.found(table, shard, bad);
        commits
    }

    /// Of these, which stand in one shard. Keys and attributes' names only: what stands in them may be personal.
    fn found(&self, table: &str, shard: u8, items: Vec<(String, BadItem)>) {
        if items.is_empty() {
            return;
        }
        let named: Vec<String> = items.iter().take(KEYS_MAX).map(|(key, error)| format!("{key}: {error}")).collect();
        let mut log_limiter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log_limiter.may(&outbox_shard(shard)) {
            let commits = items.len();
            tracing::error!(table, commits, ?named, "these commits don't come into the stream until they are repaired");
        }
        for (_, error) in items {
            count_fault(&invalid(QUERY, error));
        }
    }
}

/// A page of the marked commits of one shard, oldest first. What can't be read is passed over: it must not keep those
/// behind it from the stream.
pub(super) async fn pending(
    store: &DynamoEventStore,
    shard: u8,
    from: Option<String>,
    limit: usize,
) -> Result<(Vec<Commit>, Option<String>), Fault> {
    let key = || (OUTBOX, outbox_shard(shard));
    let start = from.map(|cursor| ScanCursor::parse(&cursor).map(|place| place.into_key(key()))).transpose()?;
    let page = store
        .client
        .query()
        .table_name(&store.events)
        .index_name(OUTBOX_INDEX)
        .key_condition_expression("outbox = :shard")
        .expression_attribute_values(":shard", text(outbox_shard(shard)))
        .limit(page_size(limit))
        .set_exclusive_start_key(start)
        .send()
        .await
        .map_err(|error| fault(QUERY, &error))?;
    let next = page.last_evaluated_key().map(ScanCursor::of).transpose()?;
    let mut items = store.items_of(page.items.unwrap_or_default()).await?;
    // The index lags behind.
    items.retain(|item| item.contains_key(OUTBOX));
    Ok((store.unreadable.without(&store.events, shard, &items), next))
}

/// An item's key as an operator would look for it.
fn key_of(item: &Item) -> String {
    let version = read_number::<u64>(item, VERSION).unwrap_or_default();
    format!("{}/{version}", read_text(item, AGGREGATE_ID).unwrap_or("?"))
}

/// Takes the marker off commits by an update of it alone. A release may read an item that a newer one wrote, so none
/// writes back what it read; and an item that was deleted meanwhile stays deleted.
pub(super) async fn clear(client: &Client, table: &str, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
    let mut answers: Vec<(usize, Result<_, Fault>)> = Vec::new();
    for calls in commits.chunks(BATCH_STATEMENTS_MAX * CALLS_AT_ONCE) {
        let chunks = calls.chunks(BATCH_STATEMENTS_MAX);
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
    let slots: BTreeMap<Slot, &Commit> = commits.iter().map(|commit| (slot_of(commit), commit)).collect();
    let statements = slots.values().map(|commit| statement(table, commit)).collect::<Result<Vec<_>, Fault>>()?;
    let answer = client
        .batch_execute_statement()
        .set_statements(Some(statements))
        .send()
        .await
        .map_err(|error| fault(UPDATE, &error))?;
    let answers: BTreeMap<Slot, Option<&BatchStatementError>> =
        slots.into_keys().zip(answer.responses().iter().map(BatchStatementResponse::error)).collect();
    Ok(commits
        .iter()
        .map(|commit| match answers.get(&slot_of(commit)) {
            Some(None) => Ok(()),
            Some(Some(error)) => refused(error),
            None => Err(unanswered(UPDATE)),
        })
        .collect())
}

/// Only where this very commit stands: what is another's, or gone, has no marker of ours.
fn statement(table: &str, commit: &Commit) -> Result<BatchStatementRequest, Fault> {
    let update = format!(
        "UPDATE \"{table}\" REMOVE \"{OUTBOX}\" WHERE \"{AGGREGATE_ID}\" = ? AND \"{VERSION}\" = ? AND \"{COMMIT_ID}\" = ?"
    );
    BatchStatementRequest::builder()
        .statement(update)
        .parameters(text(commit.aggregate_id.as_str()))
        .parameters(number(commit.first_version))
        .parameters(text(commit.commit_id.to_string()))
        .build()
        .map_err(|error| invalid(UPDATE, error))
}

fn refused(error: &BatchStatementError) -> Result<(), Fault> {
    match error.code() {
        Some(BatchStatementErrorCodeEnum::ConditionalCheckFailed) => Ok(()),
        Some(code) => Err(entry_fault(UPDATE, code.as_str(), error.message(), true)),
        None => Err(entry_fault(UPDATE, "unknown error", error.message(), false)),
    }
}

type Slot = (String, u64);

fn slot_of(commit: &Commit) -> Slot {
    (commit.aggregate_id.to_string(), commit.first_version.get())
}
