//! Lease of the sets: one at a time changes them. It stands in `read_sets`, by the database's clock, and whoever has it says
//! so again and again. One that was killed is waited for, a few seconds; one that lives is named.

use std::future::Future;
use std::time::Duration;

use shotengai_messaging::Fault;
use tokio::time::Instant;

use super::error::{SetsError, refused};
use super::state::{OPERATION, State};
use crate::database::Database;

/// How long a lease holds after it was last renewed.
pub(super) const LEASE: Duration = Duration::from_secs(12);
const RENEW: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(250);

/// The lease of whoever is called `me`.
pub(super) struct Lease<'a> {
    database: &'a Database,
    me: &'a str,
}

impl<'a> Lease<'a> {
    /// Takes it. Waits until it has run out where its holder doesn't renew it any more.
    ///
    /// # Errors
    /// [`SetsError::Refused`] while its holder renews it.
    pub(super) async fn take(database: &'a Database, me: &'a str) -> Result<Self, SetsError> {
        let lease = Self { database, me };
        let (begun, mut first) = (Instant::now(), None);
        loop {
            if lease.claim().await? {
                return Ok(lease);
            }
            let State { holder, held_until, .. } = State::look(&database.session().await?).await?;
            let seen = (holder, held_until);
            if *first.get_or_insert_with(|| seen.clone()) != seen || begun.elapsed() > LEASE + RENEW {
                let holder = seen.0.unwrap_or_default();
                return refused(format!("{holder} is at work on the sets; wait until that has ended, or end it"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn claim(&self) -> Result<bool, Fault> {
        const CLAIM: &str = "
            INSERT INTO read_sets AS sets (holder, held_until) VALUES ($1, now() + make_interval(secs => $2))
            ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
            WHERE sets.holder IS NULL OR sets.held_until IS NULL OR sets.held_until < now() OR sets.holder = $1
            RETURNING one";
        let session = self.database.session().await?;
        Ok(!session.query(OPERATION, CLAIM, &[&self.me, &LEASE.as_secs_f64()]).await?.is_empty())
    }

    /// Does the work while the lease is renewed, and gives it back.
    ///
    /// # Errors
    /// Those of the work; [`SetsError::Refused`] when another has taken the lease over, with the work left half done.
    pub(super) async fn during<T>(self, work: impl Future<Output = Result<T, SetsError>>) -> Result<T, SetsError> {
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            lost = self.renew() => Err(lost),
        };
        self.give_back().await;
        ended
    }

    async fn renew(&self) -> SetsError {
        loop {
            tokio::time::sleep(RENEW).await;
            match self.claim().await {
                Ok(true) => {}
                Ok(false) => return SetsError::Refused("another has taken over the work on the sets".to_owned()),
                Err(fault) if fault.is_retryable() => tracing::debug!(%fault, "the lease of the sets was not renewed"),
                Err(fault) => return fault.into(),
            }
        }
    }

    async fn give_back(&self) {
        const GIVE_BACK: &str = "UPDATE read_sets SET holder = NULL, held_until = NULL WHERE holder = $1";
        let given = async { self.database.session().await?.query(OPERATION, GIVE_BACK, &[&self.me]).await };
        // It runs out by itself.
        if let Err(fault) = given.await {
            tracing::debug!(%fault, "the lease of the sets was not given back");
        }
    }
}
