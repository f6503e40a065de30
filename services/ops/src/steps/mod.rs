//! Orders as they walk through the pipeline, for those who watch. One reader a process serves them all, and only while there are any.
//!
//! - `tail`: the end of the stream, read beside the bridge. `sample`: which orders are told of where they are too many. `watcher`: one
//!   WebSocket.

mod sample;
pub(crate) mod tail;
#[cfg(test)]
mod tests;
pub(crate) mod watcher;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shotengai_contracts::api::ops::steps::{StepsKind, StepsMessage};
use shotengai_contracts::topology::Installation;
use shotengai_kernel::Clock;
use shotengai_messaging::receipts::{Causes, scope};
use shotengai_messaging::{StreamReader, Worker};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use self::sample::Sampling;
use self::tail::Tail;
pub(crate) use self::tail::Texts;

/// Kinesis lets a shard be read five times a second, by all together.
const EVERY: Duration = Duration::from_secs(1);
/// Messages that a watcher may be behind: as many seconds at least.
const BEHIND: usize = 8;
/// After so many looks it begins without the shards that can't be read, and says that steps are missed.
const PATIENCE: u32 = 3;
/// Watchers of a process.
const MOST_WATCHERS: usize = 50;

/// The steps of orders.
pub struct Steps {
    reader: Arc<dyn StreamReader>,
    texts: Texts,
    clock: Arc<dyn Clock>,
    ways: BTreeMap<String, Vec<String>>,
    told: broadcast::Sender<Arc<str>>,
    reading: watch::Sender<bool>,
    one_in: AtomicU32,
    wake: Notify,
    closing: CancellationToken,
    places: Arc<Semaphore>,
}

/// What one watcher hears.
pub(crate) struct Told {
    pub(crate) messages: broadcast::Receiver<Arc<str>>,
    /// Whether what comes into the stream is told.
    pub(crate) reading: watch::Receiver<bool>,
}

impl Steps {
    /// Steps of the orders in this stream, whose records hold events as `texts` reads them.
    #[must_use]
    pub fn new(
        reader: Arc<dyn StreamReader>,
        texts: Texts,
        installation: &Installation,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let mut ways = BTreeMap::<String, Vec<String>>::new();
        for queue in installation.consumed_queues().filter(|queue| queue.is_subscribed()) {
            for event_type in queue.events() {
                ways.entry(event_type.as_str().to_owned()).or_default().push(queue.name.to_owned());
            }
        }
        Arc::new(Self {
            reader,
            texts,
            clock,
            ways,
            told: broadcast::Sender::new(BEHIND),
            reading: watch::Sender::new(false),
            one_in: AtomicU32::new(1),
            wake: Notify::new(),
            closing: CancellationToken::new(),
            places: Arc::new(Semaphore::new(MOST_WATCHERS)),
        })
    }

    /// A place for one more watcher, if there is any left.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Starts to watch. The reader runs as long as somebody does.
    pub(crate) fn watch(&self) -> Told {
        let told = Told { messages: self.told.subscribe(), reading: self.reading.subscribe() };
        self.wake.notify_one();
        told
    }

    /// Cancelled when the process drains: watchers are to be sent away.
    pub(crate) const fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// The first message of a connection.
    pub(crate) fn begin(&self) -> String {
        text(&StepsMessage {
            kind: StepsKind::Begin,
            at: self.clock.now(),
            one_in: self.one_in.load(Ordering::Relaxed),
            ways: self.ways.clone(),
            steps: Vec::new(),
            missed: false,
        })
    }

    /// The reader.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let steps = Arc::clone(self);
        Worker::new("ops/steps", move |shutdown| {
            let steps = Arc::clone(&steps);
            async move {
                tokio::select! {
                    biased;
                    () = shutdown.cancelled() => steps.closing.cancel(),
                    () = steps.run() => {}
                }
            }
        })
    }

    async fn run(&self) {
        loop {
            // Whoever came since the count below has left a wake-up.
            while self.told.receiver_count() == 0 {
                self.wake.notified().await;
            }
            self.read().await;
        }
    }

    /// Whether nobody watches any more. Who comes later is not told to begin before there is another reader; who came meanwhile
    /// keeps this one.
    fn is_left(&self) -> bool {
        self.told.receiver_count() == 0 && {
            self.reading.send_replace(false);
            self.told.receiver_count() == 0
        }
    }

    /// Reads for as long as somebody watches, from now on.
    async fn read(&self) {
        let mut tail = Tail::new(Arc::clone(&self.reader), self.texts);
        let (mut sampling, mut before, mut gap) = (Sampling::default(), Instant::now(), false);
        let mut looks = 0_u32;
        let mut beat = interval(EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_left() {
            beat.tick().await;
            // What watching costs is no order's.
            let looked = scope(Causes::Watcher, tail.look()).await;
            let was = sampling.one_in();
            let now = Instant::now();
            let steps = sampling.take(looked.steps, now - before);
            before = now;
            self.one_in.store(sampling.one_in(), Ordering::Relaxed);
            gap |= looked.missed;
            if !steps.is_empty() || gap || sampling.one_in() != was {
                let (at, one_in) = (self.clock.now(), sampling.one_in());
                let message =
                    StepsMessage { kind: StepsKind::Steps, at, one_in, ways: BTreeMap::new(), steps, missed: gap };
                gap = false;
                // Nobody may be there any more.
                self.told.send(text(&message).into()).ok();
            }
            looks = looks.saturating_add(1);
            if looked.whole || looks >= PATIENCE {
                let begins = self.reading.send_if_modified(|reading| !std::mem::replace(reading, true));
                gap |= begins && !looked.whole;
            }
        }
    }
}

fn text(message: &StepsMessage) -> String {
    // Plain fields with text keys: it always serializes.
    serde_json::to_string(message).unwrap_or_default()
}
