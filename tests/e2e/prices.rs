//! The price stream: prices that come from outside, garbage among them, and catalogs that read it together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_contracts::topology::queues::PRICE_DEAD_LETTERS;
use shotengai_contracts::topology::{PRICE_STREAM, tables};
use shotengai_messaging::dead_letter::POSITION;
use shotengai_messaging::ports::stream::PUT_MAX_RECORDS;
use shotengai_messaging::{Infrastructure, StreamRecord};
use shotengai_streaming::Checkpoints;
use shotengai_tests::letters::Letter;
use shotengai_tests::local::workspace;
use shotengai_tests::shards::signal;
use shotengai_tests::shop::{Person, Shop};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

const PRODUCTS: usize = 20;
const SOON: Duration = Duration::from_secs(120);
/// Settings of readers that are waited for.
const QUICK: [(&str, &str); 2] = [("PRICE_IDLE_POLL_MS", "200"), ("PRICE_LEASE_SECONDS", "3")];

/// How many records are put; more by `E2E_PRICES`.
fn updates() -> usize {
    std::env::var("E2E_PRICES").map_or(1000, |text| text.parse().expect("E2E_PRICES is a number"))
}

fn record(product: &str, data: &str) -> StreamRecord {
    StreamRecord { key: product.to_owned(), data: data.as_bytes().to_vec() }
}

/// One record in a hundred is no price: of each kind in turn.
fn garbage(n: usize) -> (&'static str, StreamRecord) {
    let product = format!("prod_{}", n % PRODUCTS);
    match n / 100 % 6 {
        0 => ("not_json", record(&product, "{\"product_id\":")),
        1 => ("not_a_price", record(&product, &json!({ "product_id": product, "price": -1 }).to_string())),
        2 => ("not_a_price", record(&product, &format!(r#"{{"product_id":"{product}","price":0.5}}"#))),
        3 => ("unknown_product", record("prod_none", &json!({ "product_id": "prod_none", "price": 7 }).to_string())),
        4 => ("deleted_product", record("prod_gone", &json!({ "product_id": "prod_gone", "price": 7 }).to_string())),
        _ => ("not_json", StreamRecord { key: product, data: vec![0xff, 0x00, 0xfe] }),
    }
}

async fn put(cluster: &TestCluster, records: &[StreamRecord]) {
    let writer = cluster.aws.price_writer();
    for some in records.chunks(PUT_MAX_RECORDS) {
        let answers = writer.put(some).await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
}

async fn price_of(shop: &Shop, product: &str) -> Value {
    shop.get(&format!("/products/{product}"), None).await.body["price"].clone()
}

async fn until_priced(shop: &Shop, wanted: &BTreeMap<String, usize>) {
    until("the last price of each product shows", SOON, || async {
        let mut differing = Vec::new();
        for (product, price) in wanted {
            let now = price_of(shop, product).await;
            if now != json!(price) {
                differing.push(format!("{product}: {now}, not {price}"));
            }
        }
        if differing.is_empty() { Ok(()) } else { Err(differing) }
    })
    .await;
}

async fn products(shop: &Shop, admin: &Person) {
    for n in 0..PRODUCTS {
        let body = json!({ "product_id": format!("prod_{n}"), "name": format!("sweet {n}"), "price": 1 });
        create(shop, admin, &body).await;
    }
    create(shop, admin, &json!({ "product_id": "prod_gone", "name": "gone", "price": 1 })).await;
    let deleted = shop.send(Method::DELETE, "/products/prod_gone", Some(admin), &[("if-match", "*")], None).await;
    assert_eq!(deleted.unwrap().status, 202);
}

async fn create(shop: &Shop, admin: &Person, product: &Value) {
    assert_eq!(shop.post("/products", Some(admin), product).await.status, 201, "{product}");
}

/// Who has the lease of the stream's one shard.
async fn owner(cluster: &TestCluster) -> Option<String> {
    let checkpoints = Checkpoints::new(cluster.aws.table(tables::PRICE_CHECKPOINTS.name), "prices", PRICE_STREAM);
    let leases = checkpoints.leases().list().await.unwrap();
    leases.into_iter().filter(|lease| lease.name.starts_with("shardId-")).find_map(|lease| lease.holder)
}

/// How many records these letters tell of, by reason; each record once.
fn counted(letters: &[Letter]) -> BTreeMap<&str, usize> {
    let records: BTreeSet<_> =
        letters.iter().map(|letter| (letter.facts.reason.as_str(), &letter.attributes[POSITION])).collect();
    records.iter().fold(BTreeMap::new(), |mut counts, (reason, _)| {
        *counts.entry(*reason).or_default() += 1;
        counts
    })
}

/// How far the readers are behind, by their own figure.
async fn lag(process: &Process) -> f64 {
    let metrics = process.metrics().await;
    let is_ours = |line: &&str| line.starts_with("shotengai_shard_lag_seconds{") && line.contains("reader=\"prices\"");
    let values = metrics.lines().filter(is_ours).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.fold(0.0, f64::max)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_price_of_a_product_wins_and_garbage_is_set_aside() {
    let cluster = TestCluster::provisioned().await;
    // The first owner of the shard, which freezes in the middle of it.
    let frozen = cluster.serve_one("catalog", &QUICK).await;
    let first = until("somebody reads the prices", SOON, || async { owner(&cluster).await.ok_or("nobody does") }).await;
    let process = cluster.serve("all", &QUICK).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    products(&shop, &admin).await;

    let count = updates();
    let (mut records, mut last, mut letters) = (Vec::new(), BTreeMap::new(), BTreeMap::<&str, usize>::new());
    for n in 0..count {
        if n % 100 == 50 {
            let (reason, bad) = garbage(n);
            *letters.entry(reason).or_default() += 1;
            records.push(bad);
            continue;
        }
        let product = format!("prod_{}", n * 7 % PRODUCTS);
        records.push(record(&product, &json!({ "product_id": product, "price": n }).to_string()));
        last.insert(product, n);
    }
    let began = Instant::now();
    let half = records.len() / 2;
    put(&cluster, &records[..half]).await;
    assert_eq!(owner(&cluster).await, Some(first.clone()), "the other waits for its lease");
    signal(&frozen, "STOP").await;
    put(&cluster, &records[half..]).await;
    let sent = began.elapsed();
    let behind = lag(&process).await;
    until_priced(&shop, &last).await;
    println!(
        "{count} prices of {PRODUCTS} products: put within {sent:?}, all shown {:?} after the first; lag then {behind} s",
        began.elapsed()
    );
    let now = owner(&cluster).await;
    assert!(now.is_some() && now != Some(first), "the shard has another owner: {now:?}");
    signal(&frozen, "CONT").await;

    // A shard that changes hands is read twice for a while, so a letter may come again; none is missing.
    let enough = |found: &[Letter]| counted(found) == letters.iter().map(|(reason, count)| (*reason, *count)).collect();
    let found = cluster.letters_until(PRICE_DEAD_LETTERS.name, SOON, enough).await;
    assert!(found.iter().all(|letter| letter.facts.consumer == "prices"), "{:?}", counted(&found));

    // Whatever the sleeper still had in hand when it woke was old.
    let after: BTreeMap<String, usize> = (0..PRODUCTS).map(|n| (format!("prod_{n}"), 1_000_000 + n)).collect();
    let more: Vec<_> = after
        .iter()
        .map(|(product, price)| record(product, &json!({ "product_id": product, "price": price }).to_string()))
        .collect();
    put(&cluster, &more).await;
    until_priced(&shop, &after).await;
    let path = "/products/prod_0/prices?limit=1";
    let history = shop.get(path, Some(&admin)).await.expect(200);
    let newest = &history["items"][0];
    assert_eq!((&newest["price"], &newest["source"]), (&json!(1_000_000), &json!("stream")), "{history}");
    assert!(newest["source_sequence"].is_string(), "{history}");
    discard(&cluster).await;
    cluster.assert_tidy().await;
}

/// The line of the documents: key and data as the AWS command line sends them.
fn documented() -> StreamRecord {
    let page = std::fs::read_to_string(workspace().join("docs").join("prices.md")).unwrap();
    let line = page.lines().find(|line| line.starts_with("aws kinesis put-record")).expect("the line is there");
    assert!(line.contains("--stream-name ProductPricesStream ") && line.contains("raw-in-base64-out"), "{line}");
    let key = line.split("--partition-key ").nth(1).unwrap().split(' ').next().unwrap();
    let data = line.split("--data '").nth(1).unwrap().strip_suffix('\'').unwrap();
    record(key, data)
}

async fn run(cluster: &TestCluster, args: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = cluster.command(args);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Whoever refuses its arguments reads nothing.
    let _closed = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

async fn discard(cluster: &TestCluster) {
    let (code, said) = run(cluster, &["dead-letters", "discard", PRICE_DEAD_LETTERS.name, "--yes"], "").await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_are_put_by_the_command_and_by_the_line_of_the_documents() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &QUICK).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    for (product, price) in [("prod_kinoko", 200), ("prod_takenoko", 220)] {
        create(&shop, &admin, &json!({ "product_id": product, "name": product, "price": price })).await;
    }
    let shows = |product: &str, price: usize| BTreeMap::from([(product.to_owned(), price)]);
    put(&cluster, &[documented()]).await;
    until_priced(&shop, &shows("prod_kinoko", 210)).await;

    let (code, said) = run(&cluster, &["prices", "put", "prod_kinoko", "215"], "").await;
    assert_eq!((code, said.trim()), (Some(0), "1 prices put into ProductPricesStream"));
    until_priced(&shop, &shows("prod_kinoko", 215)).await;
    let lines = "# in their order\nprod_takenoko 1\nprod_kinoko 2\nprod_takenoko 3\nprod_late 50\n";
    let (code, said) = run(&cluster, &["prices", "put", "--file", "-"], lines).await;
    assert_eq!((code, said.trim()), (Some(0), "4 prices put into ProductPricesStream"));
    until_priced(&shop, &BTreeMap::from([("prod_takenoko".to_owned(), 3), ("prod_kinoko".to_owned(), 2)])).await;

    // Nothing is put where anything is wrong.
    for (args, input, names) in [
        (vec!["prices", "put", "prod_kinoko", "--", "-1"], "", "below zero"),
        (vec!["prices", "put", "prod_kinoko"], "", "PRICE"),
        (vec!["prices", "put", "kinoko", "1"], "", "PRODUCT"),
        (vec!["prices", "put", "--file", "-"], "prod_kinoko 9\nprod_kinoko nine\n", "line 2"),
        (vec!["prices", "put", "--file", "/nowhere/prices.txt"], "", "/nowhere/prices.txt"),
    ] {
        let (code, said) = run(&cluster, &args, input).await;
        assert!(code == Some(2) && said.contains(names), "{args:?}: {code:?} {said}");
    }

    // A product that comes after its price: the letter is redriven.
    cluster.letters(PRICE_DEAD_LETTERS.name, 1, SOON).await;
    let late = json!({ "product_id": "prod_late", "name": "late", "price": 1 });
    create(&shop, &admin, &late).await;
    let redrive = ["dead-letters", "redrive", PRICE_DEAD_LETTERS.name, "--reason", "unknown_product"];
    let (code, said) = run(&cluster, &redrive, "").await;
    assert_eq!(code, Some(0), "{said}");
    until_priced(&shop, &shows("prod_late", 50)).await;
    assert_eq!(price_of(&shop, "prod_kinoko").await, json!(2));
    cluster.assert_tidy().await;
}
