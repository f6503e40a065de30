//! What an order costs: requests to AWS while orders are placed at once and paid, counted on the wire by operation and table.
//!
//! Requests that go by the clock are left out: reads of the stream, sweeps, leases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use shotengai_tests::proxy::{Action, Exchange, Proxy, Rule};
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const ORDERS: usize = 100;
const CLIENTS: usize = 16;
/// Requests that an order may cost: 10 to 14 do here, fewer the more are on their way at once, and 26 did where each command read
/// its aggregate and each row went by itself.
const MOST: f64 = 18.0;
/// Queries of event tables that an order may cost: less than one where commands decide on what is known, three where a slow
/// machine takes longer for an order than that is believed, six where they read.
const MOST_QUERIES: f64 = 4.0;
const SOON: Duration = Duration::from_secs(60);

/// Requests by operation and, of DynamoDB's, what they are about.
type Costs = BTreeMap<String, u64>;

/// None for a request that goes by the clock and not with orders.
fn kind_of(exchange: &Exchange) -> Option<String> {
    let by_clock = ["GetRecords", "ListShards", "GetShardIterator", "DescribeStreamSummary", "GetQueueAttributes"];
    if exchange.service.is_empty() || by_clock.contains(&exchange.operation.as_str()) {
        return None;
    }
    let operation = format!("{}.{}", exchange.service, exchange.operation);
    if exchange.service != "dynamodb" {
        return Some(operation);
    }
    let body = exchange.json();
    let table = table_of(&body)?;
    let is_sweep = exchange.operation == "Query" && body.get("IndexName").is_some();
    let is_lease = ["leases", "checkpoints"].iter().any(|name| table.ends_with(name));
    let text = body.to_string();
    let is_probe = exchange.operation.starts_with("Describe") || text.contains("\"ping\"");
    if is_sweep || is_lease || is_probe || text.contains("sweep") {
        return None;
    }
    let marker = if text.contains("REMOVE \\\"outbox") { ", markers" } else { "" };
    Some(format!("{operation} {table}{marker}"))
}

/// The table of a request, or of the first part of one that has several.
fn table_of(body: &Value) -> Option<String> {
    if let Some(name) = body["TableName"].as_str() {
        return Some(name.to_owned());
    }
    if let Some(tables) = body["RequestItems"].as_object() {
        return tables.keys().next().cloned();
    }
    if let Some(statement) = body["Statements"][0]["Statement"].as_str() {
        return statement.split('"').nth(1).map(str::to_owned);
    }
    let first = body["TransactItems"][0].as_object()?.values().next()?;
    first["TableName"].as_str().map(str::to_owned)
}

/// Requests of placing and paying all orders, until the last mail has left and the last marker is off.
async fn costs(publish: &str) -> Costs {
    let cluster = TestCluster::provisioned().await;
    let mode = if publish == "cdc" { &["provision"][..] } else { &["provision", "--stop-capture"][..] };
    assert!(cluster.command(mode).env("PUBLISH", publish).status().await.unwrap().success());
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let process = cluster.serve("all", &[("PUBLISH", publish), ("AWS_ENDPOINT_URL", &proxy.url())]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10_000).await;
    let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 10_000).await;
    let mut buyers = Vec::with_capacity(CLIENTS);
    for n in 0..CLIENTS {
        buyers.push(shop.guest(Some(&format!("buyer{n}@example.com")), "en").await);
    }
    until("what was there before is published", SOON, || async {
        match cluster.unpublished().await {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
    let counted: Arc<Mutex<Costs>> = Arc::default();
    let seen = Arc::clone(&counted);
    let count = Rule::when(move |exchange| {
        if let Some(kind) = kind_of(exchange) {
            *seen.lock().unwrap().entry(kind).or_default() += 1;
        }
        false
    });
    let count = proxy.rule(count.act(Action::Pass));
    let orders: Vec<_> = futures::stream::iter(0..ORDERS)
        .map(|n| {
            let (shop, buyer) = (&shop, &buyers[n % CLIENTS]);
            let lines = [(kinoko.as_str(), 1), (takenoko.as_str(), 1)];
            async move { (text(&shop.order(buyer, &lines).await.expect(202), "order_id"), buyer) }
        })
        .buffer_unordered(CLIENTS)
        .collect()
        .await;
    for (order, buyer) in &orders {
        shop.until_status(buyer, order, "paid").await;
    }
    until("all is published and every mail has left", SOON, || async {
        match (cluster.unpublished().await, cluster.inbox.count()) {
            (0, mails) if mails >= 2 * ORDERS => Ok(()),
            left => Err(left),
        }
    })
    .await;
    count.remove();
    let costs = counted.lock().unwrap().clone();
    print!("{}", table(publish, &costs));
    costs
}

fn table(publish: &str, costs: &Costs) -> String {
    let mut text = format!("{publish}: requests of {ORDERS} orders by {CLIENTS} clients\n");
    for (kind, count) in costs {
        let _ = writeln!(text, "{count:>6}  {kind}");
    }
    let _ = writeln!(text, "{:>6}  in all", costs.values().sum::<u64>());
    text
}

fn per_order(costs: &Costs, kinds: &str) -> f64 {
    let counts = costs.iter().filter(|(kind, _)| kind.starts_with(kinds)).map(|(_, count)| count);
    let all = u32::try_from(counts.sum::<u64>()).unwrap();
    f64::from(all) / f64::from(u32::try_from(ORDERS).unwrap())
}

fn hold(publish: &str, costs: &Costs) {
    let (all, queries) = (per_order(costs, ""), per_order(costs, "dynamodb.Query"));
    assert!(all < MOST && queries < MOST_QUERIES, "{all} requests, {queries} queries\n{}", table(publish, costs));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_come_at_once_cost_few_requests_each() {
    hold("outbox", &costs("outbox").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_come_at_once_cost_fewer_where_tables_stream_themselves() {
    hold("cdc", &costs("cdc").await);
}
