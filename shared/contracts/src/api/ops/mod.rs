//! Operations: the whole street at a glance, dead letters, and what is done about them. For administrators alone.
//!
//! - [`street`]: processes, shards, queues and consumers. [`letters`]: dead letters, their bodies covered.
//! - [`runs`]: redrives and discards. [`records`]: who did what, and why. [`rehearsals`]: what letters would do.
//! - [`consumers`]: paused, and going on. [`steps`]: orders, as they walk. [`explanations`]: why one does not.

pub mod consumers;
pub mod explanations;
pub mod letters;
pub mod records;
pub mod rehearsals;
pub mod runs;
pub mod steps;
pub mod street;

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::topology::Service;

const ROLE: Service = Service::OPS;
const TAG: &str = "operations";
/// For this caller only.
const PRIVATE: &str = "private, no-store";

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $most:literal, $pattern:literal, $permitted:expr, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let permitted: fn(u8) -> bool = $permitted;
                let good = (1..=$most).contains(&text.len()) && text.bytes().all(permitted);
                if good { Ok(Self(text.to_owned())) } else { Err($wanted) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

name!(
    /// Name of a queue, without the installation's prefix.
    QueueName,
    80,
    "^[a-z-]{1,80}$",
    |byte| byte.is_ascii_lowercase() || byte == b'-',
    "must be a queue's name: 1 to 80 lower-case letters and '-'"
);

name!(
    /// Id of a letter: that of its message in the dead-letter queue, another one each time it dies.
    LetterId,
    100,
    "^[A-Za-z0-9-]{1,100}$",
    |byte| byte.is_ascii_alphanumeric() || byte == b'-',
    "must be a letter's id: 1 to 100 letters, digits and '-'"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_character_that_a_path_would_escape() {
        assert_eq!("order-dlq".parse::<QueueName>().unwrap().as_str(), "order-dlq");
        for bad in ["", "Order", "order_dlq", "order/dlq", &"q".repeat(81)] {
            assert!(bad.parse::<QueueName>().is_err(), "{bad}");
        }
        assert!("0190d3a1-7a4c-7c3e-9b1a-0123456789ab".parse::<LetterId>().is_ok());
        assert!("a b".parse::<LetterId>().is_err());
    }
}
