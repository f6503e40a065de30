//! A letter of the bridge as a record of the stream.
//!
//! [`shotengai_messaging::dead_letter`] says what its attributes mean.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shotengai_messaging::dead_letter::{BASE64, ENCODING, EXCERPT, KEY, POSITION, SHARD};
use shotengai_messaging::ports::stream::StreamRecord;

use crate::letter::Letter;

/// The most characters of a partition key.
const KEY_MAX_CHARS: usize = 256;

/// Why a letter can't become a record again. The record itself stands in the stream as long as that keeps it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}; the record is at position {position} of shard {shard}")]
pub struct NotARecord {
    /// What is wrong.
    pub why: &'static str,
    /// The shard, as far as is known.
    pub shard: String,
    /// The place in it, as far as is known.
    pub position: String,
}

/// The bytes of an encoded record; none when the body stands for itself, or for nothing.
pub(super) fn bytes(attributes: &BTreeMap<String, String>, body: &str) -> Option<Vec<u8>> {
    let encoded = attributes.contains_key(SHARD) && attributes.get(ENCODING).is_some_and(|name| name == BASE64);
    encoded.then(|| STANDARD.decode(body).ok()).flatten()
}

/// The record that the bridge set aside, byte by byte.
///
/// # Errors
/// [`NotARecord`] when the letter does not hold all of it.
pub fn record(letter: &Letter) -> Result<StreamRecord, NotARecord> {
    let attribute = |name| letter.attributes.get(name).map(String::as_str);
    let unfit = |why| NotARecord {
        why,
        shard: attribute(SHARD).unwrap_or("(not named)").to_owned(),
        position: attribute(POSITION).unwrap_or("(not named)").to_owned(),
    };
    let data = match attribute(ENCODING) {
        None => letter.body.clone().into_bytes(),
        Some(BASE64) => STANDARD.decode(&letter.body).map_err(|_| unfit("the body is not base64"))?,
        Some(EXCERPT) => return Err(unfit("the letter holds only the beginning of its record")),
        Some(_) => return Err(unfit("the body has an encoding that is not known here")),
    };
    let key = attribute(KEY).ok_or_else(|| unfit("the letter has no partition key"))?;
    if !(1..=KEY_MAX_CHARS).contains(&key.chars().count()) {
        return Err(unfit("the partition key is one that no stream takes"));
    }
    Ok(StreamRecord { key: key.to_owned(), data })
}

/// The letter's place in its shard, so that places compare as the numbers they are.
pub(super) fn place(letter: &Letter) -> (usize, String) {
    let position = letter.attributes.get(POSITION).map_or("", |text| text.trim_start_matches('0'));
    (position.len(), position.to_owned())
}
