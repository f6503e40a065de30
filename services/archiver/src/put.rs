//! Brings batches of records into the archive: objects, then the manifest that tells of them. Only then the shard moves on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use shotengai_archive::{Flush, Object, Shelf, gather};
use shotengai_kernel::Ports;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Backoff, LogLimiter, RecordHandler};
use tokio_util::sync::CancellationToken;

use crate::metrics::{ARCHIVED, BYTES, OBJECTS};
use crate::record::events;

/// Objects that are put at the same time, a shard.
const AT_ONCE: usize = 8;
const LOG_EVERY: Duration = Duration::from_secs(30);

/// The archiver's record handler. Repetition is harmless: an event may stand in the archive more than once.
pub struct Archiver {
    shelf: Shelf,
    ports: Ports,
    /// The last manifest of each shard.
    previous: Mutex<BTreeMap<String, String>>,
}

impl Archiver {
    /// An archiver onto this shelf.
    #[must_use]
    pub const fn new(shelf: Shelf, ports: Ports) -> Self {
        Self { shelf, ports, previous: Mutex::new(BTreeMap::new()) }
    }

    fn previous(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.previous.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts all of it, however long that takes; false where it was told to stop before.
    async fn put_all(&self, flush: &Flush, shutdown: &CancellationToken) -> bool {
        let putting: Vec<_> = flush.objects.iter().map(|object| self.put(object, shutdown)).collect();
        let put: Vec<bool> = stream::iter(putting).buffer_unordered(AT_ONCE).collect().await;
        put.into_iter().all(|put| put) && self.put(&flush.manifest, shutdown).await
    }

    async fn put(&self, object: &Object, shutdown: &CancellationToken) -> bool {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let (mut failures, mut log_limiter) = (0, LogLimiter::new(LOG_EVERY));
        loop {
            let Err(fault) = self.shelf.put(object).await else {
                OBJECTS.add(1, []);
                BYTES.add(u64::try_from(object.bytes.len()).unwrap_or(0), []);
                return true;
            };
            count_fault(&fault);
            failures += 1;
            if log_limiter.may("archive") {
                let (bucket, key) = (self.shelf.name(), object.key.to_string());
                tracing::warn!(bucket, key, %fault, failures, "an object could not be put; trying again");
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return false,
                () = tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())) => {}
            }
        }
    }
}

#[async_trait]
impl RecordHandler for Archiver {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let previous = self.previous().get(shard).cloned();
        let held: Vec<_> = records.iter().map(|record| (record.position.as_str(), record)).collect();
        let empty = records.iter().filter(|record| events(&record.data).is_empty()).count();
        let empty = u64::try_from(empty).unwrap_or(u64::MAX);
        let flush = match gather(shard, previous.as_deref(), &held, |record| events(&record.data)) {
            Ok(flush) => flush,
            Err(error) => {
                tracing::error!(shard, %error, "events could not be packed");
                return 0;
            }
        };
        if let Some(flush) = &flush {
            if !self.put_all(flush, shutdown).await {
                return 0;
            }
            self.previous().insert(shard.to_owned(), flush.manifest.key.to_string());
        }
        let all = u64::try_from(records.len()).unwrap_or(u64::MAX);
        ARCHIVED.add(all.saturating_sub(empty), ["archived".into()]);
        ARCHIVED.add(empty, ["no_event".into()]);
        records.len()
    }
}
