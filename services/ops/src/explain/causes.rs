//! From what happened and what was seen to why it has not happened yet.

use std::collections::BTreeMap;

use shotengai_contracts::api::ops::explanations::{
    AwaitedDeed, CauseKind, Certainty, ExplainedCause, Explanation, MessagePlace,
};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{OrderId, Timestamp};

use super::awaited::{Awaited, awaited};
use super::facts::Facts;
use super::remedy::command;
use super::seen::Seen;
use super::there::{blockers, held, letters, reminder, with_consumer};
use super::way::on_its_way;

/// So soon nothing is wrong with a message: publishers, bridges and looks at the street take their time.
pub(super) const SOON_MS: i64 = 3_000;

/// Explains an order that was placed; none where nobody placed it.
#[must_use]
pub fn explain(order_id: &OrderId, facts: &Facts, seen: &Seen) -> Option<Explanation> {
    let (status, last) = (facts.stage()?, facts.last()?.shown());
    let open = awaited(facts);
    let mut unknown = if open.is_empty() { Vec::new() } else { seen.street.unknown.clone() };
    unknown.extend(seen.unknown.iter().cloned());
    let awaited = open.iter().map(|awaited| explained(order_id, status, awaited, seen)).collect();
    Some(Explanation { order_id: order_id.clone(), at: seen.street.at, status, last, awaited, unknown })
}

fn explained(order: &OrderId, status: OrderStage, awaited: &Awaited<'_>, seen: &Seen) -> AwaitedDeed {
    let mut causes = why(order, status, awaited, seen);
    for cause in &mut causes {
        cause.command = command(cause, order, awaited);
    }
    AwaitedDeed {
        of: awaited.queue.service.as_str().to_owned(),
        deed: awaited.deed,
        message: awaited.message.shown(),
        queue: awaited.queue.name.to_owned(),
        place: causes.first().map_or(MessagePlace::NotKnown, place),
        since: awaited.since(),
        causes,
    }
}

/// The causes, the most certain first; of those that are alike, what is nearer to the store first.
fn why(order: &OrderId, status: OrderStage, awaited: &Awaited<'_>, seen: &Seen) -> Vec<ExplainedCause> {
    let message = awaited.message;
    let age_ms = millis(message.at, seen.street.at);
    let (dead, told) = letters(order, awaited, seen);
    // What billing has begun to act on has come through.
    let way = if awaited.asked.is_some() || !dead.is_empty() { Vec::new() } else { on_its_way(message, seen, age_ms) };
    let is_before = way.iter().any(|cause| cause.certainty != Certainty::Possible);
    let is_dead = dead.iter().any(|cause| cause.certainty == Certainty::Certain);
    let mut there = blockers(awaited, seen);
    if is_before || is_dead {
        // It would be in the way next.
        there.iter_mut().for_each(|cause| cause.certainty = Certainty::Possible);
    }
    let mut causes: Vec<_> = dead.into_iter().chain(way).collect();
    let is_blocked = there.iter().any(|cause| cause.certainty != Certainty::Possible);
    causes.extend(there);
    if !is_before && !is_dead {
        causes.extend(with_consumer(awaited, seen, is_blocked));
        causes.extend(held(awaited, seen, is_blocked));
    }
    causes.extend(told);
    let is_explained = |causes: &[ExplainedCause]| causes.iter().any(|cause| cause.certainty != Certainty::Possible);
    if millis(awaited.since(), seen.street.at) < SOON_MS
        && !causes.iter().any(|cause| cause.certainty == Certainty::Certain)
    {
        causes.insert(0, Cause::of(CauseKind::UnderWay, Certainty::Likely, awaited.since()).0);
    }
    if !is_explained(&causes) {
        causes.extend(reminder(status, seen, awaited));
    }
    if !is_explained(&causes) {
        causes.push(Cause::of(CauseKind::NotKnown, Certainty::Possible, awaited.since()).0);
    }
    causes.sort_by_key(|cause| cause.certainty);
    causes
}

/// From one moment to another, in milliseconds; not below zero, by clocks that differ.
fn millis(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(to.duration_since(from).as_millis()).unwrap_or(i64::MAX).max(0)
}

/// Where the message is, by the first of its causes.
fn place(first: &ExplainedCause) -> MessagePlace {
    match (first.certainty, first.cause) {
        (Certainty::Possible, _)
        | (_, CauseKind::UnderWay | CauseKind::Deadline | CauseKind::Overdue | CauseKind::NotKnown) => {
            MessagePlace::NotKnown
        }
        (_, CauseKind::DeadLetter | CauseKind::SetAsideByBridge) => MessagePlace::DeadLetters,
        (_, CauseKind::NotPublished | CauseKind::PublisherAway | CauseKind::NotCaptured) => MessagePlace::EventStore,
        (_, CauseKind::BeforeBridge | CauseKind::BridgeAway | CauseKind::ShardUnread) => MessagePlace::Stream,
        (_, CauseKind::PaymentProvider) => MessagePlace::PaymentProvider,
        (
            _,
            CauseKind::ConsumerPaused
            | CauseKind::BreakerOpen
            | CauseKind::ConsumerAway
            | CauseKind::DependencyDown
            | CauseKind::WaitsInQueue
            | CauseKind::InFlight,
        ) => MessagePlace::Queue,
    }
}

/// A cause that is being put together.
pub(super) struct Cause(pub(super) ExplainedCause);

impl Cause {
    pub(super) const fn of(cause: CauseKind, certainty: Certainty, since: Timestamp) -> Self {
        Self(ExplainedCause {
            cause,
            certainty,
            since,
            service: None,
            queue: None,
            shard: None,
            letter: None,
            reason: None,
            why: None,
            down: BTreeMap::new(),
            lag_ms: None,
            messages: None,
            command: None,
        })
    }

    pub(super) fn service(mut self, service: impl ToString) -> Self {
        self.0.service = Some(service.to_string());
        self
    }

    pub(super) fn queue(mut self, queue: impl Into<String>) -> Self {
        self.0.queue = Some(queue.into());
        self
    }
}
