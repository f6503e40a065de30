//! One shard in this process: read for as long as the process is a member and the shard's lease is its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use shotengai_messaging::ports::lease::Lease;
use tokio_util::sync::CancellationToken;

use super::StreamConsumer;
use super::progress::Progress;
use super::reading::{self, Ended, Stop};
use crate::lease::keep::Lost;

/// What the coordinator keeps of a shard that is read here.
#[derive(Clone)]
pub(super) struct Holding {
    pub(super) stop: Stop,
    progress: Arc<Progress>,
    right: Arc<Right>,
}

/// The right to read: a lease that nobody renews, which holds while its holder is a member.
struct Right {
    /// As it was last seen.
    lease: Mutex<Lease>,
    /// Cancelled when the membership is lost, or this lease.
    lost: CancellationToken,
    taken: Mutex<Option<Lost>>,
    /// It is being given back, or was: what others see of it says nothing about this holding any more.
    over: AtomicBool,
}

impl Holding {
    /// Of a lease that was taken while the process was this member.
    pub(super) fn new(
        shutdown: &CancellationToken,
        member: &CancellationToken,
        lease: Lease,
        progress: Arc<Progress>,
    ) -> Self {
        progress.taken();
        let stop = Stop { now: shutdown.child_token(), at_batch_end: CancellationToken::new() };
        let (taken, over) = (Mutex::default(), AtomicBool::default());
        let right = Right { lease: Mutex::new(lease), lost: member.child_token(), taken, over };
        Self { stop, progress, right: Arc::new(right) }
    }

    /// Whether it has been told to end, or its right is lost.
    pub(super) fn is_ending(&self) -> bool {
        self.stop.is_asked() || self.is_lost()
    }

    /// Whether its right is lost.
    pub(super) fn is_lost(&self) -> bool {
        self.right.lost.is_cancelled()
    }

    /// Whether a list that shows its lease should be taken for what stands: not once it is given back.
    pub(super) fn is_over(&self) -> bool {
        self.right.over.load(Ordering::Acquire)
    }

    /// Its lease stands like this now, and is still the process's own.
    pub(super) fn stands(&self, lease: &Lease) {
        let mut known = self.right.lease.lock().unwrap_or_else(PoisonError::into_inner);
        if known.token != lease.token {
            known.clone_from(lease);
        }
    }

    /// Ends it: its lease is another's now, or nobody's.
    pub(super) fn lose(&self, by: Option<String>) {
        *self.right.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Lost::Taken(by));
        self.right.lost.cancel();
    }
}

/// Reads a shard under a lease that was taken, until it ends in one way or another; then the lease is given back, or lost
/// already.
pub(super) async fn hold(consumer: Arc<StreamConsumer>, shard: String, holding: Holding) -> Ended {
    let Holding { stop, progress, right } = holding;
    let reading = reading::read(&consumer, &shard, &stop, &progress);
    tokio::pin!(reading);
    let (ended, lost) = tokio::select! {
        biased;
        ended = &mut reading => (ended, None),
        () = right.lost.cancelled() => {
            // Whoever has it now reads already, or will: what is in hand here would only be repeated.
            stop.now.cancel();
            let taken = right.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            (reading.await, Some(taken.unwrap_or(Lost::NoMember)))
        }
    };
    // Before another can take it. A shard that nobody will take stays this process's to show.
    if ended != Ended::Unreadable {
        progress.leave(consumer.name, &shard);
    }
    right.over.store(true, Ordering::Release);
    match lost {
        None => {
            let lease = right.lease.lock().unwrap_or_else(PoisonError::into_inner).clone();
            consumer.keeper().give_back(&lease, ended == Ended::ShardRead).await;
        }
        Some(lost) => tracing::warn!(reader = consumer.name, shard, %lost, "the lease was lost; reading has ended"),
    }
    tracing::info!(reader = consumer.name, shard, ?ended, "no longer reading");
    ended
}
