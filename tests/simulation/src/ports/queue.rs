//! Queues.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_dead_letters::REDRIVEN_ATTRIBUTE;
use shotengai_messaging::{Fault, Message, Queue, QueueDepth, RawDelivery, Receipt};
use shotengai_testing::memory::MemoryQueue;

use super::{admitted, merged};
use crate::acknowledged;
use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::network::{Landing, Network};
use crate::operator::NOBODY;
use crate::plan::Dependency::Sqs;

pub(super) struct NetworkedQueue {
    pub(super) network: Network,
    pub(super) inner: Arc<MemoryQueue>,
}

impl NetworkedQueue {
    async fn delete_and_look(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let answers = self.inner.delete(receipts).await?;
        let world = self.network.world();
        for (receipt, answer) in receipts.iter().zip(&answers) {
            if let Some(body) = world.delivery_audit.settled(self.inner.name(), receipt).filter(|_| answer.is_ok()) {
                if self.network.is_newer() {
                    acknowledged::look(world, self.inner.name(), &world.as_understood(&body)).await;
                    continue;
                }
                if self.is_old() && !world.is_set_aside(self.inner.name(), &body) {
                    world.violation(format!(
                        "{}: acknowledged and neither known nor set aside: {body}",
                        self.inner.name()
                    ));
                }
                // What an older release sets aside it has not done.
                acknowledged::look(world, self.inner.name(), &body).await;
            }
        }
        Ok(answers)
    }

    /// Deliveries as a process's release reads them.
    async fn read_by_its_release(&self, mut deliveries: Vec<RawDelivery>) -> Result<Vec<RawDelivery>, Fault> {
        let world = self.network.world();
        if self.network.is_newer() {
            deliveries.iter_mut().for_each(|delivery| world.understand(delivery));
        } else if world.bug == Some(Bug::UnknownIsDone) && self.is_old() {
            // A planted bug: what this release does not know is nothing to it.
            let (unknown, known) = deliveries.into_iter().partition(|delivery| world.is_of_new_type(&delivery.body));
            let unknown: Vec<RawDelivery> = unknown;
            let receipts: Vec<_> = unknown.into_iter().map(|delivery| delivery.receipt).collect();
            if !receipts.is_empty() {
                self.delete_and_look(&receipts).await?.into_iter().collect::<Result<(), _>>()?;
            }
            deliveries = known;
        }
        Ok(deliveries)
    }

    /// An older release sets aside what it does not know: whatever waits for that waits until it is sent back.
    fn note_unknown(&self, messages: &[Message]) {
        let (world, name) = (self.network.world(), self.inner.name());
        let is_new = |message: &&Message| world.is_of_new_type(&message.body);
        let mut unknown = messages.iter().filter(is_new).peekable();
        if self.is_old() && name.ends_with("-dlq") && unknown.peek().is_some() {
            world.count(Mishap::UnknownType);
            self.network.hold_up(name);
            unknown.for_each(|message| world.set_aside(name, &message.body));
        }
    }

    /// Whether this is a consumer of the older release.
    fn is_old(&self) -> bool {
        !self.network.is_newer() && self.network.process() != NOBODY
    }
}

#[async_trait]
impl Queue for NetworkedQueue {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        let effect = async {
            let deliveries = self.inner.receive(max, wait, visibility).await?;
            let world = self.network.world();
            for delivery in &deliveries {
                let process = self.network.process();
                if let Some(found) = world.receipts.receive(world, self.inner.name(), process, delivery) {
                    world.violation(found);
                }
            }
            Ok(deliveries)
        };
        let deliveries = self.network.call(Sqs, "queue.receive", self.inner.name(), effect).await?;
        let world = self.network.world();
        for delivery in &deliveries {
            if self.inner.name() == queues::ORDER_DEADLINE.name {
                world.copies.receive(delivery);
            }
            world.ways.receive(world.elapsed(), &delivery.body, self.inner.name(), self.network.process());
            let odd = world.delivery_audit.look(self.inner.name(), delivery);
            if odd.twice {
                world.count(Mishap::Duplicate);
            }
            if odd.late {
                world.count(Mishap::Disorder);
            }
        }
        self.read_by_its_release(deliveries).await
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "queue.delete";
        let refused = self.network.refused_entries(self.inner.name(), receipts.len());
        let some = admitted(receipts, &refused);
        let effect = async { if some.is_empty() { Ok(Vec::new()) } else { self.delete_and_look(&some).await } };
        Ok(merged(OPERATION, &refused, self.network.call(Sqs, OPERATION, self.inner.name(), effect).await?))
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "queue.change_visibility";
        let refused = self.network.refused_entries(self.inner.name(), changes.len());
        let some = admitted(changes, &refused);
        let effect = async { if some.is_empty() { Ok(Vec::new()) } else { self.inner.change_visibility(&some).await } };
        Ok(merged(OPERATION, &refused, self.network.call(Sqs, OPERATION, self.inner.name(), effect).await?))
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "queue.send";
        let refused = self.network.refused_entries(self.inner.name(), messages.len());
        let mut some = admitted(messages, &refused);
        if self.network.world().plan.new_type.is_some() {
            some = some.iter().map(|message| self.network.world().message_as_it_travels(message)).collect();
            self.note_unknown(&some);
        }
        let landed = Arc::new(AtomicBool::new(false));
        let (network, inner, taken) = (self.network.clone(), Arc::clone(&self.inner), Arc::clone(&landed));
        let sent = some.clone();
        // What is sent back from the dead letters is the same reminder.
        let reminders: Vec<_> = if self.inner.name() == queues::ORDER_DEADLINE.name { some } else { Vec::new() }
            .into_iter()
            .filter(|message| !message.attributes.contains_key(REDRIVEN_ATTRIBUTE))
            .collect();
        let sent_reminders = reminders.clone();
        let effect = move |landing| async move {
            let world = network.world();
            for message in &sent {
                world.ways.queue(world.elapsed() + message.delay, &message.body, inner.name());
            }
            // As they come in, since whoever sent them may die of that call.
            world.copies.send(&sent_reminders);
            match landing {
                Landing::Awaited => taken.store(true, Ordering::Relaxed),
                Landing::Late => world.copies.send_again(&sent_reminders),
            }
            if sent.is_empty() { Ok(Vec::new()) } else { inner.send(&sent).await }
        };
        let answer = self.network.send(Sqs, OPERATION, self.inner.name(), effect).await;
        if landed.load(Ordering::Relaxed) && answer.is_err() {
            self.network.world().copies.send_again(&reminders);
        }
        Ok(merged(OPERATION, &refused, answer?))
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        self.network.call(Sqs, "queue.depth", self.inner.name(), self.inner.depth()).await
    }
}
