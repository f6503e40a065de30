//! Another server takes over: nobody goes on with the old one.
//!
//! A session keeps whether it may write from its beginning, as one does with a server that was demoted, so a database's
//! default that is changed and changed back leaves sessions of both kinds in a pool.

use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::Owner;
use shotengai_messaging::Disposition;
use shotengai_query::database::{Database, Session};
use shotengai_query::migrations::Migrations;
use shotengai_runtime::{DatabaseSettings, postgres_pool, postgres_pool_renewed_after};

use crate::history::product;
use crate::support::{Street, all_done, empty_database_url, ports};

const SESSIONS: usize = 4;

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings { url: url.to_owned().into(), ca_file: None }
}

fn database(url: &str) -> Database {
    Database::new(postgres_pool(&settings(url)).unwrap())
}

/// The server is, or is no longer, one that takes no writes, for sessions that begin now.
async fn set_read_only(url: &str, name: &str, read_only: bool) {
    let statement = format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}");
    let session = database(url).session().await.unwrap();
    session.query("begin", "SET default_transaction_read_only = off", &[]).await.unwrap();
    session.query("set", &statement, &[]).await.unwrap();
}

/// So many sessions at once.
async fn sessions(database: &Database) -> Vec<Session> {
    join_all((0..SESSIONS).map(|_| database.session())).await.into_iter().map(Result::unwrap).collect()
}

async fn is_writable(session: &Session) -> bool {
    let rows = session.query("ask", "SELECT current_setting('transaction_read_only') = 'off'", &[]).await.unwrap();
    rows[0].get(0)
}

async fn process_id(session: &Session) -> i32 {
    session.query("ask", "SELECT pg_backend_pid()", &[]).await.unwrap()[0].get(0)
}

#[tokio::test]
async fn a_write_that_a_demoted_server_refuses_ends_every_session_with_it() {
    let url = empty_database_url("demoted_write").await;
    Migrations::new(database(&url), ports()).run().await.unwrap();
    set_read_only(&url, "demoted_write", true).await;
    let street = Street::over(database(&url));
    let mut held = sessions(&street.database).await;
    let out = held.pop().unwrap();
    drop(held);
    let batch = street.commit(Owner::Catalog, &product("kinoko", 0, &[1])).await;
    let answers = street.projector.handle(&batch).await;
    assert!(answers.iter().all(Disposition::comes_again), "{answers:?}");
    set_read_only(&url, "demoted_write", false).await;
    // One that was out meanwhile doesn't come back either.
    assert!(!is_writable(&out).await);
    drop(out);
    for session in sessions(&street.database).await {
        assert!(is_writable(&session).await);
    }
    all_done(&street.projector.handle(&batch).await);
}

#[tokio::test]
async fn a_probe_of_a_demoted_server_fails_and_ends_every_session_with_it() {
    let url = empty_database_url("demoted_probe").await;
    set_read_only(&url, "demoted_probe", true).await;
    let database = database(&url);
    drop(sessions(&database).await);
    let fault = database.ping().await.unwrap_err();
    assert!(fault.is_retryable() && fault.to_string().contains("takes no writes"), "{fault}");
    set_read_only(&url, "demoted_probe", false).await;
    database.ping().await.unwrap();
    for session in sessions(&database).await {
        assert!(is_writable(&session).await);
    }
}

#[tokio::test]
async fn a_session_that_its_server_ended_is_not_used_again() {
    let url = empty_database_url("ended_by_the_server").await;
    let database = database(&url);
    drop(sessions(&database).await);
    let session = database.session().await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = 'ended_by_the_server' AND pid <> pg_backend_pid()";
    session.query("end", end, &[]).await.unwrap();
    let own = format!("SELECT pg_terminate_backend({})", process_id(&session).await);
    let fault = session.query("end", &own, &[]).await.unwrap_err();
    assert!(fault.is_retryable(), "{fault}");
    drop(session);
    tokio::time::timeout(Duration::from_secs(10), async {
        // The others' ends are on their way.
        while database.ping().await.is_err() {}
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn of_several_servers_the_one_that_takes_writes_is_found() {
    let url = empty_database_url("several_servers").await;
    let nobody = shotengai_street::free_port().unwrap();
    let (user, place) = url.split_once('@').unwrap();
    let several = format!("{user}@127.0.0.1:{nobody},{place}?target_session_attrs=read-write");
    database(&several).ping().await.unwrap();
    set_read_only(&url, "several_servers", true).await;
    assert!(database(&several).ping().await.is_err(), "none of them takes writes");
}

#[tokio::test]
async fn a_session_has_an_end_of_life() {
    let url = empty_database_url("end_of_life").await;
    let lasting = database(&url);
    let first = process_id(&lasting.session().await.unwrap()).await;
    assert_eq!(process_id(&lasting.session().await.unwrap()).await, first);
    let short = Database::new(postgres_pool_renewed_after(&settings(&url), Duration::ZERO).unwrap());
    let first = process_id(&short.session().await.unwrap()).await;
    assert_ne!(process_id(&short.session().await.unwrap()).await, first);
}
