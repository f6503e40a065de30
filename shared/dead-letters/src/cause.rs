//! Letters by what went wrong.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use shotengai_kernel::{CartId, OrderId, PaymentId, ProductId, Timestamp, UserId};

use crate::letter::Letter;

/// Placeholder for an id or a number.
const ANY: char = '#';
const ID_PREFIXES: [&str; 5] = [CartId::PREFIX, OrderId::PREFIX, PaymentId::PREFIX, ProductId::PREFIX, UserId::PREFIX];

/// Cause that letters of one kind have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    /// The dead-letter queue.
    pub queue: String,
    /// The reason in the facts.
    pub reason: String,
    /// The consumer that gave up; empty when none did.
    pub consumer: String,
    /// The event's type, if it is known.
    pub event_type: Option<String>,
    /// The error, with `#` for ids and numbers, and without what it quotes of a body.
    pub error: String,
}

/// Letters with one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Cause that they have in common.
    #[serde(flatten)]
    pub cause: Cause,
    /// How many.
    pub count: usize,
    /// When trouble with the first of them began.
    pub first_seen: Option<Timestamp>,
    /// When trouble with the last of them began.
    pub last_seen: Option<Timestamp>,
    /// The message id of one of them.
    pub example: String,
}

/// Counts letters by cause.
#[derive(Debug, Clone, Default)]
pub struct Causes(BTreeMap<Cause, Group>);

impl Causes {
    /// Counts a letter of this queue.
    pub fn add(&mut self, queue: &str, letter: &Letter) {
        let cause = Cause {
            queue: queue.to_owned(),
            reason: letter.facts.reason.clone(),
            consumer: letter.facts.consumer.clone(),
            event_type: letter.event_type().map(str::to_owned),
            error: letter.cause(),
        };
        let seen = letter.seen_at();
        let group = self.0.entry(cause).or_insert_with_key(|cause| Group {
            cause: cause.clone(),
            count: 0,
            first_seen: seen,
            last_seen: seen,
            example: letter.message_id.clone(),
        });
        group.count += 1;
        group.first_seen = group.first_seen.into_iter().chain(seen).min();
        group.last_seen = group.last_seen.into_iter().chain(seen).max();
    }

    /// The groups, the largest first.
    #[must_use]
    pub fn groups(self) -> Vec<Group> {
        let mut groups: Vec<_> = self.0.into_values().collect();
        // Stable: equal counts stay in the order of their causes.
        groups.sort_by_key(|group| Reverse(group.count));
        groups
    }
}

/// The error without what differs between letters of one cause: words with digits, and ids.
#[must_use]
pub fn normalised(error: &str) -> String {
    let mut text = String::with_capacity(error.len());
    // Split behind each character that can't stand in an id.
    let parts = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-';
    for word in error.split_inclusive(parts) {
        let bare = word.strip_suffix(parts).unwrap_or(word);
        let prefix = ID_PREFIXES.iter().find(|prefix| bare.len() > prefix.len() && bare.starts_with(**prefix));
        if let Some(prefix) = prefix {
            text.push_str(prefix);
            text.push(ANY);
        } else if bare.contains(|c: char| c.is_ascii_digit()) {
            text.push(ANY);
        } else {
            text.push_str(bare);
        }
        text.push_str(word.get(bare.len()..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_numbers_do_not_split_groups() {
        for (error, expected) in [
            (
                "not an envelope: expected value at line 1 column 22",
                "not an envelope: expected value at line # column #",
            ),
            ("prod_kinoko is not ord_019a0000", "prod_# is not ord_#"),
            ("stock/prod_12: -3 left", "stock/prod_#: # left"),
            ("trace 019a0000-0000-7000-8000-000000000001 ended", "trace # ended"),
            ("unknown event type \"OrderEaten\"", "unknown event type \"OrderEaten\""),
            ("値段は200円", "値段は#円"),
            ("", ""),
        ] {
            assert_eq!(normalised(error), expected);
        }
    }
}
