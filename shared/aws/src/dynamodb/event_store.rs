//! The event store of one service.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Ports, Timestamp, Version};
use shotengai_messaging::{AppendError, Commit, EventStore, Fault, Guard, HistoryPage, Note, Snapshot};

use super::attributes::{Item, number, read_text, text};
use super::captured::Captured;
use super::commit_item::{decode, format_time, key, slot, time_shard};
use super::outbox::Unreadable;
use super::schema::{AGGREGATE_ID, CREATED_AT, TIME_INDEX, TIME_SHARD, VERSION};
use super::{append, entries, insert, marked, notes, outbox, snapshots};
use crate::admin::Admin;
use crate::config::AwsConfig;
use crate::fault::{fault, invalid};

const QUERY: &str = "dynamodb.Query";
const GET: &str = "dynamodb.GetItem";

/// Commits in `<service>-events`, snapshots in `<service>-snapshots`.
pub(crate) struct DynamoEventStore {
    pub(super) client: Client,
    /// The full name of the table of commits.
    pub(super) events: String,
    snapshots: String,
    marks_outbox: bool,
    /// Of a store that marks nothing.
    captured: Option<Captured>,
    pub(super) unreadable: Unreadable,
    ports: Ports,
}

impl DynamoEventStore {
    pub(crate) fn new(client: Client, admin: Admin, config: &AwsConfig, owner: Owner, ports: Ports) -> Self {
        let table = owner.events_table();
        Self {
            client,
            events: config.full_name(&table),
            captured: (!config.marks_outbox).then(|| Captured::new(admin, table)),
            snapshots: config.full_name(&owner.snapshots_table()),
            marks_outbox: config.marks_outbox,
            unreadable: Unreadable::new(),
            ports,
        }
    }

    /// Commits of an aggregate on one side of a version.
    fn history(&self, id: &AggregateId, side: Side) -> QueryFluentBuilder {
        let (condition, version) = match side {
            Side::After(version) => ("aggregate_id = :id AND #version > :version", version),
            Side::Before(version) => ("aggregate_id = :id AND #version < :version", version),
        };
        self.client
            .query()
            .table_name(&self.events)
            .consistent_read(true)
            .key_condition_expression(condition)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":id", text(id.as_str()))
            .expression_attribute_values(":version", number(version))
    }

    /// The commits' items of a page of an index.
    pub(super) async fn items_of(&self, entries: Vec<Item>) -> Result<Vec<Item>, Fault> {
        entries::items_of(&self.client, &self.events, &self.ports, entries).await
    }

    /// A page of one shard of the time index.
    fn time_index(&self, shard: u8, from: Option<String>, limit: usize) -> Result<QueryFluentBuilder, Fault> {
        let start = from
            .map(|cursor| ScanCursor::parse(&cursor).map(|place| place.into_key((TIME_SHARD, time_shard(shard)))))
            .transpose()?;
        let page = self
            .client
            .query()
            .table_name(&self.events)
            .index_name(TIME_INDEX)
            .key_condition_expression("gsi1pk = :shard")
            .expression_attribute_values(":shard", text(time_shard(shard)))
            .limit(page_size(limit))
            .set_exclusive_start_key(start);
        Ok(page)
    }
}

/// One side of an aggregate's history.
enum Side {
    After(Version),
    Before(Version),
}

#[async_trait]
impl EventStore for DynamoEventStore {
    async fn append_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Result<(), AppendError> {
        if let Some(captured) = &self.captured {
            captured.require().await?;
        }
        append::append(&self.client, &self.events, self.marks_outbox, &self.ports, commits, guards).await
    }

    async fn append_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        if let Some(captured) = &self.captured {
            captured.require().await?;
        }
        insert::insert(&self.client, &self.events, self.marks_outbox, &self.ports, commits).await
    }

    async fn restore_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        insert::insert(&self.client, &self.events, false, &self.ports, commits).await
    }

    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault> {
        let mut commits: Vec<Commit> = Vec::new();
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let page = self.history(id, Side::After(after)).set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| fault(QUERY, &error))?;
            commits.extend(decoded(page.items())?);
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        without_gaps(id, after, commits)
    }

    async fn load_some(&self, id: &AggregateId, after: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let page = self.history(id, Side::After(after)).limit(page_size(limit)).send().await;
        let page = page.map_err(|error| fault(QUERY, &error))?;
        let commits = without_gaps(id, after, decoded(page.items())?)?;
        Ok(HistoryPage { commits, more: page.last_evaluated_key.is_some() })
    }

    async fn load_newest(&self, id: &AggregateId, before: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let page =
            self.history(id, Side::Before(before)).scan_index_forward(false).limit(page_size(limit)).send().await;
        let page = page.map_err(|error| fault(QUERY, &error))?;
        Ok(HistoryPage { commits: decoded(page.items())?, more: page.last_evaluated_key.is_some() })
    }

    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
        snapshots::load(&self.client, &self.snapshots, id).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        snapshots::save(&self.client, &self.snapshots, snapshot).await
    }

    async fn pending(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        outbox::pending(self, shard, from, limit).await
    }

    async fn marked(&self, commits: &[Commit]) -> Result<Vec<bool>, Fault> {
        marked::marked(&self.client, &self.events, &self.ports, commits).await
    }

    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
        outbox::clear(&self.client, &self.events, commits).await
    }

    async fn scan(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        let page = self.time_index(shard, from, limit)?.send().await.map_err(|error| fault(QUERY, &error))?;
        let next = page.last_evaluated_key().map(ScanCursor::of).transpose()?;
        Ok((decoded(&self.items_of(page.items.unwrap_or_default()).await?)?, next))
    }

    async fn scan_between(
        &self,
        shard: u8,
        between: Range<Timestamp>,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        if between.is_empty() {
            return Ok((Vec::new(), None));
        }
        // `BETWEEN` includes both ends, and times are whole microseconds.
        let last = between.end.checked_sub(Duration::from_micros(1)).map_err(|error| invalid(QUERY, error))?;
        let page = self
            .time_index(shard, from, limit)?
            .key_condition_expression("gsi1pk = :shard AND created_at BETWEEN :first AND :last")
            .expression_attribute_values(":first", text(format_time(between.start)))
            .expression_attribute_values(":last", text(format_time(last)))
            .send()
            .await
            .map_err(|error| fault(QUERY, &error))?;
        let next = page.last_evaluated_key().map(ScanCursor::of).transpose()?;
        let items = self.items_of(page.items.unwrap_or_default()).await?;
        Ok((self.unreadable.without(&self.events, shard, &items), next))
    }

    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        let page = self
            .time_index(shard, from, limit)?
            .projection_expression("aggregate_id, #version")
            .expression_attribute_names("#version", VERSION)
            .send()
            .await
            .map_err(|error| fault(QUERY, &error))?;
        let slots: Result<Vec<_>, _> = page.items().iter().map(slot).collect();
        let slots = slots.map_err(|error| invalid(QUERY, error))?;
        let firsts = slots.into_iter().filter(|(_, version)| *version == Version::FIRST).map(|(id, _)| id);
        let next = page.last_evaluated_key().map(ScanCursor::of).transpose()?;
        Ok((firsts.collect(), next))
    }

    async fn note(&self, name: &str) -> Result<Option<Note>, Fault> {
        notes::read(&self.client, &self.snapshots, name).await
    }

    async fn put_note(&self, name: &str, note: &Note, replacing: Option<u64>) -> Result<bool, Fault> {
        notes::write(&self.client, &self.snapshots, name, note, replacing).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        // A store that takes no commits is as good as away: consumers wait for it, and spend nothing.
        if let Some(captured) = &self.captured {
            captured.require_again().await?;
        }
        // Needs no permission beyond what a load needs; nothing stands at version 0.
        let nothing = AggregateId::parse("ping").map_err(|error| invalid(GET, error))?;
        self.client
            .get_item()
            .table_name(&self.events)
            .set_key(Some(key(&nothing, Version::ZERO)))
            .send()
            .await
            .map(drop)
            .map_err(|error| fault(GET, &error))
    }
}

/// `Limit` of a query: at least one, or the service refuses.
pub(super) fn page_size(limit: usize) -> i32 {
    i32::try_from(limit.max(1)).unwrap_or(i32::MAX)
}

fn decoded(items: &[Item]) -> Result<Vec<Commit>, Fault> {
    items.iter().map(decode).collect::<Result<_, _>>().map_err(|error| invalid(QUERY, error))
}

/// A fold over commits with a hole would be a wrong state that looks right.
fn without_gaps(id: &AggregateId, after: Version, commits: Vec<Commit>) -> Result<Vec<Commit>, Fault> {
    let mut last = after;
    for commit in &commits {
        if commit.first_version != last.next() {
            let why = format!("{id} has no event {}, but one of version {}", last.next(), commit.first_version);
            return Err(invalid(QUERY, why));
        }
        last = commit.last_version();
    }
    Ok(commits)
}

/// Where a look through one of the two indexes stopped: both sort by time.
#[derive(Serialize, Deserialize)]
pub(super) struct ScanCursor {
    created_at: String,
    aggregate_id: String,
    version: u64,
}

impl ScanCursor {
    pub(super) fn parse(cursor: &str) -> Result<Self, Fault> {
        serde_json::from_str(cursor).map_err(|_| invalid(QUERY, "this is no cursor of a scan"))
    }

    pub(super) fn of(key: &Item) -> Result<String, Fault> {
        let place = || {
            Ok(Self {
                created_at: read_text(key, CREATED_AT)?.to_owned(),
                aggregate_id: read_text(key, AGGREGATE_ID)?.to_owned(),
                version: super::attributes::read_number(key, VERSION)?,
            })
        };
        let place: Self = place().map_err(|error: super::attributes::BadItem| invalid(QUERY, error))?;
        serde_json::to_string(&place).map_err(|error| invalid(QUERY, error))
    }

    /// The key to go on behind, in the index whose partition is this.
    pub(super) fn into_key(self, (partition, shard): (&str, String)) -> Item {
        Item::from([
            (partition.to_owned(), text(shard)),
            (CREATED_AT.to_owned(), text(self.created_at)),
            (AGGREGATE_ID.to_owned(), text(self.aggregate_id)),
            (VERSION.to_owned(), number(self.version)),
        ])
    }
}
