//! Queues.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_messaging::{Fault, Message, Queue, QueueDepth, RawDelivery, Receipt};
use shotengai_testing::memory::MemoryQueue;

use super::{admitted, merged};
use crate::acknowledged;
use crate::mishap::Mishap;
use crate::network::Network;
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
                acknowledged::look(world, self.inner.name(), &body).await;
            }
        }
        Ok(answers)
    }
}

#[async_trait]
impl Queue for NetworkedQueue {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        let effect = self.inner.receive(max, wait, visibility);
        let deliveries = self.network.call(Sqs, "queue.receive", self.inner.name(), effect).await?;
        let world = self.network.world();
        for delivery in &deliveries {
            world.copies.receive(delivery);
            let odd = world.delivery_audit.look(self.inner.name(), delivery);
            if odd.twice {
                world.count(Mishap::Duplicate);
            }
            if odd.late {
                world.count(Mishap::Disorder);
            }
        }
        Ok(deliveries)
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "queue.delete";
        let refused = self.network.refused_entries(Sqs, self.inner.name(), receipts.len());
        let some = admitted(receipts, &refused);
        let effect = async { if some.is_empty() { Ok(Vec::new()) } else { self.delete_and_look(&some).await } };
        Ok(merged(OPERATION, &refused, self.network.call(Sqs, OPERATION, self.inner.name(), effect).await?))
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "queue.change_visibility";
        let refused = self.network.refused_entries(Sqs, self.inner.name(), changes.len());
        let some = admitted(changes, &refused);
        let effect = async { if some.is_empty() { Ok(Vec::new()) } else { self.inner.change_visibility(&some).await } };
        Ok(merged(OPERATION, &refused, self.network.call(Sqs, OPERATION, self.inner.name(), effect).await?))
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "queue.send";
        let refused = self.network.refused_entries(Sqs, self.inner.name(), messages.len());
        let some = admitted(messages, &refused);
        let landed = AtomicBool::new(false);
        let effect = async {
            landed.store(true, Ordering::Relaxed);
            if some.is_empty() { Ok(Vec::new()) } else { self.inner.send(&some).await }
        };
        let answer = self.network.call(Sqs, OPERATION, self.inner.name(), effect).await;
        if landed.load(Ordering::Relaxed) {
            self.network.world().copies.send(&some, answer.is_err());
        }
        Ok(merged(OPERATION, &refused, answer?))
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        self.network.call(Sqs, "queue.depth", self.inner.name(), self.inner.depth()).await
    }
}
