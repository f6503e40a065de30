//! Status of the sets: which is live, since when; how far another is built, how far behind, how large.

use serde::Serialize;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, OUTBOX_SHARDS};

use super::behind::ids_behind;
use super::state::{OPERATION, Phase, State};
use super::table::{of_kind, table, within};
use super::{Projections, SetsError, fingerprint};
use crate::rebuild::Kind;
use crate::store::column;

/// The sets, as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Since when the live set is that; none for as long as it was never another.
    pub live_since: Option<Timestamp>,
    /// Its tables.
    pub live: Vec<TableStatus>,
    /// What is beside it.
    pub phase: Phase,
    /// When that was begun.
    pub began_at: Option<Timestamp>,
    /// When it was built.
    pub built_at: Option<Timestamp>,
    /// Whose folds it was built by.
    pub folds: Option<String>,
    /// Whether those are this program's: another's is built anew, and can't become the live one.
    pub folds_are_ours: bool,
    /// Its tables.
    pub beside: Vec<TableStatus>,
    /// How far it is built.
    pub progress: Vec<Progress>,
    /// Who is at work.
    pub holder: Option<String>,
}

/// A table of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableStatus {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has; none where counting them takes too long.
    pub rows: Option<i64>,
    /// With its indexes.
    pub bytes: i64,
    /// How many rows of the live set it has not, or older; none where that takes too long to find out.
    pub behind: Option<i64>,
}

/// How far a kind is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Which kind.
    pub kind: &'static str,
    /// Shards of the time index that were read to their end.
    pub shards_done: i64,
    /// All of them.
    pub shards: u8,
    /// Aggregates that were folded.
    pub aggregates: i64,
    /// Those of them that could not be.
    pub failed: i64,
}

impl Projections {
    /// What there is. It changes nothing, and takes no lease.
    ///
    /// # Errors
    /// [`SetsError`].
    pub async fn status(&self) -> Result<Status, SetsError> {
        let state = State::look(&self.session().await?).await?;
        let schemas = self.schemas().await?;
        let (mut live, mut beside) = (Vec::new(), Vec::new());
        for kind in Kind::ALL {
            live.push(self.table_status(kind, &schemas.live, None).await?);
            if let Some(schema) = &state.beside {
                beside.push(self.table_status(kind, schema, Some(&schemas.live)).await?);
            }
        }
        let progress = self.progress().await?;
        let holder = state.holder.filter(|_| state.is_held);
        Ok(Status {
            live_since: state.live_since,
            live,
            phase: state.phase,
            began_at: state.began_at,
            built_at: state.built_at,
            folds_are_ours: state.folds.as_deref() == Some(&fingerprint()),
            folds: state.folds,
            beside,
            progress,
            holder,
        })
    }

    async fn table_status(&self, kind: Kind, schema: &str, ahead: Option<&str>) -> Result<TableStatus, Fault> {
        let bytes = "SELECT coalesce(pg_total_relation_size(to_regclass($1)), 0) AS bytes";
        let rows = self.session().await?.query(OPERATION, bytes, &[&within(schema, table(kind))]).await?;
        let bytes = rows.first().map_or(Ok(0), |row| column(row, "bytes"))?;
        let behind = match ahead {
            Some(ahead) => {
                let behind = of_kind!(kind, R => ids_behind::<R>(ahead, schema));
                self.number(&format!("SELECT count(*) AS number FROM ({behind}) AS behind")).await
            }
            None => None,
        };
        Ok(TableStatus { table: table(kind), rows: self.count(schema, kind).await.ok(), bytes, behind })
    }

    /// A number that can take longer to find out than a statement may.
    async fn number(&self, statement: &str) -> Option<i64> {
        let rows = self.session().await.ok()?.query(OPERATION, statement, &[]).await.ok()?;
        column(rows.first()?, "number").ok()
    }

    async fn progress(&self) -> Result<Vec<Progress>, Fault> {
        const PROGRESS: &str = "
            SELECT count(*) FILTER (WHERE done) AS shards, coalesce(sum(aggregates), 0)::int8 AS aggregates,
                coalesce(sum(failed), 0)::int8 AS failed
            FROM read_set_scans WHERE kind = $1";
        let mut all = Vec::new();
        for kind in Kind::ALL {
            let rows = self.session().await?.query(OPERATION, PROGRESS, &[&kind.as_str()]).await?;
            if let Some(row) = rows.first() {
                all.push(Progress {
                    kind: kind.as_str(),
                    shards_done: column(row, "shards")?,
                    shards: OUTBOX_SHARDS,
                    aggregates: column(row, "aggregates")?,
                    failed: column(row, "failed")?,
                });
            }
        }
        Ok(all)
    }
}
