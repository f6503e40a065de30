//! Readers whose waits are timed.

use std::sync::Arc;
use std::time::Duration;

use shotengai_messaging::ports::stream::{ShardCursor, StartAt, StreamReader};
use shotengai_messaging::{Infrastructure, Queue};
use shotengai_tests::test_cluster::TestCluster;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Until a receive that was begun stands at the queue.
const PARKED: Duration = Duration::from_millis(50);
const WAIT: Duration = Duration::from_secs(20);
const HIDDEN: Duration = Duration::from_secs(60);
const PAGE: usize = 1000;

/// Reads of a shard by calls.
pub(crate) struct Polled {
    reader: Arc<dyn StreamReader>,
    cursor: ShardCursor,
}

impl Polled {
    /// At the shard's beginning.
    pub(crate) async fn open(cluster: &TestCluster, shard: &str) -> Self {
        let reader = cluster.aws.stream_reader();
        let cursor = reader.cursor(shard, &StartAt::Oldest).await.unwrap();
        Self { reader, cursor }
    }

    /// Reads on.
    pub(crate) async fn read(&mut self) {
        let batch = self.reader.read(&self.cursor, PAGE).await.unwrap();
        assert!(!batch.records.is_empty(), "what was put is there");
        self.cursor = batch.next.expect("the shard is open");
    }
}

/// A shard's subscription.
pub(crate) struct Pushed {
    arrived: UnboundedReceiver<(Vec<u8>, Instant)>,
    reading: JoinHandle<()>,
}

impl Pushed {
    /// From the shard's beginning.
    pub(crate) async fn open(cluster: &TestCluster, shard: &str) -> Self {
        let mut subscription = cluster.aws.stream_reader().subscribe(shard, &StartAt::Oldest).await.unwrap();
        let (sender, arrived) = unbounded_channel();
        let reading = tokio::spawn(async move {
            while let Ok(Some(batch)) = subscription.next().await {
                let now = Instant::now();
                for record in batch.records {
                    if sender.send((record.data, now)).is_err() {
                        return;
                    }
                }
            }
        });
        Self { arrived, reading }
    }

    /// When this record came.
    pub(crate) async fn arrival(&mut self, data: &[u8]) -> Instant {
        loop {
            let next = tokio::time::timeout(WAIT, self.arrived.recv()).await.expect("the record comes");
            let (came, at) = next.expect("the subscription lasts");
            if came == data {
                return at;
            }
        }
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// A receive that was there before the message.
pub(crate) struct Waiting(JoinHandle<Instant>);

impl Waiting {
    /// At this queue.
    pub(crate) async fn at(queue: &Arc<dyn Queue>) -> Self {
        let queue = Arc::clone(queue);
        let receive = tokio::spawn(async move {
            let received = queue.receive(10, WAIT, HIDDEN).await.unwrap();
            let at = Instant::now();
            let receipts: Vec<_> = received.into_iter().map(|delivery| delivery.receipt).collect();
            assert!(!receipts.is_empty(), "what was published comes");
            queue.delete(&receipts).await.unwrap();
            at
        });
        tokio::time::sleep(PARKED).await;
        Self(receive)
    }

    /// When it brought the message.
    pub(crate) async fn arrival(self) -> Instant {
        self.0.await.unwrap()
    }
}
