//! Building of a set beside the live one: a scan of the event stores that goes on where it was broken off, then whatever of
//! the live rows it has missed.

use std::sync::Arc;

use shotengai_messaging::{Fault, OUTBOX_SHARDS};
use tokio_postgres::{Client, Row};

use super::behind::{Stuck, bring_up};
use super::folds::fingerprint;
use super::rows::BesideModel;
use super::schema::{Schemas, client, run};
use super::state::{OPERATION, Phase, State};
use super::table::{Tabled, of_kind, table, within};
use super::{Projections, SetsError};
use crate::database::Parameter;
use crate::migrations::newer_than_ours;
use crate::rebuild::{Kind, Rebuild, RebuildReport, Watch};
use crate::store::{self, Rows, column};

/// Who is told while a set is built.
pub trait BuildWatch: Watch {
    /// A set is begun, or gone on with.
    fn begun(&self, how: Begun);

    /// So many aggregates of a kind are done, of about so many.
    fn built(&self, kind: Kind, done: i64, about: Option<i64>);
}

/// How a building began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// With nothing.
    Anew,
    /// Where the last one was broken off.
    GoneOnWith,
    /// With nothing, since what was there had been built by another release's folds.
    AnewForOtherFolds,
}

/// A set that is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Aggregates that were folded, over all runs.
    pub aggregates: i64,
    /// Those of them that could not be.
    pub failed: i64,
    /// Live rows that could not be folded: they are not in the new set.
    pub left_out: usize,
    /// Whether there was nothing to do.
    pub already: bool,
}

impl Projections {
    pub(super) fn onto(&self, schema: &str) -> Rebuild {
        let model = BesideModel { database: self.database.clone(), schema: schema.to_owned() };
        Rebuild::new(Arc::new(model), self.sources.clone(), self.ports.clone())
    }

    pub(super) async fn schemas(&self) -> Result<Schemas, SetsError> {
        let client = client(&self.database).await?;
        let client: &Client = &client;
        Schemas::look(client).await
    }

    /// Builds, or goes on; the lease is held.
    pub(super) async fn build(&self, anew: bool, watch: &dyn BuildWatch) -> Result<Built, SetsError> {
        if newer_than_ours(&self.database).await? {
            return super::error::refused("a newer release has migrated the tables: build with its program");
        }
        let state = State::look(&self.session().await?).await?;
        let is_ours = state.folds.as_deref() == Some(&fingerprint());
        if state.phase == Phase::Built && is_ours && !anew {
            return Ok(Built { already: true, ..self.counted(0).await? });
        }
        let begun = match state.phase {
            Phase::Building if anew => Begun::Anew,
            Phase::Building if is_ours => Begun::GoneOnWith,
            Phase::Building | Phase::Built if !is_ours => Begun::AnewForOtherFolds,
            _ => Begun::Anew,
        };
        if begun != Begun::GoneOnWith {
            self.begin().await?;
        }
        watch.begun(begun);
        let schemas = self.schemas().await?;
        let rebuild = self.onto(&schemas.next);
        for kind in Kind::ALL {
            let about = self.count(&schemas.live, kind).await.ok();
            for shard in 0..OUTBOX_SHARDS {
                of_kind!(kind, R => self.shard::<R>(shard, &rebuild, about, watch).await)?;
            }
        }
        let left_out = self.follow((&schemas.live, &schemas.next), &rebuild, watch).await?.len();
        self.finish(&schemas).await?;
        Ok(self.counted(left_out).await?)
    }

    /// Makes empty tables, and says that they are to be filled.
    async fn begin(&self) -> Result<(), SetsError> {
        // First: nobody writes to tables that are about to go.
        const NONE: &str = "UPDATE read_sets SET phase = 'none', beside = NULL";
        const FORGET: &str = "DELETE FROM read_set_scans";
        const BEGUN: &str = "
            UPDATE read_sets SET phase = 'building', beside = $1, folds = $2, began_at = now(), built_at = NULL";
        let session = self.session().await?;
        session.query(OPERATION, NONE, &[]).await?;
        session.query(OPERATION, FORGET, &[]).await?;
        let schemas = self.schemas().await?;
        let mut client = client(&self.database).await?;
        schemas.create(&mut client).await?;
        session.query(OPERATION, BEGUN, &[&schemas.next, &fingerprint()]).await?;
        Ok(())
    }

    /// Scans one shard from where it was left.
    async fn shard<R>(
        &self,
        shard: u8,
        rebuild: &Rebuild,
        about: Option<i64>,
        watch: &dyn BuildWatch,
    ) -> Result<(), SetsError>
    where
        R: Tabled,
        dyn store::Session: Rows<R>,
    {
        const FOUND: &str = "SELECT position, done FROM read_set_scans WHERE kind = $1 AND shard = $2";
        const PASSED: &str = "
            INSERT INTO read_set_scans AS scan (kind, shard, position, done, aggregates, failed)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (kind, shard) DO UPDATE SET position = excluded.position, done = excluded.done,
                aggregates = scan.aggregates + excluded.aggregates, failed = scan.failed + excluded.failed";
        const DONE: &str = "SELECT coalesce(sum(aggregates), 0)::int8 AS done FROM read_set_scans WHERE kind = $1";
        let (kind, number) = (R::KIND.as_str(), i32::from(shard));
        let found = self.ask(rebuild, FOUND, &[&kind, &number]).await?;
        let (mut from, done) = match found.first() {
            Some(row) => (column::<Option<String>>(row, "position")?, column(row, "done")?),
            None => (None, false),
        };
        if done {
            return Ok(());
        }
        loop {
            let mut report = RebuildReport::default();
            from = rebuild.page::<R>(shard, from, &mut report, watch).await?;
            let (aggregates, failed) = (whole(report.aggregates), whole(report.failed));
            let (position, is_last) = (from.as_deref(), from.is_none());
            // After the rows: what is done again after a kill changes nothing.
            self.ask(rebuild, PASSED, &[&kind, &number, &position, &is_last, &aggregates, &failed]).await?;
            let done = self.ask(rebuild, DONE, &[&kind]).await?;
            watch.built(R::KIND, done.first().map_or(Ok(aggregates), |row| column(row, "done"))?, about);
            if from.is_none() {
                return Ok(());
            }
        }
    }

    async fn ask(&self, rebuild: &Rebuild, statement: &str, parameters: &[&dyn Parameter]) -> Result<Vec<Row>, Fault> {
        rebuild.patiently(|| async { self.session().await?.query(OPERATION, statement, parameters).await }).await
    }

    /// Brings the rows of a set up to those of another, whoever has not written both; answers those that can't be.
    pub(super) async fn follow(
        &self,
        (ahead, behind): (&str, &str),
        rebuild: &Rebuild,
        watch: &dyn Watch,
    ) -> Result<Stuck, SetsError> {
        let mut stuck = Stuck::new();
        for kind in Kind::ALL {
            let of_kind: Stuck =
                of_kind!(kind, R => bring_up::<R>(&self.database, (ahead, behind), rebuild, watch).await)?;
            stuck.extend(of_kind.into_iter().map(|(key, why)| (format!("{} {key}", table(kind)), why)));
        }
        Ok(stuck)
    }

    async fn finish(&self, schemas: &Schemas) -> Result<(), SetsError> {
        const BUILT: &str = "UPDATE read_sets SET phase = 'built', built_at = now() WHERE phase = 'building'";
        let client = client(&self.database).await?;
        let client: &Client = &client;
        for kind in Kind::ALL {
            // Plans of the first reads need to know how many rows there are.
            run(client, &format!("ANALYZE {}", within(&schemas.next, table(kind)))).await?;
        }
        self.session().await?.query(OPERATION, BUILT, &[]).await?;
        Ok(())
    }

    async fn counted(&self, left_out: usize) -> Result<Built, Fault> {
        const COUNTED: &str = "
            SELECT coalesce(sum(aggregates), 0)::int8 AS aggregates, coalesce(sum(failed), 0)::int8 AS failed
            FROM read_set_scans";
        let rows = self.session().await?.query(OPERATION, COUNTED, &[]).await?;
        let of = |name| rows.first().map(|row| column(row, name)).transpose().map(Option::unwrap_or_default);
        Ok(Built { aggregates: of("aggregates")?, failed: of("failed")?, left_out, already: false })
    }

    /// How many rows a table has.
    pub(super) async fn count(&self, schema: &str, kind: Kind) -> Result<i64, Fault> {
        let count = format!("SELECT count(*) AS rows FROM {}", within(schema, table(kind)));
        let rows = self.session().await?.query(OPERATION, &count, &[]).await?;
        rows.first().map_or(Ok(0), |row| column(row, "rows"))
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
