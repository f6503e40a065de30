//! Cuts a batch of records into what is published and what is set aside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use shotengai_kernel::Ports;
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::ports::topic::{PUBLISH_MAX_BYTES, PUBLISH_MAX_MESSAGES};
use shotengai_messaging::trace::{follow, traceparent_of};
use shotengai_messaging::{Message, Queue, Topic};
use shotengai_streaming::{Aside, Unfit};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::NAME;
use crate::change::parts;
use crate::decode::{self, Passable};
use crate::metrics::BRIDGED;
use crate::reasons::REASONS;

/// Publish requests under way at the same time, a shard.
const IN_FLIGHT: usize = 4;

/// The bridge's record handler.
pub struct Bridge {
    pub(crate) topic: Arc<dyn Topic>,
    pub(crate) aside: Aside,
    pub(crate) ports: Ports,
    /// Messages that the topic took, of all shards.
    pub(crate) taken: AtomicU64,
    /// Messages that it refuses now, of all shards.
    pub(crate) refused: AtomicUsize,
}

/// Fate of one record.
enum Item {
    Publish(BatchEntry),
    SetAside { index: usize, reason: &'static str, letter: Message },
}

/// A record on its way to the topic, with its part of the trace, which ends when the topic has it.
pub(crate) struct BatchEntry {
    pub(crate) message: Message,
    /// Its record's index within the batch.
    pub(crate) index: usize,
    span: Span,
}

impl Bridge {
    /// A bridge onto `topic`; records that can't be published go to `dead_letters`.
    #[must_use]
    pub fn new(topic: Arc<dyn Topic>, dead_letters: Arc<dyn Queue>, ports: Ports) -> Self {
        let aside = Aside::new(NAME, &REASONS, dead_letters, ports.clone());
        Self { topic, aside, ports, taken: AtomicU64::new(0), refused: AtomicUsize::new(0) }
    }

    /// Fate of a record: a message for each envelope in it, and one letter where any of it can't be published.
    fn items(&self, shard: &str, index: usize, record: &ReadRecord) -> Vec<Item> {
        let mut items = Vec::new();
        let mut first_unfit = None;
        for part in parts(&record.data) {
            match part.and_then(|event| entry(index, event)) {
                Ok(entry) => items.push(Item::Publish(entry)),
                Err(unfit) => {
                    first_unfit.get_or_insert(unfit);
                }
            }
        }
        if let Some(unfit) = first_unfit {
            let letter = self.aside.letter(shard, record, &unfit, 1);
            items.push(Item::SetAside { index, reason: unfit.reason, letter });
        }
        items
    }
}

#[async_trait]
impl RecordHandler for Bridge {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let items: Vec<_> =
            records.iter().enumerate().flat_map(|(index, record)| self.items(shard, index, record)).collect();
        // Which record each of them belongs to.
        let places: Vec<usize> = items.iter().map(Item::index).collect();
        let requests = requests(items.into_iter());
        let mut done = stream::iter(requests)
            .map(|request| async move {
                match request {
                    Request::Publish(messages) => {
                        // A call that several traces share belongs to the first.
                        let first = messages.first().map_or_else(Span::none, |entry| entry.span.clone());
                        let set_aside = self.publish(shard, records, &messages, shutdown).instrument(first).await?;
                        Some(BatchOutcome { published: messages.len() - set_aside, set_aside })
                    }
                    Request::SetAside(letter, reason) => {
                        let done = self.aside.put(shard, &letter, reason, shutdown).await;
                        done.then_some(BatchOutcome { published: 0, set_aside: 1 })
                    }
                }
            })
            .buffered(IN_FLIGHT);
        // Answers come in the items' order, so this counts the contiguous acknowledged prefix.
        let mut acknowledged_items = 0;
        while let Some(Some(BatchOutcome { published, set_aside })) = done.next().await {
            acknowledged_items += published + set_aside;
            for (count, outcome) in [(published, "published"), (set_aside, "set_aside")] {
                BRIDGED.add(u64::try_from(count).unwrap_or(0), [outcome.into()]);
            }
        }
        // A record is applied once all of it is; one that holds nothing, once those before it are.
        places.get(acknowledged_items).copied().unwrap_or(records.len())
    }
}

impl Item {
    const fn index(&self) -> usize {
        match self {
            Self::Publish(entry) => entry.index,
            Self::SetAside { index, .. } => *index,
        }
    }
}

/// The event as a message that carries on its trace.
fn entry(index: usize, event: Passable) -> Result<BatchEntry, Unfit> {
    let span = tracing::info_span!(
        "bridge",
        otel.name = "bridge publish",
        otel.kind = "producer",
        messaging.system = "aws_sns",
        event.r#type = event.event_type,
        event.id = %event.id,
        event.subject = %event.subject,
    );
    follow(&span, event.traceparent.as_deref());
    let message = decode::message(event, traceparent_of(&span))?;
    Ok(BatchEntry { message, index, span })
}

/// Outcome of a request's messages.
struct BatchOutcome {
    published: usize,
    set_aside: usize,
}

enum Request {
    Publish(Vec<BatchEntry>),
    SetAside(Message, &'static str),
}

/// Cuts items, in order, into requests that the topic takes.
fn requests(items: impl Iterator<Item = Item>) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut batch: Vec<BatchEntry> = Vec::new();
    let mut bytes = 0;
    for item in items {
        match item {
            Item::Publish(entry) => {
                let size = entry.message.size();
                if batch.len() == PUBLISH_MAX_MESSAGES || (!batch.is_empty() && bytes + size > PUBLISH_MAX_BYTES) {
                    requests.push(Request::Publish(std::mem::take(&mut batch)));
                    bytes = 0;
                }
                bytes += size;
                batch.push(entry);
            }
            Item::SetAside { letter, reason, .. } => {
                if !batch.is_empty() {
                    requests.push(Request::Publish(std::mem::take(&mut batch)));
                    bytes = 0;
                }
                requests.push(Request::SetAside(letter, reason));
            }
        }
    }
    if !batch.is_empty() {
        requests.push(Request::Publish(batch));
    }
    requests
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use shotengai_contracts::topology::queues;
    use shotengai_contracts::{EventType, samples};
    use shotengai_kernel::ManualClock;
    use shotengai_messaging::{Fault, FaultKind};
    use shotengai_testing::memory::MemoryQueue;

    use super::*;

    /// Takes the first so many messages, then nothing more.
    struct Tiring(Mutex<usize>);

    #[async_trait]
    impl Topic for Tiring {
        async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
            let mut left = self.0.lock().unwrap();
            let answer = |_: &Message| {
                *left =
                    left.checked_sub(1).ok_or_else(|| Fault::new(FaultKind::Transient, "topic.publish", "tired"))?;
                Ok(())
            };
            Ok(messages.iter().map(answer).collect())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_captured_commit_counts_as_applied_only_with_all_its_events() {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let commit = |name: &str, events: usize| {
            let events = vec![samples::envelope(EventType::OrderPaid).unwrap(); events];
            let text = serde_json::to_string(&events).unwrap();
            let change = serde_json::json!({"eventName": name, "dynamodb": {"NewImage": {"events": {"S": text}}}});
            ReadRecord { position: "1".into(), key: "k".into(), data: change.to_string().into(), arrived_at: None }
        };
        let records = [commit("INSERT", 8), commit("MODIFY", 1), commit("INSERT", 9), commit("MODIFY", 1)];
        for (taken, applied) in [(10, 2), (16, 2), (17, 4)] {
            let letters = Arc::new(MemoryQueue::new(queues::BRIDGE_DEAD_LETTERS.name, ports.clone()));
            let bridge = Bridge::new(Arc::new(Tiring(Mutex::new(taken))), letters, ports.clone());
            let shutdown = CancellationToken::new();
            let stop = async {
                tokio::time::sleep(Duration::from_secs(60)).await;
                shutdown.cancel();
                std::future::pending::<usize>().await
            };
            let handled = tokio::select! {
                biased;
                handled = bridge.handle("shard-0", &records, &shutdown) => handled,
                never = stop => never,
            };
            assert_eq!(handled, applied, "{taken} messages were taken");
        }
    }
}
