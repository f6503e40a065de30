//! Rows of one set that are behind those of another: missing there, or older. They are folded anew, so that a set can become
//! the live one without the loss of anything that the live one shows; whoever has not written both sets.

use std::collections::BTreeMap;
use std::sync::Mutex;

use shotengai_kernel::AggregateId;
use shotengai_messaging::Fault;

use super::SetsError;
use super::state::OPERATION;
use super::table::{Tabled, within};
use crate::database::{Database, Parameter};
use crate::rebuild::{Rebuild, RebuildReport, Watch};
use crate::store::{Rows, Session, column};

/// Rows of the set ahead that are looked at together.
const PAGE: i64 = 5000;
/// Rows that may stay behind, in memory.
pub(super) const MOST: usize = 1000;

/// The ids and versions of rows in the first schema that the second has not, or older.
pub(super) fn ids_behind<R: Tabled>(ahead: &str, behind: &str) -> String {
    let (id, ahead, behind) = (R::ID, within(ahead, R::TABLE), within(behind, R::TABLE));
    format!(
        "SELECT a.{id}, a.version FROM {ahead} a LEFT JOIN {behind} b ON b.{id} = a.{id}
         WHERE (b.version IS NULL OR b.version < a.version)"
    )
}

/// Rows that stay behind, by id, and why: there are no events to fold them from, or none that this release can fold.
pub(super) type Stuck = BTreeMap<String, String>;

/// Brings all rows of the `behind` schema up to those of `ahead` by folding them anew; `rebuild` writes to `behind`.
///
/// # Errors
/// [`SetsError::Refused`] when more than [`MOST`] can't be; a [`Fault`].
pub(super) async fn bring_up<R>(
    database: &Database,
    (ahead, behind): (&str, &str),
    rebuild: &Rebuild,
    watch: &dyn Watch,
) -> Result<Stuck, SetsError>
where
    R: Tabled,
    dyn Session: Rows<R>,
{
    let (id, table) = (R::ID, within(ahead, R::TABLE));
    let ends = format!(
        "SELECT max({id}) AS {id}, count(*) AS version FROM (
        SELECT {id} FROM {table} WHERE {id} > $1 ORDER BY {id} LIMIT $2) AS page HAVING count(*) > 0"
    );
    let page = format!("{} AND a.{id} > $1 AND a.{id} <= $2", ids_behind::<R>(ahead, behind));
    let again = format!("{} AND a.{id} = ANY($1)", ids_behind::<R>(ahead, behind));
    let noting = Noting { watch, stuck: Mutex::default() };
    let mut stuck = Stuck::new();
    let mut after = String::new();
    loop {
        let end = rebuild.patiently(|| async { look::<R>(database, &ends, &[&after, &PAGE]).await }).await?;
        let Some((last, _)) = end.into_iter().next() else { return Ok(stuck) };
        let found = rebuild.patiently(|| async { look::<R>(database, &page, &[&after, &last]).await }).await?;
        after = last;
        let mut ids = Vec::new();
        for key in found.keys() {
            match R::aggregate(key) {
                Some(id) => ids.push(id),
                None => noting.failed_key(key, "it is no id"),
            }
        }
        rebuild.those::<R>(&ids, &mut RebuildReport::default(), &noting).await?;
        for (key, why) in noting.taken() {
            // A stock's aggregate has another name than its row.
            let key = AggregateId::parse(&key).map_or(key, |id| R::key(&id).to_owned());
            stuck.insert(key, why);
        }
        // Its events were read after it was seen at this version.
        let keys: Vec<_> = found.keys().map(String::as_str).collect();
        let still = rebuild.patiently(|| async { look::<R>(database, &again, &[&keys]).await }).await?;
        for (key, version) in still {
            if found.get(&key) == Some(&version) && !stuck.contains_key(&key) {
                let why = format!("it is at version {version}, which its events don't have");
                if let Some(id) = R::aggregate(&key) {
                    watch.failed(&id, &why);
                }
                stuck.insert(key, why);
            }
        }
        if stuck.len() > MOST {
            return super::error::refused(format!(
                "more than {MOST} rows of {} can't be folded: a set without them is no set to read",
                R::TABLE
            ));
        }
    }
}

/// Ids and versions that a statement answers.
async fn look<R: Tabled>(
    database: &Database,
    statement: &str,
    parameters: &[&dyn Parameter],
) -> Result<BTreeMap<String, i64>, Fault> {
    let rows = database.session().await?.not_telling().query(OPERATION, statement, parameters).await?;
    rows.iter().map(|row| Ok((column(row, R::ID)?, column(row, "version")?))).collect()
}

/// Passes on what a rebuild tells, and keeps what it could not do.
struct Noting<'a> {
    watch: &'a dyn Watch,
    stuck: Mutex<Stuck>,
}

impl Noting<'_> {
    fn failed_key(&self, key: &str, why: &str) {
        let mut stuck = self.stuck.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stuck.insert(key.to_owned(), why.to_owned());
    }

    fn taken(&self) -> Stuck {
        std::mem::take(&mut *self.stuck.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Watch for Noting<'_> {
    fn progress(&self, _: &RebuildReport) {}

    fn failed(&self, id: &AggregateId, why: &str) {
        self.failed_key(id.as_str(), why);
        self.watch.failed(id, why);
    }
}
