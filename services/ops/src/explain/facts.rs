//! Events of an order, its stock and its payment.

use shotengai_contracts::api::ops::explanations::ExplainedFact;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::{Envelope, Event, EventType};
use shotengai_kernel::{AggregateId, EventId, Timestamp, Version};

/// An event, as far as it tells what is awaited.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its id.
    pub id: EventId,
    /// The aggregate it happened to.
    pub subject: AggregateId,
    /// Its number among the events of that.
    pub version: Version,
    /// When it was decided.
    pub at: Timestamp,
    /// The event.
    pub event: Event,
}

impl Fact {
    /// The fact of an event; none where a newer release wrote it and this one can't read it.
    #[must_use]
    pub fn of(envelope: &Envelope) -> Option<Self> {
        Some(Self {
            id: envelope.id,
            subject: envelope.subject.clone(),
            version: envelope.aggregateversion,
            at: envelope.time,
            event: envelope.event().ok()?,
        })
    }

    /// Which event it is.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        self.event.event_type()
    }

    /// As it is shown.
    #[must_use]
    pub fn shown(&self) -> ExplainedFact {
        ExplainedFact {
            id: self.id.uuid(),
            source: self.event_type().owner().as_str().to_owned(),
            event_type: self.event_type().as_str().to_owned(),
            subject: self.subject.as_str().to_owned(),
            version: self.version,
            at: self.at,
        }
    }
}

/// Events, each aggregate's in the order of its own versions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Of the order.
    pub order: Vec<Fact>,
    /// Of the reservation of its stock.
    pub reservation: Vec<Fact>,
    /// Of its payment.
    pub payment: Vec<Fact>,
    /// Events of these that this release can't read.
    pub unread: usize,
}

impl Facts {
    /// How far the order has come; none where nobody placed it.
    #[must_use]
    pub fn stage(&self) -> Option<OrderStage> {
        self.order.iter().rev().find_map(|fact| match fact.event_type() {
            EventType::OrderPlaced => Some(OrderStage::Pending),
            EventType::OrderConfirmed => Some(OrderStage::Confirmed),
            EventType::OrderPaid => Some(OrderStage::Paid),
            EventType::OrderShipped => Some(OrderStage::Shipped),
            EventType::OrderCancelled => Some(OrderStage::Cancelled),
            _ => None,
        })
    }

    /// The newest of all of them, by the clocks of who decided.
    #[must_use]
    pub fn last(&self) -> Option<&Fact> {
        self.payment.iter().chain(&self.reservation).chain(&self.order).max_by_key(|fact| fact.at)
    }
}

/// The newest of these that is of one of these types.
#[must_use]
pub fn newest<'a>(facts: &'a [Fact], types: &[EventType]) -> Option<&'a Fact> {
    facts.iter().rev().find(|fact| types.contains(&fact.event_type()))
}
