//! The check that a queue subscribes to what its handler takes.

use shotengai_contracts::EventType;
use shotengai_contracts::topology::{QueueSpec, Source};

/// A queue and its handler that don't agree about the events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{queue} and its handler don't agree: subscribed and not taken: {}; taken and not subscribed: {}",
    list(.not_taken),
    list(.not_subscribed)
)]
pub struct Mismatch {
    /// The queue.
    pub queue: &'static str,
    /// What the queue gets and the handler would reject.
    pub not_taken: Vec<EventType>,
    /// What the handler waits for in vain.
    pub not_subscribed: Vec<EventType>,
}

/// Compares what the topic sends a queue with what its handler takes. What comes from elsewhere is its sender's business.
///
/// # Errors
/// [`Mismatch`] when they are not the same.
pub fn check(queue: &QueueSpec, taken: &[EventType]) -> Result<(), Mismatch> {
    let Source::Topic(subscribed) = queue.source else { return Ok(()) };
    let missing = |from: &[EventType], all: &[EventType]| -> Vec<EventType> {
        all.iter().filter(|event| !from.contains(event)).copied().collect()
    };
    let (not_taken, not_subscribed) = (missing(taken, subscribed), missing(subscribed, taken));
    if not_taken.is_empty() && not_subscribed.is_empty() {
        return Ok(());
    }
    Err(Mismatch { queue: queue.name, not_taken, not_subscribed })
}

fn list(events: &[EventType]) -> String {
    if events.is_empty() {
        return "nothing".to_owned();
    }
    events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::topology::{Service, queues};

    use super::*;
    use EventType::{OrderCancelled, OrderPaid, OrderPlaced};

    const QUEUE: QueueSpec = QueueSpec {
        name: "loyalty-queue",
        service: Service::TALLY,
        source: Source::Topic(&[OrderPaid, OrderCancelled]),
    };

    #[test]
    fn the_order_in_which_events_are_named_does_not_matter() {
        assert_eq!(check(&QUEUE, &[OrderCancelled, OrderPaid]), Ok(()));
    }

    #[test]
    fn a_mismatch_names_what_is_missing_on_either_side() {
        let mismatch = check(&QUEUE, &[OrderPaid, OrderPlaced]).unwrap_err();
        let expected = "loyalty-queue and its handler don't agree: subscribed and not taken: OrderCancelled; taken and \
                        not subscribed: OrderPlaced";
        assert_eq!(mismatch.to_string(), expected);
    }

    #[test]
    fn a_queue_that_the_topic_does_not_feed_has_no_subscription_to_agree_with() {
        assert_eq!(check(&queues::ORDER_DEADLINE, &[OrderPlaced]), Ok(()));
    }
}
