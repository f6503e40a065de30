//! The rebuild that query does by itself: when the tables were made anew, empty, one pod brings their rows back.
//!
//! Whether they have been brought back stands beside them, in `read_models`, so that it is known whoever ends meanwhile. The
//! pod that is at it says so there, by the database's clock, and again and again: another goes on a minute after the last
//! time. Two at once would be harmless, and twice the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shotengai_kernel::{AggregateId, Ports};
use shotengai_messaging::{Backoff, Fault, FaultKind, Infrastructure, Worker};
use shotengai_runtime::Check;

use super::{Kind, Rebuild, RebuildReport, Sources, Watch};
use crate::database::Database;
use crate::migrations::Migrations;

const OPERATION: &str = "postgres.completeness";
/// How long a claim holds, by the database's clock.
const CLAIM_SECONDS: f64 = 60.0;
/// How often a claim is renewed, and how often others look.
const RENEW: Duration = Duration::from_secs(15);
/// What does the same by hand.
const COMMAND: &str = "shotengai rebuild read-models";

/// Brings the rows back whenever the tables are new.
pub struct Upkeep {
    database: Database,
    migrations: Arc<Migrations>,
    sources: Sources,
    ports: Ports,
    me: String,
    complete: AtomicBool,
}

/// What a look at `read_models` has found.
enum Turn {
    /// All rows were brought back.
    Complete,
    /// They are ours to bring back.
    Ours,
    /// Another pod is at it.
    Others,
}

impl Upkeep {
    /// The upkeep of this database, from these event stores.
    #[must_use]
    pub fn new(database: Database, migrations: Arc<Migrations>, infra: &dyn Infrastructure, ports: Ports) -> Arc<Self> {
        let (me, sources) = (ports.ids.uuid_v7().to_string(), Sources::of(infra));
        Arc::new(Self { database, migrations, sources, ports, me, complete: AtomicBool::new(false) })
    }

    /// Tells while rows may be missing. Nobody is kept from the others for it.
    #[must_use]
    pub fn check(self: &Arc<Self>) -> Check {
        let upkeep = Arc::clone(self);
        let check = Check::new("read-models", move || {
            let complete = upkeep.complete.load(Ordering::Relaxed);
            async move { if complete { Ok(()) } else { Err(format!("rows are being brought back; by hand: {COMMAND}")) } }
        });
        check.advisory()
    }

    /// The worker that looks, and brings back.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let upkeep = Arc::clone(self);
        Worker::until_cancelled("query/rebuild", move || {
            let upkeep = Arc::clone(&upkeep);
            async move { upkeep.keep().await }
        })
    }

    async fn keep(&self) {
        let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let (mut failures, mut rounds) = (0, self.migrations.rounds());
        loop {
            rounds.borrow_and_update();
            self.migrations.wait().await;
            match self.look().await {
                Ok(Turn::Complete) => {
                    failures = 0;
                    self.complete.store(true, Ordering::Relaxed);
                    // The sender is the migrations' own, so it can't be gone.
                    let _ = rounds.changed().await;
                    self.complete.store(false, Ordering::Relaxed);
                }
                Ok(Turn::Ours | Turn::Others) => {
                    failures = 0;
                    tokio::time::sleep(RENEW).await;
                }
                Err(fault) => {
                    failures += 1;
                    tracing::warn!(%fault, failures, command = COMMAND, "rows of the read models are not brought back yet");
                    let pause = backoff.delay(failures, self.ports.random.as_ref()).max(Duration::from_millis(100));
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Looks, and does what is ours to do.
    async fn look(&self) -> Result<Turn, Fault> {
        let turn = self.turn().await?;
        if matches!(turn, Turn::Ours) {
            let report = tokio::select! {
                report = self.rebuild() => report?,
                Err(fault) = self.renew() => return Err(fault),
            };
            complete(&self.database).await?;
            let RebuildReport { aggregates, failed, .. } = report;
            tracing::info!(
                aggregates,
                written = report.wrong(),
                failed,
                "the rows of the read models were brought back"
            );
            return Ok(Turn::Complete);
        }
        Ok(turn)
    }

    async fn turn(&self) -> Result<Turn, Fault> {
        const CLAIM: &str = "
            UPDATE read_models SET claimed_by = $1, claimed_until = now() + make_interval(secs => $2)
            WHERE NOT complete AND (claimed_until IS NULL OR claimed_until < now() OR claimed_by = $1)
            RETURNING complete";
        let session = self.database.session().await?;
        if is_complete(&session).await? {
            return Ok(Turn::Complete);
        }
        let claimed = session.query(OPERATION, CLAIM, &[&self.me, &CLAIM_SECONDS]).await?;
        Ok(if claimed.is_empty() { Turn::Others } else { Turn::Ours })
    }

    /// Renews the claim for as long as it is ours.
    async fn renew(&self) -> Result<(), Fault> {
        loop {
            tokio::time::sleep(RENEW).await;
            match self.turn().await {
                Ok(Turn::Ours) => {}
                Ok(Turn::Complete | Turn::Others) => {
                    return Err(Fault::new(FaultKind::Transient, OPERATION, "another pod has taken over"));
                }
                Err(fault) if fault.is_retryable() => tracing::debug!(%fault, "a claim was not renewed"),
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn rebuild(&self) -> Result<RebuildReport, Fault> {
        tracing::info!("the tables of the read models are new: bringing their rows back from the event stores");
        let rebuild = Rebuild::new(Arc::new(self.database.clone()), self.sources.clone(), self.ports.clone());
        let mut report = RebuildReport::default();
        for kind in Kind::ALL {
            rebuild.run(kind, &mut report, &Logged).await?;
        }
        Ok(report)
    }
}

/// Whether the rows have been brought back since the tables were made.
async fn is_complete(session: &crate::database::Session) -> Result<bool, Fault> {
    let rows = session.query(OPERATION, "SELECT complete FROM read_models", &[]).await?;
    Ok(rows.first().is_some_and(|row| row.try_get(0).unwrap_or(false)))
}

/// Notes that the rows have been brought back, whoever did it.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn complete(database: &Database) -> Result<(), Fault> {
    const COMPLETE: &str = "
        INSERT INTO read_models (complete) VALUES (true)
        ON CONFLICT (one) DO UPDATE SET complete = true, claimed_by = NULL, claimed_until = NULL";
    database.session().await?.query(OPERATION, COMPLETE, &[]).await.map(drop)
}

/// Into the log, what can't be folded.
struct Logged;

impl Watch for Logged {
    fn progress(&self, _: &RebuildReport) {}

    fn failed(&self, id: &AggregateId, why: &str) {
        tracing::error!(aggregate = %id, why, command = COMMAND, "a row could not be brought back");
    }
}
