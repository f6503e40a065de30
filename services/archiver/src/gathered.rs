//! A reader of the stream whose reads wait until there is enough for an object: what comes for some time, or so many bytes.
//!
//! So a batch is what is put at one time, and the position behind it is saved only once it is in the archive. Nothing is held
//! between batches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// About so many bytes are read at once.
    pub at_once: usize,
    /// So long after the first record came.
    pub age: Duration,
    /// The wait between reads, also of a shard that surely has more: others read it, too.
    pub poll: Duration,
}

/// Pace of a shard, which a read leaves to the next.
#[derive(Debug, Clone, Copy)]
struct Left {
    /// When it may begin.
    due: Instant,
    /// The bytes of a record, as they came.
    each: usize,
}

/// The reader.
pub struct Gathered {
    inner: Arc<dyn StreamReader>,
    enough: Gathering,
    ending: CancellationToken,
    /// By the cursors that were given out last.
    left: Mutex<HashMap<String, Left>>,
}

impl Gathered {
    /// Reads from `inner`. Once `ending` is cancelled nothing is waited for.
    #[must_use]
    pub fn new(inner: Arc<dyn StreamReader>, enough: Gathering, ending: CancellationToken) -> Self {
        Self { inner, enough, ending, left: Mutex::default() }
    }

    async fn wait(&self, until: Instant) {
        tokio::select! {
            biased;
            () = self.ending.cancelled() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }

    fn left(&self) -> MutexGuard<'_, HashMap<String, Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many records to ask for, that have about so many bytes if they are as those before.
    fn records(&self, each: usize, room: usize, limit: usize) -> usize {
        room.min(self.enough.at_once).checked_div(each).map_or(limit, |records| records.clamp(1, limit))
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
        let left = self.left().remove(&cursor.0);
        if let Some(left) = left {
            self.wait(left.due).await;
        }
        let mut each = left.map_or(0, |left| left.each);
        let mut last = Instant::now();
        let mut all = self.inner.read(cursor, self.records(each, self.enough.bytes, limit)).await?;
        if all.records.is_empty() {
            return Ok(all);
        }
        let due = last + self.enough.age;
        let size = |batch: &ShardBatch| batch.records.iter().map(|record| record.data.len()).sum::<usize>();
        let mut bytes = size(&all);
        each = bytes / all.records.len();
        while bytes < self.enough.bytes && Instant::now() < due && !self.ending.is_cancelled() {
            let Some(next) = all.next.clone() else { break };
            self.wait(due.min(Instant::now() + self.enough.poll)).await;
            last = Instant::now();
            let room = self.enough.bytes.saturating_sub(bytes);
            // What is in hand is not given up for a fault: the next read meets it again.
            let Ok(more) = self.inner.read(&next, self.records(each, room, limit)).await else { break };
            let came = size(&more);
            bytes += came;
            each = came.checked_div(more.records.len()).unwrap_or(each);
            all.records.extend(more.records);
            (all.next, all.behind_ms) = (more.next, more.behind_ms);
        }
        if let Some(next) = &all.next {
            let mut left = self.left();
            // Those whose cursors nobody has read with.
            left.retain(|_, left| left.due > last);
            left.insert(next.0.clone(), Left { due: last + self.enough.poll, each });
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

    const ENOUGH: Gathering =
        Gathering { bytes: 1000, at_once: 600, age: Duration::from_secs(60), poll: Duration::from_secs(5) };

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
        // Two, then one that still has room, and one more: by less than a record above what is enough.
        assert_eq!((first.records.len(), began.elapsed()), (4, Duration::from_secs(10)));
        let second = reader.read(&first.next.unwrap(), 20).await.unwrap();
        assert_eq!((second.records.len(), began.elapsed()), (4, Duration::from_secs(25)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_that_is_far_behind_is_read_at_its_pace() {
        let (stream, reader, mut cursor, _) = scene().await;
        stream.put(&vec![record(100); 400]).await.unwrap();
        let (began, mut bytes, mut most) = (Instant::now(), 0, 0);
        while bytes < 40_000 {
            let batch = reader.read(&cursor, 50).await.unwrap();
            let came: usize = batch.records.iter().map(|record| record.data.len()).sum();
            (bytes, most, cursor) = (bytes + came, most.max(came), batch.next.unwrap());
        }
        // The first read knows nothing of the records' size; 600 bytes in five seconds at the most from then on.
        let after = u128::try_from(bytes - 5000).unwrap();
        assert!(began.elapsed().as_millis() >= after * 5000 / 600, "{:?}", began.elapsed());
        assert!(most <= 5000, "{most}");
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
