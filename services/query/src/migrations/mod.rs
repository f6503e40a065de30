//! Brings the database's schema up to date, one pod at a time, beside everything else: the process starts, and answers
//! 503, while PostgreSQL is away. Makes the tables again when they are gone.
//!
//! - `schema`: what stands in the database, held against what this release needs; and the changes.
//!
//! All changes are one transaction, which holds the lock that keeps other pods out. So the lock ends with its owner also
//! behind a proxy that lends sessions for a transaction only, and a migration is there whole or not at all. One that names a
//! set's table is run on the set beside, too, if there is one ([`crate::sets`]): with names that lead there, so it leaves schemas out.

mod schema;

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::{Backoff, Fault, FaultKind, Worker};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::{Client, Transaction};

use crate::database::{Database, fault};
use crate::sets;
pub use schema::missing_tables;
pub(crate) use schema::newer_than_ours;

const OPERATION: &str = "postgres.migrate";
/// The advisory lock that all pods of all releases take: "query" in ASCII.
const LOCK: i64 = 0x71_75_65_72_79;
/// For one statement that waits for a lock, and for an owner of it that has stopped in between.
const LIMITS: &str = "SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";
/// For everything: a connection that says nothing any more.
const WITHIN: Duration = Duration::from_secs(600);

/// Keeps other pods from changing tables until the transaction ends, and bounds its waits.
pub(crate) async fn exclude_others(transaction: &Transaction<'_>) -> Result<(), Fault> {
    transaction.batch_execute(LIMITS).await.map_err(|error| fault(OPERATION, &error))?;
    let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
    transaction.batch_execute(&lock).await.map_err(|error| {
        let fault = fault(OPERATION, &error);
        Fault::new(fault.kind(), OPERATION, format!("the migrations' lock is held by somebody else: {error}"))
    })
}

/// The schema's way to up to date.
pub struct Migrations {
    database: Database,
    ports: Ports,
    done: watch::Sender<bool>,
    rounds: watch::Sender<u64>,
}

impl Migrations {
    /// The migrations of this database; none has run yet.
    #[must_use]
    pub fn new(database: Database, ports: Ports) -> Arc<Self> {
        Arc::new(Self { database, ports, done: watch::Sender::new(false), rounds: watch::Sender::new(0) })
    }

    /// Whether this process has seen the schema up to date, and no statement has missed a table since.
    #[must_use]
    pub fn are_done(&self) -> bool {
        *self.done.borrow()
    }

    /// Waits until the schema is up to date; for ever, if it never is.
    pub async fn wait(&self) {
        // The sender is ours, so it can't be gone.
        let _ = self.done.subscribe().wait_for(|done| *done).await;
    }

    /// How often the schema was found up to date, or brought up to it.
    pub(crate) fn rounds(&self) -> watch::Receiver<u64> {
        self.rounds.subscribe()
    }

    /// Tries once; answers whether the schema had to be changed.
    ///
    /// # Errors
    /// A [`Fault`] of the database, or a permanent one when the schema there is not one that ours grows from.
    pub async fn run(&self) -> Result<bool, Fault> {
        // Not from the pool: whatever the session holds ends with it wherever this future is dropped.
        let Some(mut client) = self.database.session().await?.into_owned() else {
            return Err(Fault::new(FaultKind::Transient, OPERATION, "no connection"));
        };
        let changed = timeout(WITHIN, self.migrate(&mut client))
            .await
            .map_err(|elapsed| Fault::new(FaultKind::Transient, OPERATION, elapsed))??;
        self.done.send_replace(true);
        self.rounds.send_modify(|rounds| *rounds += 1);
        Ok(changed)
    }

    async fn migrate(&self, client: &mut Client) -> Result<bool, Fault> {
        // Without the lock: most pods find nothing to do, and must not wait for one that holds it for whatever reason.
        if schema::changes(client).await?.is_empty() {
            return Ok(false);
        }
        let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
        let mut transaction = client.transaction().await.map_err(said)?;
        exclude_others(&transaction).await?;
        // Again: another pod may have been first.
        let changes = schema::changes(&transaction).await?;
        for statement in changes.statements(self.ports.clock.now()) {
            transaction.batch_execute(&statement).await.map_err(said)?;
        }
        sets::migrate_beside(&mut transaction, &changes.of_rows()).await?;
        transaction.commit().await.map_err(said)?;
        changes.log();
        Ok(!changes.is_empty())
    }

    /// The worker that tries until it has succeeded, logging each failure, and again whenever a statement misses a table.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let migrations = Arc::clone(self);
        Worker::until_cancelled("query/migrations", move || {
            let migrations = Arc::clone(&migrations);
            async move { migrations.keep_up_to_date().await }
        })
    }

    async fn keep_up_to_date(&self) {
        self.keep_trying().await;
        loop {
            self.database.tables_missed().await;
            self.done.send_replace(false);
            // A statement that came before the first tables has missed one, too: nothing is wrong then.
            if self.keep_trying().await {
                tracing::warn!(
                    "tables of the read models were gone, and were made again; they fill with what comes now"
                );
            }
        }
    }

    /// Answers whether the schema had to be changed.
    async fn keep_trying(&self) -> bool {
        let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(10));
        let mut failures = 0;
        loop {
            let fault = match self.run().await {
                Ok(changed) => return changed,
                Err(fault) => fault,
            };
            failures += 1;
            tracing::warn!(%fault, failures, "the read models' schema is not up to date yet; trying again");
            let pause = backoff.delay(failures, self.ports.random.as_ref()).max(Duration::from_millis(100));
            tokio::time::sleep(pause).await;
        }
    }
}
