//! Handlers with a bug in them, around the real ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::{Envelope, Event, EventType};
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Delivery, Disposition, FaultKind, Handler};
use shotengai_query::domain::Fold;
use tokio_util::sync::CancellationToken;

#[cfg(doc)]
use super::Bug;
use crate::world::World;
/// [`Bug::AcknowledgeBeforeCommit`]: says `Done` and begins.
pub struct Hasty(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Hasty {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let (handler, later) = (Arc::clone(&self.0), batch.to_vec());
        tokio::spawn(async move { handler.handle(&later).await });
        vec![Disposition::Done; batch.len()]
    }
}

/// [`Bug::DeafToPayments`], [`Bug::NothingRestocked`]: says `Done` to events of this type and hands on the others.
pub struct Deaf(pub Arc<dyn Handler>, pub EventType);

#[async_trait]
impl Handler for Deaf {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let is_heard = |delivery: &Delivery| delivery.event.event_type() != self.1;
        let heard: Vec<_> = batch.iter().filter(|delivery| is_heard(delivery)).cloned().collect();
        let mut answers = self.0.handle(&heard).await.into_iter();
        let answer = |delivery| if is_heard(delivery) { answers.next() } else { Some(Disposition::Done) };
        batch.iter().map(answer).map(|answer| answer.unwrap_or(Disposition::Done)).collect()
    }
}

/// [`Bug::Dawdles`]: longer than an order may wait, and no fault of anything.
pub struct Dawdling {
    /// Inventory's own.
    pub inner: Arc<dyn Handler>,
    /// Where something has gone wrong, or not.
    pub world: Arc<World>,
}

#[async_trait]
impl Handler for Dawdling {
    fn events(&self) -> &'static [EventType] {
        self.inner.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let is_order = |delivery: &Delivery| matches!(*delivery.event, Event::OrderPlaced(_));
        if !self.world.hold_ups.is_empty() && batch.iter().any(is_order) && self.world.below(2) == 0 {
            tokio::time::sleep(self.world.plan.timeout * 2).await;
        }
        self.inner.handle(batch).await
    }
}

/// [`Bug::DeniedIsTheMessagesOwn`]: what is denied looks like any refusal for good.
pub struct Impatient(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Impatient {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let own = |answer| match answer {
            Disposition::Failed { kind: FaultKind::Denied, cause } => {
                Disposition::Failed { kind: FaultKind::Permanent, cause }
            }
            other => other,
        };
        self.0.handle(batch).await.into_iter().map(own).collect()
    }
}

/// [`Bug::RefusedMailIsDone`], [`Bug::NobodyTold`]: what is rejected for this reason is done.
pub struct Dismissive(pub Arc<dyn Handler>, pub &'static str);

#[async_trait]
impl Handler for Dismissive {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let done = |answer| match answer {
            Disposition::Reject { reason, .. } if reason == self.1 => Disposition::Done,
            other => other,
        };
        self.0.handle(batch).await.into_iter().map(done).collect()
    }
}

/// [`Bug::FailsTogether`]: a batch is done as a whole, or not at all.
pub struct Wholesale(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Wholesale {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let answers = self.0.handle(batch).await;
        let again = answers.iter().find(|answer| answer.comes_again()).cloned();
        again.map_or(answers, |again| vec![again; batch.len()])
    }
}

/// [`Bug::CheckpointTooFar`]: says that all records are applied, and begins.
pub struct Overreaching(pub Arc<dyn RecordHandler>);

#[async_trait]
impl RecordHandler for Overreaching {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let (bridge, later, shutdown) = (Arc::clone(&self.0), records.to_vec(), shutdown.clone());
        let shard = shard.to_owned();
        tokio::spawn(async move { bridge.handle(&shard, &later, &shutdown).await });
        records.len()
    }
}

/// [`Bug::NoGapCheck`]: every event that is newer than its row looks like the next one.
pub struct Gapless {
    /// The projector.
    pub inner: Arc<dyn Handler>,
    /// Where its rows are.
    pub world: Arc<World>,
}

impl Gapless {
    fn version(&self, id: &AggregateId) -> Version {
        let rows = &self.world.rows;
        let product = rows.products().get(id).map(Fold::version);
        let stock = rows.stock().get(id).map(Fold::version);
        let order = rows.orders().get(id).map(Fold::version);
        let cart = rows.carts().get(id).map(Fold::version);
        let payment = rows.payments().get(id).map(Fold::version);
        product.or(stock).or(order).or(payment).or(cart).unwrap_or_default()
    }
}

#[async_trait]
impl Handler for Gapless {
    fn events(&self) -> &'static [EventType] {
        self.inner.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let mut reached: BTreeMap<AggregateId, Version> = BTreeMap::new();
        let mut disguised = Vec::new();
        for delivery in batch {
            let id = &delivery.envelope.subject;
            let current = reached.entry(id.clone()).or_insert_with(|| self.version(id));
            let mut delivery = delivery.clone();
            if *current > Version::ZERO && delivery.envelope.aggregateversion > current.next() {
                let envelope = Envelope { aggregateversion: current.next(), ..delivery.envelope.as_ref().clone() };
                delivery.envelope = Arc::new(envelope);
            }
            *current = (*current).max(delivery.envelope.aggregateversion);
            disguised.push(delivery);
        }
        self.inner.handle(&disguised).await
    }
}
