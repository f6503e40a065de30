//! An advisory lock of the database's that is held across transactions, also behind a proxy that lends sessions for one
//! transaction only: by a transaction on a connection of its own, in which nothing is done. Having no snapshot, it keeps no
//! `CREATE INDEX CONCURRENTLY` waiting.

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::{GenericClient, SimpleQueryMessage};

use super::{Database, fault};

/// Ends an owner that has stopped in between.
const LIMIT: &str = "SET LOCAL idle_in_transaction_session_timeout = '60s'";
/// How often its transaction says something, so that it is not ended.
const SAY: Duration = Duration::from_secs(15);

/// Takes an advisory lock for the transaction that the client is in, unless somebody else has it; answers whether.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn try_lock(client: &impl GenericClient, lock: i64) -> Result<bool, tokio_postgres::Error> {
    // Not by the protocol of statements with parameters, whose last portal stays open, with its snapshot.
    let answer = client.simple_query(&format!("SELECT pg_try_advisory_xact_lock({lock})")).await?;
    let is_ours =
        |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"));
    Ok(answer.iter().any(is_ours))
}

/// A connection that holds an advisory lock, or is about to. Whatever it holds ends with it.
pub(crate) struct Held {
    client: ClientWrapper,
    operation: &'static str,
}

impl Held {
    /// A connection of its own, which holds nothing yet.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    pub(crate) async fn open(database: &Database, operation: &'static str) -> Result<Self, Fault> {
        let gone = || Fault::new(FaultKind::Transient, operation, "no connection");
        Ok(Self { client: database.session().await?.into_owned().ok_or_else(gone)?, operation })
    }

    /// Takes the lock; answers whether nobody else has it. Never waits for its owner: whoever waits within a statement keeps
    /// concurrent builds of indexes waiting.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    pub(crate) async fn try_lock(&self, lock: i64) -> Result<bool, Fault> {
        self.run(&format!("BEGIN; {LIMIT}")).await?;
        if try_lock(&*self.client, lock).await.map_err(|error| fault(self.operation, &error))? {
            return Ok(true);
        }
        self.run("ROLLBACK").await?;
        Ok(false)
    }

    /// Does work while the lock is held, and lets it go.
    ///
    /// # Errors
    /// Those of the work; a [`Fault`] when the lock was lost, with the work left where it was.
    pub(crate) async fn during<T>(self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let done = tokio::select! {
            biased;
            done = work => done,
            lost = self.keep() => Err(lost),
        };
        // It ends with the connection in any case.
        if let Err(error) = self.run("COMMIT").await {
            tracing::debug!(fault = %error, "a lock was not given back");
        }
        done
    }

    async fn keep(&self) -> Fault {
        loop {
            tokio::time::sleep(SAY).await;
            if let Err(fault) = self.run("SELECT").await {
                return fault;
            }
        }
    }

    async fn run(&self, statements: &str) -> Result<(), Fault> {
        self.client.batch_execute(statements).await.map_err(|error| fault(self.operation, &error))
    }
}
