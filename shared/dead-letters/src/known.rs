//! Filters that could match no letter: a reason, consumer or event type that there is not. A word that is mistyped would
//! otherwise look like a queue without such letters.

use shotengai_contracts::EventType;
use shotengai_contracts::topology::Installation;
use shotengai_messaging::reason::{OF_EVERY_CONSUMER, Reason};

use crate::filter::Filter;
use crate::letter::{UNDELIVERED, UNREADABLE_FACTS};

/// What letters are said to have that no consumer wrote, or whose facts can't be read.
pub const OF_NO_CONSUMER: [Reason; 2] = [
    Reason::new(UNDELIVERED, "no consumer wrote it: its queue moved it, or the topic could not deliver it"),
    Reason::new(UNREADABLE_FACTS, "what stands beside it is not what this release writes"),
];
/// The reason of letters whose event type only a newer release knows.
const UNKNOWN_TYPE: &str = "unknown_type";

/// A word that no letter can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {word:?}, only {}", known.join(", "))]
pub struct UnknownWord {
    what: &'static str,
    word: String,
    known: Vec<String>,
}

impl Filter {
    /// Whether letters of this installation can match, whose services declare these reasons beside those of every
    /// consumer. Event types that this release doesn't know are possible with the reason that says so.
    ///
    /// # Errors
    /// [`UnknownWord`], which names those that there are.
    pub fn check(&self, installation: &Installation, declared: &[Reason]) -> Result<(), UnknownWord> {
        let reasons = OF_EVERY_CONSUMER.iter().chain(declared).chain(&OF_NO_CONSUMER);
        let reasons = reasons.map(|reason| reason.word.to_owned());
        one_of("reason", self.reason.as_deref(), reasons)?;
        let consumers = installation.queues().map(|queue| queue.consumer().to_owned());
        one_of("consumer", self.consumer.as_deref(), consumers)?;
        let is_newer = self.reason.as_deref() == Some(UNKNOWN_TYPE);
        let types = EventType::ALL.iter().map(|known| known.as_str().to_owned());
        one_of("event type", self.event_type.as_deref().filter(|word| !is_newer && !word.is_empty()), types)
    }
}

fn one_of(what: &'static str, word: Option<&str>, known: impl Iterator<Item = String>) -> Result<(), UnknownWord> {
    let Some(word) = word else { return Ok(()) };
    let known: Vec<_> = known.collect();
    if known.iter().any(|known| known == word) {
        return Ok(());
    }
    Err(UnknownWord { what, word: word.to_owned(), known })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_no_letter_has_is_refused_with_those_that_there_are() {
        let text = |word: &str| Some(word.to_owned());
        for (filter, known) in [
            (Filter { reason: text("exausted"), ..Filter::default() }, "undelivered"),
            (Filter { consumer: text("baker"), ..Filter::default() }, "order-deadline"),
            (Filter { event_type: text("OrderEaten"), ..Filter::default() }, "OrderPaid"),
        ] {
            let error = filter.check(&Installation::default(), &[]).unwrap_err().to_string();
            assert!(error.contains(known) && error.starts_with("there is no "), "{error}");
        }
    }

    #[test]
    fn words_that_letters_have_are_taken() {
        let text = |word: &str| Some(word.to_owned());
        let good = Filter {
            reason: text("exhausted"),
            consumer: text("bridge"),
            event_type: text("OrderPaid"),
            subject: text("ord_1"),
            ..Filter::default()
        };
        good.check(&Installation::default(), &[]).unwrap();
        Filter::default().check(&Installation::default(), &[]).unwrap();
        let newer = Filter { reason: text("unknown_type"), event_type: text("OrderEaten"), ..Filter::default() };
        newer.check(&Installation::default(), &[]).unwrap();
        let none = Filter { event_type: text(""), ..Filter::default() };
        none.check(&Installation::default(), &[]).unwrap();
        let own = Filter { reason: text("points_expired"), ..Filter::default() };
        own.check(&Installation::default(), &[]).unwrap_err();
        own.check(&Installation::default(), &[Reason::new("points_expired", "too late")]).unwrap();
    }
}
