//! Rows of the live set, and of the one beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use shotengai_kernel::AggregateId;
use shotengai_messaging::{Fault, FaultKind};

use super::folds::fingerprint;
use super::state::{OPERATION, State};
use super::table::{Tabled, asked_of};
use crate::database::{Database, Session as Connection};
use crate::store::{ReadModel, Rows, Session, Sessions, Stored, load, save, write, written_of};

/// What a batch of events is written to: the live set, and the one beside it if there is one that is ours to write.
pub(crate) async fn sessions(database: &Database) -> Result<Sessions, Fault> {
    let connection = database.session().await?;
    let state = State::look(&connection).await?;
    let beside = state.written_by(&fingerprint()).map(|schema| {
        Arc::new(BesideModel { database: database.clone(), schema: schema.to_owned() }) as Arc<dyn ReadModel>
    });
    Ok(Sessions { live: Box::new(Live { connection, generation: state.generation }), beside })
}

/// The live set as it was when the session was opened. A row that was read from one set and brought further is not written to
/// the set that has become the live one meanwhile: folds of two releases may be in them.
struct Live {
    connection: Connection,
    generation: i64,
}

#[async_trait]
impl<R: Stored> Rows<R> for Live {
    async fn load(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, R>, Fault> {
        Rows::load(&self.connection, ids).await
    }

    async fn save(&self, rows: &BTreeMap<AggregateId, R>) -> Result<(), Fault> {
        // A number of ours. The statement sees the set and its number together: they change in one transaction, for which
        // it would wait, or which waits for it.
        let condition = format!(
            "old.version < excluded.version AND coalesce((SELECT generation FROM read_sets), 0) = {}",
            self.generation
        );
        let answer = write::<R>(&self.connection, R::WRITE, rows, &condition).await?;
        if answer.len() < rows.len() && State::look(&self.connection).await?.generation != self.generation {
            return Err(Fault::new(FaultKind::Transient, OPERATION, "another set of tables has become the live one"));
        }
        Ok(())
    }

    async fn repair(&self, rows: &BTreeMap<AggregateId, R>) -> Result<BTreeSet<AggregateId>, Fault> {
        Rows::repair(&self.connection, rows).await
    }
}

/// The set beside, in a schema of its own.
struct Beside {
    connection: Connection,
    schema: String,
}

impl Beside {
    async fn open(database: &Database, schema: String) -> Result<Self, Fault> {
        // That a table of it is gone is no loss of ours: somebody has dropped the set.
        Ok(Self { connection: database.session().await?.not_telling(), schema })
    }
}

#[async_trait]
impl<R: Tabled> Rows<R> for Beside {
    async fn load(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, R>, Fault> {
        load(&self.connection, &asked_of::<R>(&self.schema, R::LOAD)?, ids).await
    }

    async fn save(&self, rows: &BTreeMap<AggregateId, R>) -> Result<(), Fault> {
        save::<R>(&self.connection, &asked_of::<R>(&self.schema, R::WRITE)?, rows).await
    }

    async fn repair(&self, rows: &BTreeMap<AggregateId, R>) -> Result<BTreeSet<AggregateId>, Fault> {
        let statement = asked_of::<R>(&self.schema, R::WRITE)?;
        let answer = write::<R>(&self.connection, &statement, rows, "old.version <= excluded.version").await?;
        written_of(rows, &answer)
    }
}

/// The set in a schema, as a read model: what a rebuild writes that must not touch the live one.
pub(crate) struct BesideModel {
    pub(crate) database: Database,
    pub(crate) schema: String,
}

#[async_trait]
impl ReadModel for BesideModel {
    async fn session(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(Beside::open(&self.database, self.schema.clone()).await?))
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.database.ping().await
    }
}
