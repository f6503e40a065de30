//! The disaster drill: every event table is lost, and the shop comes back as it was.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::tables::CHECKPOINTS;
use shotengai_messaging::{Infrastructure, Key};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::spoil::dynamodb;
use shotengai_tests::stream;
use shotengai_tests::test_cluster::TestCluster;

use super::{SETTINGS, archive, bucket, keys, provisioned, put, until_whole, verified};
use crate::rebuild::sql;

const EMAIL: &str = "gone.person.4410@example.com";
const PASSWORD: &str = "gone password 4410";

/// The text of every event of every store.
async fn texts(cluster: &TestCluster) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for owner in Owner::ALL {
        let store = cluster.aws.event_store(owner);
        for shard in 0..shotengai_messaging::OUTBOX_SHARDS {
            let mut from = None;
            loop {
                let (commits, next) = store.scan(shard, from, 1000).await.unwrap();
                let texts = commits.iter().flat_map(|commit| commit.events.texts().to_vec());
                all.extend(texts.map(|text| format!("{owner} {text}")));
                let Some(next) = next else { break };
                from = Some(next);
            }
        }
    }
    all
}

async fn run(cluster: &TestCluster, args: &[&str], extra: &[(&str, &str)]) {
    let output = cluster.command(args).envs(extra.iter().copied()).output().await.unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Loses every event table.
async fn lose_events(cluster: &TestCluster) {
    for owner in Owner::ALL {
        let table = json!({ "TableName": format!("{}{}", cluster.prefix(), owner.events_table()) });
        dynamodb(cluster, "DeleteTable", &table).await;
    }
}

async fn shown(shop: &Shop, person: &Person, orders: &[String]) -> Vec<Value> {
    let mut seen = vec![
        shop.get("/products", None).await.expect(200),
        shop.get("/products/prod_kinoko", None).await.expect(200),
        shop.get("/orders", Some(person)).await.expect(200),
    ];
    for order in orders {
        seen.push(shop.get(&format!("/orders/{order}"), Some(person)).await.expect(200));
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_lost_its_event_tables_comes_back_from_the_archive_and_who_was_erased_does_not() {
    let cluster = provisioned().await;
    let mut process = cluster.serve("all", &SETTINGS).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    shop.product(&admin, "prod_kinoko", "Kinoko", 200, 100).await;
    let guest = shop.guest(None, "en").await;
    let account = json!({ "email": EMAIL, "password": PASSWORD, "name": "Gone Person", "language": "en" });
    let _ = shop.post("/auth/register", None, &account).await.expect(202);
    let gone = shop.sign_in(EMAIL, PASSWORD).await;
    let mut orders = Vec::new();
    for person in [&guest, &guest, &gone] {
        orders.push(text(&shop.order(person, &[("prod_kinoko", 2)]).await.expect(202), "order_id"));
    }
    let of_the_gone = orders.pop().unwrap();
    for order in &orders {
        shop.until_status(&guest, order, "paid").await;
    }
    shop.until_status(&gone, &of_the_gone, "paid").await;
    let path = format!("/customers/{}", gone.user_id);
    let _ = shop.send(Method::DELETE, &path, Some(&gone), &[], None).await.unwrap().expect(204);
    cluster.assert_tidy().await;
    let whole = until_whole(&cluster).await;
    let (before, looked) = (texts(&cluster).await, shown(&shop, &guest, &orders).await);
    assert_eq!(whole["events"]["same"], json!(before.len()), "{whole}");
    let left = before.iter().find(|text| text.contains(EMAIL) || text.contains("Gone Person"));
    assert_eq!(left, None, "the archive has nothing of the person");

    // Nothing is mixed with what is there.
    if !stream::captured() {
        let (code, _, complained) = archive(&cluster, &["restore"]).await;
        assert_eq!(code, Some(2), "{complained}");
        assert!(complained.contains("have events"), "{complained}");
    }
    assert!(process.terminate().await);
    let streamed = stream::held(&cluster).await.unwrap().values().sum::<usize>();

    lose_events(&cluster).await;
    sql(&cluster, "TRUNCATE read_products, read_stock, read_orders, read_payments, read_carts").await;
    run(&cluster, &["provision"], &[("ARCHIVE", "on"), ("PUBLISH", "outbox")]).await;
    let (code, said, complained) = archive(&cluster, &["restore"]).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    assert!(said.contains(&format!("{} events written", before.len())), "{said}");
    println!("{said}");
    assert_eq!(texts(&cluster).await, before, "event for event");
    let comparing = Key::new(format!("reconciled/{}", cluster.aws.config().stream_name), "next");
    let row = cluster.aws.table(CHECKPOINTS.name).get(&comparing).await.unwrap().unwrap();
    assert_eq!(row.doc["off"], json!(true), "no reconciler takes it for what capture has lost");
    assert_eq!(verified(&cluster).await.0, Some(0));
    run(&cluster, &["provision"], &SETTINGS).await;
    run(&cluster, &["rebuild", "read-models"], &[]).await;

    let process = cluster.serve("all", &SETTINGS).await;
    let shop = cluster.shop(&process);
    assert_eq!(shown(&shop, &guest, &orders).await, looked);
    let _ = shop.get("/auth/me", Some(&gone)).await.expect(404);
    let _ = shop.post("/auth/login", None, &json!({ "email": EMAIL, "password": PASSWORD })).await.expect(401);
    // What was restored is not sent again, and the shop goes on where it was.
    assert_eq!(cluster.unpublished().await, 0);
    assert_eq!(stream::held(&cluster).await.unwrap().values().sum::<usize>(), streamed);
    let later = text(&shop.order(&guest, &[("prod_kinoko", 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &later, "paid").await;
    until_whole(&cluster).await;
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_a_missing_a_doubled_and_an_edited_object_are_each_named() {
    let cluster = provisioned().await;
    let mut process = cluster.serve("all", &[("ARCHIVE", "off")]).await;
    // By itself, as its pods are: with its own rights, which are to put.
    let mut archiver = cluster.serve_one("archiver", &SETTINGS).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    for product in ["prod_kinoko", "prod_takenoko", "prod_konpeito", "prod_senbei"] {
        shop.product(&admin, product, product, 200, 10).await;
    }
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[("prod_kinoko", 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    cluster.assert_tidy().await;
    until_whole(&cluster).await;
    assert!(process.terminate().await);
    assert!(archiver.terminate().await);
    assert_eq!(cluster.guards().take_refused(), Vec::<String>::new());
    let bucket = bucket(&cluster);
    let names = keys(&bucket).await;
    assert!(names.len() >= 5, "{names:?}");
    let (cut, gone, edited, twice) = (&names[0], &names[1], &names[2], &names[3]);
    let bytes = async |key: &str| bucket.get(key, 1_000_000).await.unwrap().unwrap();
    let whole = bytes(cut).await;
    put(&bucket, cut, whole.slice(..whole.len() - 9)).await;
    bucket.delete(std::slice::from_ref(gone)).await.unwrap();
    put(&bucket, edited, bytes(twice).await).await;
    let copy = twice.replace("type=", "type=Copied");
    put(&bucket, &copy, bytes(twice).await).await;

    let (code, report) = verified(&cluster).await;
    assert_eq!(code, Some(1), "{report}");
    let faults: Vec<(&str, &str)> = report["archive"]["damages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|damaged| (damaged["key"].as_str().unwrap(), damaged["fault"].as_str().unwrap()))
        .collect();
    let mut expected = vec![
        (cut.as_str(), "truncated"),
        (gone.as_str(), "missing"),
        (edited.as_str(), "edited"),
        (copy.as_str(), "doubled"),
    ];
    expected.sort_unstable();
    assert_eq!(faults, expected);
    assert!(report["events"]["missing"].as_u64().unwrap() >= 3, "{report}");
    assert!(report["findings"][0]["aggregate"].is_string(), "{report}");
    let (code, said, _) = archive(&cluster, &["verify", "--grace-seconds", "0"]).await;
    assert_eq!(code, Some(1));
    for key in [cut, gone, edited, &copy] {
        assert!(said.contains(key), "{key} is not in {said}");
    }

    // Nothing is brought back from it unless that is wished.
    lose_events(&cluster).await;
    run(&cluster, &["provision"], &[("ARCHIVE", "on"), ("PUBLISH", "outbox")]).await;
    let (code, said, complained) = archive(&cluster, &["restore"]).await;
    assert_eq!(code, Some(1), "{said}{complained}");
    assert!(complained.contains("nothing was written"), "{complained}");
    assert_eq!(texts(&cluster).await, BTreeSet::new());
    let (code, said, complained) = archive(&cluster, &["restore", "--despite-damage"]).await;
    assert_eq!(code, Some(1), "{said}{complained}");
    assert!(said.contains("restored IN PART") && said.contains("another ARCHIVE_BUCKET"), "{said}");
    assert!(!texts(&cluster).await.is_empty());
}
