//! The steps of place → paid, each timed alone against a local AWS that has nothing else to do.

use std::time::Duration;

use serde::Serialize;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{queues, tables};
use shotengai_kernel::{AggregateId, OrderId, Ports, Version};
use shotengai_messaging::ports::table::{Condition, Key, Row};
use shotengai_messaging::{CommitFactory, Infrastructure, Message, StreamRecord};
use shotengai_tests::test_cluster::TestCluster;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use crate::args::StreetKey;
use crate::made_up::{metadata, placed};
use crate::reading::{Polled, Pushed, Waiting};
use crate::results::Latency;
use crate::shape::Shape;

const SAMPLES: usize = 40;
const HIDDEN: Duration = Duration::from_secs(60);

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    ReadPrices,
    Append,
    AppendCaptured,
    RowPut,
    PutRecords,
    GetRecords,
    PushedAfterPut,
    PublishBatch,
    ReceiveAtOnce,
    ReceivedWaiting,
    WriteReadModel,
}

/// How often a step comes on the longest way from place to paid.
///
/// Placed (prices, append) → authorized (ledger, append; a reservation goes beside it) → confirmed (append) → captured (append,
/// ledger, append) → paid (append) → the read model: five times through the stream, the topic and a queue.
pub(crate) const WAYS: [(StreetKey, &[(Step, u32)]); 3] = [
    (
        StreetKey::Outbox,
        &[
            (Step::ReadPrices, 1),
            (Step::Append, 6),
            (Step::RowPut, 2),
            (Step::PutRecords, 5),
            (Step::GetRecords, 5),
            (Step::PublishBatch, 5),
            (Step::ReceiveAtOnce, 5),
            (Step::WriteReadModel, 1),
        ],
    ),
    (
        StreetKey::Cdc,
        &[
            (Step::ReadPrices, 1),
            (Step::AppendCaptured, 6),
            (Step::RowPut, 2),
            (Step::GetRecords, 5),
            (Step::PublishBatch, 5),
            (Step::ReceiveAtOnce, 5),
            (Step::WriteReadModel, 1),
        ],
    ),
    (
        StreetKey::Apart,
        &[
            (Step::ReadPrices, 1),
            (Step::AppendCaptured, 6),
            (Step::RowPut, 2),
            (Step::PushedAfterPut, 5),
            (Step::PublishBatch, 5),
            (Step::ReceivedWaiting, 5),
            (Step::WriteReadModel, 1),
        ],
    ),
];

/// Every step, and what it took; and what they come to along the way of a street.
#[derive(Serialize)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<Timed>,
    pub(crate) ways: Vec<Way>,
}

/// What a step took.
#[derive(Serialize)]
pub(crate) struct Timed {
    pub(crate) step: Step,
    #[serde(flatten)]
    pub(crate) time: Latency,
}

/// Medians of the steps from place to paid, summed.
#[derive(Serialize)]
pub(crate) struct Way {
    pub(crate) street: StreetKey,
    pub(crate) sum_ms: f64,
}

impl Steps {
    /// The sum for a street.
    pub(crate) fn sum_ms(&self, key: StreetKey) -> Option<f64> {
        self.ways.iter().find(|way| way.street == key).map(|way| way.sum_ms)
    }
}

impl Step {
    /// What it is.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ReadPrices => "read two prices (BatchGetItem)",
            Self::Append => "append a commit (PutItem)",
            Self::AppendCaptured => "append a commit to a table that is captured (PutItem)",
            Self::RowPut => "put a row (PutItem)",
            Self::PutRecords => "put a record (PutRecords)",
            Self::GetRecords => "read a shard (GetRecords)",
            Self::PushedAfterPut => "be sent a record, after it was put",
            Self::PublishBatch => "publish a message (PublishBatch)",
            Self::ReceiveAtOnce => "receive a message that is there (ReceiveMessage)",
            Self::ReceivedWaiting => "receive a message while waiting, after it was published",
            Self::WriteReadModel => "write a row of the read model (PostgreSQL)",
        }
    }
}

/// Times of each step.
#[derive(Default)]
struct Times(Vec<(Step, Vec<Duration>)>);

impl Times {
    fn add(&mut self, step: Step, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == step) {
            Some((_, times)) => times.push(time),
            None => self.0.push((step, vec![time])),
        }
    }

    async fn time<T>(&mut self, step: Step, work: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let value = work.await;
        self.add(step, started.elapsed());
        value
    }
}

/// Times each step some times, in a street without processes.
pub(crate) async fn measure(shards: u16) -> Steps {
    // The outbox's stream, with a consumer that can be sent to.
    let shape = Shape { publish: "outbox", ..Shape::of(StreetKey::Apart, None, shards) };
    let cluster = shape.provisioned().await;
    let mut times = Times::default();
    rows(&cluster, &mut times).await;
    stream(&cluster, &mut times).await;
    queue(&cluster, &mut times).await;
    database(&cluster, &mut times).await;
    let captured = Shape::of(StreetKey::Apart, None, shards).provisioned().await;
    appends(&captured, Step::AppendCaptured, &mut times).await;
    let steps: Vec<_> = times.0.into_iter().map(|(step, times)| Timed { step, time: Latency::of(times) }).collect();
    let median = |step| steps.iter().find(|timed| timed.step == step).map_or(f64::NAN, |timed| timed.time.p50_ms);
    let sum = |way: &[(Step, u32)]| way.iter().map(|(step, times)| median(*step) * f64::from(*times)).sum();
    let ways = WAYS.iter().map(|(street, way)| Way { street: *street, sum_ms: sum(way) }).collect();
    Steps { steps, ways }
}

async fn rows(cluster: &TestCluster, times: &mut Times) {
    let prices = cluster.aws.table(tables::ORDER_PRICES.name);
    let ledger = cluster.aws.table(tables::BILLING_LEDGER.name);
    for n in 0..SAMPLES {
        let keys = [Key::new("prod_kinoko", "price"), Key::new("prod_takenoko", "price")];
        times.time(Step::ReadPrices, prices.get_many(&keys)).await.unwrap();
        let row = Row::new(Key::new(format!("pay_step{n}"), "book"), 1, serde_json::json!({"lines": ["authorized"]}));
        times.time(Step::RowPut, ledger.put(&row, Condition::Absent)).await.unwrap();
    }
    appends(cluster, Step::Append, times).await;
}

async fn appends(cluster: &TestCluster, step: Step, times: &mut Times) {
    let (ports, store) = (Ports::system(), cluster.aws.event_store(Owner::Order));
    let commits = CommitFactory::new(ports.clone());
    for n in 0..SAMPLES {
        let order = AggregateId::from(&OrderId::parse(&format!("ord_step{n}")).unwrap());
        let commit = commits.commit(order, Version::ZERO, &[placed(n).into()], &metadata(&ports));
        times.time(step, store.append(&[commit.unwrap()])).await.unwrap();
    }
}

async fn stream(cluster: &TestCluster, times: &mut Times) {
    let writer = cluster.aws.stream_writer();
    let record = |n: usize| StreamRecord { key: "ord_step".to_owned(), data: made_up(n).body.into_bytes() };
    let first = writer.place(&[record(0)]).await.unwrap().remove(0).unwrap();
    let shard = first.expect("the shard of a record that was put");
    let mut polled = Polled::open(cluster, &shard).await;
    let mut pushed = Pushed::open(cluster, &shard).await;
    for n in 1..=SAMPLES {
        let record = record(n);
        times.time(Step::PutRecords, writer.put(std::slice::from_ref(&record))).await.unwrap();
        let put = Instant::now();
        times.add(Step::PushedAfterPut, pushed.arrival(&record.data).await.saturating_duration_since(put));
        times.time(Step::GetRecords, polled.read()).await;
    }
}

async fn queue(cluster: &TestCluster, times: &mut Times) {
    let (topic, queue) = (cluster.aws.topic(), cluster.aws.queue(queues::INVENTORY.name));
    for n in 0..SAMPLES {
        times.time(Step::PublishBatch, topic.publish(&[made_up(n)])).await.unwrap();
        let received = times.time(Step::ReceiveAtOnce, queue.receive(10, Duration::ZERO, HIDDEN)).await.unwrap();
        assert!(!received.is_empty(), "what was published is there");
        let receipts: Vec<_> = received.into_iter().map(|delivery| delivery.receipt).collect();
        queue.delete(&receipts).await.unwrap();

        let waiting = Waiting::at(&queue).await;
        topic.publish(&[made_up(n)]).await.unwrap();
        let published = Instant::now();
        times.add(Step::ReceivedWaiting, waiting.arrival().await.saturating_duration_since(published));
    }
}

/// About what query does with an event: a transaction of a few statements, each a round trip.
async fn database(cluster: &TestCluster, times: &mut Times) {
    let (client, connection) = tokio_postgres::connect(cluster.database_url(), NoTls).await.unwrap();
    let connected = tokio::spawn(connection);
    client.batch_execute("CREATE TABLE steps (id integer PRIMARY KEY, doc text)").await.unwrap();
    for n in 0..i32::try_from(SAMPLES).unwrap() {
        let write = async {
            client.batch_execute("BEGIN").await?;
            client.query("SELECT doc FROM steps WHERE id = $1 FOR UPDATE", &[&n]).await?;
            client.execute("INSERT INTO steps VALUES ($1, 'paid')", &[&n]).await?;
            client.batch_execute("COMMIT").await
        };
        times.time(Step::WriteReadModel, write).await.unwrap();
    }
    drop(client);
    connected.await.unwrap().unwrap();
}

fn made_up(n: usize) -> Message {
    crate::made_up::message(&Ports::system(), &placed(n))
}
