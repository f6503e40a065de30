//! Subscriptions to the shards of a stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::stream::{PushedBatch, Subscription, SubscriptionTaken};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::faults::Gate;
use super::lock;
use super::shards::Shards;
use super::stream::{StreamConfig, horizon, no_shard, page};

const SUBSCRIBE: &str = "stream.subscribe";
const PUSH: &str = "stream.push";
/// The most records of one batch.
const AT_ONCE: usize = 1000;
/// How long a subscription lasts, how long nobody can take it over, and after how long it says that there is nothing new.
const LASTS: Duration = Duration::from_secs(300);
const PROTECTED: Duration = Duration::from_secs(5);
const SAYS_NOTHING_EVERY: Duration = Duration::from_secs(5);

/// What subscriptions of a stream share.
#[derive(Default)]
pub(super) struct Pushes {
    /// Something came into the stream, or a subscription was taken over.
    pub(super) changed: Notify,
    /// Of each shard the subscription that there is, by number, and since when.
    standing: Mutex<BTreeMap<String, (u64, Instant)>>,
}

pub(super) struct MemorySubscription {
    gate: Gate,
    config: StreamConfig,
    shards: Arc<Mutex<Shards>>,
    pushes: Arc<Pushes>,
    number: u64,
    shard: String,
    after: u64,
    began: Instant,
    /// None before the first batch.
    said: Option<Instant>,
}

impl MemorySubscription {
    /// A subscription to this shard, behind this position.
    pub(super) fn begin(
        gate: Gate,
        config: StreamConfig,
        shards: Arc<Mutex<Shards>>,
        pushes: Arc<Pushes>,
        (shard, after): (&str, u64),
    ) -> Result<Self, Fault> {
        let began = Instant::now();
        let number = {
            let mut standing = lock(&pushes.standing);
            let before = standing.get(shard).copied();
            if before.is_some_and(|(_, since)| since.elapsed() < PROTECTED) {
                return Err(SubscriptionTaken::fault(SUBSCRIBE));
            }
            let number = before.map_or(0, |(number, _)| number + 1);
            standing.insert(shard.to_owned(), (number, began));
            number
        };
        pushes.changed.notify_waiters();
        Ok(Self { gate, config, shards, pushes, number, shard: shard.to_owned(), after, began, said: None })
    }

    fn look(&mut self) -> Result<Option<PushedBatch>, Fault> {
        let is_standing =
            lock(&self.pushes.standing).get(&self.shard).is_some_and(|(number, _)| *number == self.number);
        if !is_standing {
            return Err(SubscriptionTaken::fault(PUSH));
        }
        let shards = lock(&self.shards);
        let horizon = horizon(&self.gate, self.config);
        let state = shards.readable(&self.shard, horizon).ok_or_else(|| no_shard(PUSH))?;
        let (records, behind_ms) = page(state, self.after, AT_ONCE, horizon);
        let after = records.last().and_then(|record| record.position.parse().ok()).unwrap_or(self.after);
        let mut rest = state.records.range(after.saturating_add(1)..);
        let ended = state.closed_at.is_some() && !rest.any(|(_, stored)| stored.arrived_at >= horizon);
        let is_time = self.said.is_none_or(|said| said.elapsed() >= SAYS_NOTHING_EVERY);
        if records.is_empty() && !ended && !is_time {
            return Ok(None);
        }
        self.after = after;
        self.said = Some(Instant::now());
        Ok(Some(PushedBatch { records, ended, behind_ms }))
    }
}

#[async_trait]
impl Subscription for MemorySubscription {
    async fn next(&mut self) -> Result<Option<PushedBatch>, Fault> {
        let passage = self.gate.single(PUSH).await?;
        let pushes = Arc::clone(&self.pushes);
        loop {
            let changed = pushes.changed.notified();
            if self.began.elapsed() >= LASTS {
                return Ok(None);
            }
            if let Some(batch) = self.look()? {
                return passage.answer(Some(batch));
            }
            let due = self.said.unwrap_or(self.began) + SAYS_NOTHING_EVERY;
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(due.min(self.began + LASTS)) => {}
            }
        }
    }
}
