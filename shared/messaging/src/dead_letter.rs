//! Format of a dead letter: what consumers and the bridge write into it, and what `shotengai-dead-letters` reads.
//!
//! A letter is the message as it was, and the attribute [`DEAD_LETTER_ATTRIBUTE`] with its [`DeadLetterFacts`]. A letter of
//! the bridge stands for a record of the stream: [`SHARD`], [`POSITION`] and [`KEY`] are the record's place and partition
//! key. Without [`ENCODING`] its body is the record's text; `base64` says that it is its bytes, `excerpt` that only its
//! beginning fitted.

use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;

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
