//! Conditions in DynamoDB's words.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shotengai_messaging::{Backoff, Condition};

use super::attributes::{Item, number};
use super::schema::VERSION;

/// Between attempts at rows and slots that a transaction holds, and at the unprocessed rest of a batch.
pub(super) static CONFLICT_BACKOFF: std::sync::LazyLock<Backoff> =
    std::sync::LazyLock::new(|| Backoff::new(Duration::from_millis(20), Duration::from_millis(400)));

/// A condition with the names and values it mentions.
#[derive(Debug, Default)]
pub(super) struct Expression {
    pub(super) text: Option<String>,
    pub(super) names: std::collections::HashMap<String, String>,
    pub(super) values: Item,
}

impl Expression {
    pub(super) fn of(condition: Condition) -> Self {
        let compare = |text: &str, version: u64| Self {
            text: Some(text.to_owned()),
            names: [("#version".to_owned(), VERSION.to_owned())].into(),
            values: Item::from([(":version".to_owned(), number(version))]),
        };
        match condition {
            Condition::Any => Self::default(),
            Condition::Absent => Self { text: Some("attribute_not_exists(pk)".to_owned()), ..Self::default() },
            Condition::VersionBelow(version) => compare("attribute_not_exists(pk) OR #version < :version", version),
            Condition::VersionIs(version) => compare("#version = :version", version),
        }
    }

    /// None where the SDK wants "nothing": an empty map is refused by the service.
    pub(super) fn names(&self) -> Option<std::collections::HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// See [`Expression::names`].
    pub(super) fn values(&self) -> Option<std::collections::HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}
