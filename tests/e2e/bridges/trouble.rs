//! Rows that somebody spoilt, leases and a stream that somebody deleted: errors that name them, and no event lost.

use serde_json::json;
use shotengai_contracts::topology::{STREAM, tables};
use shotengai_messaging::{Condition, Infrastructure, Row};
use shotengai_tests::spoil::put_doc_as_it_is;
use shotengai_tests::stream::captured;

use super::*;

const LEASES: &str = "leases/bridge/ec-events";
const CHECKPOINTS: &str = "bridge/ec-events";
/// More than trouble may cost in lines while it lasts; a loop without a pause writes that in no time.
const MANY_LINES: usize = 250;

/// A street in one process, with somebody who buys.
struct Scene {
    cluster: TestCluster,
    process: Process,
    shop: Shop,
    guest: Person,
    product: String,
}

impl Scene {
    async fn set() -> Self {
        let cluster = TestCluster::provisioned().await;
        let process = cluster.serve("all", &[("BRIDGE_LEASE_SECONDS", "2")]).await;
        let shop = cluster.shop(&process);
        let admin = shop.admin().await;
        let product = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 1000).await;
        let guest = shop.guest(Some("trouble@example.com"), "ja").await;
        until_shared(&cluster, &[4]).await;
        let scene = Self { cluster, process, shop, guest, product };
        scene.sells().await;
        scene
    }

    async fn place(&self) -> String {
        let placed = self.shop.order(&self.guest, &[(&self.product, 1)]).await.expect(202);
        text(&placed, "order_id")
    }

    /// An order goes all the way.
    async fn sells(&self) {
        let order = self.place().await;
        self.shop.until_status(&self.guest, &order, "paid").await;
    }

    fn lines_with(&self, words: &str) -> usize {
        self.process.log().matches(words).count()
    }

    async fn until_logged(&self, words: &str, times: usize) {
        until(words, SOON, || async {
            let lines = self.lines_with(words);
            if lines >= times { Ok(()) } else { Err(lines) }
        })
        .await;
    }

    /// Sells until it is logged so often: a quiet shard has nothing to save and meets its row only when something comes.
    async fn sell_until_logged(&self, words: &str, times: usize) -> Vec<String> {
        let deadline = Instant::now() + SOON;
        let mut orders = Vec::new();
        loop {
            orders.push(self.place().await);
            let lines = self.lines_with(words);
            if lines >= times {
                return orders;
            }
            assert!(Instant::now() < deadline, "{words}: {lines} times\n{}", self.process.log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn all_paid(&self, orders: &[String]) {
        for order in orders {
            self.shop.until_status(&self.guest, order, "paid").await;
        }
    }

    /// Does something to the rows of a partition, with a version that nobody expects.
    async fn spoil(&self, partition: &str, doc: impl Fn(&Row) -> serde_json::Value) -> Vec<Row> {
        let table = self.cluster.aws.table(tables::CHECKPOINTS.name);
        let rows = table.list(partition, "shardId-", None, 10).await.unwrap();
        assert_eq!(rows.len(), 4, "{rows:?}");
        for row in &rows {
            let spoilt = Row::new(row.key.clone(), row.version + 1000, doc(row));
            table.put(&spoilt, Condition::Any).await.unwrap();
        }
        rows
    }

    async fn ends_tidy(self, lines_before: usize) {
        let lines = self.lines() - lines_before;
        assert!(lines < MANY_LINES, "{lines} lines:\n{}", self.process.log());
        assert!(!self.process.log().contains("panicked"));
        assert!(reqwest::get(format!("{}/livez", self.process.health_url)).await.unwrap().status().is_success());
        self.cluster.assert_tidy().await;
    }

    /// Lines of the log so far, without the access log's: how often a test asks is no trouble.
    fn lines(&self) -> usize {
        self.process.log().lines().filter(|line| !line.contains(" answered method=")).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_that_were_spoilt_stolen_or_deleted_are_named_and_taken_again() {
    let scene = Scene::set().await;
    let before = scene.lines();

    scene.spoil(LEASES, |_| json!({"holder": 7})).await;
    scene.until_logged("this row is no lease; it counts as free", 4).await;
    until_shared(&scene.cluster, &[4]).await;
    scene.sells().await;

    for row in scene.spoil(LEASES, |row| row.doc.clone()).await {
        put_doc_as_it_is(&scene.cluster, tables::CHECKPOINTS.name, &row.key, row.version + 2000, "{not json").await;
    }
    scene.until_logged("this row is no lease; it counts as free", 8).await;
    until_shared(&scene.cluster, &[4]).await;
    scene.sells().await;

    scene.spoil(LEASES, |_| json!({"holder": "nobody-we-know", "duration_ms": 1000, "transitions": 3})).await;
    scene.until_logged("it is nobody-we-know's now", 4).await;
    until_shared(&scene.cluster, &[4]).await;
    scene.sells().await;

    let table = scene.cluster.aws.table(tables::CHECKPOINTS.name);
    for row in table.list(LEASES, "", None, 10).await.unwrap() {
        table.delete(&row.key, Condition::Any).await.unwrap();
    }
    scene.until_logged("the lease was deleted; it was created again", 5).await;
    until_shared(&scene.cluster, &[4]).await;
    scene.sells().await;
    scene.ends_tidy(before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_that_were_spoilt_are_named_and_read_on_from_where_they_are_repaired() {
    let scene = Scene::set().await;
    let before = scene.lines();
    let rows = scene.spoil(CHECKPOINTS, |_| json!({"owner": 5})).await;
    let orders = scene.sell_until_logged("this shard is left alone until the row is repaired", 4).await;
    assert!(scene.process.log().contains("the checkpoint row of shard shardId-000000000000 can't be read"));
    let table = scene.cluster.aws.table(tables::CHECKPOINTS.name);
    for row in &rows {
        // As it was, under an epoch above the one that was claimed.
        let repaired = Row::new(row.key.clone(), row.version + 2000, row.doc.clone());
        table.put(&repaired, Condition::Any).await.unwrap();
    }
    scene.all_paid(&orders).await;

    let before_position = scene.lines_with("no sequence number");
    let far_ahead = |row: &Row| {
        let mut doc = row.doc.clone();
        doc["position"] = json!("far ahead");
        doc
    };
    let rows = scene.spoil(CHECKPOINTS, far_ahead).await;
    let orders = scene.sell_until_logged("no sequence number", before_position + 4).await;
    for row in &rows {
        let repaired = Row::new(row.key.clone(), row.version + 3000, row.doc.clone());
        table.put(&repaired, Condition::Any).await.unwrap();
    }
    scene.all_paid(&orders).await;
    scene.ends_tidy(before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_was_deleted_and_made_again_is_read_on() {
    let scene = Scene::set().await;
    let before = scene.lines();
    // What is in the stream when it is deleted is gone with it: nothing is.
    scene.cluster.assert_tidy().await;
    assert!(scene.cluster.aws.admin().delete_stream(STREAM).await.unwrap());
    // A captured table tries for a day to reach a stream that is gone; the local AWS forgets at once, so nothing may be placed.
    let placed = if captured() { None } else { Some(scene.place().await) };
    scene.until_logged("reading a shard failed; trying again", 4).await;
    until("readiness names it", SOON, || async {
        let answer = reqwest::get(format!("{}/readyz", scene.process.health_of("bridge"))).await.unwrap();
        let body = answer.text().await.unwrap();
        if body.contains("ResourceNotFound") { Ok(()) } else { Err(body) }
    })
    .await;
    let provisioned = scene.cluster.command(&["provision"]).output().await.unwrap();
    assert!(provisioned.status.success());
    let order = match placed {
        Some(order) => order,
        None => scene.place().await,
    };
    scene.shop.until_status(&scene.guest, &order, "paid").await;
    scene.sells().await;
    if captured() {
        // What was in the deleted stream is not in the new one, to be counted there.
        assert_eq!(scene.cluster.dead_letters().await, []);
    } else {
        scene.ends_tidy(before).await;
    }
}
