//! A table of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Value;
use shotengai_contracts::topology::Expiring;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::store::APPEND_EACH_MAX;
use shotengai_messaging::ports::table::{
    Condition, Key, Put, Row, TRANSACT_MAX, Table, TransactError, WriteError, WriteOp,
};

use super::faults::{FaultInjector, Gate, throttled};
use super::limits::{ITEM_MAX_BYTES, ITEM_OVERHEAD_BYTES, TRANSACTION_MAX_BYTES, invalid};
use super::{NoFaults, lock};

const PUT: &str = "table.put";
const TRANSACT: &str = "table.transact";
const PK_MAX_BYTES: usize = 2048;
const SK_MAX_BYTES: usize = 1024;

#[derive(Debug, Default)]
struct Rows {
    rows: BTreeMap<Key, Row>,
    /// Rows that a transaction is at.
    busy: BTreeSet<Key>,
}

/// A table in memory. Transactions that overlap meet as in DynamoDB: the later one is [`TransactError::Contended`]; a
/// single write waits instead, as the SDK's retries make it.
pub struct MemoryTable {
    gate: Gate,
    rows: Mutex<Rows>,
    /// Rows that may expire; `None`: any, as nobody has said.
    expiring: Option<&'static [Expiring]>,
}

impl MemoryTable {
    /// An empty table.
    #[must_use]
    pub fn new(name: &str, ports: Ports) -> Self {
        Self::with_faults(name, ports, Arc::new(NoFaults))
    }

    /// An empty table, with faults.
    #[must_use]
    pub fn with_faults(name: &str, ports: Ports, faults: Arc<dyn FaultInjector>) -> Self {
        Self { gate: Gate::new(name, faults, ports), rows: Mutex::new(Rows::default()), expiring: None }
    }

    /// The same; a row that expires and is not one of these is refused, since a message that comes late may need it.
    #[must_use]
    pub fn expiring(mut self, expiring: &'static [Expiring]) -> Self {
        self.expiring = Some(expiring);
        self
    }

    /// Every row, by key.
    #[must_use]
    pub fn all(&self) -> Vec<Row> {
        lock(&self.rows).rows.values().cloned().collect()
    }

    /// Drops the rows that have expired. The real one does so within days, or never: nothing may rely on either.
    pub fn drop_expired(&self) {
        self.drop_expired_by(self.gate.ports.clock.now(), |_| SignedDuration::ZERO);
    }

    /// Drops the rows that have expired by a time and been late for as long as this says of each; answers them.
    pub fn drop_expired_by(&self, now: Timestamp, late: impl Fn(&Row) -> SignedDuration) -> Vec<Row> {
        let is_over = |row: &Row| {
            row.expires_at.is_some_and(|at| at.checked_add(late(row)).is_ok_and(|dropped_at| dropped_at <= now))
        };
        lock(&self.rows).rows.extract_if(.., |_, row| is_over(row)).map(|(_, row)| row).collect()
    }

    fn check_expiry(&self, operation: &'static str, key: &Key, expires_at: Option<Timestamp>) -> Result<(), Fault> {
        let Some(expiring) = self.expiring.filter(|_| expires_at.is_some()) else { return Ok(()) };
        if expiring.iter().any(|listed| key.pk.starts_with(listed.rows)) {
            return Ok(());
        }
        Err(invalid(operation, format!("{}: such rows are not listed as expiring in the topology", key.pk)))
    }

    async fn until_free(&self, key: &Key) {
        while lock(&self.rows).busy.contains(key) {
            tokio::task::yield_now().await;
        }
    }
}

/// Keeps rows busy; dropped with the transaction, however it ends.
struct Busy<'a> {
    rows: &'a Mutex<Rows>,
    keys: BTreeSet<Key>,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        lock(self.rows).busy.retain(|key| !self.keys.contains(key));
    }
}

impl Rows {
    fn holds(&self, key: &Key, condition: Condition) -> bool {
        let standing = self.rows.get(key).map(|row| row.version);
        match condition {
            Condition::Any => true,
            Condition::Absent => standing.is_none(),
            Condition::VersionBelow(version) => standing.is_none_or(|standing| standing < version),
            Condition::VersionIs(version) => standing == Some(version),
        }
    }

    fn standing(&self, key: &Key) -> WriteError {
        WriteError::Condition(self.rows.get(key).cloned().map(Box::new))
    }

    /// The row as `Add` would leave it; `None` when a counter would overflow.
    fn added(&self, key: &Key, counters: &BTreeMap<String, i64>, expires_at: Option<Timestamp>) -> Option<Row> {
        let mut row = self.rows.get(key).cloned().unwrap_or_else(|| Row::new(key.clone(), 0, Value::Null));
        for (name, by) in counters {
            let counter = row.counters.entry(name.clone()).or_default();
            *counter = counter.checked_add(*by)?;
        }
        row.expires_at = expires_at.or(row.expires_at);
        Some(row)
    }

    fn transact(&mut self, ops: &[WriteOp]) -> Result<(), TransactError> {
        let holds = |op: &WriteOp| match op {
            WriteOp::Put(row, condition) => self.holds(&row.key, *condition),
            WriteOp::Delete(key, condition) => self.holds(key, *condition),
            WriteOp::Add { .. } => true,
        };
        let failing: Vec<usize> = ops.iter().enumerate().filter(|(_, op)| !holds(op)).map(|(index, _)| index).collect();
        if !failing.is_empty() {
            return Err(TransactError::Conditions(failing));
        }
        let mut added = Vec::new();
        for op in ops {
            if let WriteOp::Add { key, counters, expires_at } = op {
                let row = self.added(key, counters, *expires_at);
                added.push(row.ok_or_else(|| invalid(TRANSACT, "a counter overflows"))?);
            }
        }
        for op in ops {
            match op {
                WriteOp::Put(row, _) => {
                    self.rows.insert(row.key.clone(), row.clone());
                }
                WriteOp::Delete(key, _) => {
                    self.rows.remove(key);
                }
                WriteOp::Add { .. } => {}
            }
        }
        self.rows.extend(added.into_iter().map(|row| (row.key.clone(), row)));
        Ok(())
    }
}

fn key_of(op: &WriteOp) -> &Key {
    match op {
        WriteOp::Put(row, _) => &row.key,
        WriteOp::Add { key, .. } | WriteOp::Delete(key, _) => key,
    }
}

fn check_key(operation: &'static str, key: &Key) -> Result<(), Fault> {
    let fits = (1..=PK_MAX_BYTES).contains(&key.pk.len()) && (1..=SK_MAX_BYTES).contains(&key.sk.len());
    if fits { Ok(()) } else { Err(invalid(operation, "a key has 1 to 2048 bytes and 1 to 1024 bytes")) }
}

/// About what a row counts as an item.
fn size_of(row: &Row) -> usize {
    let number = 21;
    let counters: usize = row.counters.keys().map(|name| name.len() + number).sum();
    row.key.pk.len() + row.key.sk.len() + row.doc.to_string().len() + counters + ITEM_OVERHEAD_BYTES
}

fn check_row(operation: &'static str, row: &Row) -> Result<(), Fault> {
    check_key(operation, &row.key)?;
    if size_of(row) > ITEM_MAX_BYTES { Err(invalid(operation, "a row has more than 400 KB")) } else { Ok(()) }
}

fn check_transaction(ops: &[WriteOp]) -> Result<BTreeSet<Key>, Fault> {
    if ops.len() > TRANSACT_MAX {
        return Err(invalid(TRANSACT, format!("{} operations are more than {TRANSACT_MAX}", ops.len())));
    }
    let mut size = 0;
    let mut keys = BTreeSet::new();
    for op in ops {
        check_key(TRANSACT, key_of(op))?;
        if let WriteOp::Put(row, _) = op {
            check_row(TRANSACT, row)?;
            size += size_of(row);
        }
        if !keys.insert(key_of(op).clone()) {
            return Err(invalid(TRANSACT, "two operations on one row"));
        }
    }
    if size > TRANSACTION_MAX_BYTES { Err(invalid(TRANSACT, "more than 4 MB together")) } else { Ok(keys) }
}

#[async_trait]
impl Table for MemoryTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        check_key("table.get", key)?;
        let passage = self.gate.single("table.get").await?;
        passage.answer(lock(&self.rows).rows.get(key).cloned())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        for key in keys {
            check_key("table.get_many", key)?;
        }
        let passage = self.gate.single("table.get_many").await?;
        let rows = lock(&self.rows);
        let wanted: BTreeSet<&Key> = keys.iter().collect();
        passage.answer(wanted.into_iter().filter_map(|key| rows.rows.get(key)).cloned().collect())
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        let passage = self.gate.single("table.list").await?;
        let rows = lock(&self.rows);
        let first = match after {
            Some(after) if after >= prefix => Bound::Excluded(Key::new(pk, after)),
            _ => Bound::Included(Key::new(pk, prefix)),
        };
        let listed = rows
            .rows
            .range((first, Bound::Unbounded))
            .take_while(|(key, _)| key.pk == pk && key.sk.starts_with(prefix))
            .take(limit)
            .map(|(_, row)| row.clone());
        passage.answer(listed.collect())
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        check_row(PUT, row)?;
        self.check_expiry(PUT, &row.key, row.expires_at)?;
        let passage = self.gate.single(PUT).await?;
        self.until_free(&row.key).await;
        let mut rows = lock(&self.rows);
        if !rows.holds(&row.key, condition) {
            return Err(rows.standing(&row.key));
        }
        rows.rows.insert(row.key.clone(), row.clone());
        Ok(passage.answer(())?)
    }

    async fn put_each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        let keys: BTreeSet<&Key> = puts.iter().map(|put| &put.row.key).collect();
        let fits = puts.len() <= APPEND_EACH_MAX && keys.len() == puts.len();
        if !fits || !puts.iter().all(Put::goes_with_others) {
            return Err(invalid(PUT, "a request has at most 25 rows that go with others, and no two of one key"));
        }
        for put in puts {
            check_row(PUT, &put.row)?;
            self.check_expiry(PUT, &put.row.key, put.row.expires_at)?;
        }
        let (passage, failing) = self.gate.batch(PUT, puts.len()).await?;
        let mut rows = lock(&self.rows);
        let answers = puts.iter().enumerate().map(|(index, Put { row, condition })| {
            // As single writes do that meet a transaction, for the caller to try again.
            if failing.contains(&index) || rows.busy.contains(&row.key) {
                return Err(throttled(PUT).into());
            }
            if !rows.holds(&row.key, *condition) {
                return Err(WriteError::Condition(None));
            }
            rows.rows.insert(row.key.clone(), row.clone());
            Ok(())
        });
        passage.answer(answers.collect())
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        check_key("table.delete", key)?;
        let passage = self.gate.single("table.delete").await?;
        self.until_free(key).await;
        let mut rows = lock(&self.rows);
        if !rows.holds(key, condition) {
            return Err(rows.standing(key));
        }
        rows.rows.remove(key);
        Ok(passage.answer(())?)
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        let keys = check_transaction(ops)?;
        for op in ops {
            match op {
                WriteOp::Put(row, _) => self.check_expiry(TRANSACT, &row.key, row.expires_at)?,
                WriteOp::Add { key, expires_at, .. } => self.check_expiry(TRANSACT, key, *expires_at)?,
                WriteOp::Delete(..) => {}
            }
        }
        if ops.is_empty() {
            return Ok(());
        }
        let passage = self.gate.single(TRANSACT).await?;
        let busy = {
            let mut rows = lock(&self.rows);
            if keys.iter().any(|key| rows.busy.contains(key)) {
                return Err(TransactError::Contended);
            }
            rows.busy.extend(keys.iter().cloned());
            Busy { rows: &self.rows, keys }
        };
        // The time a transaction takes, in which another may meet it.
        tokio::task::yield_now().await;
        let outcome = lock(&self.rows).transact(ops);
        drop(busy);
        outcome?;
        Ok(passage.answer(())?)
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.gate.single("table.ping").await?.answer(())
    }
}
