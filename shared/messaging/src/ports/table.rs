//! Small rows that are not events: price look-ups, claims, counters, checkpoints, accounts, the provider's ledger.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;
use shotengai_kernel::Timestamp;

use super::fault::Fault;

/// The most operations of one [`Table::transact`].
pub const TRANSACT_MAX: usize = 100;

/// A row's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition: rows of one can be listed together.
    pub pk: String,
    /// Place within the partition.
    pub sk: String,
}

impl Key {
    /// The key of this partition and place.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands.
    pub key: Key,
    /// Compared by [`Condition`]; what it counts is the caller's choice.
    pub version: u64,
    /// The row's document.
    pub doc: Value,
    /// Numbers that [`WriteOp::Add`] moves.
    pub counters: BTreeMap<String, i64>,
    /// From when on it may be dropped, some time; whole seconds.
    pub expires_at: Option<Timestamp>,
}

impl Row {
    /// A row without counters that stays.
    #[must_use]
    pub const fn new(key: Key, version: u64, doc: Value) -> Self {
        Self { key, version, doc, counters: BTreeMap::new(), expires_at: None }
    }

    /// A counter; zero where nothing was added to it.
    #[must_use]
    pub fn counter(&self, name: &str) -> i64 {
        self.counters.get(name).copied().unwrap_or(0)
    }
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Any,
    /// No row stands there.
    Absent,
    /// No row stands there, or one of a smaller version.
    VersionBelow(u64),
    /// A row of this version stands there.
    VersionIs(u64),
}

/// A row and the condition on which it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// The row.
    pub row: Row,
    /// What must hold.
    pub condition: Condition,
}

impl Put {
    /// Whether [`Table::put_each`] takes it: a row without counters, on a condition that says what it replaces.
    #[must_use]
    pub fn goes_with_others(&self) -> bool {
        matches!(self.condition, Condition::Absent | Condition::VersionIs(_)) && self.row.counters.is_empty()
    }
}

/// Why a single write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The condition did not hold; here is what stands there, if anything does.
    #[error("the row is not as expected")]
    Condition(Option<Box<Row>>),
    /// The table failed. After a transient fault the write may have happened.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a transaction did not happen; nothing of it did, but see [`Fault`] of kind `Transient`.
#[derive(Debug, thiserror::Error)]
pub enum TransactError {
    /// The conditions of these operations (by index) did not hold.
    #[error("{} conditions of the transaction did not hold", .0.len())]
    Conditions(Vec<usize>),
    /// Another transaction was at the same rows: try again.
    #[error("the transaction met another one")]
    Contended,
    /// The table failed. After a transient fault the transaction may have happened.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteOp {
    /// Writes a whole row.
    Put(Row, Condition),
    /// Adds to a row's counters, making the row (version 0, document null) where there is none.
    Add {
        /// The row.
        key: Key,
        /// What to add to which counter; negative takes off.
        counters: BTreeMap<String, i64>,
        /// Sets the row's expiry, when given.
        expires_at: Option<Timestamp>,
    },
    /// Deletes a row; no row is fine under [`Condition::Any`].
    Delete(Key, Condition),
}

impl WriteOp {
    /// Adds to one counter of a row, which then stays.
    pub fn add(key: Key, counter: impl Into<String>, by: i64) -> Self {
        Self::Add { key, counters: BTreeMap::from([(counter.into(), by)]), expires_at: None }
    }
}

/// A table of rows, one service's own. All reads are consistent.
#[async_trait]
pub trait Table: Send + Sync {
    /// The row of this key.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault>;

    /// The rows of these keys that there are, in any order. Any number; the adapter cuts and completes batches.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault>;

    /// Up to `limit` rows of a partition whose place starts with `prefix` and comes after `after`, in order of place.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault>;

    /// Writes a whole row.
    ///
    /// # Errors
    /// [`WriteError`].
    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError>;

    /// Writes each of these rows or not, whatever becomes of the others: one answer a put, in order. At most
    /// [`APPEND_EACH_MAX`](super::store::APPEND_EACH_MAX), each [`Put::goes_with_others`], no two of one key. Where a condition
    /// did not hold, the answer need not have what stands there. Counters of a row that is replaced may stay.
    ///
    /// # Errors
    /// A [`Fault`] of all of them.
    async fn put_each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        let mut answers = Vec::with_capacity(puts.len());
        for put in puts {
            answers.push(self.put(&put.row, put.condition).await);
        }
        Ok(answers)
    }

    /// Deletes a row; no row is fine under [`Condition::Any`].
    ///
    /// # Errors
    /// [`WriteError`].
    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError>;

    /// Does all of these or none; at most [`TRANSACT_MAX`], at most one a row.
    ///
    /// # Errors
    /// [`TransactError`].
    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError>;

    /// A cheap call that answers when the table does.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    async fn ping(&self) -> Result<(), Fault>;
}
