//! A reader of the stream whose reads wait until there is enough for an object: what comes for some time, or so many bytes.
//!
//! So a batch is what is put at one time, and the position behind it is saved only once it is in the archive. Nothing is held
//! between batches.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_messaging::Fault;
use shotengai_messaging::ports::stream::{Shard, ShardBatch, ShardCursor, StartAt, StreamReader};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// When there is enough.
#[derive(Debug, Clone, Copy)]
pub struct Gathering {
    /// So many bytes of records.
    pub bytes: usize,
    /// So long after the first record came.
    pub age: Duration,
    /// The wait between reads.
    pub poll: Duration,
}

/// The reader.
pub struct Gathered {
    inner: Arc<dyn StreamReader>,
    enough: Gathering,
    ending: CancellationToken,
}

impl Gathered {
    /// Reads from `inner`. Once `ending` is cancelled nothing is waited for.
    #[must_use]
    pub fn new(inner: Arc<dyn StreamReader>, enough: Gathering, ending: CancellationToken) -> Self {
        Self { inner, enough, ending }
    }
}

#[async_trait]
impl StreamReader for Gathered {
    async fn shards(&self) -> Result<Vec<Shard>, Fault> {
        self.inner.shards().await
    }

    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault> {
        self.inner.cursor(shard, start).await
    }

    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault> {
        let mut all = self.inner.read(cursor, limit).await?;
        if all.records.is_empty() {
            return Ok(all);
        }
        let due = Instant::now() + self.enough.age;
        let size = |batch: &ShardBatch| batch.records.iter().map(|record| record.data.len()).sum::<usize>();
        let mut bytes = size(&all);
        while bytes < self.enough.bytes && Instant::now() < due && !self.ending.is_cancelled() {
            let Some(next) = all.next.clone() else { break };
            tokio::select! {
                biased;
                () = self.ending.cancelled() => {}
                () = tokio::time::sleep_until(due.min(Instant::now() + self.enough.poll)) => {}
            }
            // What is in hand is not given up for a fault: the next read meets it again.
            let Ok(more) = self.inner.read(&next, limit).await else { break };
            bytes += size(&more);
            all.records.extend(more.records);
            (all.next, all.behind_ms) = (more.next, more.behind_ms);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{ManualClock, Ports};
    use shotengai_messaging::{StreamRecord, StreamWriter};
    use shotengai_testing::memory::{MemoryStream, NoFaults, StreamConfig};

    use super::*;

    const ENOUGH: Gathering = Gathering { bytes: 1000, age: Duration::from_secs(60), poll: Duration::from_secs(5) };

    fn record(bytes: usize) -> StreamRecord {
        StreamRecord { key: "k".to_owned(), data: vec![b'x'; bytes] }
    }

    async fn scene() -> (Arc<MemoryStream>, Gathered, ShardCursor, CancellationToken) {
        let (ports, one) =
            (Ports::seeded(1, Arc::new(ManualClock::default())), StreamConfig { shards: 1, ..StreamConfig::default() });
        let stream = Arc::new(MemoryStream::with("s", ports, one, Arc::new(NoFaults)));
        let ending = CancellationToken::new();
        let reader = Gathered::new(Arc::clone(&stream) as _, ENOUGH, ending.clone());
        let shard = reader.shards().await.unwrap().remove(0).id;
        let cursor = reader.cursor(&shard, &StartAt::Oldest).await.unwrap();
        (stream, reader, cursor, ending)
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_waits_until_its_first_record_is_of_age() {
        let (stream, reader, cursor, _) = scene().await;
        let began = Instant::now();
        assert_eq!(reader.read(&cursor, 10).await.unwrap().records, []);
        assert_eq!(began.elapsed(), Duration::ZERO, "nothing is not waited for");
        stream.put(&[record(1)]).await.unwrap();
        let later = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            stream.put(&[record(1), record(1)]).await.unwrap();
        };
        let (batch, ()) = tokio::join!(reader.read(&cursor, 10), later);
        assert_eq!((batch.unwrap().records.len(), began.elapsed()), (3, Duration::from_secs(60)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_ends_with_enough_bytes_and_goes_on_behind_them() {
        let (stream, reader, cursor, _) = scene().await;
        let began = Instant::now();
        stream.put(&vec![record(300); 12]).await.unwrap();
        let first = reader.read(&cursor, 2).await.unwrap();
        assert_eq!((first.records.len(), began.elapsed()), (4, Duration::from_secs(5)));
        let second = reader.read(&first.next.unwrap(), 20).await.unwrap();
        assert_eq!((second.records.len(), began.elapsed()), (8, Duration::from_secs(5)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_ending_process_waits_for_nothing() {
        let (stream, reader, cursor, ending) = scene().await;
        let began = Instant::now();
        stream.put(&[record(1)]).await.unwrap();
        let end = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            ending.cancel();
        };
        let (batch, ()) = tokio::join!(reader.read(&cursor, 10), end);
        assert_eq!((batch.unwrap().records.len(), began.elapsed()), (1, Duration::from_secs(7)));
    }
}
