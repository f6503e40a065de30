//! One shard in this process: its lease is renewed while it is read.

use std::sync::Arc;

use shotengai_messaging::ports::lease::Lease;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::StreamConsumer;
use super::progress::Progress;
use super::reading::{self, Ended, Stop};

/// What the coordinator keeps of a shard that is read here.
#[derive(Clone)]
pub(super) struct Holding {
    pub(super) stop: Stop,
    progress: Arc<Progress>,
}

impl Holding {
    pub(super) fn new(shutdown: &CancellationToken, progress: Arc<Progress>) -> Self {
        progress.taken();
        let stop = Stop { now: shutdown.child_token(), at_batch_end: CancellationToken::new() };
        Self { stop, progress }
    }
}

/// Reads a shard under a lease that was taken by a call made at `since`, until it ends in one way or another; then the
/// lease is given back, or lost already.
pub(super) async fn hold(
    consumer: Arc<StreamConsumer>,
    shard: String,
    lease: Lease,
    since: Instant,
    holding: Holding,
) -> Ended {
    let Holding { stop, progress } = holding;
    let keeper = consumer.keeper();
    let done = CancellationToken::new();
    let keeping = keeper.keep(lease, since, &done);
    let reading = reading::read(&consumer, &shard, &stop, &progress);
    tokio::pin!(keeping, reading);
    let (ended, kept) = tokio::select! {
        biased;
        ended = &mut reading => {
            done.cancel();
            (ended, keeping.await)
        }
        kept = &mut keeping => {
            // Whoever has it now reads already, or will: what is in hand here would only be repeated.
            stop.now.cancel();
            (reading.await, kept)
        }
    };
    // Before another can take it. A shard that nobody will take stays this process's to show.
    if ended != Ended::Unreadable {
        progress.leave(consumer.name, &shard);
    }
    match kept {
        Ok(lease) => keeper.give_back(&lease, ended == Ended::ShardRead).await,
        Err(lost) => tracing::warn!(reader = consumer.name, shard, %lost, "the lease was lost; reading has ended"),
    }
    tracing::info!(reader = consumer.name, shard, ?ended, "no longer reading");
    ended
}
