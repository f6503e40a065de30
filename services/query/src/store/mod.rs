//! The rows: a port that the projector writes through, PostgreSQL behind it, and memory for tests.

mod cart;
pub mod memory;
mod order;
mod payment;
mod product;
mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use shotengai_contracts::events::Presentation;
use shotengai_kernel::{AggregateId, Money, Names, Version};
use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::database::{Database, Session as Connection};
use crate::domain::{CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow};
use crate::migrations::{Migrations, missing_tables};

const READ: &str = "postgres.read";
const WRITE: &str = "postgres.write";

/// A row with a table of its own.
pub trait Stored: Fold + Send + Sync {
    /// Reads the rows whose ids are in the array `$1`. Names its columns: a newer release may have added some.
    const LOAD: &'static str;
    /// Writes the rows in the JSON array `$1`, each where `WHERE` says so of `old` and `excluded`, which follows. In order
    /// of id, so that two writers can't lock each other out.
    const WRITE: &'static str;
    /// The column of the row's id.
    const ID: &'static str;

    /// The row's id within its table.
    fn key(aggregate: &AggregateId) -> &str;
    /// Reads a row.
    ///
    /// # Errors
    /// A permanent [`Fault`] when a column holds something else than was written.
    fn read(row: &Row) -> Result<Self, Fault>;
    /// The row as [`Stored::WRITE`] takes it.
    ///
    /// # Errors
    /// A permanent [`Fault`] when it can't be represented.
    fn write(&self) -> Result<Value, Fault>;
}

/// The rows of one kind, within a session.
#[async_trait]
pub trait Rows<R: Fold>: Send + Sync {
    /// Those of these aggregates' rows that there are.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    async fn load(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, R>, Fault>;

    /// Writes rows, each unless the same or a newer version stands there. All or none.
    ///
    /// # Errors
    /// A [`Fault`] of the database; after a transient one they may have been written.
    async fn save(&self, rows: &BTreeMap<AggregateId, R>) -> Result<(), Fault>;

    /// Writes rows over wrong ones, each unless a newer version stands there; answers which were written. All or none. A
    /// row of one version is always the same fold, so what it replaces at that version is either equal or wrong.
    ///
    /// # Errors
    /// As [`Rows::save`].
    async fn repair(&self, rows: &BTreeMap<AggregateId, R>) -> Result<BTreeSet<AggregateId>, Fault>;
}

/// One's own use of the database for a while. Calls at the same time are answered at the same time.
pub trait Session: Rows<ProductRow> + Rows<StockRow> + Rows<OrderRow> + Rows<PaymentRow> + Rows<CartRow> {}

impl<T: Rows<ProductRow> + Rows<StockRow> + Rows<OrderRow> + Rows<PaymentRow> + Rows<CartRow>> Session for T {}

/// The sets of tables that events are written to.
pub struct Sessions {
    /// A session with the rows that are read.
    pub live: Box<dyn Session>,
    /// A set that is built beside them, or kept.
    pub beside: Option<Arc<dyn ReadModel>>,
}

/// Where the rows are.
#[async_trait]
pub trait ReadModel: Send + Sync {
    /// A session of one's own.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    async fn session(&self) -> Result<Box<dyn Session>, Fault>;

    /// What events are written to.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    async fn sessions(&self) -> Result<Sessions, Fault> {
        Ok(Sessions { live: self.session().await?, beside: None })
    }

    /// A cheap call that answers when the database does.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    async fn ping(&self) -> Result<(), Fault>;

    /// Whether the tables are there.
    fn is_ready(&self) -> bool {
        true
    }

    /// Returns once the tables are there.
    async fn ready(&self) {}
}

#[async_trait]
impl ReadModel for Database {
    async fn session(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(Self::session(self).await?))
    }

    async fn sessions(&self) -> Result<Sessions, Fault> {
        crate::sets::sessions(self).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        Self::ping(self).await
    }
}

/// Rows in a database whose tables are made while the process runs.
pub struct PostgresRows {
    /// The database.
    pub database: Database,
    /// What makes its tables.
    pub migrations: Arc<Migrations>,
}

#[async_trait]
impl ReadModel for PostgresRows {
    async fn session(&self) -> Result<Box<dyn Session>, Fault> {
        ReadModel::session(&self.database).await
    }

    async fn sessions(&self) -> Result<Sessions, Fault> {
        ReadModel::sessions(&self.database).await
    }

    /// Without its tables it is as good as away: consumers wait for them, and spend nothing.
    async fn ping(&self) -> Result<(), Fault> {
        self.database.ping().await?;
        let missing = missing_tables(&self.database).await?;
        if missing.is_empty() {
            return Ok(());
        }
        self.database.tell_missing_tables();
        Err(Fault::new(FaultKind::Transient, READ, format!("missing tables: {}", missing.join(", "))))
    }

    fn is_ready(&self) -> bool {
        self.migrations.are_done()
    }

    async fn ready(&self) {
        self.migrations.wait().await;
    }
}

#[async_trait]
impl<R: Stored> Rows<R> for Connection {
    async fn load(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, R>, Fault> {
        load(self, R::LOAD, ids).await
    }

    async fn save(&self, rows: &BTreeMap<AggregateId, R>) -> Result<(), Fault> {
        save(self, R::WRITE, rows).await
    }

    async fn repair(&self, rows: &BTreeMap<AggregateId, R>) -> Result<BTreeSet<AggregateId>, Fault> {
        written_of(rows, &write(self, R::WRITE, rows, "old.version <= excluded.version").await?)
    }
}

/// Reads rows by this statement, a kind's [`Stored::LOAD`].
pub(crate) async fn load<R: Stored>(
    connection: &Connection,
    statement: &str,
    ids: &[AggregateId],
) -> Result<BTreeMap<AggregateId, R>, Fault> {
    let keys: Vec<_> = ids.iter().map(|id| R::key(id)).collect();
    let rows = connection.query(READ, statement, &[&keys]).await?;
    rows.iter().map(|row| R::read(row).map(|row| (row.aggregate_id(), row))).collect()
}

/// Writes rows by this statement, a kind's [`Stored::WRITE`], each unless the same or a newer version stands there.
pub(crate) async fn save<R: Stored>(
    connection: &Connection,
    statement: &str,
    rows: &BTreeMap<AggregateId, R>,
) -> Result<(), Fault> {
    write(connection, statement, rows, "old.version < excluded.version").await.map(drop)
}

/// Writes rows by this statement where the condition holds, or where there is none yet; answers the ids of those.
pub(crate) async fn write<R: Stored>(
    connection: &Connection,
    statement: &str,
    rows: &BTreeMap<AggregateId, R>,
    condition: &str,
) -> Result<Vec<Row>, Fault> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Value::Array(rows.values().map(R::write).collect::<Result<_, _>>()?);
    connection.query(WRITE, &format!("{statement} WHERE {condition} RETURNING {}", R::ID), &[&rows]).await
}

/// Those of the rows whose ids [`write`] has answered.
pub(crate) fn written_of<R: Stored>(
    rows: &BTreeMap<AggregateId, R>,
    answer: &[Row],
) -> Result<BTreeSet<AggregateId>, Fault> {
    let written = answer.iter().map(|row| column(row, R::ID)).collect::<Result<BTreeSet<&str>, _>>()?;
    Ok(rows.keys().filter(|id| written.contains(R::key(id))).cloned().collect())
}

/// A row that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("column {0} holds something else than was written")]
struct Corrupt(String);

/// Whether it is a row itself that could not be read.
pub(crate) fn is_corrupt(fault: &Fault) -> bool {
    fault.is_caused_by::<Corrupt>()
}

pub(crate) fn corrupt(column: &str) -> Fault {
    Fault::new(FaultKind::Permanent, READ, Corrupt(column.to_owned()))
}

pub(crate) fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, Fault> {
    row.try_get(name).map_err(|_| corrupt(name))
}

pub(crate) fn parsed<T: FromStr>(row: &Row, name: &str) -> Result<T, Fault> {
    column::<&str>(row, name)?.parse().map_err(|_| corrupt(name))
}

pub(crate) fn names(row: &Row) -> Result<Names, Fault> {
    by_language(row, "names")
}

fn by_language(row: &Row, name: &str) -> Result<Names, Fault> {
    serde_json::from_value(column(row, name)?).map_err(|_| corrupt(name))
}

pub(crate) fn presentation(row: &Row) -> Result<Presentation, Fault> {
    Ok(Presentation {
        descriptions: by_language(row, "descriptions")?,
        categories: column(row, "categories")?,
        search_text: column(row, "search_text")?,
    })
}

pub(crate) fn money(row: &Row, name: &str) -> Result<Money, Fault> {
    Money::from_minor(column(row, name)?, parsed(row, "currency")?).map_err(|_| corrupt(name))
}

pub(crate) fn version(row: &Row) -> Result<Version, Fault> {
    u64::try_from(column::<i64>(row, "version")?).map(Version::new).map_err(|_| corrupt("version"))
}

pub(crate) fn written(version: Version) -> Result<i64, Fault> {
    i64::try_from(version.get()).map_err(|error| Fault::new(FaultKind::Permanent, WRITE, error))
}
