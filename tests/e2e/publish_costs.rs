//! What publishing costs: requests to AWS beside the commits themselves, counted on the wire.

use std::time::Duration;

use futures::StreamExt;
use shotengai_contracts::Owner;
use shotengai_tests::commits::{count, count_of};
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::time::Instant;

const ORDERS: usize = 100;
const CLIENTS: usize = 16;
/// What one `BatchExecuteStatement` takes.
const BATCH: usize = 25;
/// How long commits wait for company before their markers come off.
const LINGER: Duration = Duration::from_secs(2);
/// Queries of one sweep, one a shard of the index.
const SWEEP: u64 = 16;
/// The shortest pause between two sweeps, by mode: half of what `OutboxConfig` says.
const SWEEP_AFTER: [(&str, Duration); 2] = [("outbox", Duration::from_millis(2500)), ("cdc", Duration::from_secs(10))];

/// Requests for publishing while orders were placed and paid.
#[derive(Debug)]
struct Costs {
    commits: usize,
    /// Services that committed anything.
    services: usize,
    records_put: u64,
    markers_written: u64,
    swept: u64,
    over: Duration,
}

impl Costs {
    /// Markers come off by full requests, and by one that is not full when a service's last commit has waited.
    fn most_marker_requests(&self) -> usize {
        let waits = usize::try_from(self.over.as_millis() / LINGER.as_millis()).unwrap();
        self.commits / BATCH + self.services * (1 + waits)
    }

    fn most_sweep_queries(&self, publish: &str) -> u64 {
        let (_, after) = SWEEP_AFTER.into_iter().find(|(mode, _)| *mode == publish).unwrap();
        let sweeps = 1 + u64::try_from(self.over.as_millis() / after.as_millis()).unwrap();
        // Each of the four services sweeps for itself.
        4 * sweeps * SWEEP
    }
}

async fn measure(publish: &str) -> Costs {
    let cluster = TestCluster::provisioned().await;
    // The harness may have provisioned for the other mode.
    let mode = if publish == "cdc" { &["provision"][..] } else { &["provision", "--stop-capture"][..] };
    assert!(cluster.command(mode).env("PUBLISH", publish).status().await.unwrap().success());
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let sweeps = Rule::when(|exchange| {
        exchange.is("dynamodb", "Query") && String::from_utf8_lossy(&exchange.body).contains("outbox = :shard")
    });
    let sweeps = proxy.rule(sweeps.act(Action::Pass));
    let markers = Rule::when(|exchange| {
        // Rows of other tables are changed by such requests, too.
        exchange.is("dynamodb", "BatchExecuteStatement")
            && String::from_utf8_lossy(&exchange.body).contains("REMOVE \\\"outbox\\\"")
    });
    let markers = proxy.rule(markers.act(Action::Pass));
    let process = cluster.serve("all", &[("PUBLISH", publish), ("AWS_ENDPOINT_URL", &proxy.url())]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10_000).await;
    let buyers: Vec<_> = futures::stream::iter(0..CLIENTS).then(|_| shop.guest(None, "en")).collect().await;
    until_published(&cluster).await;

    let (commits, swept, started) = (count(&cluster).await, sweeps.hits(), Instant::now());
    let mut of_each = Vec::new();
    for owner in Owner::ALL {
        of_each.push(count_of(&cluster, owner).await);
    }
    let seen = |operation: &str| proxy.seen().get(operation).copied().unwrap_or_default();
    let (put, written) = (seen("kinesis.PutRecords"), markers.hits());
    let orders: Vec<_> = futures::stream::iter(0..ORDERS)
        .map(|n| {
            let (shop, buyer, kinoko) = (shop.clone(), buyers[n % CLIENTS].clone(), kinoko.clone());
            async move { (text(&shop.order(&buyer, &[(&kinoko, 1)]).await.expect(202), "order_id"), buyer) }
        })
        .buffer_unordered(CLIENTS)
        .collect()
        .await;
    for (order, buyer) in &orders {
        shop.until_status(buyer, order, "paid").await;
    }
    until_published(&cluster).await;
    let mut services = 0;
    for (owner, before) in Owner::ALL.into_iter().zip(of_each) {
        services += usize::from(count_of(&cluster, owner).await > before);
    }
    let costs = Costs {
        commits: count(&cluster).await - commits,
        services,
        records_put: seen("kinesis.PutRecords") - put,
        markers_written: markers.hits() - written,
        swept: sweeps.hits() - swept,
        over: started.elapsed(),
    };
    println!("{publish}: {ORDERS} orders paid: {costs:?}");
    costs
}

async fn until_published(cluster: &TestCluster) {
    until("every marker is off", Duration::from_secs(60), || async {
        match cluster.unpublished().await {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_markers_off_costs_one_request_for_twenty_five_commits() {
    let costs = measure("outbox").await;
    let written = usize::try_from(costs.markers_written).unwrap();
    assert!(costs.commits >= 4 * ORDERS, "{costs:?}");
    assert!(written >= costs.commits.div_ceil(BATCH), "every marker came off: {costs:?}");
    assert!(written <= costs.most_marker_requests(), "{costs:?}");
    assert!(costs.records_put > 0 && usize::try_from(costs.records_put).unwrap() < costs.commits, "{costs:?}");
    assert!(costs.swept <= costs.most_sweep_queries("outbox"), "{costs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_tables_stream_themselves_publishing_costs_no_request() {
    let costs = measure("cdc").await;
    assert!(costs.commits >= 4 * ORDERS, "{costs:?}");
    assert_eq!((costs.records_put, costs.markers_written), (0, 0), "{costs:?}");
    assert!(costs.swept <= costs.most_sweep_queries("cdc"), "{costs:?}");
}
