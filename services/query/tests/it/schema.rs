//! The schema comes by itself, once.

use std::sync::Arc;

use shotengai_query::migrations::Migrations;

use crate::support::{absent_database, empty_database, ports};

#[tokio::test]
async fn pods_that_start_together_migrate_one_after_the_other() {
    let database = empty_database("migrated_by_three").await;
    let pods = [(); 3].map(|()| Migrations::new(database.clone(), ports()));
    let runs = futures::future::join_all(pods.iter().map(|pod| pod.run())).await;
    assert!(runs.iter().all(Result::is_ok), "{runs:?}");
    assert!(pods.iter().all(|pod| pod.are_done()));
    let history = "SELECT count(*) FROM refinery_schema_history";
    let rows = database.session().await.unwrap().query("count", history, &[]).await.unwrap();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count();
    assert_eq!(rows[0].get::<_, i64>(0), i64::try_from(files).unwrap());
}

#[tokio::test]
async fn without_a_database_nothing_is_migrated_and_the_worker_still_ends_when_told() {
    let migrations = Migrations::new(absent_database(), ports());
    let fault = migrations.run().await.unwrap_err();
    assert!(fault.is_retryable() && !migrations.are_done(), "{fault}");
    let token = tokio_util::sync::CancellationToken::new();
    let worker = Arc::clone(&migrations).worker();
    let running = tokio::spawn({
        let token = token.clone();
        async move { worker.run(token).await }
    });
    token.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_release_that_was_taken_back_serves_from_the_schema_of_the_next_one() {
    let database = empty_database("migrated_by_the_next").await;
    Migrations::new(database.clone(), ports()).run().await.unwrap();
    let next = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
                VALUES (99, 'what_comes', '2027-01-01T00:00:00Z', '1')";
    database.session().await.unwrap().query("next", next, &[]).await.unwrap();
    let taken_back = Migrations::new(database, ports());
    taken_back.run().await.unwrap();
    assert!(taken_back.are_done());
}
