//! Records of what administrators have done, in the role's own table. Written before it is done.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::ops::records::{Action, Record};
use shotengai_contracts::api::ops::{LetterId, QueueName};
use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};
use uuid::Uuid;

/// The partition of all records.
const RECORDS: &str = "records";

/// Deed that somebody is about to do.
pub struct Deed {
    /// Who.
    pub by: UserId,
    /// What.
    pub action: Action,
    /// To which queue, or its consumer.
    pub queue: QueueName,
    /// To which letter of it, if it is one.
    pub letter: Option<LetterId>,
    /// By which run, if it is one.
    pub run: Option<Uuid>,
    /// Why, as they say.
    pub reason: String,
}

/// The records of an installation.
#[derive(Clone)]
pub struct Records {
    table: Arc<dyn Table>,
    ports: Ports,
}

impl Records {
    /// Records in this table.
    #[must_use]
    pub const fn new(table: Arc<dyn Table>, ports: Ports) -> Self {
        Self { table, ports }
    }

    /// The record of what somebody is about to do, not yet written.
    #[must_use]
    pub fn of(&self, deed: Deed) -> Record {
        let Deed { by, action, queue, letter, run, reason } = deed;
        Record { id: self.ports.ids.uuid_v7(), at: self.ports.clock.now(), by, action, queue, letter, run, reason }
    }

    /// Writes down what somebody is about to do.
    ///
    /// # Errors
    /// A [`Fault`] of the table: then it must not be done.
    pub async fn write(&self, deed: Deed) -> Result<Record, Fault> {
        let record = self.of(deed);
        match self.table.put(&row(&record)?, Condition::Absent).await {
            Ok(()) => Ok(record),
            // An id is made once: what stands there is this record, whose answer was lost.
            Err(WriteError::Condition(_)) => Ok(record),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// The newest records, from behind this place on.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn newest(&self, after: Option<&Place>, limit: usize) -> Result<Page<Record>, Fault> {
        newest(self.table.as_ref(), RECORDS, after, limit).await
    }
}

/// The row of a record.
///
/// # Errors
/// A [`Fault`] when it can't be written as JSON.
pub(crate) fn row(record: &Record) -> Result<Row, Fault> {
    Ok(Row::new(Key::new(RECORDS, Place::of(record.id).0), 1, document(record)?))
}

/// Place of something among others of its kind, the newest first: ids tell the time, and all their bits are turned over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(pub(crate) String);

impl Place {
    /// The place of what has this id.
    #[must_use]
    pub fn of(id: Uuid) -> Self {
        Self(format!("{:032x}", !id.as_u128()))
    }

    /// Reads a cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_place = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_place.then(|| Self(text.to_owned()))
    }
}

/// What is told of one kind, the newest first. A row that can't be read is left out and logged.
pub(crate) async fn newest<T: DeserializeOwned>(
    table: &dyn Table,
    kind: &str,
    after: Option<&Place>,
    limit: usize,
) -> Result<Page<T>, Fault> {
    let rows = table.list(kind, "", after.map(|place| place.0.as_str()), limit.saturating_add(1)).await?;
    let more = rows.len() > limit;
    let shown: Vec<Row> = rows.into_iter().take(limit).collect();
    let next_cursor = shown.last().filter(|_| more).map(|row| row.key.sk.clone());
    Ok(Page { items: shown.iter().filter_map(read).collect(), next_cursor })
}

/// What a row holds.
pub(crate) fn read<T: DeserializeOwned>(row: &Row) -> Option<T> {
    let read = serde_json::from_value(row.doc.clone());
    read.map_err(|error| tracing::error!(pk = row.key.pk, sk = row.key.sk, %error, "a row can't be read")).ok()
}

/// What a row is to hold.
pub(crate) fn document(value: &impl Serialize) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(value).map_err(|error| Fault::new(FaultKind::Permanent, "ops.Document", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_newer_comes_first() {
        let [older, newer] = [1_u128, 2].map(Uuid::from_u128);
        assert!(Place::of(newer).0 < Place::of(older).0);
        assert_eq!(Place::parse(&Place::of(newer).0), Some(Place::of(newer)));
        for bad in ["", "x", &"F".repeat(32), &"0".repeat(33)] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }
}
