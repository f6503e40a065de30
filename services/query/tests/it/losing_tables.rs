//! The database comes back empty, or some of its tables are gone, under a running role.

use std::time::Duration;

use shotengai_contracts::Owner;
use shotengai_kit::Sender;
use shotengai_messaging::Infrastructure;
use shotengai_query::database::Database;
use shotengai_runtime::{DatabaseSettings, postgres_pool};

use crate::history::{product, stock};
use crate::serving::Served;
use crate::support::empty_database_url;

async fn sql(url: &str, statements: &[&str]) {
    let settings = DatabaseSettings { url: url.to_owned().into(), ca_file: None };
    let session = Database::new(postgres_pool(&settings).unwrap()).session().await.unwrap();
    for statement in statements {
        session.query("sql", statement, &[]).await.unwrap();
    }
}

/// Waits until the product is shown with its stock.
async fn until_shown(served: &Served) {
    let shown = async {
        loop {
            let (status, body) = served.get("/products/prod_kinoko", Sender::Nobody).await;
            if status == 200 && body["stock"] == 8 {
                return;
            }
            assert!(matches!(status, 200 | 404 | 503), "{status} {body}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), shown).await.unwrap();
}

#[actix_web::test]
async fn lost_tables_are_made_again_and_their_rows_brought_back() {
    let url = empty_database_url("tables_lost").await;
    let served = Served::start(url.clone()).await;
    served.publish(Owner::Catalog, &product("kinoko", 0, &[2])).await;
    served.publish(Owner::Inventory, &stock("kinoko", &[1])).await;
    until_shown(&served).await;
    for lost in [
        &["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"][..],
        &["DROP TABLE read_stock"],
        &["DROP TABLE read_products, read_models"],
    ] {
        sql(&url, lost).await;
        until_shown(&served).await;
    }
}

#[actix_web::test]
async fn an_empty_database_is_filled_from_stores_that_have_events() {
    let url = empty_database_url("stores_have_events").await;
    let installation = Served::installation();
    for (owner, history) in [(Owner::Catalog, product("kinoko", 0, &[2])), (Owner::Inventory, stock("kinoko", &[1]))] {
        for commit in history {
            installation.infra.event_store(owner).append(&[commit]).await.unwrap();
        }
    }
    let first = Served::over(url.clone(), installation).await;
    until_shown(&first).await;
    // Once and for all: rows that an operator takes away are the operator's.
    sql(&url, &["DELETE FROM read_products"]).await;
    let second = Served::start(url).await;
    assert_eq!(second.get_once_up("/products/prod_kinoko", Sender::Nobody).await.0, 404);
}
