//! Typed ids. A prefixed id is `<prefix>_<body>`, the body 1 to 64 letters, digits, `-` or `_`, so an id says in every log
//! line and URL what it names, and can't smuggle a path or a control character anywhere.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The prefix that says what kind of thing the id names is missing.
    #[error("must start with \"{0}\"")]
    Prefix(&'static str),
    /// The part behind the prefix is empty, too long, or has a character outside letters, digits, `-` and `_`.
    #[error("must have 1 to 64 letters, digits, '-' or '_' after \"{0}\"")]
    Body(&'static str),
    /// Not an aggregate id: 1 to 160 of the same characters, and `/` between kind and name.
    #[error("must have 1 to 160 letters, digits, '-', '_' or '/'")]
    Aggregate,
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// An id that is `<prefix>_<body>`: 1 to 70 plain characters.
pub trait PrefixedId {
    /// The id as it travels.
    fn as_str(&self) -> &str;
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// What each id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Reads an id as it travels.
            ///
            /// # Errors
            /// [`IdError`] when the prefix is another or the body is not 1 to 64 plain characters.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let body = text.strip_prefix($prefix).ok_or(IdError::Prefix($prefix))?;
                if body.is_empty() || body.len() > 64 || !body.chars().all(is_plain) {
                    return Err(IdError::Body($prefix));
                }
                Ok(Self(text.into()))
            }

            /// The id that has this UUID as its body.
            #[must_use]
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(format!("{}{}", $prefix, uuid.as_simple()).into())
            }

            /// The id as it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The part behind the prefix.
            #[must_use]
            pub fn body(&self) -> &str {
                self.0.get($prefix.len()..).unwrap_or_default()
            }
        }

        impl PrefixedId for $name {
            fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": concat!("^", $prefix, "[A-Za-z0-9_-]{1,64}$") })
            }
        }
    };
}

prefixed_id!(
    /// Names a product. An administrator may choose one (`prod_kinoko`).
    ProductId,
    "prod_"
);
prefixed_id!(
    /// Names an order; derived from user and idempotency key where there is one.
    OrderId,
    "ord_"
);
prefixed_id!(
    /// Names a person who has signed in, guests included. The only trace of a person that events carry.
    UserId,
    "usr_"
);
prefixed_id!(
    /// Names a cart.
    CartId,
    "cart_"
);
prefixed_id!(
    /// Names the one payment of an order.
    PaymentId,
    "pay_"
);

impl PaymentId {
    /// The payment of an order: an order has one, so the id is derived and no look-up is needed in either direction.
    #[must_use]
    pub fn of_order(order: &OrderId) -> Self {
        Self(format!("{}{}", Self::PREFIX, order.body()).into())
    }

    /// The order this payment pays.
    #[must_use]
    pub fn order(&self) -> OrderId {
        OrderId(format!("{}{}", OrderId::PREFIX, self.body()).into())
    }
}

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

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this value.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }
            /// Its value.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// Names one event for ever; a UUIDv7.
    EventId
);
uuid_id!(
    /// Names one attempt to commit, so that a repeated append can tell its own success from another's.
    CommitId
);

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
    fn an_id_of_another_kind_is_refused() {
        assert_eq!(OrderId::parse("prod_1"), Err(IdError::Prefix("ord_")));
    }

    #[test]
    fn an_id_can_not_carry_a_path_or_control_characters() {
        for body in ["", "../x", "a/b", "a\u{0}b", "a b", &"x".repeat(65), "ü"] {
            assert_eq!(OrderId::parse(&format!("ord_{body}")), Err(IdError::Body("ord_")), "{body:?}");
        }
    }

    #[test]
    fn an_id_travels_as_its_text() {
        let id = ProductId::parse("prod_001").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"prod_001\"");
        assert_eq!(serde_json::from_str::<ProductId>("\"prod_001\"").unwrap(), id);
        assert!(serde_json::from_str::<ProductId>("\"001\"").is_err());
    }

    #[test]
    fn a_payment_and_its_order_are_derived_from_each_other() {
        let order = OrderId::parse("ord_77").unwrap();
        assert_eq!(PaymentId::of_order(&order).order(), order);
    }

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
