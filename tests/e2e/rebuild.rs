//! The read models come back from the event stores, while everything runs.

use std::time::Duration;

use serde_json::Value;
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::{Commit, Infrastructure};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::spoil::set_on_commit;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

const WITHIN: Duration = Duration::from_secs(60);

/// Runs statements on the street's database, past the role.
pub(crate) async fn sql(cluster: &TestCluster, statements: &str) {
    let (client, connection) = tokio_postgres::connect(cluster.database_url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// Runs `rebuild read-models`; answers its exit code and what it said.
async fn rebuild(cluster: &TestCluster, more: &[&str]) -> (Option<i32>, String) {
    let args = [&["rebuild", "read-models"], more].concat();
    let output = cluster.command(&args).output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), said)
}

async fn expect(cluster: &TestCluster, more: &[&str], code: i32, words: &str) {
    let (ended, said) = rebuild(cluster, more).await;
    assert_eq!(ended, Some(code), "{said}");
    assert!(said.contains(words), "{words:?} is not in:\n{said}");
}

/// What the shop answers about its products and somebody's orders.
async fn shown(shop: &Shop, person: &Person, orders: &[String]) -> Vec<Value> {
    let mut seen = vec![
        shop.get("/products", None).await.body,
        shop.get("/products/prod_kinoko", None).await.body,
        shop.get("/orders", Some(person)).await.body,
    ];
    for order in orders {
        seen.push(shop.get(&format!("/orders/{order}"), Some(person)).await.body);
    }
    seen
}

/// Waits until the projector has caught up with every event.
async fn until_right(cluster: &TestCluster) {
    until("every row is as its events say", WITHIN, || async {
        let (code, said) = rebuild(cluster, &["--check"]).await;
        if code == Some(0) { Ok(()) } else { Err(said) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_and_damaged_read_models_come_back_without_a_restart() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    for (product, stock) in [("prod_kinoko", 1000), ("prod_takenoko", 500)] {
        shop.product(&admin, product, product, 200, stock).await;
    }
    let guest = shop.guest(None, "en").await;
    let mut orders = Vec::new();
    for _ in 0..4 {
        let placed = shop.order(&guest, &[("prod_kinoko", 2), ("prod_takenoko", 1)]).await;
        orders.push(text(&placed.expect(202), "order_id"));
    }
    for order in &orders {
        shop.until_status(&guest, order, "paid").await;
    }
    until_right(&cluster).await;
    let before = shown(&shop, &guest, &orders).await;

    // Lost.
    sql(&cluster, "TRUNCATE read_products, read_stock, read_orders, read_payments, read_carts").await;
    assert_eq!(shop.get("/orders", Some(&guest)).await.expect(200)["items"], serde_json::json!([]));
    assert_eq!(shop.get(&format!("/orders/{}", orders[0]), Some(&guest)).await.status.as_u16(), 404);
    expect(&cluster, &["--check"], 1, "12 rows differ").await;
    expect(&cluster, &["--only", "products,stock"], 0, "4 rows written, 0 repaired").await;
    expect(&cluster, &[], 0, "8 rows written, 0 repaired").await;
    assert_eq!(shown(&shop, &guest, &orders).await, before);
    expect(&cluster, &[], 0, "0 rows written, 0 repaired").await;

    // Damaged, older, gone, and unreadable.
    let damage = [
        "UPDATE read_products SET name = 'Takenoko', price_minor = 1 WHERE product_id = 'prod_kinoko'".to_owned(),
        "UPDATE read_stock SET version = 1, available = 1000 WHERE product_id = 'prod_kinoko'".to_owned(),
        format!("DELETE FROM read_orders WHERE order_id = '{}'", orders[0]),
        format!("UPDATE read_orders SET status = 'eaten' WHERE order_id = '{}'", orders[1]),
    ];
    sql(&cluster, &damage.join(";")).await;
    assert_ne!(shown(&shop, &guest, &orders).await, before);
    expect(&cluster, &["--dry-run"], 1, "4 rows differ").await;
    expect(&cluster, &[], 0, "2 rows written, 2 repaired").await;
    assert_eq!(shown(&shop, &guest, &orders).await, before);
    expect(&cluster, &["--check"], 0, "0 rows differ").await;

    // The whole schema, while somebody goes on ordering.
    let stop = CancellationToken::new();
    let ordering = tokio::spawn(shop.clone().keep_ordering(guest.clone(), "prod_takenoko".to_owned(), stop.clone()));
    sql(&cluster, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    // Nobody runs a command.
    let first = format!("/orders/{}", orders[0]);
    until("the tables and their rows come back", WITHIN, || async {
        let answer = shop.get(&first, Some(&guest)).await;
        if answer.status.as_u16() == 200 { Ok(()) } else { Err(answer) }
    })
    .await;
    stop.cancel();
    let later = ordering.await.unwrap();
    let one_more = text(&shop.order(&guest, &[("prod_kinoko", 1)]).await.expect(202), "order_id");
    for order in later.iter().chain([&one_more]) {
        shop.until_status(&guest, order, "paid").await;
    }
    for order in &orders {
        let seen = shop.get(&format!("/orders/{order}"), Some(&guest)).await.body;
        assert!(before.contains(&seen), "{seen}");
    }
    until_right(&cluster).await;
    expect(&cluster, &[], 0, "0 rows written, 0 repaired").await;
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_can_not_be_done_says_why_in_one_line() {
    let cluster = TestCluster::provisioned().await;
    let nobody = format!("postgres://shop:hunter2@127.0.0.1:{}/nothing", shotengai_street::free_port().unwrap());
    for (url, why) in [("", "DATABASE_URL: is not set"), ("postgres://[hunter2", "DATABASE_URL"), (&nobody, "postgres")]
    {
        // Without waiting for it, which would be said in a line of its own.
        let mut command = cluster.command(&["rebuild", "read-models", "--connect-within-seconds", "0"]);
        let output = command.env("DATABASE_URL", url).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(why) && !said.contains("hunter"), "{said}");
    }
    let other = ("RESOURCE_PREFIX", "nobody-has-");
    let output = cluster.command(&["rebuild", "read-models"]).env(other.0, other.1).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("ResourceNotFound"), "{said}");

    expect(&cluster, &[], 0, "0 rows written").await;
    sql(&cluster, "DROP TABLE read_stock").await;
    expect(&cluster, &["--check"], 1, "no tables read_stock").await;
    expect(&cluster, &[], 0, "0 rows written").await;
    expect(&cluster, &["--check"], 0, "0 rows differ").await;
    expect(&cluster, &["--only", "reservations"], 2, "products").await;
}

async fn first_commit(cluster: &TestCluster, product: &str) -> Commit {
    let id = AggregateId::parse(product).unwrap();
    cluster.aws.event_store(Owner::Catalog).load(&id, Version::ZERO).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_can_not_be_read_costs_no_other_row() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    for product in ["prod_kinoko", "prod_takenoko"] {
        shop.product(&admin, product, product, 200, 10).await;
    }
    cluster.assert_tidy().await;
    let spoilt = first_commit(&cluster, "prod_kinoko").await;
    set_on_commit(&cluster, Owner::Catalog, &spoilt, "events", "eaten by mice").await;
    sql(&cluster, "TRUNCATE read_products").await;
    let (code, said) = rebuild(&cluster, &[]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("prod_kinoko is left alone: ") && said.contains("\"events\""), "{said}");
    assert!(said.contains("1 rows written, 0 repaired") && !said.contains("mice"), "{said}");
    assert_eq!(shop.get("/products/prod_takenoko", None).await.expect(200)["product_id"], "prod_takenoko");
    expect(&cluster, &["--check"], 1, "0 rows differ").await;
}

/// What operations.md has to say about events that a lost stream held.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_marked_again_by_hand_is_published_again() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    shop.product(&shop.admin().await, "prod_kinoko", "Kinoko", 200, 10).await;
    cluster.assert_tidy().await;
    sql(&cluster, "TRUNCATE read_products").await;
    let commit = first_commit(&cluster, "prod_kinoko").await;
    set_on_commit(&cluster, Owner::Catalog, &commit, "outbox", &format!("{:02x}", commit.index_shard())).await;
    until("its event comes to query once more", WITHIN, || async {
        let answer = shop.get("/products/prod_kinoko", None).await;
        if answer.status.as_u16() == 200 { Ok(()) } else { Err(answer) }
    })
    .await;
    assert_eq!(first_commit(&cluster, "prod_kinoko").await, commit);
    cluster.assert_tidy().await;
}
