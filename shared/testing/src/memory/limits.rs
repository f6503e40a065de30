//! AWS's limits, as the adapters enforce them.

use std::collections::BTreeSet;
use std::time::Duration;

use shotengai_messaging::commit::Commit;
use shotengai_messaging::ports::fault::{Fault, FaultKind};
use shotengai_messaging::ports::message::Message;
use shotengai_messaging::ports::queue::is_permitted;
use shotengai_messaging::ports::store::Guard;

/// The most bytes of one SQS message, attributes included.
pub(super) const MESSAGE_MAX_BYTES: usize = 256 * 1024;
/// The most attributes of one message.
pub(super) const MESSAGE_MAX_ATTRIBUTES: usize = 10;
/// The most bytes of one DynamoDB item.
pub(super) const ITEM_MAX_BYTES: usize = 400 * 1024;
/// The most items of one DynamoDB transaction.
pub(super) const TRANSACTION_MAX_ITEMS: usize = 100;
/// The most bytes of one DynamoDB transaction.
pub(super) const TRANSACTION_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that names of attributes, versions, timestamps and index keys add to an item, about.
pub(super) const ITEM_OVERHEAD_BYTES: usize = 256;
/// The most records of one `GetRecords`.
pub(super) const READ_MAX_RECORDS: usize = 10_000;
/// The most bytes of one `GetRecords`.
pub(super) const READ_MAX_BYTES: usize = 10 * 1024 * 1024;

/// A request that AWS would never accept.
pub(super) fn invalid(operation: &'static str, why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Permanent, operation, why.into())
}

/// Checks the number of entries of a batch; AWS refuses an empty one, too.
pub(super) fn entries(operation: &'static str, entries: usize, most: usize) -> Result<(), Fault> {
    if (1..=most).contains(&entries) {
        return Ok(());
    }
    Err(invalid(operation, format!("a batch has 1 to {most} entries, this one {entries}")))
}

/// AWS counts in whole seconds; the adapters round up, so that nothing comes back too early.
pub(super) fn whole_seconds(duration: Duration) -> Duration {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    Duration::from_secs(seconds)
}

/// Why SQS, and SNS with raw delivery, would not take this message.
pub(super) fn message_fault(message: &Message) -> Option<&'static str> {
    let Message { body, attributes, .. } = message;
    if body.is_empty() {
        return Some("the body is empty");
    }
    if !body.chars().all(is_permitted) {
        return Some("the body has characters that are not permitted");
    }
    if attributes.len() > MESSAGE_MAX_ATTRIBUTES {
        return Some("more than 10 attributes");
    }
    if attributes.iter().any(|(name, value)| name.is_empty() || value.is_empty()) {
        return Some("an attribute without name or value");
    }
    if !attributes.values().all(|value| value.chars().all(is_permitted)) {
        return Some("an attribute has characters that are not permitted");
    }
    (message.size() > MESSAGE_MAX_BYTES).then_some("more than 256 KiB")
}

/// About what a commit counts as an item.
fn item_size(commit: &Commit) -> usize {
    let events: usize = commit.events.texts().iter().map(|text| text.len()).sum();
    commit.aggregate_id.as_str().len() + events + ITEM_OVERHEAD_BYTES
}

/// Why these commits can't ever be written together.
pub(super) fn unwritable(commits: &[Commit], guards: &[Guard]) -> Option<String> {
    let items = commits.len() + guards.len();
    if items > TRANSACTION_MAX_ITEMS {
        return Some(format!("{items} commits and guards are more than {TRANSACTION_MAX_ITEMS}"));
    }
    let mut aggregates = BTreeSet::new();
    let mut together = 0;
    for commit in commits {
        let size = item_size(commit);
        together += size;
        if commit.events.is_empty() {
            return Some(format!("a commit of {} without events", commit.aggregate_id));
        }
        if !aggregates.insert(&commit.aggregate_id) {
            return Some(format!("two commits of {}", commit.aggregate_id));
        }
        if size > ITEM_MAX_BYTES {
            return Some(format!("a commit of {} has {size} bytes, more than {ITEM_MAX_BYTES}", commit.aggregate_id));
        }
    }
    if let Some(guard) = guards.iter().find(|guard| !aggregates.insert(&guard.aggregate_id)) {
        return Some(format!("a guard of {}, which has another or a commit here", guard.aggregate_id));
    }
    (commits.len() > 1 && together > TRANSACTION_MAX_BYTES)
        .then(|| format!("{together} bytes together are more than {TRANSACTION_MAX_BYTES}"))
}
