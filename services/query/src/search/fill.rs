//! Words of rows that another release wrote: those from before there was search, those that one writes, while releases change,
//! which knows nothing of it, and those of another folding. They are found by indexes that are empty in the usual case, or
//! begin with them. Of the set beside, too: it may become the live one.
//!
//! One pod does it, at [`ROWS_A_SECOND`] at the most, and another goes on where it ended: what is left is what the rows say.
//! Two that do the same would write the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shotengai_kernel::Ports;
use shotengai_messaging::{Backoff, Fault, Worker};
use tokio::time::Instant;
use tokio_postgres::Row;

use super::words::{FOLDING, Words};
use crate::database::{Database, Held};
use crate::metrics::{WORDS_BEHIND, WORDS_FILLED};
use crate::migrations::Migrations;
use crate::sets;
use crate::store::{column, is_corrupt, names, presentation};

const OPERATION: &str = "postgres.search_words";
/// The advisory lock of the pod that is at it: "words" in ASCII.
const LOCK: i64 = 0x77_6f_72_64_73;
/// Rows that are written in one statement.
const AT_ONCE: i64 = 200;
/// The most rows that are brought up in a second, so that the projector and reads have the others.
pub const ROWS_A_SECOND: u32 = 1_000;
/// How often one looks, and how often one that has found nothing that it can do.
const LOOK: Duration = Duration::from_secs(5);
const LOOK_IN_VAIN: Duration = Duration::from_secs(60);
/// The most rows that are counted before they are brought up: the figure says "at least" above it.
const COUNTED: i64 = 100_000;
/// How often the log is told of progress.
const TELL: Duration = Duration::from_secs(10);
const TABLE: &str = "read_products";

/// Rows that are behind: an index has those alone, or begins with them.
struct Behind {
    condition: &'static str,
    /// The order of that index, and the condition of what comes behind `$2` and `$3` in it.
    order: &'static str,
    after: &'static str,
}

const BEHIND: [Behind; 2] = [
    Behind {
        condition: "p.search_folded IS DISTINCT FROM p.version",
        order: "p.product_id",
        after: "p.product_id > $3",
    },
    Behind {
        condition: "NOT p.deleted AND p.search_folding < $1",
        order: "p.search_folding, p.product_id",
        after: "(p.search_folding, p.product_id) > ($2, $3)",
    },
];

/// Brings words of rows up.
pub struct Fill {
    database: Database,
    migrations: Arc<Migrations>,
    ports: Ports,
}

impl Fill {
    /// The words of this database's products.
    #[must_use]
    pub fn new(database: Database, migrations: Arc<Migrations>, ports: Ports) -> Arc<Self> {
        Arc::new(Self { database, migrations, ports })
    }

    /// The worker that looks, again and again, and logs each failure.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let fill = Arc::clone(self);
        Worker::until_cancelled("query/search-words", move || {
            let fill = Arc::clone(&fill);
            async move { fill.keep().await }
        })
    }

    async fn keep(&self) {
        let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let mut failures = 0;
        loop {
            self.migrations.wait().await;
            let pause = match turn(&self.database).await {
                Ok(Turn::InVain) => LOOK_IN_VAIN,
                Ok(Turn::Nothing | Turn::Others | Turn::Filled(_)) => LOOK,
                Err(fault) => {
                    failures += 1;
                    tracing::warn!(%fault, failures, "rows that another release wrote can't be searched yet; trying again");
                    tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())).await;
                    continue;
                }
            };
            failures = 0;
            tokio::time::sleep(pause).await;
        }
    }
}

/// Outcome of a look at the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// No row is behind.
    Nothing,
    /// Another pod is at it.
    Others,
    /// So many rows were brought up.
    Filled(u64),
    /// Those that are behind can't be read.
    InVain,
}

/// Brings the words of all rows up that are behind, unless another pod is at it. A row that can't be read is left as it is.
///
/// # Errors
/// A [`Fault`] of the database; what was written before it stays.
pub async fn turn(database: &Database) -> Result<Turn, Fault> {
    let schemas = schemas(database).await?;
    if !any_behind(database, &schemas).await? {
        tell(0);
        return Ok(Turn::Nothing);
    }
    let held = Held::open(database, OPERATION).await?;
    if !held.try_lock(LOCK).await? {
        return Ok(Turn::Others);
    }
    let filled = held.during(fill_all(database, &schemas)).await?;
    Ok(if filled == 0 { Turn::InVain } else { Turn::Filled(filled) })
}

/// Where products are: the live set, and the one beside.
async fn schemas(database: &Database) -> Result<Vec<Option<String>>, Fault> {
    let state = sets::State::look(&database.session().await?).await?;
    Ok([None].into_iter().chain(state.beside.map(Some)).collect())
}

async fn fill_all(database: &Database, schemas: &[Option<String>]) -> Result<u64, Fault> {
    let behind = count_behind(database, schemas).await?;
    tracing::info!(rows = behind, "products of another release are made searchable");
    let mut pace = Pace { begun: Instant::now(), told: Instant::now(), filled: 0, behind };
    for schema in schemas {
        fill(database, schema.as_deref(), Some(&mut pace)).await?;
    }
    let seconds = pace.begun.elapsed().as_secs();
    tracing::info!(rows = pace.filled, of = behind, seconds, "products of another release can be searched");
    tell(count_behind(database, schemas).await?);
    Ok(pace.filled)
}

/// Whether any row is behind.
async fn any_behind(database: &Database, schemas: &[Option<String>]) -> Result<bool, Fault> {
    // In the index's order: what no row meets is looked for in the index, which is empty then, and not in the table.
    let any = |table: &str| {
        let one = |Behind { condition, order, .. }| {
            format!(
                "EXISTS (SELECT FROM (SELECT 1 FROM {table} p WHERE {condition} ORDER BY {order} LIMIT 1) AS first)"
            )
        };
        BEHIND.map(one).join(" OR ")
    };
    let any: Vec<_> = schemas.iter().map(|schema| any(&table(schema.as_deref()))).collect();
    let session = database.session().await?.not_telling();
    let rows = session.query(OPERATION, &format!("SELECT {} AS behind", any.join(" OR ")), &[&FOLDING]).await?;
    rows.first().map_or(Ok(false), |row| column(row, "behind"))
}

/// How many rows are behind, of each kind [`COUNTED`] at the most.
async fn count_behind(database: &Database, schemas: &[Option<String>]) -> Result<u64, Fault> {
    let [unfolded, of_another] = BEHIND.map(|behind| behind.condition);
    let session = database.session().await?.not_telling();
    let mut all = 0;
    for schema in schemas {
        let table = table(schema.as_deref());
        // One that is behind in both ways counts once.
        let counts = format!(
            "SELECT (SELECT count(*) FROM (
                    SELECT 1 FROM {table} p WHERE {unfolded} ORDER BY p.product_id LIMIT {COUNTED}) AS counted)
                + (SELECT count(*) FROM (
                    SELECT 1 FROM {table} p WHERE {of_another} AND NOT ({unfolded})
                    ORDER BY p.search_folding, p.product_id LIMIT {COUNTED}) AS counted) AS behind"
        );
        let rows = session.query(OPERATION, &counts, &[&FOLDING]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| column(row, "behind"))?;
        all += u64::try_from(count).unwrap_or_default();
    }
    Ok(all)
}

fn tell(behind: u64) {
    WORDS_BEHIND.record(u32::try_from(behind).unwrap_or(u32::MAX), []);
}

fn table(schema: Option<&str>) -> String {
    schema.map_or_else(|| TABLE.to_owned(), |schema| sets::within(schema, TABLE))
}

/// How fast it goes, and how far it has come.
struct Pace {
    begun: Instant,
    told: Instant,
    filled: u64,
    behind: u64,
}

impl Pace {
    async fn after(&mut self, rows: u64) {
        self.filled += rows;
        tell(self.behind.saturating_sub(self.filled));
        if self.told.elapsed() > TELL {
            self.told = Instant::now();
            let of = self.behind;
            tracing::info!(rows = self.filled, of, "products of another release are made searchable");
        }
        let filled = u32::try_from(self.filled).unwrap_or(u32::MAX);
        tokio::time::sleep_until(self.begun + Duration::from_secs(1) * filled / ROWS_A_SECOND).await;
    }
}

/// Brings the words of a set's rows up that are behind; answers how many.
///
/// # Errors
/// As [`turn`].
pub(crate) async fn fill_now(database: &Database, schema: &str) -> Result<u64, Fault> {
    fill(database, Some(schema), None).await
}

async fn fill(database: &Database, schema: Option<&str>, mut pace: Option<&mut Pace>) -> Result<u64, Fault> {
    let table = table(schema);
    let write = format!(
        "UPDATE {table} AS p SET search_names = new.names, search_keywords = new.keywords,
            search_descriptions = new.descriptions, search_tokens = new.tokens, search_version = new.version,
            search_folded = new.version, search_folding = $2
        FROM (
            SELECT made.* FROM jsonb_to_recordset($1) AS made (
                id text, version bigint, names text, keywords text, descriptions text, tokens integer[])
            JOIN {table} AS old ON old.product_id = made.id ORDER BY made.id COLLATE \"C\" FOR NO KEY UPDATE OF old) AS new
        WHERE p.product_id = new.id AND p.version = new.version
            AND (p.search_folded IS DISTINCT FROM new.version OR p.search_folding < $2)
        RETURNING 1"
    );
    let mut filled = 0;
    for Behind { condition, order, after } in BEHIND {
        let read = format!(
            "SELECT product_id, name, names, description, descriptions, categories, search_text, deleted, version, search_folding
            FROM {table} p WHERE {condition} AND {after} ORDER BY {order} LIMIT $4"
        );
        let mut last_seen = (i32::MIN, String::new());
        loop {
            let session = database.session().await?.not_telling();
            let rows = session.query(OPERATION, &read, &[&FOLDING, &last_seen.0, &last_seen.1, &AT_ONCE]).await?;
            let Some(last) = rows.last() else { break };
            last_seen = (column(last, "search_folding")?, column(last, "product_id")?);
            let mut words = Vec::new();
            for row in &rows {
                match words_of(row) {
                    Ok(row) => words.push(row),
                    Err(fault) if is_corrupt(&fault) => {}
                    Err(fault) => return Err(fault),
                }
            }
            let written = session.query(OPERATION, &write, &[&Value::Array(words), &FOLDING]).await?.len() as u64;
            drop(session);
            WORDS_FILLED.add(written, []);
            filled += written;
            if let Some(pace) = &mut pace {
                pace.after(written).await;
            }
        }
    }
    Ok(filled)
}

fn words_of(row: &Row) -> Result<Value, Fault> {
    let words = if column(row, "deleted")? {
        Words::default()
    } else {
        Words::of(column(row, "name")?, &names(row)?, column(row, "description")?, &presentation(row)?)
    };
    Ok(json!({
        "id": column::<&str>(row, "product_id")?,
        "version": column::<i64>(row, "version")?,
        "names": words.names,
        "keywords": words.keywords,
        "descriptions": words.descriptions,
        "tokens": words.tokens,
    }))
}
