//! Appending: one commit by `PutItem`, several by `TransactWriteItems`, each into a slot that must be empty.
//!
//! The SDK repeats what got no answer. The repeated write then finds the slot taken by ourselves, which the commit's id
//! shows: success. A transaction is all or nothing, so one slot of ours means that all are.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use shotengai_kernel::Ports;
use shotengai_messaging::{AppendError, Commit, Fault, FaultKind};

use super::attributes::Item;
use super::commit_item::{encode, is_ours};
use super::expression::CONFLICT_BACKOFF;
use super::limits::{ITEM_MAX_BYTES, TRANSACT_MAX_BYTES, TRANSACT_MAX_ITEMS, size};
use crate::fault::{fault, invalid, kind_of};

const SLOT_IS_EMPTY: &str = "attribute_not_exists(aggregate_id)";
const PUT: &str = "dynamodb.PutItem";
const TRANSACT: &str = "dynamodb.TransactWriteItems";
/// Transactions on the same items exclude each other for some milliseconds; more than this is a hot aggregate, and its
/// caller should know.
const CONFLICT_ATTEMPTS: u32 = 6;

/// What one attempt came to.
enum Attempt {
    Done,
    /// Others stand in these slots.
    Lost(Vec<usize>),
    /// Refused for now; nothing was written.
    Busy(Fault),
}

/// Writes all of these commits or none.
pub(super) async fn append(
    client: &Client,
    table: &str,
    marked: bool,
    ports: &Ports,
    commits: &[Commit],
) -> Result<(), AppendError> {
    let items = items(commits, marked)?;
    let mut failures = 0;
    loop {
        let attempt = match (commits, items.as_slice()) {
            ([], _) => return Ok(()),
            ([commit], [item]) => put(client, table, commit, item.clone()).await?,
            _ => transact(client, table, commits, items.clone()).await?,
        };
        match attempt {
            Attempt::Done => return Ok(()),
            Attempt::Lost(indexes) => return Err(AppendError::Conflict { indexes }),
            Attempt::Busy(fault) => {
                failures += 1;
                if failures >= CONFLICT_ATTEMPTS {
                    return Err(fault.into());
                }
                tokio::time::sleep(CONFLICT_BACKOFF.delay(failures, ports.random.as_ref())).await;
            }
        }
    }
}

/// Encodes and checks what no later attempt could make right.
fn items(commits: &[Commit], marked: bool) -> Result<Vec<Item>, AppendError> {
    if commits.len() > TRANSACT_MAX_ITEMS {
        return Err(AppendError::Unwritable(format!("{} commits, {TRANSACT_MAX_ITEMS} are allowed", commits.len())));
    }
    let mut aggregates = BTreeSet::new();
    let mut total = 0;
    let mut items = Vec::with_capacity(commits.len());
    for commit in commits {
        let id = &commit.aggregate_id;
        if commit.events.is_empty() {
            return Err(AppendError::Unwritable(format!("the commit on {id} has no events")));
        }
        if !aggregates.insert(id) {
            return Err(AppendError::Unwritable(format!("two commits on {id}")));
        }
        let item = encode(commit, marked);
        let bytes = size(&item);
        if bytes > ITEM_MAX_BYTES {
            return Err(AppendError::Unwritable(format!("the commit on {id} has {bytes} bytes, {ITEM_MAX_BYTES} fit")));
        }
        total += bytes;
        items.push(item);
    }
    if total > TRANSACT_MAX_BYTES {
        return Err(AppendError::Unwritable(format!("{total} bytes together, {TRANSACT_MAX_BYTES} fit")));
    }
    Ok(items)
}

async fn put(client: &Client, table: &str, commit: &Commit, item: Item) -> Result<Attempt, AppendError> {
    let answer = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(SLOT_IS_EMPTY)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let Err(error) = answer else { return Ok(Attempt::Done) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
            Ok(if is_ours(commit, refusal.item()) { Attempt::Done } else { Attempt::Lost(vec![0]) })
        }
        Some(PutItemError::TransactionConflictException(_)) => Ok(Attempt::Busy(fault(PUT, &error))),
        _ => Err(fault(PUT, &error).into()),
    }
}

async fn transact(client: &Client, table: &str, commits: &[Commit], items: Vec<Item>) -> Result<Attempt, AppendError> {
    let puts = items
        .into_iter()
        .map(|item| {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression(SLOT_IS_EMPTY)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()
                .map_err(|error| invalid(TRANSACT, error))?;
            Ok(TransactWriteItem::builder().put(put).build())
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let answer = client.transact_write_items().set_transact_items(Some(puts)).send().await;
    let Err(error) = answer else { return Ok(Attempt::Done) };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(refusal)) => {
            judge(commits, refusal.cancellation_reasons()).ok_or_else(|| AppendError::Fault(fault(TRANSACT, &error)))
        }
        _ => Err(fault(TRANSACT, &error).into()),
    }
}

/// What a cancelled transaction means; none when its reasons are neither taken slots nor anything that passes.
fn judge(commits: &[Commit], reasons: &[CancellationReason]) -> Option<Attempt> {
    let mut ours = false;
    let mut lost = Vec::new();
    let mut busy = None;
    for (index, (commit, reason)) in commits.iter().zip(reasons).enumerate() {
        match reason.code() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") if is_ours(commit, reason.item()) => ours = true,
            Some("ConditionalCheckFailed") => lost.push(index),
            Some(code) if kind_of(code, None) == FaultKind::Throttled => {
                busy = Some(Fault::new(FaultKind::Throttled, TRANSACT, code.to_owned()));
            }
            Some(_) => return None,
        }
    }
    if !lost.is_empty() {
        return Some(Attempt::Lost(lost));
    }
    if ours {
        return Some(Attempt::Done);
    }
    busy.map(Attempt::Busy)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shotengai_contracts::{EventType, Metadata, samples};
    use shotengai_kernel::{AggregateId, ManualClock, Ports, Version};
    use shotengai_messaging::CommitFactory;

    use super::*;

    fn commits(count: usize) -> Vec<Commit> {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let meta = Metadata::request(ports.ids.uuid_v7(), None);
        let event = samples::event(EventType::ProductCreated).unwrap();
        let factory = CommitFactory::new(ports);
        (0..count)
            .map(|index| {
                let id = AggregateId::parse(&format!("prod_{index}")).unwrap();
                factory.commit(id, Version::ZERO, std::slice::from_ref(&event), &meta).unwrap()
            })
            .collect()
    }

    fn reason(code: &str, standing: Option<&Commit>) -> CancellationReason {
        let item = standing.map(|commit| encode(commit, true));
        CancellationReason::builder().code(code).set_item(item).build()
    }

    #[test]
    fn a_cancelled_transaction_that_finds_itself_has_succeeded() {
        let ours = commits(2);
        let reasons = [reason("ConditionalCheckFailed", ours.first()), reason("TransactionConflict", None)];
        assert!(matches!(judge(&ours, &reasons), Some(Attempt::Done)));
    }

    #[test]
    fn slots_of_others_are_named_whatever_else_went_wrong() {
        let all = commits(4);
        let (others, ours) = all.split_at(2);
        let reasons = [reason("TransactionConflict", None), reason("ConditionalCheckFailed", others.get(1))];
        let attempt = judge(ours, &reasons);
        assert!(matches!(attempt, Some(Attempt::Lost(indexes)) if indexes == [1]));
    }

    #[test]
    fn a_transaction_that_met_another_is_tried_again_and_an_invalid_one_is_not() {
        let ours = commits(2);
        let met = [reason("None", None), reason("TransactionConflict", None)];
        assert!(matches!(judge(&ours, &met), Some(Attempt::Busy(_))));
        let invalid = [reason("None", None), reason("ValidationError", None)];
        assert!(judge(&ours, &invalid).is_none());
    }

    #[test]
    fn what_can_never_be_written_is_refused_before_it_is_sent() {
        let twice = [commits(1), commits(1)].concat();
        assert!(matches!(items(&twice, true), Err(AppendError::Unwritable(_))));
        assert!(matches!(items(&commits(101), true), Err(AppendError::Unwritable(_))));
        let mut large = commits(1);
        let padding = serde_json::Value::String("x".repeat(ITEM_MAX_BYTES));
        large.iter_mut().flat_map(|commit| commit.events.iter_mut()).for_each(|event| event.data = padding.clone());
        assert!(matches!(items(&large, true), Err(AppendError::Unwritable(_))));
        assert!(items(&commits(100), true).is_ok());
    }
}
