//! Diff of two sets, row for row, and what it tells.
//!
//! A page of both is compared in one statement, so that both are seen as of one moment. Rows at the same version are the same
//! fold, or they differ. Rows at different versions are looked at again for a while; a live row that stays behind is held
//! against the fold at its own version: it only waits for its events, or it differs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shotengai_kernel::AggregateId;
use shotengai_messaging::{Fault, FaultKind};

use super::state::{OPERATION, Phase, State};
use super::table::{Tabled, of_kind, within};
use super::{Projections, SetsError, settle};
use crate::rebuild::{Kind, Watch};
use crate::store::{Rows, Session, column};

/// Rows that are compared in one statement.
const PAGE: i64 = 1000;
/// Rows at different versions that are remembered, to look at them again.
const MOST_MOVING: usize = 5000;
/// Examples of each table.
const EXAMPLES: usize = 10;

/// The difference between the live set and the one beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// By table.
    pub tables: Vec<TableDiff>,
}

/// The difference between a table of the live set and the same of the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableDiff {
    /// Its name.
    pub table: &'static str,
    /// Rows that were compared.
    pub compared: u64,
    /// Rows that the live set has not.
    pub missing: u64,
    /// Rows that only the live set has.
    pub extra: u64,
    /// Rows that hold something else at the same version.
    pub different: u64,
    /// Rows that the live set has at a newer version than can be folded from the events.
    pub newer: u64,
    /// Rows that were on their way, which is no difference: their events had not come yet.
    pub in_motion: u64,
    /// Columns in which rows of the same version differ, and how many do.
    pub columns: BTreeMap<String, u64>,
    /// Some of the rows.
    pub examples: Vec<Example>,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its id.
    pub id: String,
    /// How it differs.
    pub what: Difference,
    /// Its version in the live set.
    pub live_version: Option<i64>,
    /// Its version in the other.
    pub other_version: Option<i64>,
    /// Columns that differ, with the value in the live set and the other one's, unless it may be a person's.
    pub columns: BTreeMap<String, Option<[Value; 2]>>,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// The live set has it not.
    Missing,
    /// Only the live set has it.
    Extra,
    /// It holds something else.
    Different,
    /// The live set has it at a version that its events don't have.
    Newer,
}

/// A row that is not the same in both, as the database tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) live: Option<i64>,
    pub(super) other: Option<i64>,
    columns: BTreeMap<String, Option<[Value; 2]>>,
}

impl Found {
    /// How it differs; none while it is at different versions, and may be on its way.
    pub(super) fn is_settled(&self) -> bool {
        self.live.is_some() && self.live == self.other
    }

    fn difference(&self) -> Difference {
        match (self.live, self.other) {
            (None, _) => Difference::Missing,
            (_, None) => Difference::Extra,
            (live, other) if live > other => Difference::Newer,
            _ => Difference::Different,
        }
    }
}

impl Diff {
    /// How many rows differ.
    #[must_use]
    pub fn differences(&self) -> u64 {
        self.tables.iter().map(TableDiff::differences).sum()
    }
}

impl TableDiff {
    /// How many rows differ.
    #[must_use]
    pub const fn differences(&self) -> u64 {
        self.missing + self.extra + self.different + self.newer
    }

    fn add(&mut self, found: Found) {
        let what = found.difference();
        *match what {
            Difference::Missing => &mut self.missing,
            Difference::Extra => &mut self.extra,
            Difference::Different => &mut self.different,
            Difference::Newer => &mut self.newer,
        } += 1;
        if what == Difference::Different {
            for column in found.columns.keys() {
                *self.columns.entry(column.clone()).or_default() += 1;
            }
        }
        if self.examples.len() < EXAMPLES {
            let Found { id, live, other, columns } = found;
            self.examples.push(Example { id, what, live_version: live, other_version: other, columns });
        }
    }
}

impl Projections {
    /// Compares; the lease is held.
    pub(super) async fn compare(&self, watch: &dyn Watch) -> Result<Diff, SetsError> {
        let state = State::look(&self.session().await?).await?;
        let beside = match (state.phase, state.beside) {
            (Phase::Built | Phase::Kept, Some(beside)) => beside,
            (Phase::Building, _) => return super::error::refused(BUILDING),
            _ => return super::error::refused(NONE),
        };
        let schemas = self.schemas().await?;
        let between = (schemas.live.as_str(), beside.as_str());
        self.follow(between, &self.onto(&beside), watch).await?;
        let mut diff = Diff::default();
        for kind in Kind::ALL {
            diff.tables.push(of_kind!(kind, R => self.compare_table::<R>(between).await)?);
        }
        Ok(diff)
    }

    async fn compare_table<R>(&self, between: (&str, &str)) -> Result<TableDiff, SetsError>
    where
        R: Tabled,
        dyn Session: Rows<R>,
    {
        let statement = compare_pages::<R>(between);
        let mut table = TableDiff { table: R::TABLE, ..TableDiff::default() };
        let (mut after, mut moving) = (String::new(), Vec::new());
        loop {
            let (last, found) = {
                let rows =
                    self.session().await?.query(OPERATION, &statement, &[&after, &PAGE, &R::SHOWN.to_vec()]).await?;
                let Some(row) = rows.first() else { break };
                table.compared += u64::try_from(column::<i64>(row, "looked")?).unwrap_or_default();
                (column::<Option<String>>(row, "last")?, read(column(row, "found")?)?)
            };
            for row in found {
                if row.is_settled() || moving.len() >= MOST_MOVING {
                    table.add(row);
                } else {
                    moving.push(row);
                }
            }
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        let settled = settle::settle::<R>(self, between, moving).await?;
        table.in_motion = settled.in_motion;
        for row in settled.differing {
            table.add(row);
        }
        Ok(table)
    }

    /// Those of these rows that are not the same in both now.
    pub(super) async fn compare_some<R: Tabled>(
        &self,
        between: (&str, &str),
        ids: &[&str],
    ) -> Result<Vec<Found>, Fault> {
        let (statement, ids) = (compare_ids::<R>(between), ids.to_vec());
        let rows = self.session().await?.query(OPERATION, &statement, &[&ids, &R::SHOWN.to_vec()]).await?;
        rows.first().map_or_else(|| Ok(Vec::new()), |row| read(column(row, "found")?))
    }
}

pub(super) const BUILDING: &str =
    "the set beside is not built to its end: `shotengai projections rebuild` goes on with it";
pub(super) const NONE: &str = "there is no set beside the live one: `shotengai projections rebuild` builds one";

fn read(found: Value) -> Result<Vec<Found>, Fault> {
    serde_json::from_value(found).map_err(|error| Fault::new(FaultKind::Permanent, OPERATION, error))
}

/// The next `$2` ids behind `$1` that either set has, compared.
fn compare_pages<R: Tabled>((live, other): (&str, &str)) -> String {
    let of = |schema| {
        format!("(SELECT {id} AS id FROM {} WHERE {id} > $1 ORDER BY 1 LIMIT $2)", within(schema, R::TABLE), id = R::ID)
    };
    let page = format!("SELECT id FROM ({} UNION {}) AS either ORDER BY id LIMIT $2", of(live), of(other));
    compare::<R>(&page, (live, other), "$3")
}

fn compare_ids<R: Tabled>(between: (&str, &str)) -> String {
    compare::<R>("SELECT unnest($1) AS id", between, "$2")
}

fn compare<R: Tabled>(page: &str, (live, other): (&str, &str), shown: &str) -> String {
    let (id, live, other) = (R::ID, within(live, R::TABLE), within(other, R::TABLE));
    let all = |row: &str| match R::MADE {
        None => format!("to_jsonb({row})"),
        Some((made, comparable)) => {
            let made = made.join("', '");
            format!("CASE WHEN {comparable} THEN to_jsonb({row}) ELSE to_jsonb({row}) - ARRAY['{made}'] END")
        }
    };
    let (ours, theirs) = (all("a"), all("b"));
    format!(
        "WITH page AS ({page}), differing AS (
            SELECT * FROM (
                SELECT page.id, a.version AS live, b.version AS other, {ours} AS ours, {theirs} AS theirs
                FROM page LEFT JOIN {live} a ON a.{id} = page.id LEFT JOIN {other} b ON b.{id} = page.id) AS pair
            WHERE ours IS DISTINCT FROM theirs)
        SELECT (SELECT count(*) FROM page) AS looked, (SELECT max(id) FROM page) AS last,
            coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'live', live, 'other', other, 'columns',
                CASE WHEN ours IS NULL OR theirs IS NULL THEN '{{}}' ELSE (
                    SELECT coalesce(jsonb_object_agg(key, CASE WHEN key = ANY({shown})
                        THEN jsonb_build_array(value, theirs -> key) END), '{{}}')
                    FROM jsonb_each(ours) WHERE value IS DISTINCT FROM theirs -> key) END) ORDER BY id)
                FROM differing), '[]') AS found"
    )
}

/// The aggregates of rows with these ids.
pub(super) fn aggregates_of<R: Tabled>(rows: &[Found]) -> Vec<AggregateId> {
    rows.iter().filter_map(|row| R::aggregate(&row.id)).collect()
}
