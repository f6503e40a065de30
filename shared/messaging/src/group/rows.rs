//! A table whose rows go together, and come together, where they meet.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use shotengai_kernel::Random;
use shotengai_metrics::Histogram;

use super::{Group, Refusal, Target, Together};
use crate::metrics::ROWS_TOGETHER;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::table::{Condition, Key, Put, Row, Table, TransactError, WriteError, WriteOp};

/// A table of which single puts go together that wait at the same moment, as far as [`Table::put_each`] takes them, and single
/// gets. All else goes straight to it. One a table and process.
pub struct GroupedTable {
    inner: Arc<dyn Table>,
    puts: Group<Rows>,
    gets: Group<Gets>,
}

struct Gets {
    name: &'static str,
    table: Arc<dyn Table>,
}

struct Rows {
    name: &'static str,
    table: Arc<dyn Table>,
}

impl GroupedTable {
    /// Over this table.
    #[must_use]
    pub fn new(name: &'static str, table: Arc<dyn Table>, random: Arc<dyn Random>) -> Self {
        let gets = Group::prompt(Gets { name, table: Arc::clone(&table) }, Arc::clone(&random));
        let puts = Group::patient(Rows { name, table: Arc::clone(&table) }, random);
        Self { inner: table, puts, gets }
    }

    /// The same for work that nobody waits for: what is read under load waits for more to meet, too.
    #[must_use]
    pub fn patient(name: &'static str, table: Arc<dyn Table>, random: Arc<dyn Random>) -> Self {
        let gets = Group::patient(Gets { name, table: Arc::clone(&table) }, Arc::clone(&random));
        Self { gets, ..Self::new(name, table, random) }
    }
}

impl Together for Put {
    type Slot = Key;

    fn slot(&self) -> Key {
        self.row.key.clone()
    }

    fn bytes(&self) -> usize {
        self.row.doc.to_string().len()
    }
}

impl Refusal for WriteError {
    fn fault(&self) -> Option<&Fault> {
        if let Self::Fault(fault) = self { Some(fault) } else { None }
    }

    /// What stands there is told to a put by itself.
    fn is_complete(&self) -> bool {
        !matches!(self, Self::Condition(None))
    }
}

impl Together for Key {
    type Slot = Self;

    fn slot(&self) -> Self {
        self.clone()
    }

    fn bytes(&self) -> usize {
        self.pk.len() + self.sk.len()
    }
}

impl Refusal for Fault {
    fn fault(&self) -> Option<&Fault> {
        Some(self)
    }

    fn is_complete(&self) -> bool {
        true
    }
}

#[async_trait]
impl Target for Gets {
    type Write = Key;
    type Answer = Option<Row>;
    type Refusal = Fault;

    const OPERATION: &'static str = "table.get";
    const TOGETHER: Option<&'static Histogram<1>> = None;

    fn name(&self) -> &'static str {
        self.name
    }

    async fn alone(&self, key: &Key) -> Result<Option<Row>, Fault> {
        self.table.get(key).await
    }

    async fn each(&self, keys: &[Key]) -> Result<Vec<Result<Option<Row>, Fault>>, Fault> {
        let rows = match self.table.get_many(keys).await {
            Ok(rows) => rows,
            // One key's throttle leaves the answer of all incomplete: each asks by itself, after a pause.
            Err(fault) if fault.kind() == FaultKind::Throttled => {
                return Ok(keys.iter().map(|_| Err(fault.clone())).collect());
            }
            Err(fault) => return Err(fault),
        };
        let mut rows: HashMap<Key, Row> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        Ok(keys.iter().map(|key| Ok(rows.remove(key))).collect())
    }
}

#[async_trait]
impl Target for Rows {
    type Write = Put;
    type Answer = ();
    type Refusal = WriteError;

    const OPERATION: &'static str = "table.put";
    const TOGETHER: Option<&'static Histogram<1>> = Some(&ROWS_TOGETHER);

    fn name(&self) -> &'static str {
        self.name
    }

    async fn alone(&self, put: &Put) -> Result<(), WriteError> {
        self.table.put(&put.row, put.condition).await
    }

    async fn each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        self.table.put_each(puts).await
    }
}

#[async_trait]
impl Table for GroupedTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        self.gets.write(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        self.inner.get_many(keys).await
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        self.inner.list(pk, prefix, after, limit).await
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        let put = Put { row: row.clone(), condition };
        if put.goes_with_others() { self.puts.write(&put).await } else { self.inner.put(row, condition).await }
    }

    async fn put_each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        self.inner.put_each(puts).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        self.inner.delete(key, condition).await
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        self.inner.transact(ops).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.inner.ping().await
    }
}
