//! Upgrades of the schema: from what releases before had, broken off anywhere, and while others write.

use std::time::Duration;

use shotengai_query::database::Database;
use shotengai_query::migrations::Migrations;
use tokio_postgres::{Client, NoTls};

use crate::search::corpus::{row, save};
use crate::support::{empty_database_url, pool, ports};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// One that is in no transaction, and whose statements may be several.
async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn sql(client: &Client, statements: &str) {
    client.batch_execute(statements).await.unwrap();
}

/// A number that a statement answers.
async fn number(client: &Client, statement: &str) -> i64 {
    client.query_one(statement, &[]).await.unwrap().get(0)
}

/// A database as releases left it whose newest migration was this: each file as it stands.
async fn as_of(name: &str, newest: i32) -> (String, Client) {
    let url = empty_database_url(name).await;
    let client = connect(&url).await;
    let runner = embedded::migrations::runner();
    let mut all: Vec<_> = runner.get_migrations().iter().filter(|one| one.version() <= newest).collect();
    all.sort_by_key(|one| one.version());
    sql(
        &client,
        "CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name varchar(255), applied_on varchar(255), \
         checksum varchar(255))",
    )
    .await;
    for one in all {
        sql(&client, one.sql().unwrap()).await;
        let (version, name, sum) = (one.version(), one.name(), one.checksum());
        let note = format!("INSERT INTO refinery_schema_history VALUES ({version}, '{name}', 'then', '{sum}')");
        sql(&client, &note).await;
    }
    (url, client)
}

fn migrations(url: &str) -> std::sync::Arc<Migrations> {
    Migrations::new(Database::new(pool(url)), ports())
}

/// Columns, indexes, whether those are whole, constraints, functions, and what was applied.
async fn anatomy(client: &Client) -> Vec<String> {
    const ALL: &str = "
        SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, column_default) AS line
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', version, name, checksum) FROM refinery_schema_history ORDER BY 1";
    client.query(ALL, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// What a new database is made as.
async fn made_anew(name: &str) -> Vec<String> {
    let url = empty_database_url(name).await;
    migrations(&url).run().await.unwrap();
    anatomy(&connect(&url).await).await
}

#[tokio::test]
async fn a_database_of_any_release_comes_out_as_a_new_one_is_made() {
    let wanted = made_anew("upgraded_from_none").await;
    assert!(wanted.iter().any(|line| line.contains("read_products_by_tokens")), "{wanted:#?}");
    for newest in [1, 5, 7, 8, 9] {
        let (url, client) = as_of("upgraded", newest).await;
        migrations(&url).run().await.unwrap();
        assert_eq!(anatomy(&client).await, wanted, "from {newest}");
        assert!(!migrations(&url).run().await.unwrap(), "a second time, from {newest}");
    }
}

#[tokio::test]
async fn an_upgrade_that_was_broken_off_goes_on_where_it_ended() {
    let wanted = made_anew("broken_off_none").await;
    let (url, client) = as_of("broken_off", 7).await;
    // What the ninth makes is in its way.
    sql(&client, "CREATE TABLE read_payments (a int)").await;
    migrations(&url).run().await.unwrap_err();
    assert_eq!(number(&client, "SELECT max(version)::int8 FROM refinery_schema_history").await, 8);
    sql(&client, "DROP TABLE read_payments").await;
    assert!(migrations(&url).run().await.unwrap());
    assert_eq!(anatomy(&client).await, wanted);

    // Between a migration and its indexes, and within the build of one.
    sql(
        &client,
        "DROP INDEX read_products_by_tokens; \
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'read_products_by_price'::regclass",
    )
    .await;
    assert!(migrations(&url).run().await.unwrap());
    assert_eq!(anatomy(&client).await, wanted);
}

/// A migrated database that lacks an index, somebody who writes to its table, and a pod that builds it and waits for them.
async fn building(name: &str) -> (String, Client, tokio::task::JoinHandle<()>) {
    let (url, client) = as_of(name, i32::MAX).await;
    save(&Database::new(pool(&url)).session().await.unwrap(), [row("1", "きのこ")]).await;
    sql(&client, "DROP INDEX read_products_by_tokens").await;
    sql(&client, "BEGIN; UPDATE read_products SET price_minor = 1").await;
    let pod = migrations(&url);
    let run = tokio::spawn(async move { assert!(pod.run().await.unwrap()) });
    let observer = connect(&url).await;
    until(async || number(&observer, BUILDS).await == 1).await;
    (url, client, run)
}

const BUILDS: &str = "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()";

async fn until(condition: impl AsyncFn() -> bool) {
    let met = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), met).await.unwrap();
}

#[tokio::test]
async fn others_write_while_an_index_is_built_and_other_pods_wait() {
    let (url, holding, run) = building("built_beside_writers").await;
    let session = Database::new(pool(&url)).session().await.unwrap();
    let writing = save(&session, [row("2", "たけのこ")]);
    tokio::time::timeout(Duration::from_secs(2), writing).await.unwrap();
    let fault = migrations(&url).run().await.unwrap_err();
    assert!(fault.is_retryable() && fault.to_string().contains("lock is held by somebody else"), "{fault}");
    assert!(!run.is_finished());
    sql(&holding, "COMMIT").await;
    run.await.unwrap();
    assert!(!migrations(&url).run().await.unwrap());
    let by_index = "SET enable_seqscan = off; SELECT";
    sql(&holding, by_index).await;
    let found = "SELECT count(*) FROM read_products WHERE NOT deleted AND search_tokens @> '{}'";
    assert_eq!(number(&holding, found).await, 2);
}

#[tokio::test]
async fn a_build_whose_pod_is_gone_is_waited_for() {
    let (url, holding, run) = building("built_by_nobody").await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    until(async || {
        let fault = migrations(&url).run().await.unwrap_err();
        assert!(fault.is_retryable(), "{fault}");
        fault.to_string().contains("is built by another session")
    })
    .await;
    sql(&holding, "COMMIT").await;
    until(async || migrations(&url).run().await.is_ok()).await;
    assert_eq!(anatomy(&holding).await, made_anew("built_by_nobody_anew").await);
}
