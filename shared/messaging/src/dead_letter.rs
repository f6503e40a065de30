//! Format of a dead letter: what consumers and the bridge write into it, and what `shotengai-dead-letters` reads.
//!
//! A letter is the message as it was, and the attribute [`DEAD_LETTER_ATTRIBUTE`] with its [`DeadLetterFacts`]. A letter of
//! the bridge stands for a record of the stream: [`SHARD`], [`POSITION`] and [`KEY`] are the record's place and partition
//! key. Without [`ENCODING`] its body is the record's text; `base64` says that it is its bytes, `excerpt` that only its
//! beginning fitted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;
use uuid::Uuid;

/// The attribute of a dead letter that says why it is one: a [`DeadLetterFacts`] in JSON.
pub const DEAD_LETTER_ATTRIBUTE: &str = "dead_letter";

/// Why a message is a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterFacts {
    /// A stable word; `docs/dead-letters.md` lists all of them.
    pub reason: String,
    /// What exactly; no personal data.
    pub error: String,
    /// The consumer that gave up.
    pub consumer: String,
    /// How often it was received.
    pub attempts: u32,
    /// When it was first received.
    pub first_seen: Option<Timestamp>,
    /// The trace it belongs to.
    pub trace: Option<String>,
}

/// The attribute of a message that was a dead letter before: a [`Redriven`] in JSON. Consumers keep it when it dies again.
pub const REDRIVEN_ATTRIBUTE: &str = "redriven";

/// That a message has been a dead letter before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redriven {
    /// How often it was redriven.
    pub count: u32,
    /// The last run that did.
    pub run: Uuid,
    /// Which letter it was for that run, by its id in the dead-letter queue: its consumer says under it what it came to. None where
    /// an older release has sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
}

impl Redriven {
    /// What the attributes of a message say of it; nothing where they say nothing that can be read.
    #[must_use]
    pub fn of(attributes: &BTreeMap<String, String>) -> Option<Self> {
        serde_json::from_str(attributes.get(REDRIVEN_ATTRIBUTE)?).ok()
    }
}

/// The attribute that names the shard.
pub const SHARD: &str = "shard";
/// The attribute that says where in the shard.
pub const POSITION: &str = "position";
/// The attribute with the partition key.
pub const KEY: &str = "key";
/// The attribute that says how the body stands for the record.
pub const ENCODING: &str = "encoding";
/// The body is base64 of the record's bytes.
pub const BASE64: &str = "base64";
/// The body is only the beginning of the record.
pub const EXCERPT: &str = "excerpt";
