//! Statements that nobody waits for any more.

use std::time::Duration;

use shotengai_query::database::Database;
use tokio::time::{Instant, timeout};

use crate::support::empty_database;

/// How many statements of this text run on the database.
async fn running(database: &Database, text: &str) -> i64 {
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                 AND query LIKE $1 AND pid <> pg_backend_pid()";
    let rows = database.session().await.unwrap().query("ask", asked, &[&format!("{text}%")]).await.unwrap();
    rows[0].get(0)
}

async fn until(database: &Database, text: &str, wanted: i64) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while running(database, text).await != wanted {
        assert!(Instant::now() < deadline, "not {wanted} of {text}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Gives a statement of an hour up once it runs, and waits until it runs no more.
pub(crate) async fn a_statement_given_up_ends_on_the_server(user: &Database, server: &Database) {
    const STATEMENT: &str = "SELECT pg_sleep(3600)";
    let session = user.session().await.unwrap();
    let mut statement = Box::pin(session.query("sleep", STATEMENT, &[]));
    let runs = until(server, STATEMENT, 1);
    tokio::select! {
        answer = &mut statement => panic!("{answer:?}"),
        () = runs => {}
    }
    drop(statement);
    drop(session);
    until(server, STATEMENT, 0).await;
    // The pool goes on with others.
    user.ping().await.unwrap();
}

#[tokio::test]
async fn a_statement_whose_reader_is_gone_ends_on_the_server() {
    let database = empty_database("given_up").await;
    a_statement_given_up_ends_on_the_server(&database, &database).await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_ends_on_the_server() {
    const STATEMENT: &str = "SELECT pg_sleep(1800)";
    let database = empty_database("too_long").await;
    let session = database.session().await.unwrap();
    let answer = timeout(Duration::from_secs(20), session.query("sleep", STATEMENT, &[])).await.unwrap();
    assert!(answer.unwrap_err().is_retryable());
    drop(session);
    until(&database, STATEMENT, 0).await;
}
