//! Receipts: what an order cost, and that all receipts and what is nobody's are all that was requested.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

/// How many orders the sums are over; `RECEIPTS=500` for as many.
const ORDERS: usize = 40;
const CLIENTS: usize = 8;
const SOON: Duration = Duration::from_secs(90);
/// A millionth an order and operation may be lost where shares are shown with six digits.
const ROUNDING: f64 = 0.01;
/// Operations that go with orders and not by the clock, and the part of each that has to be on receipts. The rest is of
/// products: of their prices, and of what is told of their stock.
const WITH_ORDERS: [&str; 6] = [
    "BatchExecuteStatement",
    "TransactWriteItems",
    "PutRecords",
    "PublishBatch",
    "SendMessageBatch",
    "DeleteMessageBatch",
];
const MOST: f64 = 0.85;

/// Requests by operation, and units by operation and unit.
type Counts = BTreeMap<(String, String, String), f64>;

fn label<'a>(series: &'a str, name: &str) -> &'a str {
    let found = series.split(['{', ',']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix("=\""));
    found.and_then(|value| value.split('"').next()).unwrap_or_default()
}

/// What the processes have counted, and what of it is nobody's.
async fn counted(process: &Process) -> (Counts, Counts) {
    let (mut all, mut rest) = (Counts::new(), Counts::new());
    for line in process.metrics().await.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let (counts, unit) = match series.split('{').next() {
            Some("shotengai_aws_requests_total") => (&mut all, "call"),
            Some("shotengai_aws_units_total") => (&mut all, label(series, "unit")),
            Some("shotengai_receipt_rest_total") => (&mut rest, label(series, "unit")),
            _ => continue,
        };
        let key = [label(series, "rpc_service"), label(series, "rpc_method"), unit].map(str::to_owned);
        *counts.entry(key.into()).or_default() += value.parse::<f64>().unwrap();
    }
    (all, rest)
}

fn since(now: &Counts, before: &Counts) -> Counts {
    now.iter().map(|(key, count)| (key.clone(), count - before.get(key).copied().unwrap_or_default())).collect()
}

async fn receipt(shop: &Shop, admin: &Person, order: &str) -> Value {
    shop.get(&format!("/orders/{order}/receipt?region=us-east-1"), Some(admin)).await.expect(200)
}

/// What stands on the receipts of these orders, by operation.
async fn on_receipts(shop: &Shop, admin: &Person, orders: &[String]) -> (Counts, u64) {
    let receipts: Vec<Value> =
        futures::stream::iter(orders).map(|order| receipt(shop, admin, order)).buffer_unordered(4).collect().await;
    let (mut sums, mut nanodollars) = (Counts::new(), 0);
    for receipt in &receipts {
        assert_eq!(receipt["complete"], true, "{receipt:#}");
        nanodollars += receipt["nanodollars"].as_u64().unwrap();
        for line in receipt["lines"].as_array().unwrap() {
            let mut add = |unit: &str, count: &Value| {
                let key = (text(line, "service"), text(line, "operation"), unit.to_owned());
                *sums.entry(key).or_default() += count.as_f64().unwrap();
            };
            add("call", &line["requests"]);
            if let Some(unit) = line["unit"].as_str() {
                add(unit, &line["units"]);
            }
        }
    }
    (sums, nanodollars)
}

fn table(all: &Counts, rest: &Counts, sums: &Counts) -> String {
    let mut text = format!("{:>10} {:>10} {:>10}\n", "counted", "receipts", "rest");
    for (key, count) in all.iter().filter(|(_, count)| **count > 0.0) {
        let of = |counts: &Counts| counts.get(key).copied().unwrap_or_default();
        let (service, operation, unit) = key;
        let _ = writeln!(text, "{count:>10.2} {:>10.2} {:>10.2}  {service}.{operation} {unit}", of(sums), of(rest));
    }
    text
}

/// Places and pays orders; holds what their receipts sum up to against what the processes have counted.
async fn sums_agree(publish: &str) {
    let orders = std::env::var("RECEIPTS").map_or(ORDERS, |orders| orders.parse().unwrap());
    let cluster = TestCluster::provisioned().await;
    let mode = if publish == "cdc" { &["provision"][..] } else { &["provision", "--stop-capture"][..] };
    assert!(cluster.command(mode).env("PUBLISH", publish).status().await.unwrap().success());
    let process = cluster.serve("all", &[("PUBLISH", publish)]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10_000).await;
    let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 10_000).await;
    let mut buyers = Vec::with_capacity(CLIENTS);
    for n in 0..CLIENTS {
        buyers.push(shop.guest(Some(&format!("buyer{n}@example.com")), "en").await);
    }
    let (all_before, rest_before) = counted(&process).await;
    let placed: Vec<_> = futures::stream::iter(0..orders)
        .map(|n| {
            let (shop, buyer) = (&shop, &buyers[n % CLIENTS]);
            let lines = [(kinoko.as_str(), 1), (takenoko.as_str(), 1)];
            async move { (text(&shop.order(buyer, &lines).await.expect(202), "order_id"), buyer) }
        })
        .buffer_unordered(CLIENTS)
        .collect()
        .await;
    for (order, buyer) in &placed {
        shop.until_status(buyer, order, "paid").await;
    }
    until("all is published and every mail has left", SOON, || async {
        match (cluster.unpublished().await, cluster.inbox.count()) {
            (0, mails) if mails >= 2 * orders => Ok(()),
            left => Err(left),
        }
    })
    .await;
    let ids: Vec<String> = placed.into_iter().map(|(order, _)| order).collect();
    let (sums, nanodollars, all, rest) = until("receipts and the rest are all", SOON, || async {
        let (sums, nanodollars) = on_receipts(&shop, &admin, &ids).await;
        let (all, rest) = counted(&process).await;
        let (all, rest) = (since(&all, &all_before), since(&rest, &rest_before));
        let differs = all.iter().any(|(key, count)| {
            let of = |counts: &Counts| counts.get(key).copied().unwrap_or_default();
            (count - of(&rest) - of(&sums)).abs() > ROUNDING
        });
        if differs { Err(table(&all, &rest, &sums)) } else { Ok((sums, nanodollars, all, rest)) }
    })
    .await;
    println!("{publish}, {orders} orders\n{}", table(&all, &rest, &sums));
    let each = |count: f64| count / f64::from(u32::try_from(orders).unwrap());
    let of_unit = |counts: &Counts, wanted: &str| -> f64 {
        counts.iter().filter(|((_, _, unit), _)| unit == wanted).map(|(_, count)| count).sum()
    };
    println!(
        "an order: {:.2} requests, {:.2} write units, ${:.3} a million orders; on receipts {:.1} % of requests, {:.1} % of write units",
        each(of_unit(&sums, "call")),
        each(of_unit(&sums, "write")),
        each(f64::from(u32::try_from(nanodollars).unwrap())) / 1000.0,
        100.0 * of_unit(&sums, "call") / of_unit(&all, "call"),
        100.0 * of_unit(&sums, "write") / of_unit(&all, "write"),
    );
    for (key, count) in all.iter().filter(|((_, operation, _), _)| WITH_ORDERS.contains(&operation.as_str())) {
        let on_receipts = sums.get(key).copied().unwrap_or_default();
        assert!(on_receipts >= MOST * count, "{key:?}\n{}", table(&all, &rest, &sums));
    }
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_receipts_and_what_is_nobodys_are_all_that_was_requested() {
    sums_agree("outbox").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_receipts_and_what_is_nobodys_are_all_that_was_requested_where_tables_stream_themselves() {
    sums_agree("cdc").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_an_order_is_for_administrators_and_says_what_it_is_made_of() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let hanako = shop.guest(Some("hanako@example.com"), "ja").await;
    let order = text(&shop.order(&hanako, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&hanako, &order, "paid").await;
    let path = format!("/orders/{order}/receipt");
    let told = until("all that was done is on it", SOON, || async {
        let told = receipt(&shop, &admin, &order).await;
        let has = |operation: &str| told["lines"].as_array().unwrap().iter().any(|line| line["operation"] == operation);
        let is_done = ["PublishBatch", "ReceiveMessage", "DeleteMessageBatch", "GetRecords"]
            .iter()
            .all(|operation| has(operation));
        if is_done && told["journey"]["critical_path"]["ends_with"] == "OrderPaid" { Ok(told) } else { Err(told) }
    })
    .await;
    assert_eq!((&told["complete"], &told["missing"]), (&true.into(), &serde_json::json!([])), "{told:#}");
    assert_eq!((&told["prices"]["region"], &told["prices"]["currency"]), (&"us-east-1".into(), &"USD".into()));
    let processes = told["processes"].as_array().unwrap();
    let roles: Vec<&Value> = processes.iter().flat_map(|process| process["roles"].as_array().unwrap()).collect();
    // An archiver is part of a process with all roles, and has none of its own without an archive.
    let is_apart = std::env::var_os("E2E_DOOR").is_some();
    assert_eq!(roles.len(), SHOTENGAI.services.len() - usize::from(is_apart), "each role once: {roles:?}");
    assert_eq!(processes.len(), if is_apart { roles.len() } else { 1 });
    let lines = told["lines"].as_array().unwrap();
    let sum: u64 = lines.iter().map(|line| line["nanodollars"].as_u64().unwrap()).sum();
    assert_eq!(told["nanodollars"], sum);
    assert!(sum > 1000 && told["cost"].as_str().unwrap().starts_with("$0.0000"), "{told:#}");
    assert!(told["commits"].as_f64().unwrap() >= 7.0 && told["messages"].as_f64().unwrap() >= 7.0, "{told:#}");
    assert!(told["working_micros"].as_u64().unwrap() > 0);

    assert_eq!(shop.get(&path, None).await.status, 401);
    assert_eq!(shop.get(&path, Some(&hanako)).await.status, 403);
    assert_eq!(shop.get("/orders/ord_none/receipt", Some(&admin)).await.status, 404);
    let refused = shop.get(&format!("{path}?region=mars-north-1"), Some(&admin)).await.expect(400);
    assert!(refused["detail"].as_str().unwrap().contains("us-east-1"), "{refused}");

    let url = process.url.as_str();
    let run = async |args: &[&str]| {
        let all: Vec<_> = ["order", "receipt"].iter().chain(args).copied().chain(["--url", url]).collect();
        cluster.command(&all).output().await.unwrap()
    };
    let as_json = run(&[&order, "--output", "json"]).await;
    assert!(as_json.status.success(), "{}", String::from_utf8_lossy(&as_json.stderr));
    let by_command: Value = serde_json::from_slice(&as_json.stdout).unwrap();
    assert_eq!(by_command["order_id"], order);
    let as_text = String::from_utf8(run(&[&order, "--region", "us-east-1"]).await.stdout).unwrap();
    assert!(as_text.starts_with(&format!("{order}: $0.0000")) && as_text.contains("ReceiveMessage"), "{as_text}");
    println!("{as_text}");
    let nowhere = run(&[&order, "--region", "mars-north-1"]).await;
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("us-east-1"), "{nowhere:?}");
    cluster.assert_tidy().await;
}
