//! The topic.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use shotengai_kernel::Ports;
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::message::Message;
use shotengai_messaging::ports::topic::{PUBLISH_MAX_BYTES, PUBLISH_MAX_MESSAGES, Topic};

use super::NoFaults;
use super::faults::{FaultInjector, Gate, throttled};
use super::limits::{self, invalid};
use super::queue::MemoryQueue;

const PUBLISH: &str = "topic.publish";
/// The attribute that filter policies look at.
const FILTERED_ATTRIBUTE: &str = "event_type";

struct Subscription {
    queue: Arc<MemoryQueue>,
    event_types: BTreeSet<String>,
}

/// A topic in memory: raw delivery to every queue whose filter has the message's `event_type`.
///
/// Stricter than SNS in one thing: a message of more than 10 attributes is refused, where SNS takes it and then fails to
/// deliver it raw.
pub struct MemoryTopic {
    gate: Gate,
    subscriptions: Vec<Subscription>,
}

impl MemoryTopic {
    /// A topic that nobody subscribes to.
    #[must_use]
    pub fn new(name: &str, ports: Ports) -> Self {
        Self::with_faults(name, ports, Arc::new(NoFaults))
    }

    /// The same, with faults.
    #[must_use]
    pub fn with_faults(name: &str, ports: Ports, faults: Arc<dyn FaultInjector>) -> Self {
        Self { gate: Gate::new(name, faults, ports), subscriptions: Vec::new() }
    }

    /// Delivers messages of these types to the queue from now on.
    #[must_use]
    pub fn subscribe<'a>(mut self, queue: Arc<MemoryQueue>, event_types: impl IntoIterator<Item = &'a str>) -> Self {
        let event_types = event_types.into_iter().map(str::to_owned).collect();
        self.subscriptions.push(Subscription { queue, event_types });
        self
    }

    fn deliver(&self, message: &Message) -> Result<(), Fault> {
        if !message.delay.is_zero() {
            return Err(invalid(PUBLISH, "a topic delays no message"));
        }
        if let Some(why) = limits::message_fault(message) {
            return Err(invalid(PUBLISH, why));
        }
        let Some(event_type) = message.attributes.get(FILTERED_ATTRIBUTE) else { return Ok(()) };
        for subscription in &self.subscriptions {
            if subscription.event_types.contains(event_type) {
                subscription.queue.accept(message);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Topic for MemoryTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        limits::entries(PUBLISH, messages.len(), PUBLISH_MAX_MESSAGES)?;
        if messages.iter().map(Message::size).sum::<usize>() > PUBLISH_MAX_BYTES {
            return Err(invalid(PUBLISH, "the batch has more than 256 KiB"));
        }
        let (passage, failing) = self.gate.batch(PUBLISH, messages.len()).await?;
        let answers = messages.iter().enumerate().map(|(index, message)| {
            if failing.contains(&index) { Err(throttled(PUBLISH)) } else { self.deliver(message) }
        });
        passage.answer(answers.collect())
    }
}
