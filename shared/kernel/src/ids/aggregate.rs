//! Ids of aggregates, and the versions that count their events.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CartId, IdError, OrderId, PaymentId, PrefixedId, ProductId, is_plain};

/// Names one stream of commits: what commands are decided on and what versions count.
///
/// A thing that has an id of its own is an aggregate under that id; others are `<kind>/<name>`, see [`AggregateKind`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AggregateId(Arc<str>);

impl AggregateId {
    /// Reads an aggregate id as it travels.
    ///
    /// # Errors
    /// [`IdError::Aggregate`] when it is empty, over 160 characters, or has any other than plain ones and `/`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() || text.len() > 160 || !text.chars().all(|c| is_plain(c) || c == '/') {
            return Err(IdError::Aggregate);
        }
        Ok(Self(text.into()))
    }

    /// The id as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AggregateId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl Serialize for AggregateId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AggregateId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for AggregateId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AggregateId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_/-]{1,160}$" })
    }
}

/// A kind of aggregates whose ids are `<kind>/<name>`. Which kinds there are is their owners' matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateKind(&'static str);

impl AggregateKind {
    /// The kind of this name: 1 to 32 lower-case ASCII letters.
    ///
    /// # Panics
    /// On any other name; at compile time where it makes a constant.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty() && bytes.len() <= 32, "a kind's name has 1 to 32 letters");
        let mut at = 0;
        while at < bytes.len() {
            assert!(bytes[at].is_ascii_lowercase(), "a kind's name has lower-case ASCII letters only");
            at += 1;
        }
        Self(name)
    }

    /// The aggregate of this kind that a thing with an id has.
    #[must_use]
    pub fn of(self, id: &impl PrefixedId) -> AggregateId {
        AggregateId(format!("{}/{}", self.0, id.as_str()).into())
    }

    /// The aggregate of this kind under a UUID.
    #[must_use]
    pub fn of_uuid(self, id: Uuid) -> AggregateId {
        AggregateId(format!("{}/{}", self.0, id.as_simple()).into())
    }

    /// The name within this kind; nothing for an aggregate of another.
    #[must_use]
    pub fn name_in(self, id: &str) -> Option<&str> {
        id.strip_prefix(self.0)?.strip_prefix('/')
    }
}

macro_rules! aggregate_from {
    ($($id:ty),*) => { $(
        impl From<&$id> for AggregateId {
            fn from(id: &$id) -> Self {
                Self(Arc::clone(&id.0))
            }
        }
    )* };
}
aggregate_from!(ProductId, OrderId, CartId, PaymentId);

/// How many events an aggregate has had. The first event makes it 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// Before the first event.
    pub const ZERO: Self = Self(0);
    /// Of the first event.
    pub const FIRST: Self = Self(1);

    /// The version after `events` events.
    #[must_use]
    pub const fn new(events: u64) -> Self {
        Self(events)
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version one event later.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The version `events` later.
    #[must_use]
    pub const fn plus(self, events: u64) -> Self {
        Self(self.0.saturating_add(events))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_of_a_kind_names_it() {
        const SHELF: AggregateKind = AggregateKind::new("shelf");
        let id = SHELF.of(&ProductId::parse("prod_1").unwrap());
        assert_eq!(id.as_str(), "shelf/prod_1");
        assert_eq!(AggregateId::parse("shelf/prod_1").as_ref(), Ok(&id));
        assert_eq!(SHELF.name_in(id.as_str()), Some("prod_1"));
        assert_eq!([SHELF.name_in("shelfprod_1"), SHELF.name_in("shel/prod_1")], [None, None]);
        assert!(AggregateId::parse("shelf prod_1").is_err());
        let uuid = Uuid::from_u128(7);
        assert_eq!(SHELF.of_uuid(uuid).as_str(), format!("shelf/{}", uuid.as_simple()));
    }

    #[test]
    fn the_longest_aggregate_of_a_kind_is_an_aggregate_id() {
        const LONG: AggregateKind = AggregateKind::new("abcdefghijklmnopqrstuvwxyzabcdef");
        let id = LONG.of(&ProductId::parse(&format!("prod_{}", "x".repeat(64))).unwrap());
        assert_eq!(AggregateId::parse(id.as_str()), Ok(id));
    }
}
