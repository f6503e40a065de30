//! Appending: one commit by `PutItem`, several by `TransactWriteItems`, each into a slot that must be empty. A guard is a
//! `ConditionCheck` on the slot behind the version it names, so a commit with guards is a transaction, too.
//!
//! The SDK repeats what got no answer. The repeated write then finds the slot taken by ourselves, which the commit's id
//! shows: success. A transaction is all or nothing, so one slot of ours means that all are.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use shotengai_kernel::Ports;
use shotengai_messaging::{AppendError, Commit, Fault, FaultKind, Guard};

use super::attributes::Item;
use super::commit_item::{encode, is_ours, key};
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
    /// Others stand in these slots, or behind these guards.
    Lost(Vec<usize>),
    /// Refused for now; nothing was written.
    Busy(Fault),
}

/// Writes all of these commits or none, and only while every guard holds.
pub(super) async fn append(
    client: &Client,
    table: &str,
    marked: bool,
    ports: &Ports,
    commits: &[Commit],
    guards: &[Guard],
) -> Result<(), AppendError> {
    let items = items(commits, guards, marked)?;
    let mut failures = 0;
    loop {
        let attempt = match (commits, items.as_slice(), guards) {
            ([], ..) => return Ok(()),
            ([commit], [item], []) => put(client, table, commit, item.clone()).await?,
            _ => transact(client, table, commits, items.clone(), guards).await?,
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
fn items(commits: &[Commit], guards: &[Guard], marked: bool) -> Result<Vec<Item>, AppendError> {
    let together = commits.len() + guards.len();
    if together > TRANSACT_MAX_ITEMS {
        let why = format!("{together} commits and guards, {TRANSACT_MAX_ITEMS} are allowed");
        return Err(AppendError::Unwritable(why));
    }
    let mut aggregates = BTreeSet::new();
    let mut total = 0;
    let mut items = Vec::with_capacity(commits.len());
    for commit in commits {
        if !aggregates.insert(&commit.aggregate_id) {
            return Err(AppendError::Unwritable(format!("two commits on {}", commit.aggregate_id)));
        }
        let item = check(commit, marked)?;
        total += size(&item);
        items.push(item);
    }
    if total > TRANSACT_MAX_BYTES {
        return Err(AppendError::Unwritable(format!("{total} bytes together, {TRANSACT_MAX_BYTES} fit")));
    }
    if let Some(guard) = guards.iter().find(|guard| !aggregates.insert(&guard.aggregate_id)) {
        return Err(AppendError::Unwritable(format!("{} has a guard and another or a commit", guard.aggregate_id)));
    }
    Ok(items)
}

/// The item of a commit that fits by itself.
pub(super) fn check(commit: &Commit, marked: bool) -> Result<Item, AppendError> {
    let id = &commit.aggregate_id;
    if commit.events.is_empty() {
        return Err(AppendError::Unwritable(format!("the commit on {id} has no events")));
    }
    let item = encode(commit, marked);
    let bytes = size(&item);
    if bytes > ITEM_MAX_BYTES {
        return Err(AppendError::Unwritable(format!("the commit on {id} has {bytes} bytes, {ITEM_MAX_BYTES} fit")));
    }
    Ok(item)
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

async fn transact(
    client: &Client,
    table: &str,
    commits: &[Commit],
    items: Vec<Item>,
    guards: &[Guard],
) -> Result<Attempt, AppendError> {
    let mut writes = items
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
    for guard in guards {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key(&guard.aggregate_id, guard.version.next())))
            .condition_expression(SLOT_IS_EMPTY)
            .build()
            .map_err(|error| invalid(TRANSACT, error))?;
        writes.push(TransactWriteItem::builder().condition_check(check).build());
    }
    let answer = client.transact_write_items().set_transact_items(Some(writes)).send().await;
    let Err(error) = answer else { return Ok(Attempt::Done) };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(refusal)) => {
            judge(commits, refusal.cancellation_reasons()).ok_or_else(|| AppendError::Fault(fault(TRANSACT, &error)))
        }
        _ => Err(fault(TRANSACT, &error).into()),
    }
}

/// What a cancelled transaction means; none when its reasons are neither taken slots nor anything that passes. Reasons
/// behind those of the commits are the guards'.
fn judge(commits: &[Commit], reasons: &[CancellationReason]) -> Option<Attempt> {
    let mut ours = false;
    let (mut lost, mut moved) = (Vec::new(), Vec::new());
    let mut busy = None;
    for (index, reason) in reasons.iter().enumerate() {
        match (reason.code(), commits.get(index)) {
            (None | Some("None"), _) => {}
            (Some("ConditionalCheckFailed"), Some(commit)) if is_ours(commit, reason.item()) => ours = true,
            (Some("ConditionalCheckFailed"), Some(_)) => lost.push(index),
            (Some("ConditionalCheckFailed"), None) => moved.push(index),
            (Some(code), _) if kind_of(code, None) == FaultKind::Throttled => {
                busy = Some(Fault::new(FaultKind::Throttled, TRANSACT, code.to_owned()));
            }
            (Some(_), _) => return None,
        }
    }
    // What has happened relied on what was so then.
    if ours && lost.is_empty() {
        return Some(Attempt::Done);
    }
    lost.append(&mut moved);
    if !lost.is_empty() {
        return Some(Attempt::Lost(lost));
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
    fn a_guard_that_fails_is_a_loss_unless_the_transaction_has_happened() {
        let all = commits(2);
        let ([ours], [other]) = all.split_at(1) else { panic!("two commits") };
        let moved = reason("ConditionalCheckFailed", None);
        let lost = judge(std::slice::from_ref(ours), &[reason("None", None), moved.clone()]);
        assert!(matches!(lost, Some(Attempt::Lost(indexes)) if indexes == [1]));
        let both = judge(std::slice::from_ref(ours), &[reason("ConditionalCheckFailed", Some(other)), moved.clone()]);
        assert!(matches!(both, Some(Attempt::Lost(indexes)) if indexes == [0, 1]));
        let happened = judge(std::slice::from_ref(ours), &[reason("ConditionalCheckFailed", Some(ours)), moved]);
        assert!(matches!(happened, Some(Attempt::Done)));
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
        assert!(matches!(items(&twice, &[], true), Err(AppendError::Unwritable(_))));
        assert!(matches!(items(&commits(101), &[], true), Err(AppendError::Unwritable(_))));
        let mut large = commits(1);
        let padding = serde_json::Value::String("x".repeat(ITEM_MAX_BYTES));
        large.iter_mut().flat_map(|commit| commit.events.iter_mut()).for_each(|event| event.data = padding.clone());
        assert!(matches!(items(&large, &[], true), Err(AppendError::Unwritable(_))));
        assert!(items(&commits(100), &[], true).is_ok());
    }
}
