//! The topic.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::topology::TOPIC;
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{AggregateId, EventId};
use shotengai_messaging::{Fault, FaultKind, Message, Topic};
use uuid::Uuid;

use super::{admitted, merged};
use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::network::Network;
use crate::plan::Dependency::Sns;

pub(super) struct NetworkedTopic {
    pub(super) network: Network,
    pub(super) inner: Arc<dyn Topic>,
}

/// What every subject of an event has that the topic refuses calls for.
const CURSED: &str = "prod_cursed";

/// An event for which the topic refuses every call that has it; no two are the same.
pub(crate) fn cursed_event(number: u128) -> Option<String> {
    let mut envelope = samples::envelope(EventType::ProductImageAdded).ok()?;
    envelope.id = EventId::new(Uuid::from_u128(number));
    envelope.subject = AggregateId::parse(CURSED).ok()?;
    Some(envelope.to_json())
}

fn is_cursed(message: &Message) -> bool {
    message.body.contains(CURSED)
}

impl NetworkedTopic {
    /// The topic's refusal of a whole call, unless a planted bug takes it for its being away.
    fn refusal(&self, operation: &'static str) -> Fault {
        let world = self.network.world();
        world.count(Mishap::CallRefused);
        let kind = match world.bug {
            Some(Bug::NeverHalved) => FaultKind::Transient,
            _ => FaultKind::Permanent,
        };
        Fault::new(kind, operation, "simulated: one of these can't be")
    }
}

#[async_trait]
impl Topic for NetworkedTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "topic.publish";
        let refused = self.network.refused_entries(Sns, TOPIC, messages.len());
        let some = admitted(messages, &refused);
        let effect = async {
            if some.iter().any(is_cursed) {
                return Err(self.refusal(OPERATION));
            }
            if some.is_empty() { Ok(Vec::new()) } else { self.inner.publish(&some).await }
        };
        Ok(merged(OPERATION, &refused, self.network.call(Sns, OPERATION, TOPIC, effect).await?))
    }
}
