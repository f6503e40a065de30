//! Handlers of events: what a service writes, and what a consumer calls.
//!
//! A service implements one of two traits and says which events it takes, and for which reasons of its own it gives up:
//! - [`EventHandler`]: one event at a time; those of a batch are handled side by side.
//! - [`GroupHandler`]: events that belong together (of one order, say) are handled together, groups side by side.
//!
//! [`IntoHandler`] makes a [`Handler`] of either, which groups, calls and puts answers in order; an event that nobody asked
//! for is [`Disposition::unexpected`]. [`check`] compares what is taken with what a queue subscribes to. A
//! [`RecordHandler`] takes records of a stream instead, before they are messages; a [`MessageHandler`] messages that are no
//! events of ours.

mod dispatch;
mod group;
mod message;
mod record;
mod subscription;

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::EventType;

use crate::delivery::Delivery;
use crate::disposition::Disposition;
use crate::reason::Reason;

pub use group::{Entry, Group};
pub use message::MessageHandler;
pub use record::RecordHandler;
pub use subscription::{Mismatch, check};

/// Reacts to one event at a time. Must be idempotent: events come at least once, late and in any order.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// What it takes. It is given nothing else.
    const EVENTS: &'static [EventType];

    /// Its own reasons for dead letters, beside those that every consumer has.
    const REASONS: &'static [Reason] = &[];

    /// Handles an event. May be dropped at any await when the process ends: what was not answered comes again.
    async fn handle(&self, delivery: &Delivery) -> Disposition;
}

/// Reacts to events that belong together, up to ten at a time. Must be idempotent as an [`EventHandler`] is.
#[async_trait]
pub trait GroupHandler: Send + Sync + 'static {
    /// What it takes. It is given nothing else.
    const EVENTS: &'static [EventType];

    /// Its own reasons for dead letters, beside those that every consumer has.
    const REASONS: &'static [Reason] = &[];

    /// What the events of a group have in common.
    type Key: Ord + Send;

    /// Which group an event belongs to. Asked once for each delivery.
    fn key(&self, delivery: &Delivery) -> Self::Key;

    /// Handles a group, in the order in which its messages were received. An entry that gets no answer comes again. May be
    /// dropped at any await when the process ends.
    async fn handle(&self, key: Self::Key, group: &mut Group);
}

/// What a consumer calls: any handler, over a batch. Services implement [`EventHandler`] or [`GroupHandler`] instead.
#[async_trait]
pub trait Handler: Send + Sync {
    /// What it takes.
    fn events(&self) -> &'static [EventType];

    /// Its own reasons for dead letters.
    fn reasons(&self) -> &'static [Reason] {
        &[]
    }

    /// Handles up to ten deliveries; exactly one answer a delivery, in order.
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition>;
}

/// Makes what a service wrote into what a consumer calls. `M` is inferred; it tells the ways apart.
pub trait IntoHandler<M> {
    /// The handler, over batches.
    fn into_handler(self) -> Arc<dyn Handler>;
}

/// Each event by itself, all of a batch at the same time, each inside its own span.
pub struct OfEvents;
/// Events by group, all groups of a batch at the same time, each inside the span of its first event.
pub struct OfGroups;
/// A handler over batches as it is.
pub struct OfBatches;

impl<H: EventHandler> IntoHandler<OfEvents> for H {
    fn into_handler(self) -> Arc<dyn Handler> {
        Arc::new(OneByOne(self))
    }
}

impl<H: GroupHandler> IntoHandler<OfGroups> for H {
    fn into_handler(self) -> Arc<dyn Handler> {
        Arc::new(InGroups(self))
    }
}

impl IntoHandler<OfBatches> for Arc<dyn Handler> {
    fn into_handler(self) -> Arc<dyn Handler> {
        self
    }
}

#[async_trait]
impl<H: Handler + ?Sized> Handler for Arc<H> {
    fn events(&self) -> &'static [EventType] {
        self.as_ref().events()
    }

    fn reasons(&self) -> &'static [Reason] {
        self.as_ref().reasons()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        self.as_ref().handle(batch).await
    }
}

#[async_trait]
impl<H: EventHandler> EventHandler for Arc<H> {
    const EVENTS: &'static [EventType] = H::EVENTS;
    const REASONS: &'static [Reason] = H::REASONS;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        self.as_ref().handle(delivery).await
    }
}

#[async_trait]
impl<H: GroupHandler> GroupHandler for Arc<H> {
    const EVENTS: &'static [EventType] = H::EVENTS;
    const REASONS: &'static [Reason] = H::REASONS;

    type Key = H::Key;

    fn key(&self, delivery: &Delivery) -> H::Key {
        self.as_ref().key(delivery)
    }

    async fn handle(&self, key: H::Key, group: &mut Group) {
        self.as_ref().handle(key, group).await;
    }
}

struct OneByOne<H>(H);

#[async_trait]
impl<H: EventHandler> Handler for OneByOne<H> {
    fn events(&self) -> &'static [EventType] {
        H::EVENTS
    }

    fn reasons(&self) -> &'static [Reason] {
        H::REASONS
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let handler = &self.0;
        let alone = |place: usize, _: &Delivery| place;
        let react = |_, mut group: Group| async move {
            for entry in group.iter_mut() {
                let answer = handler.handle(entry.delivery()).await;
                entry.answer(answer);
            }
            group
        };
        dispatch::dispatch(H::EVENTS, batch, alone, react).await
    }
}

struct InGroups<H>(H);

#[async_trait]
impl<H: GroupHandler> Handler for InGroups<H> {
    fn events(&self) -> &'static [EventType] {
        H::EVENTS
    }

    fn reasons(&self) -> &'static [Reason] {
        H::REASONS
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let handler = &self.0;
        let key = |_, delivery: &Delivery| handler.key(delivery);
        let react = |key, mut group: Group| async move {
            handler.handle(key, &mut group).await;
            group
        };
        dispatch::dispatch(H::EVENTS, batch, key, react).await
    }
}
