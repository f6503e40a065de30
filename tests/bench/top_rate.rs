//! The local AWS alone: how fast it answers what orders ask for.
//!
//! A street is recorded through a proxy while orders are placed and paid. Then a new local AWS, provisioned alike, is asked the same
//! again, byte by byte but for names, as fast as it answers, and without the street.

use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use serde::Serialize;
use shotengai_tests::proxy::{Action, Exchange, Proxy, Rule};
use shotengai_tests::test_cluster::TestCluster;
use tokio::time::Instant;

use crate::args::{Plan, StreetKey};
use crate::replay::{Names, Replay};
use crate::results::count;
use crate::shape::Shape;
use crate::street::Street;

/// Reads of the stream go by the clock and by places that the new stream has not.
const LEFT_OUT: [&str; 7] = [
    "GetRecords",
    "GetShardIterator",
    "SubscribeToShard",
    "ListShards",
    "DescribeStreamSummary",
    "DescribeStreamConsumer",
    "RegisterStreamConsumer",
];

/// How fast the local AWS answers.
#[derive(Serialize)]
pub(crate) struct TopRate {
    /// The street whose requests these are.
    pub(crate) street: StreetKey,
    pub(crate) requests: usize,
    pub(crate) requests_a_second: f64,
    /// Requests a second that it answered with an error.
    pub(crate) refused: usize,
}

type Tape = Arc<Mutex<Vec<Exchange>>>;

/// Records a street and replays it.
pub(crate) async fn measure(plan: &Plan, key: StreetKey) -> TopRate {
    let shape = Shape::of(key, None, plan.shards);
    let (names, before, load) = record(plan, &shape).await;
    let cluster = shape.provisioned().await;
    let replay = Replay::new(names, &names_of(&cluster, cluster.endpoint_url()));
    send(&replay, before, plan.clients).await;
    let (asked, started) = (load.len(), Instant::now());
    let refused = send(&replay, load, plan.clients).await;
    let requests_a_second = count(asked) / started.elapsed().as_secs_f64();
    TopRate { street: key, requests: asked, requests_a_second, refused }
}

/// Requests before the load, and of it.
async fn record(plan: &Plan, shape: &Shape) -> (Names, Vec<Exchange>, Vec<Exchange>) {
    let cluster = shape.provisioned().await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let tape = Tape::default();
    let onto = Arc::clone(&tape);
    let recording = Rule::when(move |exchange| {
        if !exchange.service.is_empty() && exchange.service != "s3" && !LEFT_OUT.contains(&exchange.operation.as_str())
        {
            onto.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone());
        }
        false
    });
    let recording = proxy.rule(recording.act(Action::Pass));
    let process = shape.start(&cluster, Some(&proxy.url())).await;
    let mut street = Street::open(&cluster, &process, true).await;
    let lines = street.two_products().await;
    street.until_quiet().await;
    let before = taken(&tape);
    street.at_once(plan.load, plan.clients, |_| lines.clone()).await;
    recording.remove();
    let load = taken(&tape);
    street.assert_tidy().await;
    (names_of(&cluster, proxy.url()), before, load)
}

fn taken(tape: &Tape) -> Vec<Exchange> {
    std::mem::take(&mut *tape.lock().unwrap_or_else(PoisonError::into_inner))
}

fn names_of(cluster: &TestCluster, url: String) -> Names {
    Names { account: cluster.account().to_owned(), url, local_aws_url: cluster.endpoint_url() }
}

/// Sends all, so many at once; answers how many were refused.
async fn send(replay: &Replay, exchanges: Vec<Exchange>, at_once: usize) -> usize {
    let answers = futures::stream::iter(exchanges).map(|exchange| replay.send(exchange)).buffer_unordered(at_once);
    answers.filter(|well| std::future::ready(!well)).count().await
}
