//! Brings the database's schema up to date, one pod at a time, beside everything else: the process starts, and answers
//! 503, while PostgreSQL is away. Makes the tables again when they are gone.
//!
//! - `schema`: what stands in the database, held against what this release needs; and the changes.
//! - `indexes`: those of tables that others write while they are built.
//!
//! Each migration is a transaction of its own: an upgrade that was broken off goes on where it ended. All of a new database are
//! one, since nobody should read some of its tables. The lock that keeps other pods out is held over all of them, by a connection
//! that does nothing else, and ends with its owner also behind a proxy that lends sessions for a transaction only. A migration
//! that names a set's table is run on the set beside, too, if there is one ([`crate::sets`]): with names that lead there, so it
//! leaves schemas out. An index of a table that was there before is built after its migration, while others write.

mod indexes;
mod schema;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::{Backoff, Fault, FaultKind, Worker};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_postgres::{Client, Transaction};

use crate::database::{Database, Held, fault, try_lock};
use crate::sets;
pub use schema::missing_tables;
pub(crate) use schema::newer_than_ours;
use schema::{Changes, Step};

const OPERATION: &str = "postgres.migrate";
/// The advisory lock that all pods of all releases take: "query" in ASCII.
const LOCK: i64 = 0x71_75_65_72_79;
/// For one statement that waits for a lock, and for an owner of it that has stopped in between.
const LIMITS: &str = "SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";
/// For everything. An index of a large table takes its time, and given up it would begin anew; a connection that is gone is found
/// by keep-alives.
const WITHIN: Duration = Duration::from_secs(12 * 3600);
/// How long one waits for another owner of the lock before saying so, and how often one looks.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(100);

/// Keeps other pods from changing tables until the transaction ends, and bounds its waits.
pub(crate) async fn exclude_others(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
    transaction.batch_execute(LIMITS).await.map_err(said)?;
    // Not in a statement that waits: its snapshot would keep the owner's builds of indexes waiting.
    let begun = Instant::now();
    loop {
        if try_lock(transaction, LOCK).await.map_err(said)? {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(held_by_others());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn held_by_others() -> Fault {
    Fault::new(FaultKind::Transient, OPERATION, "the migrations' lock is held by somebody else")
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
        let held = Held::open(&self.database, OPERATION).await?;
        let begun = Instant::now();
        while !held.try_lock(LOCK).await? {
            if begun.elapsed() > PATIENCE {
                return Err(held_by_others());
            }
            tokio::time::sleep(LOOK).await;
            if schema::changes(client).await?.is_empty() {
                return Ok(false);
            }
        }
        held.during(self.apply(client)).await
    }

    /// Applies what is to be applied; the lock is held.
    async fn apply(&self, client: &mut Client) -> Result<bool, Fault> {
        let changes = schema::changes(client).await?;
        if changes.is_everything() {
            return self.make_everything(client, &changes).await.map(|()| true);
        }
        for index in &changes.indexes {
            index.build(client).await?;
        }
        let mut made = BTreeSet::new();
        for step in &changes.apply {
            made.extend(step.tables());
            // Nobody knows of a table that is made only now.
            let (sql, indexes) = step.parted(|table| made.contains(table));
            let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
            let mut transaction = client.transaction().await.map_err(said)?;
            for statements in [LIMITS, &sql, &step.note(self.ports.clock.now())] {
                transaction.batch_execute(statements).await.map_err(said)?;
            }
            sets::migrate_beside(&mut transaction, &sql).await?;
            transaction.commit().await.map_err(said)?;
            step.log();
            for index in indexes {
                index.build(client).await?;
            }
        }
        Ok(!changes.is_empty())
    }

    /// In one transaction: the tables are empty, and nobody reads some of them.
    async fn make_everything(&self, client: &mut Client, changes: &Changes) -> Result<(), Fault> {
        let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
        let transaction = client.transaction().await.map_err(said)?;
        transaction.batch_execute(LIMITS).await.map_err(said)?;
        for statements in changes.everything(self.ports.clock.now()) {
            transaction.batch_execute(&statements).await.map_err(said)?;
        }
        transaction.commit().await.map_err(said)?;
        if !changes.lost.is_empty() {
            let tables = changes.lost.join(", ");
            tracing::warn!(tables, "tables of the read models were missing: all were made anew");
        }
        changes.apply.iter().for_each(Step::log);
        Ok(())
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
