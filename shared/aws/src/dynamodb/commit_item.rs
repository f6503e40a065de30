//! Commits as items.

use aws_sdk_dynamodb::types::AttributeValue;
use shotengai_kernel::{AggregateId, CommitId, Timestamp, Version};
use shotengai_messaging::{Commit, CommitEvents};

use super::attributes::{BadItem, Item, number, read_number, read_text, text};
use super::schema::{AGGREGATE_ID, COMMIT_ID, CREATED_AT, EVENTS, OUTBOX, TIME_SHARD, VERSION};

/// The item of a commit; `marked` puts it into the outbox index.
pub(super) fn encode(commit: &Commit, marked: bool) -> Item {
    let shard = commit.index_shard();
    let mut item = key(&commit.aggregate_id, commit.first_version);
    item.insert(COMMIT_ID.to_owned(), text(commit.commit_id.to_string()));
    item.insert(CREATED_AT.to_owned(), text(format_time(commit.created_at)));
    item.insert(EVENTS.to_owned(), text(commit.events.to_json()));
    item.insert(TIME_SHARD.to_owned(), text(time_shard(shard)));
    if marked {
        item.insert(OUTBOX.to_owned(), text(outbox_shard(shard)));
    }
    item
}

/// The commit of an item. Its time comes back with the microseconds that are kept.
pub(super) fn decode(item: &Item) -> Result<Commit, BadItem> {
    let (aggregate_id, first_version) = slot(item)?;
    let commit = Commit {
        aggregate_id,
        first_version,
        commit_id: read_commit_id(item)?,
        created_at: read_text(item, CREATED_AT)?.parse().map_err(|_| BadItem(CREATED_AT))?,
        events: CommitEvents::read(read_text(item, EVENTS)?).map_err(|_| BadItem(EVENTS))?,
    };
    if commit.events.is_empty() { Err(BadItem(EVENTS)) } else { Ok(commit) }
}

/// Where an item's commit stands.
pub(super) fn slot(item: &Item) -> Result<(AggregateId, Version), BadItem> {
    let id = AggregateId::parse(read_text(item, AGGREGATE_ID)?).map_err(|_| BadItem(AGGREGATE_ID))?;
    Ok((id, Version::new(read_number(item, VERSION)?)))
}

pub(super) fn read_commit_id(item: &Item) -> Result<CommitId, BadItem> {
    read_text(item, COMMIT_ID)?.parse().map(CommitId::new).map_err(|_| BadItem(COMMIT_ID))
}

/// The key of a commit's slot.
pub(super) fn key(id: &AggregateId, first_version: Version) -> Item {
    Item::from([(AGGREGATE_ID.to_owned(), text(id.as_str())), (VERSION.to_owned(), number(first_version))])
}

/// Always six fractional digits in UTC: texts of one length sort as the times do.
pub(super) fn format_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

pub(super) fn time_shard(shard: u8) -> String {
    format!("EVENTS#{shard:02x}")
}

pub(super) fn outbox_shard(shard: u8) -> String {
    format!("{shard:02x}")
}

/// Whether the item in a taken slot is this very commit.
pub(super) fn is_ours(commit: &Commit, standing: Option<&std::collections::HashMap<String, AttributeValue>>) -> bool {
    standing.is_some_and(|item| read_commit_id(item).is_ok_and(|id| id == commit.commit_id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shotengai_contracts::{EventType, Metadata, samples};
    use shotengai_kernel::{ManualClock, Ports};
    use shotengai_messaging::CommitFactory;

    use super::*;

    fn commit() -> Commit {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let meta = Metadata::request(ports.ids.uuid_v7(), None);
        let event = samples::event(EventType::ProductCreated).unwrap();
        CommitFactory::new(ports)
            .commit(AggregateId::parse("prod_1").unwrap(), Version::new(4), &[event], &meta)
            .unwrap()
    }

    #[test]
    fn a_commit_comes_back_as_it_was() {
        let commit = commit();
        assert_eq!(decode(&encode(&commit, true)).unwrap(), commit);
        assert_eq!(decode(&encode(&commit, false)).unwrap(), commit);
    }

    #[test]
    fn only_a_marked_commit_stands_in_the_outbox_index() {
        let commit = commit();
        let shard = outbox_shard(commit.index_shard());
        assert_eq!(encode(&commit, true).get(OUTBOX), Some(&text(shard)));
        assert_eq!(encode(&commit, false).get(OUTBOX), None);
    }

    #[test]
    fn times_have_six_fractional_digits_whatever_they_are() {
        for (time, kept) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000Z"),
            ("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100000Z"),
            ("2026-01-01T00:00:00.123456999Z", "2026-01-01T00:00:00.123456Z"),
        ] {
            assert_eq!(format_time(time.parse().unwrap()), kept);
        }
    }

    #[test]
    fn an_unreadable_item_is_named_without_its_contents() {
        let mut item = encode(&commit(), true);
        item.insert(EVENTS.to_owned(), text("[{\"secret\":1}]"));
        let error = decode(&item).unwrap_err().to_string();
        assert_eq!(error, "an item's attribute \"events\" is missing or unreadable");
    }
}
