//! From the queue on: letters, consumers, the payment provider, reminders.

use shotengai_contracts::api::ops::explanations::{CauseKind, Certainty, ExplainedCause};
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::{QueueSpec, queues};
use shotengai_kernel::OrderId;

use super::awaited::Awaited;
use super::causes::Cause;
use super::seen::{Seen, SeenLetter};

/// Letters that hold the message; and those that tell that the order is late.
pub(super) fn letters(
    order: &OrderId,
    awaited: &Awaited<'_>,
    seen: &Seen,
) -> (Vec<ExplainedCause>, Vec<ExplainedCause>) {
    let (mut dead, mut told) = (Vec::new(), Vec::new());
    for letter in &seen.letters {
        let is_of = |queue: &QueueSpec| letter.queue == queue.dead_letters();
        let sure = holds(letter, order, awaited);
        if is_of(&queues::ORDER_DEADLINE) && letter.order.as_ref() == Some(order) {
            told.push(from_letter(CauseKind::Overdue, Certainty::Possible, letter, awaited));
        } else if let (true, Some(sure)) = (is_of(awaited.queue), sure) {
            dead.push(from_letter(CauseKind::DeadLetter, sure, letter, awaited));
        } else if let (true, Some(sure), None) = (is_of(&queues::BRIDGE_DEAD_LETTERS), sure, awaited.asked) {
            dead.push(from_letter(CauseKind::SetAsideByBridge, sure, letter, awaited));
        }
    }
    (dead, told)
}

/// How sure it is that a letter holds the message; none where it does not.
fn holds(letter: &SeenLetter, order: &OrderId, awaited: &Awaited<'_>) -> Option<Certainty> {
    if letter.holds(awaited.message) {
        return Some(Certainty::Certain);
    }
    // A change record, or an event that can't be read, names the order at the most.
    (letter.event.is_none() && letter.order.as_ref() == Some(order)).then_some(Certainty::Likely)
}

fn from_letter(kind: CauseKind, certainty: Certainty, letter: &SeenLetter, awaited: &Awaited<'_>) -> ExplainedCause {
    let mut cause =
        Cause::of(kind, certainty, letter.since.unwrap_or(awaited.message.at)).queue(letter.queue.clone()).0;
    cause.letter = Some(letter.id.clone());
    cause.reason = Some(letter.reason.clone());
    cause.why = Some(letter.error.clone());
    cause
}

/// What keeps the consumer from any message.
pub(super) fn blockers(awaited: &Awaited<'_>, seen: &Seen) -> Vec<ExplainedCause> {
    let (queue, service) = (awaited.queue, awaited.queue.service);
    let blocker = |kind, certainty, since| Cause::of(kind, certainty, since).service(service).queue(queue.name).0;
    let mut all = Vec::new();
    let consumer = seen.consumer(queue);
    if let Some(paused) = consumer.and_then(|consumer| consumer.paused.as_ref()) {
        let mut cause = blocker(CauseKind::ConsumerPaused, Certainty::Certain, paused.since);
        cause.why = Some(paused.reason.clone());
        all.push(cause);
    }
    if let Some(certainty) = seen.away(service) {
        all.push(blocker(CauseKind::ConsumerAway, certainty, awaited.since()));
    }
    let down = seen.down(service);
    if let Some(open) = consumer.filter(|consumer| consumer.breaker_open) {
        // Another process may have its own closed.
        let certainty = if open.processes > 1 { Certainty::Likely } else { Certainty::Certain };
        let mut cause = blocker(CauseKind::BreakerOpen, certainty, awaited.since());
        cause.down = down;
        all.push(cause);
    } else if !down.is_empty() {
        let mut cause = blocker(CauseKind::DependencyDown, Certainty::Likely, awaited.since());
        cause.down = down;
        all.push(cause);
    }
    all
}

/// What the queue's depth says of a message that has come there, as far as is known. Queues can't be looked into.
pub(super) fn with_consumer(awaited: &Awaited<'_>, seen: &Seen, is_blocked: bool) -> Vec<ExplainedCause> {
    let Some(queue) = seen.queue(awaited.queue) else { return Vec::new() };
    let is_asked = awaited.asked.is_some();
    let certainty = if is_blocked || is_asked { Certainty::Possible } else { Certainty::Likely };
    let both = [(CauseKind::WaitsInQueue, queue.waiting), (CauseKind::InFlight, queue.in_flight)];
    let some = both.into_iter().filter(|(_, messages)| *messages > 0);
    some.map(|(kind, messages)| {
        let cause =
            Cause::of(kind, certainty, awaited.since()).service(awaited.queue.service).queue(queue.queue.clone());
        ExplainedCause { messages: Some(messages), ..cause.0 }
    })
    .collect()
}

/// The payment provider, where it was asked: it has refused, or not answered, and billing asks again for as long as it has the
/// message. Where nothing is in its queue, nobody may ask any more.
pub(super) fn held(awaited: &Awaited<'_>, seen: &Seen, is_blocked: bool) -> Option<ExplainedCause> {
    let asked = awaited.asked?;
    let is_empty = seen.queue(awaited.queue).is_some_and(|queue| queue.waiting + queue.in_flight == 0);
    let certainty = if is_blocked || is_empty { Certainty::Possible } else { Certainty::Likely };
    let mut cause = Cause::of(CauseKind::PaymentProvider, certainty, asked.at).service(awaited.queue.service).0;
    cause.why = Some(format!("{} is committed, and nothing after it", asked.event_type()));
    Some(cause)
}

/// The reminder that ends a pending order. Queues tell how many there are, not of which orders, so it is no more than possible.
pub(super) fn reminder(status: OrderStage, seen: &Seen, awaited: &Awaited<'_>) -> Option<ExplainedCause> {
    let queue = seen.queue(&queues::ORDER_DEADLINE).filter(|_| status == OrderStage::Pending)?;
    let messages = queue.delayed + queue.waiting + queue.in_flight;
    let cause = Cause::of(CauseKind::Deadline, Certainty::Possible, awaited.since())
        .service(queues::ORDER_DEADLINE.service)
        .queue(queues::ORDER_DEADLINE.name);
    (messages > 0).then_some(ExplainedCause { messages: Some(messages), ..cause.0 })
}
