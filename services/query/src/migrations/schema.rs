//! The schema that stands in a database, held against the one that this release needs.
//!
//! `refinery_schema_history` is written as refinery wrote it before: releases that run it read the same table.

use std::collections::BTreeMap;

use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::{GenericClient, Row};

use super::OPERATION;
use super::indexes::{Index, lacking, parted};
use crate::database::{Database, fault};

mod embedded {
    refinery::embed_migrations!("migrations");
}

const HISTORY: &str = "refinery_schema_history";

/// Tables of the read models that are not there.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn missing_tables(database: &Database) -> Result<Vec<String>, Fault> {
    names(&database.session().await?.query("postgres.tables", &missing(&ours()), &[]).await?)
}

/// Whether a newer release has migrated on.
///
/// # Errors
/// A [`Fault`] of the database.
pub(crate) async fn newer_than_ours(database: &Database) -> Result<bool, Fault> {
    let newest = ours().last().map_or(0, |step| step.version);
    let newer = format!("SELECT 1 FROM {HISTORY} WHERE version > {newest}");
    Ok(!database.session().await?.query(OPERATION, &newer, &[]).await?.is_empty())
}

/// Changes that bring a schema up to date.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Tables that are missing although the history says that they were made: everything is made anew.
    pub(super) lost: Vec<String>,
    /// Indexes of versions that are applied, which are not there, or not whole.
    pub(super) indexes: Vec<Index>,
    /// The versions to apply, oldest first.
    pub(super) apply: Vec<Step>,
}

/// A migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    version: i64,
    name: String,
    checksum: String,
    sql: String,
}

impl Step {
    /// The tables that it makes. All tables of ours hold what can be made again.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.sql.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split_whitespace().next())
    }

    /// Statements of it that go within a transaction, and the indexes that are built after it: those of tables that `is_new` doesn't
    /// know of.
    pub(super) fn parted(&self, is_new: impl Fn(&str) -> bool) -> (String, Vec<Index>) {
        parted(&self.sql, is_new)
    }

    /// The statements that note it in the history.
    pub(super) fn note(&self, now: Timestamp) -> String {
        let Self { version, name, checksum, .. } = self;
        // A migration's name and sum are ours, and hold no quote.
        format!(
            "CREATE TABLE IF NOT EXISTS {HISTORY} (version int4 PRIMARY KEY, name varchar(255), \
             applied_on varchar(255), checksum varchar(255)); \
             INSERT INTO {HISTORY} VALUES ({version}, '{name}', '{now}', '{checksum}')"
        )
    }

    pub(super) fn log(&self) {
        tracing::info!(version = self.version, name = self.name, "migrated");
    }
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.apply.is_empty() && self.indexes.is_empty()
    }

    /// Whether everything is to be made: of a new database, or anew.
    pub(super) fn is_everything(&self) -> bool {
        self.apply.first().is_some_and(|step| step.version == 1)
    }

    /// The statements that make everything, for one transaction.
    pub(super) fn everything(&self, now: Timestamp) -> Vec<String> {
        let steps = self.apply.iter().flat_map(|step| [step.sql.clone(), step.note(now)]);
        let drop = (!self.lost.is_empty()).then(|| drop_all(&self.apply));
        drop.into_iter().chain(steps).collect()
    }
}

/// Tables and columns that this database lacks.
pub(super) async fn changes(client: &impl GenericClient) -> Result<Changes, Fault> {
    let rows = |statement: String| async move {
        client.query_typed(&statement, &[]).await.map_err(|error| fault(OPERATION, &error))
    };
    let ours = ours();
    let missing = names(&rows(missing(&ours)).await?)?;
    let without_history = rows(absent(&format!("'{HISTORY}'"))).await?;
    let mut applied = BTreeMap::new();
    if without_history.is_empty() {
        for row in rows(format!("SELECT version::int8, name, checksum FROM {HISTORY}")).await? {
            let (version, name, checksum) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
            applied.insert(version, (name, checksum));
        }
    }
    let indexes = ours.iter().filter(|step| applied.contains_key(&step.version));
    let indexes = indexes.flat_map(|step| step.parted(|_| false).1).collect();
    let changes = compare(ours, &applied, missing)?;
    if changes.lost.is_empty() {
        Ok(Changes { indexes: lacking(client, indexes).await?, ..changes })
    } else {
        Ok(changes)
    }
}

/// The migrations of this release, oldest first.
fn ours() -> Vec<Step> {
    let runner = embedded::migrations::runner();
    let mut steps: Vec<_> = runner
        .get_migrations()
        .iter()
        .map(|migration| Step {
            version: i64::from(migration.version()),
            name: migration.name().to_owned(),
            checksum: migration.checksum().to_string(),
            sql: migration.sql().unwrap_or_default().to_owned(),
        })
        .collect();
    steps.sort_by_key(|step| step.version);
    steps
}

/// Pure. A newer release may have migrated on, in a roll-out that is still under way or has been taken back: migrations
/// only ever add, so this release finds what it knows.
fn compare(
    ours: Vec<Step>,
    applied: &BTreeMap<i64, (String, String)>,
    mut missing: Vec<String>,
) -> Result<Changes, Fault> {
    let permanent = |why: String| Err(Fault::new(FaultKind::Permanent, OPERATION, why));
    for Step { version, name, checksum, .. } in &ours {
        if let Some(there) = applied.get(version)
            && (&there.0, &there.1) != (name, checksum)
        {
            return permanent(format!("migration {version} of the database is {}, not ours, {name}", there.0));
        }
    }
    // What a migration that is still to come makes is not lost.
    let made = |table: &str| {
        ours.iter().any(|step| applied.contains_key(&step.version) && step.tables().any(|made| made == table))
    };
    missing.retain(|table| made(table));
    if missing.is_empty() {
        let apply = ours.into_iter().filter(|step| !applied.contains_key(&step.version)).collect();
        return Ok(Changes { apply, ..Changes::default() });
    }
    let newest = ours.last().map_or(0, |step| step.version);
    if applied.keys().any(|version| *version > newest) {
        let (tables, cure) = (missing.join(", "), drop_all(&ours));
        return permanent(format!(
            "{tables} of a newer release's schema are missing; after \"{cure}\" all is made again"
        ));
    }
    Ok(Changes { lost: missing, apply: ours, ..Changes::default() })
}

fn drop_all(steps: &[Step]) -> String {
    let tables: Vec<_> = steps.iter().flat_map(Step::tables).collect();
    format!("DROP TABLE IF EXISTS {}, {HISTORY}", tables.join(", "))
}

fn missing(steps: &[Step]) -> String {
    let tables: Vec<_> = steps.iter().flat_map(Step::tables).map(|table| format!("'{table}'")).collect();
    absent(&tables.join(", "))
}

/// Those of these names that no table has. From the catalogue's rows and not by `to_regclass`, which answers from a session's
/// memory: after a wait for the lock that doesn't know yet what its last owner has made.
fn absent(names: &str) -> String {
    format!(
        "SELECT wanted FROM unnest(ARRAY[{names}]) WITH ORDINALITY AS names (wanted, place) WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
            WHERE relname = wanted AND nspname = ANY (current_schemas(true)))
        ORDER BY place"
    )
}

fn names(rows: &[Row]) -> Result<Vec<String>, Fault> {
    rows.iter().map(|row| get(row, 0)).collect()
}

fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Fault> {
    row.try_get(column).map_err(|error| fault(OPERATION, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(steps: &[Step]) -> BTreeMap<i64, (String, String)> {
        steps.iter().map(|step| (step.version, (step.name.clone(), step.checksum.clone()))).collect()
    }

    #[test]
    fn what_is_not_applied_yet_is_applied_in_order() {
        let all = ours();
        let fresh = compare(all.clone(), &BTreeMap::new(), vec!["read_orders".to_owned()]).unwrap();
        assert_eq!(fresh, Changes { apply: all.clone(), ..Changes::default() });
        let rest = compare(all.clone(), &applied(&all[..1]), vec!["read_models".to_owned()]).unwrap();
        assert_eq!(rest, Changes { apply: all[1..].to_vec(), ..Changes::default() });
        assert!(compare(all.clone(), &applied(&all), Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn lost_tables_are_made_again_unless_a_newer_release_has_made_them() {
        let all = ours();
        let lost = vec!["read_stock".to_owned()];
        let changes = compare(all.clone(), &applied(&all), lost.clone()).unwrap();
        assert_eq!(changes, Changes { lost: lost.clone(), apply: all.clone(), ..Changes::default() });
        let drop = "DROP TABLE IF EXISTS read_products, read_stock, read_orders, read_models, read_sets, read_set_scans, \
                    read_payments, read_carts, refinery_schema_history";
        assert_eq!(changes.everything(Timestamp::UNIX_EPOCH)[0], drop);
        // Also where a release has grown since.
        let changes =
            compare(all.clone(), &applied(&all[..2]), vec!["read_stock".to_owned(), "read_models".to_owned()]);
        assert_eq!(changes.unwrap(), Changes { lost: lost.clone(), apply: all.clone(), ..Changes::default() });
        let mut newer = applied(&all);
        newer.insert(99, ("what_comes".to_owned(), "1".to_owned()));
        let fault = compare(all.clone(), &newer, lost).unwrap_err();
        assert!(fault.to_string().contains("read_stock") && fault.to_string().contains("DROP TABLE"), "{fault}");
        assert!(compare(all, &newer, Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn every_index_of_every_migration_is_known_by_name() {
        for step in ours() {
            let told = step.sql.lines().filter(|line| !line.trim_start().starts_with("--"));
            let told = told.map(|line| line.matches(" INDEX ").count()).sum::<usize>();
            let (rest, indexes) = step.parted(|_| false);
            assert_eq!(indexes.len(), told, "{}: an index begins a line, and is made, not changed", step.name);
            assert!(indexes.iter().all(|index| index.name.starts_with("read_") && index.table.starts_with("read_")));
            assert!(!rest.contains("CREATE INDEX"), "{rest}");
        }
    }

    #[test]
    fn a_history_that_is_not_ours_is_refused() {
        let mut other = applied(&ours());
        other.insert(1, ("carts".to_owned(), "1".to_owned()));
        let fault = compare(ours(), &other, Vec::new()).unwrap_err();
        assert!(fault.to_string().contains("carts"), "{fault}");
    }
}
