//! Migrations of the set beside: what changes the live set's tables changes its, too, in the same transaction; indexes that are
//! built while others write, after it.

use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::{Client, GenericClient, Transaction};

use super::schema::{Schemas, literal, rows, run, texts};
use super::state::{OPERATION, State};
use super::table::{quoted, table};
use crate::database::fault;
use crate::rebuild::Kind;

/// Runs a migration on the set beside, where there is one that it is about. Where it can't be, that set is given up: a process
/// that starts must not wait for it.
pub(crate) async fn migrate_beside(transaction: &mut Transaction<'_>, statements: &str) -> Result<(), Fault> {
    if !Kind::ALL.iter().any(|kind| statements.contains(table(*kind))) {
        return Ok(());
    }
    let Some(schema) = schema_beside(transaction).await? else { return Ok(()) };
    let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
    let attempt = transaction.transaction().await.map_err(said)?;
    match migrate(&attempt, &schema, statements).await {
        Ok(()) => attempt.commit().await.map_err(said),
        Err(failure) => {
            attempt.rollback().await.map_err(said)?;
            tell(&schema, &failure);
            give_up(transaction).await
        }
    }
}

/// The schema of the set beside the live one; none before there were sets.
pub(crate) async fn schema_beside(client: &impl GenericClient) -> Result<Option<String>, Fault> {
    const SETS: &str = "SELECT tablename::text FROM pg_tables WHERE tablename = 'read_sets' AND schemaname = ANY (current_schemas(false))";
    if texts(client, SETS).await?.is_empty() {
        return Ok(None);
    }
    Ok(State::first(&rows(client, State::SELECT).await?)?.beside)
}

/// Gives up the set beside, which can't become what the live one is.
pub(crate) async fn give_up_beside(client: &mut Client, schema: &str, failure: &Fault) -> Result<(), Fault> {
    let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
    tell(schema, failure);
    let transaction = client.transaction().await.map_err(said)?;
    give_up(&transaction).await?;
    transaction.commit().await.map_err(said)
}

fn tell(schema: &str, failure: &Fault) {
    tracing::warn!(fault = %failure, schema, "the set of tables beside could not be migrated, and is dropped");
}

async fn migrate(transaction: &Transaction<'_>, schema: &str, statements: &str) -> Result<(), Fault> {
    let path = texts(transaction, "SELECT current_setting('search_path')").await?.pop().unwrap_or_default();
    // What is not of the set is where it always is.
    let beside = format!("{}, {path}", quoted(schema));
    run(transaction, &set_path(&beside)).await?;
    run(transaction, statements).await?;
    // A function has its place beside the live tables. A second one would be another to the planner, which would not find
    // the indexes over it: whatever calls it here is made again, to call the first.
    let functions = format!("FROM pg_proc WHERE pronamespace = {}::regnamespace", literal(&quoted(schema)));
    let again = format!(
        "SELECT format('DROP INDEX {schema}.%I', relname), pg_get_indexdef(pg_class.oid)
        FROM pg_class JOIN pg_depend ON objid = pg_class.oid AND classid = 'pg_class'::regclass
        WHERE relkind = 'i' AND refclassid = 'pg_proc'::regclass AND refobjid IN (SELECT oid {functions})
        UNION ALL SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass), pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal AND tgfoid IN (SELECT oid {functions})",
        schema = quoted(schema)
    );
    let again = rows(transaction, &again).await?;
    let drops = format!("SELECT format('DROP FUNCTION {}.%s', oid::regprocedure) {functions}", quoted(schema));
    let drops = texts(transaction, &drops).await?;
    let mut definitions = Vec::new();
    for row in &again {
        let text = |column| row.try_get::<_, &str>(column).map_err(|error| fault(OPERATION, &error));
        run(transaction, text(0)?).await?;
        definitions.push(text(1)?);
    }
    run(transaction, &set_path(&path)).await?;
    for statement in definitions.into_iter().chain(drops.iter().map(String::as_str)) {
        run(transaction, statement).await?;
    }
    Ok(())
}

fn set_path(path: &str) -> String {
    format!("SELECT set_config('search_path', {}, true)", literal(path))
}

/// Drops the set beside.
pub(super) async fn give_up(transaction: &Transaction<'_>) -> Result<(), Fault> {
    const NONE: &str = "
        UPDATE read_sets SET phase = 'none', beside = NULL, folds = NULL, began_at = NULL, built_at = NULL;
        DELETE FROM read_set_scans";
    let of = |error: super::SetsError| Fault::new(FaultKind::Permanent, OPERATION, error.to_string());
    Schemas::look(transaction).await.map_err(of)?.clear(transaction).await?;
    run(transaction, NONE).await
}
