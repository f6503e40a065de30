//! A table that tells what was written through it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{stood, unsure, wrote};
use crate::outcomes::Ignored;
use crate::ports::fault::Fault;
use crate::ports::table::{Condition, Key, Put, Row, Table, TransactError, WriteError, WriteOp};

/// A table that tells [`Effects`](super) what was written through it. Outermost: below a group of writes nobody knows whose they are.
pub struct TellingTable {
    name: &'static str,
    inner: Arc<dyn Table>,
}

impl TellingTable {
    /// This table, by this name.
    #[must_use]
    pub const fn new(name: &'static str, inner: Arc<dyn Table>) -> Self {
        Self { name, inner }
    }

    fn tell(&self, condition: Condition, answer: &Result<(), WriteError>) {
        match answer {
            Ok(()) => wrote(self.name),
            Err(WriteError::Condition(standing)) => {
                if let Some(why) = why(condition, standing.as_deref()) {
                    stood(why);
                }
            }
            Err(WriteError::Fault(_)) => unsure(self.name),
        }
    }
}

/// What it says of a message that a write of it met a row. Nothing where another writer was first: it is decided anew.
fn why(condition: Condition, standing: Option<&Row>) -> Option<Ignored> {
    match (condition, standing) {
        (Condition::Absent, _) => Some(Ignored::AlreadyApplied),
        (Condition::VersionBelow(version), Some(row)) if row.version > version => Some(Ignored::NewerStands),
        (Condition::VersionBelow(_), _) => Some(Ignored::AlreadyApplied),
        (Condition::Any | Condition::VersionIs(_), _) => None,
    }
}

#[async_trait]
impl Table for TellingTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        self.inner.get_many(keys).await
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        self.inner.list(pk, prefix, after, limit).await
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        let answer = self.inner.put(row, condition).await;
        self.tell(condition, &answer);
        answer
    }

    async fn put_each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        let answers = self.inner.put_each(puts).await.inspect_err(|_| unsure(self.name))?;
        puts.iter().zip(&answers).for_each(|(put, answer)| self.tell(put.condition, answer));
        Ok(answers)
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        let answer = self.inner.delete(key, condition).await;
        if answer.is_ok() {
            wrote(self.name);
        }
        answer
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        let answer = self.inner.transact(ops).await;
        match &answer {
            Ok(()) => wrote(self.name),
            Err(TransactError::Conditions(failed)) => {
                let failed = failed.iter().filter_map(|index| ops.get(*index));
                if failed.clone().any(|op| matches!(op, WriteOp::Put(_, Condition::Absent))) {
                    stood(Ignored::AlreadyApplied);
                }
            }
            Err(TransactError::Fault(_)) => unsure(self.name),
            Err(TransactError::Contended) => {}
        }
        answer
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.inner.ping().await
    }
}
