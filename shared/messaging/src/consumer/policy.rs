//! The retry policy of a consumer: from a handler's answer and the number of receives to what becomes of the message.
//! Pure: how long exactly a wait with jitter lasts is drawn where the message is settled.

use std::time::Duration;

use jiff::SignedDuration;
use shotengai_contracts::DecodeError;

use super::ConsumerConfig;
use crate::backoff::Backoff;
use crate::disposition::Disposition;
use crate::ports::fault::FaultKind;
use crate::reason::EXHAUSTED;

/// How often an event of a future version is looked at within the patience it gets; few enough to stay far from the
/// queue's own limit of receives.
const FUTURE_TRIES: u32 = 20;

/// What becomes of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settlement {
    /// Deleted.
    Done,
    /// Hidden for so long.
    Again(Wait),
    /// To the dead letters, then deleted.
    Dead { reason: &'static str, error: String },
}

/// How long a message stays hidden before it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// So long.
    For(Duration),
    /// Any time up to this, drawn at random.
    Within(Duration),
}

/// What decides: the part of a consumer's settings that says when a message is given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    backoff: Backoff,
    unavailable_backoff: Backoff,
    max_attempts: u32,
    future_patience: SignedDuration,
}

impl Policy {
    pub(super) const fn of(config: &ConsumerConfig) -> Self {
        Self {
            backoff: config.backoff,
            unavailable_backoff: config.unavailable_backoff,
            max_attempts: config.max_attempts,
            future_patience: config.future_patience,
        }
    }

    /// What the handler's answer comes to for a message that was received `receives` times.
    pub(super) fn settlement(&self, receives: u32, answer: Disposition) -> Settlement {
        match answer {
            Disposition::Done => Settlement::Done,
            Disposition::Waits { after, .. } => Settlement::Again(Wait::For(after)),
            // The installation's fault, however often it came; out of the way of others, which may fare better.
            Disposition::Failed { kind: FaultKind::Denied, .. } => {
                Settlement::Again(Wait::For(self.unavailable_backoff.bound(u32::MAX)))
            }
            Disposition::Retry { cause, .. } | Disposition::Failed { cause, .. } if receives >= self.max_attempts => {
                Settlement::Dead { reason: EXHAUSTED.word, error: cause }
            }
            Disposition::Failed { kind: FaultKind::Transient | FaultKind::Throttled, .. } => {
                Settlement::Again(Wait::Within(self.unavailable_backoff.bound(receives)))
            }
            Disposition::Failed { kind: FaultKind::Permanent, .. } => {
                Settlement::Again(Wait::Within(self.backoff.bound(receives)))
            }
            Disposition::Retry { after: Some(after), .. } => Settlement::Again(Wait::For(after)),
            Disposition::Retry { after: None, .. } => Settlement::Again(Wait::Within(self.backoff.bound(receives))),
            Disposition::Reject { reason, error } => Settlement::Dead { reason, error },
        }
    }

    /// For a message whose handling the process's end cut short: never exhausted by it.
    pub(super) fn interrupted(&self, receives: u32) -> Wait {
        Wait::Within(self.backoff.bound(receives))
    }

    /// For a message that can't be decoded and has been in the queue for `known_for` since its first receive.
    pub(super) fn unreadable(&self, error: &DecodeError, known_for: SignedDuration) -> Settlement {
        match error {
            // However often it came: it is the release that is too old, not the attempts that are too many.
            DecodeError::FutureVersion { .. } if known_for < self.future_patience => {
                let timeout = Duration::try_from(self.future_patience).unwrap_or_default();
                Settlement::Again(Wait::For((timeout / FUTURE_TRIES).max(Duration::from_secs(1))))
            }
            error => Settlement::Dead { reason: error.reason(), error: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::EventType;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy() -> Policy {
        Policy::of(&ConsumerConfig {
            backoff: Backoff::new(SECOND, 60 * SECOND),
            unavailable_backoff: Backoff::new(SECOND, 600 * SECOND),
            max_attempts: 40,
            future_patience: SignedDuration::from_mins(10),
            ..ConsumerConfig::new("order")
        })
    }

    fn retry(after: Option<Duration>) -> Disposition {
        Disposition::Retry { after, cause: "not yet".to_owned() }
    }

    fn waits(after: Duration) -> Disposition {
        Disposition::Waits { after, cause: "another is at it".to_owned() }
    }

    fn failed(kind: FaultKind) -> Disposition {
        Disposition::Failed { kind, cause: "away".to_owned() }
    }

    fn reject() -> Disposition {
        Disposition::Reject { reason: "contradiction", error: "twice".to_owned() }
    }

    const fn within(seconds: u64) -> Settlement {
        Settlement::Again(Wait::Within(Duration::from_secs(seconds)))
    }

    fn dead(reason: &'static str, error: &str) -> Settlement {
        Settlement::Dead { reason, error: error.to_owned() }
    }

    #[test]
    fn an_answer_and_the_number_of_receives_decide_what_becomes_of_a_message() {
        let table = [
            (Disposition::Done, 1, Settlement::Done),
            (Disposition::Done, 99, Settlement::Done),
            (retry(None), 1, within(1)),
            (retry(None), 4, within(8)),
            (retry(None), 39, within(60)),
            (retry(None), 40, dead("exhausted", "not yet")),
            (retry(Some(7 * SECOND)), 1, Settlement::Again(Wait::For(7 * SECOND))),
            (retry(Some(7 * SECOND)), 39, Settlement::Again(Wait::For(7 * SECOND))),
            (retry(Some(7 * SECOND)), 41, dead("exhausted", "not yet")),
            (waits(5 * SECOND), 400, Settlement::Again(Wait::For(5 * SECOND))),
            (failed(FaultKind::Transient), 1, within(1)),
            (failed(FaultKind::Throttled), 39, within(600)),
            (failed(FaultKind::Transient), 40, dead("exhausted", "away")),
            (failed(FaultKind::Permanent), 39, within(60)),
            (failed(FaultKind::Permanent), 40, dead("exhausted", "away")),
            (failed(FaultKind::Denied), 1, Settlement::Again(Wait::For(600 * SECOND))),
            (failed(FaultKind::Denied), 400, Settlement::Again(Wait::For(600 * SECOND))),
            (reject(), 1, dead("contradiction", "twice")),
            (reject(), 40, dead("contradiction", "twice")),
        ];
        for (answer, receives, expected) in table {
            assert_eq!(policy().settlement(receives, answer.clone()), expected, "{answer:?} at receive {receives}");
        }
    }

    #[test]
    fn a_message_that_the_processs_end_interrupts_is_never_exhausted() {
        assert_eq!(Settlement::Again(policy().interrupted(1)), within(1));
        assert_eq!(Settlement::Again(policy().interrupted(400)), within(60));
    }

    #[test]
    fn only_what_a_newer_release_may_read_is_waited_for_and_not_for_ever() {
        let future = DecodeError::FutureVersion { event_type: EventType::OrderPaid, found: 2, known: 1 };
        let unknown = DecodeError::UnknownType("OrderAdmired".to_owned());
        let minutes = SignedDuration::from_mins;
        let table = [
            (&future, minutes(0), Settlement::Again(Wait::For(30 * SECOND))),
            (&future, minutes(9), Settlement::Again(Wait::For(30 * SECOND))),
            (&future, minutes(10), dead("future_version", &future.to_string())),
            (&unknown, minutes(0), dead("unknown_type", &unknown.to_string())),
        ];
        for (error, known_for, expected) in table {
            assert_eq!(policy().unreadable(error, known_for), expected, "{error} after {known_for}");
        }
    }
}
