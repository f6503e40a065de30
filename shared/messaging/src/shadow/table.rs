//! A table whose writes are caught.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::met::Looks;
use super::{Caught, Net};
use crate::ports::fault::Fault;
use crate::ports::table::{Condition, Key, Row, Table, TransactError, WriteError, WriteOp};

/// Reads of the table, and what was written to its shadow before that.
pub(super) struct ShadowTable {
    name: String,
    of: Arc<dyn Table>,
    net: Net,
    looks: Looks,
    /// Rows that were written; none where one was deleted.
    written: Mutex<BTreeMap<Key, Option<Row>>>,
}

impl ShadowTable {
    pub(super) fn new(name: &str, of: Arc<dyn Table>, net: Net, looks: Looks) -> Self {
        Self { name: name.to_owned(), of, net, looks, written: Mutex::default() }
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<Key, Option<Row>>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: &Key, row: Option<Row>, how: &'static str) {
        self.written().insert(key.clone(), row);
        self.net.catch(Caught::Row { table: self.name.clone(), key: key.clone(), how });
    }
}

fn holds(condition: Condition, standing: Option<&Row>) -> bool {
    match (condition, standing) {
        (Condition::Any, _) | (Condition::Absent | Condition::VersionBelow(_), None) => true,
        (Condition::Absent, Some(_)) | (Condition::VersionIs(_), None) => false,
        (Condition::VersionBelow(version), Some(row)) => row.version < version,
        (Condition::VersionIs(version), Some(row)) => row.version == version,
    }
}

#[async_trait]
impl Table for ShadowTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        let written = self.written().get(key).cloned();
        match written {
            Some(row) => Ok(row),
            None => Ok(self.of.get(key).await?.inspect(|row| self.looks.row(&self.name, &row.key))),
        }
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        let (mut rows, mut unwritten) = (Vec::new(), Vec::new());
        {
            let written = self.written();
            for key in keys {
                match written.get(key) {
                    Some(row) => rows.extend(row.clone()),
                    None => unwritten.push(key.clone()),
                }
            }
        }
        if !unwritten.is_empty() {
            let standing = self.of.get_many(&unwritten).await?;
            standing.iter().for_each(|row| self.looks.row(&self.name, &row.key));
            rows.extend(standing);
        }
        Ok(rows)
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        let standing = self.of.list(pk, prefix, after, limit).await?;
        let mut rows: BTreeMap<String, Row> = standing.into_iter().map(|row| (row.key.sk.clone(), row)).collect();
        for (key, row) in self.written().iter().filter(|(key, _)| key.pk == pk && key.sk.starts_with(prefix)) {
            if after.is_some_and(|after| key.sk.as_str() <= after) {
                continue;
            }
            match row {
                Some(row) => rows.insert(key.sk.clone(), row.clone()),
                None => rows.remove(&key.sk),
            };
        }
        Ok(rows.into_values().take(limit).collect())
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        let standing = self.get(&row.key).await?;
        if !holds(condition, standing.as_ref()) {
            return Err(WriteError::Condition(standing.map(Box::new)));
        }
        self.write(&row.key, Some(row.clone()), "put");
        Ok(())
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        let standing = self.get(key).await?;
        if !holds(condition, standing.as_ref()) {
            return Err(WriteError::Condition(standing.map(Box::new)));
        }
        self.write(key, None, "delete");
        Ok(())
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        let (mut failed, mut writes) = (Vec::new(), Vec::new());
        for (index, op) in ops.iter().enumerate() {
            let (key, condition) = match op {
                WriteOp::Put(row, condition) => (&row.key, *condition),
                WriteOp::Add { key, .. } => (key, Condition::Any),
                WriteOp::Delete(key, condition) => (key, *condition),
            };
            let standing = self.get(key).await?;
            if !holds(condition, standing.as_ref()) {
                failed.push(index);
            }
            writes.push(match op {
                WriteOp::Put(row, _) => (key, Some(row.clone()), "put"),
                WriteOp::Add { counters, expires_at, .. } => {
                    let mut row = standing.unwrap_or_else(|| Row::new(key.clone(), 0, Value::Null));
                    for (name, by) in counters {
                        *row.counters.entry(name.clone()).or_default() += by;
                    }
                    row.expires_at = expires_at.or(row.expires_at);
                    (key, Some(row), "add")
                }
                WriteOp::Delete(..) => (key, None, "delete"),
            });
        }
        if !failed.is_empty() {
            return Err(TransactError::Conditions(failed));
        }
        for (key, row, how) in writes {
            self.write(key, row, how);
        }
        Ok(())
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.of.ping().await
    }
}
