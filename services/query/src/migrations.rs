//! Brings the database's schema up to date, one pod at a time, beside everything else: the process starts, and answers
//! 503, while PostgreSQL is away.

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::{Backoff, Fault, FaultKind, Worker};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::database::{Database, fault};

const OPERATION: &str = "postgres.migrate";
/// The advisory lock that all pods of all releases take: "query" in ASCII.
const LOCK: i64 = 0x71_75_65_72_79;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The schema's way to up to date.
pub struct Migrations {
    database: Database,
    ports: Ports,
    done: watch::Sender<bool>,
}

impl Migrations {
    /// The migrations of this database; none has run yet.
    #[must_use]
    pub fn new(database: Database, ports: Ports) -> Arc<Self> {
        Arc::new(Self { database, ports, done: watch::Sender::new(false) })
    }

    /// Whether this process has seen the schema up to date.
    #[must_use]
    pub fn are_done(&self) -> bool {
        *self.done.borrow()
    }

    /// Waits until the schema is up to date; for ever, if it never is.
    pub async fn wait(&self) {
        // The sender is ours, so it can't be gone.
        let _ = self.done.subscribe().wait_for(|done| *done).await;
    }

    /// Tries once.
    ///
    /// # Errors
    /// A [`Fault`] of the database, or a permanent one when the schema there is not one that ours grows from.
    pub async fn run(&self) -> Result<(), Fault> {
        // Not from the pool: the lock is the connection's, and ends with it wherever this future is dropped.
        let Some(mut client) = self.database.session().await?.into_owned() else {
            return Err(Fault::new(FaultKind::Transient, OPERATION, "no connection"));
        };
        client.query("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(|error| fault(OPERATION, &error))?;
        // A newer release may have migrated on, in a roll-out that is still under way or has been taken back: migrations
        // only ever add, so this release finds what it knows.
        let report = embedded::migrations::runner()
            .set_abort_missing(false)
            .run_async(&mut *client)
            .await
            .map_err(|error| Fault::new(FaultKind::Transient, OPERATION, error))?;
        for migration in report.applied_migrations() {
            tracing::info!(%migration, "migrated");
        }
        self.done.send_replace(true);
        Ok(())
    }

    /// The worker that tries until it has succeeded, logging each failure.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let migrations = Arc::clone(self);
        Worker::new("query/migrations", move |shutdown| {
            let migrations = Arc::clone(&migrations);
            async move { migrations.keep_trying(shutdown).await }
        })
    }

    async fn keep_trying(&self, shutdown: CancellationToken) {
        let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(10));
        let mut failures = 0;
        while !self.are_done() {
            let tried = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                tried = self.run() => tried,
            };
            let Err(fault) = tried else { break };
            failures += 1;
            tracing::warn!(%fault, failures, "the read models' schema is not up to date yet; trying again");
            let pause = backoff.delay(failures, self.ports.random.as_ref()).max(Duration::from_millis(100));
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
        // A worker that returns is started again.
        shutdown.cancelled().await;
    }
}
