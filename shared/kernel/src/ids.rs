//! Typed ids. A prefixed id is `<prefix>_<body>`, the body 1 to 64 letters, digits, `-` or `_`, so an id says in every log
//! line and URL what it names, and can't smuggle a path or a control character anywhere.

mod aggregate;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use aggregate::{AggregateId, AggregateKind, Version};

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
            /// Prefix of each id of this kind.
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
    /// Names an image of a product.
    ImageId,
    "img_"
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
    /// Names the one cart of a person.
    CartId,
    "cart_"
);
prefixed_id!(
    /// Names the one payment of an order.
    PaymentId,
    "pay_"
);

impl CartId {
    /// The cart of a person: everybody has one, guests too, so the id is derived and no look-up is needed.
    #[must_use]
    pub fn of_user(user: &UserId) -> Self {
        Self(format!("{}{}", Self::PREFIX, user.body()).into())
    }
}

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

uuid_id!(
    /// Names a refund by the shop; derived from administrator, order and idempotency key where there is one.
    RefundId
);

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
    fn each_person_has_a_cart_of_their_own() {
        let [one, two] = ["usr_1", "usr_2"].map(|user| CartId::of_user(&UserId::parse(user).unwrap()));
        assert_eq!((one.as_str(), two.as_str()), ("cart_1", "cart_2"));
        let longest = UserId::parse(&format!("usr_{}", "x".repeat(64))).unwrap();
        assert_eq!(CartId::parse(CartId::of_user(&longest).as_str()), Ok(CartId::of_user(&longest)));
    }

    #[test]
    fn a_payment_and_its_order_are_derived_from_each_other() {
        let order = OrderId::parse("ord_77").unwrap();
        assert_eq!(PaymentId::of_order(&order).order(), order);
    }
}
