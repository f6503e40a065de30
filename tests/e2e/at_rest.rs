//! A street that sells nothing: requests to AWS a second, by operation, at the settings of an installation.
//!
//! Both tests count on the wire for some seconds, in both modes, so that rest can't grow dearer unseen. Sweeps come at times of
//! their own and have bounds of their own (`publish_costs`), so they are counted apart. `make bench` measures for longer.

use std::collections::BTreeMap;
use std::time::Duration;

use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::test_cluster::{TestCluster, binary};
use tokio::time::Instant;

/// As an installation has them, not as tests do.
const SETTINGS: [(&str, &str); 4] = [
    ("BRIDGE_BUSY_POLL_MS", "200"),
    ("BRIDGE_IDLE_POLL_MS", "500"),
    ("BRIDGE_LEASE_SECONDS", "15"),
    ("CONSUMER_VISIBILITY_SECONDS", "30"),
];
/// Longer than a shard is read often after it was found.
const SETTLE: Duration = Duration::from_secs(6);
/// Some of what is asked every half a minute, and several times whatever is asked oftener.
const WATCHED: Duration = Duration::from_secs(16);

/// The most requests of an operation that a second may have, at one shard: what the clock makes, and a fifth for its chances. All
/// others together may have one in ten seconds.
const MOST: [(&str, f64); 9] = [
    // Two a second of the stream of events, one of the price stream.
    ("kinesis.GetRecords", 3.6),
    // Probes: four event tables every five seconds, other tables every half a minute.
    ("dynamodb.GetItem", 1.4),
    // A look at the leases of each of two readers, which is alone, every 2.5 s to 5 s.
    ("dynamodb.Query", 1.1),
    // A member's lease of each of two readers, every 3.5 s.
    ("dynamodb.PutItem", 0.7),
    // Nine queues, 20 s each.
    ("sqs.ReceiveMessage", 0.7),
    // Probes: the queues, every half a minute. And one dead-letter queue at a time, each every minute.
    ("sqs.GetQueueAttributes", 0.7),
    // With change capture: whether four tables are captured into the stream, every half a minute.
    ("dynamodb.DescribeKinesisStreamingDestination", 0.3),
    ("kinesis.DescribeStreamSummary", 0.3),
    // A probe, and the list of each of two readers, every half a minute.
    ("kinesis.ListShards", 0.3),
];

async fn provisioned(publish: &str, shards: &str) -> TestCluster {
    let cluster = TestCluster::provisioned_with(&binary(), &[("KINESIS_SHARDS", shards), ("PUBLISH", publish)]).await;
    if publish != "cdc" {
        let stopped = cluster.command(&["provision", "--stop-capture"]).env("PUBLISH", publish).status().await.unwrap();
        assert!(stopped.success());
    }
    cluster
}

/// Requests a second but sweeps', by operation.
async fn counted(publish: &str) -> BTreeMap<String, f64> {
    let cluster = provisioned(publish, "1").await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let sweeps = proxy.rule(
        Rule::when(|exchange| {
            exchange.is("dynamodb", "Query") && String::from_utf8_lossy(&exchange.body).contains("outbox = :shard")
        })
        .act(Action::Pass),
    );
    let mut settings = SETTINGS.to_vec();
    let url = proxy.url();
    settings.extend([("PUBLISH", publish), ("AWS_ENDPOINT_URL", url.as_str())]);
    let _process = cluster.serve("all", &settings).await;
    tokio::time::sleep(SETTLE).await;
    let (before, swept, since) = (proxy.seen(), sweeps.hits(), Instant::now());
    tokio::time::sleep(WATCHED).await;
    let (mut seen, swept, over) = (proxy.seen(), sweeps.hits() - swept, since.elapsed().as_secs_f64());
    if let Some(queries) = seen.get_mut("dynamodb.Query") {
        *queries -= swept;
    }
    let more = |(operation, count): (String, u64)| {
        let more = count - before.get(&operation).copied().unwrap_or_default();
        let more = f64::from(u32::try_from(more).unwrap());
        (more > 0.0).then_some((operation, more / over))
    };
    seen.into_iter().filter(|(operation, _)| operation.contains('.')).filter_map(more).collect()
}

async fn is_cheap(publish: &str) {
    let rates = counted(publish).await;
    let sum: f64 = rates.values().sum();
    println!("{publish}, one shard: {sum:.2} a second without sweeps: {rates:.2?}");
    assert!(rates.contains_key("kinesis.GetRecords"), "it counts");
    for (operation, most) in MOST {
        let rate = rates.get(operation).copied().unwrap_or_default();
        assert!(rate <= most, "{operation}: {rate:.2} a second, {most} at the most; {rates:.2?}");
    }
    let others = rates.iter().filter(|(operation, _)| MOST.iter().all(|(named, _)| named != operation));
    let others: f64 = others.map(|(_, rate)| rate).sum();
    assert!(others <= 0.2, "{others:.2} a second of what nothing at rest needs often; {rates:.2?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_street_that_sells_nothing_asks_aws_for_little() {
    is_cheap("outbox").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_captured_street_that_sells_nothing_asks_aws_for_little() {
    is_cheap("cdc").await;
}
