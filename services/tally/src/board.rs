//! The board that all live clients of this process watch. One reader serves them all, and only while there are any.
//!
//! Every pod reads the same counters each poll, so all show the same within a poll's length. A client that is slow sees
//! fewer, larger changes; none is queued for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shotengai_kernel::Clock;
use shotengai_messaging::Worker;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::counters::Counters;
use crate::domain::standings::{Filter, Standings};

/// The standings at one moment in which they differed from before.
#[derive(Debug)]
pub struct Frame {
    /// Counts frames; two that follow each other directly have neighbouring numbers.
    pub sequence: u64,
    /// The totals.
    pub standings: Standings,
    /// When they were read.
    pub at: Timestamp,
    /// What to tell a client that has the frame before and wants all products.
    pub change: Option<String>,
}

/// What a live client watches; none until the first reading after nobody had watched.
pub type Frames = watch::Receiver<Option<Arc<Frame>>>;

/// The board.
pub struct Board {
    counters: Counters,
    clock: Arc<dyn Clock>,
    poll: Duration,
    frames: watch::Sender<Option<Arc<Frame>>>,
    wake: Notify,
    closing: CancellationToken,
    places: Arc<Semaphore>,
}

impl Board {
    /// A board over these counters, read each `poll` for at most `clients` clients.
    #[must_use]
    pub fn new(counters: Counters, clock: Arc<dyn Clock>, poll: Duration, clients: usize) -> Arc<Self> {
        Arc::new(Self {
            counters,
            clock,
            poll,
            frames: watch::Sender::new(None),
            wake: Notify::new(),
            closing: CancellationToken::new(),
            places: Arc::new(Semaphore::new(clients.min(Semaphore::MAX_PERMITS))),
        })
    }

    /// A place for one more client, if there is any left.
    #[must_use]
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Starts to watch. The reader runs as long as a receiver lives.
    #[must_use]
    pub fn watch(&self) -> Frames {
        let mut frames = self.frames.subscribe();
        frames.mark_changed();
        self.wake.notify_one();
        frames
    }

    /// Cancelled when the process drains: clients are to be sent away.
    #[must_use]
    pub const fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// The time, for messages.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The reader.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let board = Arc::clone(self);
        Worker::new("tally/board", move |shutdown| {
            let board = Arc::clone(&board);
            async move {
                tokio::select! {
                    biased;
                    () = shutdown.cancelled() => board.closing.cancel(),
                    () = board.run() => {}
                }
            }
        })
    }

    async fn run(&self) {
        let mut failing = false;
        loop {
            while self.frames.receiver_count() > 0 {
                match self.counters.standings().await {
                    Ok(standings) => {
                        failing = false;
                        self.publish(standings);
                    }
                    // Clients keep what they have; one line an outage is enough.
                    Err(fault) if !failing => {
                        failing = true;
                        tracing::warn!(%fault, "the board can't be read");
                    }
                    Err(_) => {}
                }
                tokio::time::sleep(self.poll).await;
            }
            // The next client must not start from what nobody kept up to date.
            self.frames.send_replace(None);
            // Whoever came since the count above has left a wake-up.
            self.wake.notified().await;
        }
    }

    fn publish(&self, standings: Standings) {
        let at = self.clock.now();
        self.frames.send_if_modified(|current| {
            let next = match current.as_deref() {
                None => Some(Frame { sequence: 0, standings, at, change: None }),
                Some(last) => standings.change(&last.standings, &Filter::all(), at).map(|change| Frame {
                    sequence: last.sequence + 1,
                    standings,
                    at,
                    change: Some(change),
                }),
            };
            next.map(|frame| *current = Some(Arc::new(frame))).is_some()
        });
    }
}
