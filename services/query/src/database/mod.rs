//! Sessions with PostgreSQL that give up instead of hanging, and are thrown away when what they say is not to be had from
//! another attempt on the same one.
//!
//! - [`Parameter`]: a value of a statement; [`Moment`]: one that no calendar of ours need have. `errors`: errors as faults, and which of them end a session.
//! - `held`: a lock for longer than a transaction.
//!
//! **Statements are never named.** Each goes with its text and the types of its parameters in one message, which a proxy
//! that lends a server's session for one transaction only (PgBouncer) can pass on; a named one would stand on a session
//! that the next statement doesn't get. PostgreSQL plans each anew for that.

mod errors;
mod held;
mod moment;
mod parameter;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use shotengai_messaging::{Fault, FaultKind};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_postgres::Row;

use errors::Ends;
pub(crate) use errors::{fault, is_missing_table};
pub(crate) use held::{Held, try_lock};
pub use moment::Moment;
pub use parameter::Parameter;

/// How long one statement, or the wait for a connection, may take. Far above what any of ours needs.
const TIMEOUT: Duration = Duration::from_secs(5);
const PING: &str = "postgres.ping";

/// The read models' database. Clone is cheap.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Rises when no session that was made before is to be used again.
    generation: AtomicU64,
    /// Told when a statement missed its table.
    tables_missed: Notify,
}

impl Database {
    /// The database behind this pool. Nothing is opened yet.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, shared: Arc::default() }
    }

    /// A connection of one's own for a while.
    ///
    /// # Errors
    /// A transient [`Fault`] when there is none to be had in time.
    pub async fn session(&self) -> Result<Session, Fault> {
        const CONNECT: &str = "postgres.connect";
        // Before the session is taken: one that was made just after a rise may go in vain, none that was made before stays.
        let generation = self.shared.generation.load(Ordering::Acquire);
        let client = timeout(TIMEOUT, self.pool.get())
            .await
            .map_err(|elapsed| Fault::new(FaultKind::Transient, CONNECT, elapsed))?
            .map_err(|error| match error {
                deadpool_postgres::PoolError::Backend(error) => fault(CONNECT, &error),
                other => Fault::new(FaultKind::Transient, CONNECT, other),
            })?;
        Ok(Session {
            client: Some(client),
            ended: AtomicBool::new(false),
            generation,
            tells: true,
            database: self.clone(),
        })
    }

    /// A cheap call that answers when the database does, and takes writes. A server that doesn't has handed its work to
    /// another: no session with it is used again, so that the next ones are with whoever has the name now.
    ///
    /// # Errors
    /// A [`Fault`] of the database; a transient one where it takes no writes.
    pub async fn ping(&self) -> Result<(), Fault> {
        const READ_ONLY: &str = "SELECT current_setting('transaction_read_only') = 'on'";
        let rows = self.session().await?.query(PING, READ_ONLY, &[]).await?;
        if rows.first().and_then(|row| row.try_get(0).ok()) == Some(false) {
            return Ok(());
        }
        self.retire_sessions();
        Err(Fault::new(FaultKind::Transient, PING, "the server takes no writes (transaction_read_only is on)"))
    }

    /// Returns when a statement has missed its table, at once where one has since the last time.
    pub(crate) async fn tables_missed(&self) {
        self.shared.tables_missed.notified().await;
    }

    /// Wakes who waits for [`Database::tables_missed`].
    pub(crate) fn tell_missing_tables(&self) {
        self.shared.tables_missed.notify_one();
    }

    /// Throws away all sessions: those that lie in the pool now, the others when they come back.
    fn retire_sessions(&self) {
        self.shared.generation.fetch_add(1, Ordering::AcqRel);
        drop(self.pool.retain(|_, _| false));
    }
}

/// One connection. Statements that run at the same time are pipelined.
///
/// One with a statement that takes too long, or whose future is dropped, is closed when it is dropped: the statement would
/// hold its locks and a share of the server, and nobody waits for it.
pub struct Session {
    client: Option<Object>,
    /// Not to be used again.
    ended: AtomicBool,
    generation: u64,
    /// Whether it is told when a statement misses its table.
    tells: bool,
    database: Database,
}

impl Session {
    /// The same, for statements about tables that may be gone without anything being wrong.
    pub(crate) fn not_telling(mut self) -> Self {
        self.tells = false;
        self
    }

    /// Runs one statement, unnamed.
    ///
    /// # Errors
    /// A [`Fault`]; after a transient one the statement may have been executed.
    pub async fn query(
        &self,
        operation: &'static str,
        statement: &str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, Fault> {
        let Some(client) = &self.client else { return Err(gone(operation)) };
        let typed: Vec<_> = parameters.iter().map(|parameter| parameter.typed()).collect();
        self.within(operation, client.query_typed(statement, &typed)).await
    }

    async fn within<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        let running = Running(self);
        let answer =
            timeout(TIMEOUT, work).await.map_err(|elapsed| Fault::new(FaultKind::Transient, operation, elapsed))?;
        running.answered();
        answer.map_err(|error| {
            self.judge(&error);
            fault(operation, &error)
        })
    }

    fn judge(&self, error: &tokio_postgres::Error) {
        match errors::ends(error) {
            Ends::Nothing => {}
            Ends::Session => self.ended.store(true, Ordering::Relaxed),
            Ends::AllSessions => {
                self.ended.store(true, Ordering::Relaxed);
                self.database.retire_sessions();
            }
        }
        if self.tells && is_missing_table(error) {
            self.database.tell_missing_tables();
        }
    }

    /// The bare connection, taken out of the pool for good: whatever it holds ends with it.
    pub(crate) fn into_owned(mut self) -> Option<deadpool_postgres::ClientWrapper> {
        self.client.take().map(Object::take)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // One that doesn't answer, or answers as nobody needs it, must not go back for the next one to use.
        let is_old = self.generation != self.database.shared.generation.load(Ordering::Acquire);
        if (is_old || *self.ended.get_mut())
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

/// A statement that has no answer yet. Dropped before that, it was given up, and its session is used no more.
struct Running<'a>(&'a Session);

impl Running<'_> {
    fn answered(self) {
        std::mem::forget(self);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

fn gone(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Transient, operation, "the connection was given away")
}
