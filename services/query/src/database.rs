//! Sessions with PostgreSQL that give up instead of hanging, and its errors as faults.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use shotengai_messaging::{Fault, FaultKind};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How long one statement, or the wait for a connection, may take. Far above what any of ours needs.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The read models' database. Clone is cheap.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
}

impl Database {
    /// The database behind this pool. Nothing is opened yet.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// A connection of one's own for a while.
    ///
    /// # Errors
    /// A transient [`Fault`] when there is none to be had in time.
    pub async fn session(&self) -> Result<Session, Fault> {
        const CONNECT: &str = "postgres.connect";
        let client = timeout(TIMEOUT, self.pool.get())
            .await
            .map_err(|elapsed| Fault::new(FaultKind::Transient, CONNECT, elapsed))?
            .map_err(|error| match error {
                deadpool_postgres::PoolError::Backend(error) => fault(CONNECT, &error),
                other => Fault::new(FaultKind::Transient, CONNECT, other),
            })?;
        Ok(Session { client: Some(client), stuck: AtomicBool::new(false) })
    }

    /// A cheap call that answers when the database does.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.session().await?.query("postgres.ping", "SELECT 1", &[]).await.map(drop)
    }
}

/// One connection. Statements that run at the same time are pipelined.
pub struct Session {
    client: Option<Object>,
    stuck: AtomicBool,
}

impl Session {
    /// Runs one statement, prepared once a connection.
    ///
    /// # Errors
    /// A [`Fault`]; after a transient one the statement may have been executed.
    pub async fn query(
        &self,
        operation: &'static str,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        let Some(client) = &self.client else { return Err(gone(operation)) };
        let work = async {
            let prepared = client.prepare_cached(statement).await?;
            client.query(&prepared, parameters).await
        };
        self.within(operation, work).await
    }

    async fn within<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        match timeout(TIMEOUT, work).await {
            Ok(answer) => answer.map_err(|error| fault(operation, &error)),
            Err(elapsed) => {
                self.stuck.store(true, Ordering::Relaxed);
                Err(Fault::new(FaultKind::Transient, operation, elapsed))
            }
        }
    }

    /// The bare connection, taken out of the pool for good: whatever it holds ends with it.
    pub(crate) fn into_owned(mut self) -> Option<deadpool_postgres::ClientWrapper> {
        self.client.take().map(Object::take)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A connection that doesn't answer must not go back for the next one to wait on.
        if *self.stuck.get_mut()
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

fn gone(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Transient, operation, "the connection was given away")
}

/// An error of PostgreSQL as a fault. What the server says in detail and hint may quote rows, so only its code and
/// message are kept.
pub(crate) fn fault(operation: &'static str, error: &tokio_postgres::Error) -> Fault {
    let Some(said) = error.as_db_error() else {
        let kind = if is_ours(error) { FaultKind::Permanent } else { FaultKind::Transient };
        return Fault::new(kind, operation, error.to_string());
    };
    let code = said.code();
    let kind = match code.code().get(..2) {
        // A table that is not there yet is on its way: migrations run beside us.
        _ if *code == tokio_postgres::error::SqlState::UNDEFINED_TABLE => FaultKind::Transient,
        // A value that no column takes.
        Some("22" | "23") => FaultKind::Permanent,
        // A missing permission, database or column, a password that is refused: our statements are always the same.
        Some("28" | "3D" | "3F" | "42") => FaultKind::Denied,
        _ => FaultKind::Transient,
    };
    Fault::new(kind, operation, format!("{} ({})", said.message(), code.code()))
}

/// Whether the error is of our own making: a value that doesn't fit its parameter or column.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing") || text.starts_with("error deserializing")
}
