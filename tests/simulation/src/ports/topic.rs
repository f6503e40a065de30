//! The topic.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::{QueueSpec, SHOTENGAI, TOPIC, queues};
use shotengai_contracts::{Envelope, EventType, samples};
use shotengai_kernel::{AggregateId, EventId};
use shotengai_messaging::{Fault, FaultKind, Message, Queue, Topic};
use uuid::Uuid;

use super::{admitted, merged};
use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::network::Network;
use crate::plan::Dependency::Sns;
use crate::ways::event_of;

pub(super) struct NetworkedTopic {
    pub(super) network: Network,
    pub(super) inner: Arc<dyn Topic>,
}

/// How many of a thousand messages come to a queue and to its dead letters, where days pass.
const BOTH: u64 = 150;
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
        self.network.hold_up(TOPIC);
        let kind = match world.bug {
            Some(Bug::NeverHalved) => FaultKind::Transient,
            _ => FaultKind::Permanent,
        };
        Fault::new(kind, operation, "simulated: one of these can't be")
    }
}

/// How a message comes from the topic into one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passage {
    Straight,
    Late(Duration),
    /// Not this time; the call fails, so that it comes again.
    NotYet,
    /// Into the queue's dead letters, as the topic's own policy for redriving says.
    Undelivered,
    /// To the queue, and to its dead letters, since the topic had no answer.
    Both,
    /// Somebody discards it from the queue's dead letters.
    Discarded,
    /// A planted bug: nowhere, and nobody is told.
    Nowhere,
}

/// The queues that get events of a message's type.
fn subscribed(message: &Message) -> impl Iterator<Item = &'static QueueSpec> {
    let event_type = message.attributes.get("event_type").cloned();
    let gets = move |spec: &&QueueSpec| spec.events().iter().any(|it| Some(it.as_str()) == event_type.as_deref());
    SHOTENGAI.subscribed_queues().filter(gets)
}

impl NetworkedTopic {
    /// Brings messages to their queues: most of them straight.
    async fn bring(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let world = self.network.world();
        let in_part = world.per_mille(world.plan.rates.brought_in_part);
        let passages: Vec<Vec<_>> = messages
            .iter()
            .map(|message| subscribed(message).map(|queue| (queue, self.passage(queue, message, in_part))).collect())
            .collect();
        let straight = |passages: &[(_, Passage)]| passages.iter().all(|(_, passage)| *passage == Passage::Straight);
        for (message, passages) in messages.iter().zip(&passages) {
            self.note(message, passages);
        }
        if world.plan.new_type.is_none() && passages.iter().all(|passages| straight(passages)) {
            return self.inner.publish(messages).await;
        }
        for (message, passages) in messages.iter().zip(&passages) {
            for (queue, passage) in passages {
                self.bring_to(queue, *passage, message).await?;
            }
        }
        if passages.iter().flatten().any(|(_, passage)| *passage == Passage::NotYet) {
            world.count(Mishap::BroughtInPart);
            return Err(Fault::new(FaultKind::Transient, "topic.publish", "simulated: not to all queues"));
        }
        Ok(vec![Ok(()); messages.len()])
    }

    fn passage(&self, queue: &QueueSpec, message: &Message, in_part: bool) -> Passage {
        let (world, rates) = (self.network.world(), &self.network.world().plan.rates);
        let is_reservation = message.attributes.get("event_type").is_some_and(|it| it == "StockReserved");
        if world.bug == Some(Bug::DropOneQueue) && *queue == queues::ORDER && is_reservation && world.below(4) == 0 {
            Passage::Nowhere
        } else if self.is_discarded(queue, message) {
            world.count(Mishap::ConfirmationDiscarded);
            Passage::Discarded
        } else if world.plan.absence.is_some() && world.per_mille(BOTH) {
            world.count(Mishap::DeliveredAndDead);
            Passage::Both
        } else if in_part && world.below(2) == 0 {
            Passage::NotYet
        } else if world.per_mille(rates.undelivered) {
            world.count(Mishap::Undelivered);
            Passage::Undelivered
        } else if world.per_mille(rates.brought_late) {
            world.count(Mishap::BroughtLate);
            Passage::Late(Duration::from_secs(1 + world.below(40)))
        } else {
            Passage::Straight
        }
    }

    /// Every copy of what was discarded once is.
    fn is_discarded(&self, queue: &QueueSpec, message: &Message) -> bool {
        let world = self.network.world();
        let confirms = message.attributes.get("event_type").is_some_and(|it| it == "OrderConfirmed");
        let stop =
            event_of(&message.body).and_then(|id| world.ways.of(id).stops.remove(queue.name)).unwrap_or_default();
        world.plan.discards
            && confirms
            && *queue == queues::BILLING
            && (stop.discarded || stop.queued.is_none() && world.per_mille(500))
    }

    fn note(&self, message: &Message, passages: &[(&'static QueueSpec, Passage)]) {
        let (ways, now) = (&self.network.world().ways, self.network.world().elapsed());
        for (queue, passage) in passages {
            match passage {
                Passage::Straight => ways.queue(now, &message.body, queue.name),
                Passage::Late(delay) => {
                    ways.astray(&message.body, queue.name);
                    ways.queue(now + *delay, &message.body, queue.name);
                }
                Passage::NotYet => ways.astray(&message.body, queue.name),
                Passage::Undelivered => ways.undelivered(&message.body, queue.name),
                Passage::Both => {
                    ways.undelivered(&message.body, queue.name);
                    ways.queue(now, &message.body, queue.name);
                }
                Passage::Discarded => ways.discard(&message.body, queue.name),
                Passage::Nowhere => {}
            }
        }
    }

    async fn bring_to(&self, queue: &QueueSpec, passage: Passage, message: &Message) -> Result<(), Fault> {
        let world = self.network.world();
        if passage == Passage::Both {
            let letter = std::slice::from_ref(message);
            world
                .infra
                .memory_queue(&queue.dead_letters())
                .send(letter)
                .await?
                .into_iter()
                .collect::<Result<(), _>>()?;
        }
        let (to, delay) = match passage {
            Passage::Straight | Passage::Both => (queue.name.to_owned(), Duration::ZERO),
            Passage::Late(delay) => (queue.name.to_owned(), delay),
            Passage::Undelivered => (queue.dead_letters(), Duration::ZERO),
            Passage::NotYet | Passage::Discarded | Passage::Nowhere => return Ok(()),
        };
        let message = Message { delay, ..world.message_as_it_travels(message) };
        world.infra.memory_queue(&to).send(&[message]).await?.into_iter().collect()
    }
}

#[async_trait]
impl Topic for NetworkedTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "topic.publish";
        let refused = self.network.refused_entries(TOPIC, messages.len());
        let mut some = admitted(messages, &refused);
        let world = self.network.world();
        if world.bug == Some(Bug::Rewrites) {
            for message in &mut some {
                if let Ok(envelope) = Envelope::from_json(message.body.as_bytes()) {
                    message.body = envelope.to_json();
                }
            }
        }
        for message in some.iter().filter(|message| world.newer.has_lost(world, &message.body)) {
            world.violation(format!("on its way an event lost what a newer release wrote on it: {}", message.body));
        }
        let effect = async {
            if some.iter().any(is_cursed) {
                return Err(self.refusal(OPERATION));
            }
            if some.is_empty() { Ok(Vec::new()) } else { self.bring(&some).await }
        };
        Ok(merged(OPERATION, &refused, self.network.call(Sns, OPERATION, TOPIC, effect).await?))
    }
}
