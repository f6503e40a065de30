//! Exchange of the live set and the one beside it, in one transaction.
//!
//! The transaction first keeps writers out, not readers: then no row may be behind. Moving a table into another schema waits for
//! the reads that are at it, and for that long keeps new ones waiting: never longer than a fifth of a second, after which all is
//! let go and tried again. So a long read delays the exchange and no other read.

use std::time::Duration;

use shotengai_messaging::{Backoff, Fault};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Transaction};

use super::behind::{MOST, Stuck, ids_behind};
use super::diff::{BUILDING, NONE};
use super::error::refused;
use super::folds::fingerprint;
use super::migrate::give_up;
use super::schema::{Schemas, client, literal, rows, texts};
use super::state::{OPERATION, Phase, State};
use super::table::{of_kind, quoted, table, within};
use super::{Projections, SetsError};
use crate::database::fault;
use crate::migrations::exclude_others;
use crate::rebuild::{Kind, Watch};
use crate::search::fill::fill_now;

/// How long writers may keep the exchange waiting, and it those that come after.
const FOR_WRITERS: &str = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '20s'";
/// The same of readers.
const FOR_READERS: &str = "SET LOCAL lock_timeout = '200ms'";

/// How sets are exchanged.
#[derive(Debug, Clone, Copy)]
pub struct Switch {
    /// Also when rows differ, or are left out.
    pub accept_differences: bool,
    /// How long it is tried.
    pub within: Duration,
}

/// An exchange that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchanged {
    /// How often reads or writes were in the way.
    pub retries: u32,
    /// How long writers waited.
    pub took: Duration,
    /// Rows that differed.
    pub differences: u64,
}

/// Where sets go.
struct Ways<'a> {
    schemas: &'a Schemas,
    /// Where the set is that becomes the live one.
    from: &'a str,
    /// Where the live one goes.
    to: &'a str,
    /// What that is then.
    phase: Phase,
}

enum Attempt {
    Done(Duration),
    /// Reads or writes were in the way, or a row was behind.
    Again,
}

impl Projections {
    /// The lease is held.
    pub(super) async fn exchange_for_built(&self, how: Switch, watch: &dyn Watch) -> Result<Exchanged, SetsError> {
        let state = State::look(&self.session().await?).await?;
        match state.phase {
            Phase::Built if state.folds.as_deref() == Some(&fingerprint()) => {}
            Phase::Built => {
                return refused("the set beside was built by another release's folds: build it again with this one's");
            }
            Phase::Building => return refused(BUILDING),
            Phase::None => return refused(NONE),
            Phase::Kept => return refused("it is switched already: the set beside is the one that was live before"),
        }
        let differences = self.compare(watch).await?.differences();
        if differences > 0 && !how.accept_differences {
            return refused(format!(
                "{differences} rows differ: see `shotengai projections diff`, then say --accept-differences"
            ));
        }
        let schemas = self.schemas().await?;
        let ways = Ways { schemas: &schemas, from: &schemas.next, to: &schemas.before, phase: Phase::Kept };
        self.exchange(&ways, differences, how, watch).await
    }

    /// The lease is held.
    pub(super) async fn exchange_for_kept(&self, how: Switch, watch: &dyn Watch) -> Result<Exchanged, SetsError> {
        if State::look(&self.session().await?).await?.phase != Phase::Kept {
            return refused("no set is kept that was the live one before");
        }
        let schemas = self.schemas().await?;
        let ways = Ways { schemas: &schemas, from: &schemas.before, to: &schemas.next, phase: Phase::Built };
        self.exchange(&ways, 0, how, watch).await
    }

    async fn exchange(
        &self,
        ways: &Ways<'_>,
        differences: u64,
        how: Switch,
        watch: &dyn Watch,
    ) -> Result<Exchanged, SetsError> {
        let (begun, mut retries) = (Instant::now(), 0);
        let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
        let rebuild = self.onto(ways.from);
        loop {
            let stuck = self.follow((&ways.schemas.live, ways.from), &rebuild, watch).await?;
            if !stuck.is_empty() && !how.accept_differences {
                return refused(format!("{} rows can't be folded: say --accept-differences to lose them", stuck.len()));
            }
            // Those that no pod has come to yet: what is read is found.
            fill_now(&self.database, ways.from).await?;
            match self.attempt(ways, &stuck).await {
                Ok(Attempt::Done(took)) => return Ok(Exchanged { retries, took, differences }),
                Ok(Attempt::Again) => {}
                // An answer that was lost: the next attempt sees whether it was done.
                Err(SetsError::Fault(fault)) if fault.is_retryable() => tracing::debug!(%fault, "trying again"),
                Err(error) => return Err(error),
            }
            retries += 1;
            if begun.elapsed() > how.within {
                return refused(format!(
                    "reads and writes left no moment for it in {} s; the live set is the same as before",
                    how.within.as_secs()
                ));
            }
            tokio::time::sleep(backoff.delay(retries, self.ports.random.as_ref())).await;
        }
    }

    async fn attempt(&self, ways: &Ways<'_>, stuck: &Stuck) -> Result<Attempt, SetsError> {
        let mut client = client(&self.database).await?;
        let transaction = Client::transaction(&mut client).await.map_err(|error| fault(OPERATION, &error))?;
        exclude_others(&transaction).await?;
        let state = State::first(&rows(&transaction, &format!("{} FOR UPDATE", State::SELECT)).await?)?;
        if state.phase == ways.phase {
            return Ok(Attempt::Done(Duration::ZERO));
        }
        if state.holder.as_deref() != Some(&self.me) || state.beside.as_deref() != Some(ways.from) {
            return refused("somebody else has changed the sets meanwhile");
        }
        let begun = Instant::now();
        if !try_run(&transaction, &lock_writers_out(ways)).await? || !is_caught_up(&transaction, ways, stuck).await? {
            return Ok(Attempt::Again);
        }
        if !try_run(&transaction, &moves(ways)).await? {
            return Ok(Attempt::Again);
        }
        transaction.commit().await.map_err(|error| fault(OPERATION, &error))?;
        Ok(Attempt::Done(begun.elapsed()))
    }

    /// Drops the set beside; the lease is held.
    pub(super) async fn forget(&self) -> Result<Phase, SetsError> {
        // First: nobody writes to tables that are about to go.
        const NONE: &str = "UPDATE read_sets SET phase = 'none', beside = NULL";
        let session = self.session().await?;
        let phase = State::look(&session).await?.phase;
        session.query(OPERATION, NONE, &[]).await?;
        let mut client = client(&self.database).await?;
        let transaction = Client::transaction(&mut client).await.map_err(|error| fault(OPERATION, &error))?;
        exclude_others(&transaction).await?;
        give_up(&transaction).await?;
        transaction.commit().await.map_err(|error| fault(OPERATION, &error))?;
        Ok(phase)
    }
}

fn lock_writers_out(ways: &Ways<'_>) -> String {
    let tables = Kind::ALL
        .map(|kind| [ways.schemas.live.as_str(), ways.from].map(|schema| within(schema, table(kind))).join(", "));
    format!("{FOR_WRITERS}; LOCK TABLE {} IN SHARE MODE", tables.join(", "))
}

async fn is_caught_up(transaction: &Transaction<'_>, ways: &Ways<'_>, stuck: &Stuck) -> Result<bool, Fault> {
    for kind in Kind::ALL {
        let behind = of_kind!(kind, R => ids_behind::<R>(&ways.schemas.live, ways.from));
        let behind = texts(transaction, &format!("{behind} LIMIT {}", MOST + 1)).await?;
        if behind.iter().any(|key| !stuck.contains_key(&format!("{} {key}", table(kind)))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All tables of one set out, all of the other in, and the number that tells pods of it.
fn moves(ways: &Ways<'_>) -> String {
    let mut statements = vec![FOR_READERS.to_owned()];
    for kind in Kind::ALL {
        let live = &ways.schemas.live;
        for (from, to) in [(live.as_str(), ways.to), (ways.from, live.as_str())] {
            statements.push(format!("ALTER TABLE {} SET SCHEMA {}", within(from, table(kind)), quoted(to)));
        }
    }
    statements.push(format!(
        "UPDATE read_sets SET generation = generation + 1, phase = {}, beside = {}, live_since = now()",
        literal(ways.phase.as_str()),
        literal(ways.to)
    ));
    statements.join("; ")
}

/// Runs statements; answers whether they got the locks that they need.
async fn try_run(transaction: &Transaction<'_>, statements: &str) -> Result<bool, Fault> {
    match transaction.batch_execute(statements).await {
        Ok(()) => Ok(true),
        Err(error) if is_in_the_way(&error) => Ok(false),
        Err(error) => Err(fault(OPERATION, &error)),
    }
}

fn is_in_the_way(error: &Error) -> bool {
    error.code().is_some_and(|code| *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED)
}
