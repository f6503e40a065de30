//! Change records: what DynamoDB puts into the stream of an event table that streams itself (`PUBLISH=cdc`).
//!
//! They are DynamoDB's, in its JSON ("Working with Kinesis Data Streams for DynamoDB", DynamoDB Developer Guide). Only what
//! is read here has to be there; `tableName`, which some local stand-ins leave out, is not.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The name of an item's new state, by which a record looks like a change: hardly an event has it.
const IMAGE: &str = "\"NewImage\"";

/// A change of a captured table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new commit: the texts of its events, in order, byte by byte. One at the least.
    Commit(Vec<String>),
    /// Nothing new: a marker that was taken off rewrites its item, and an item that is gone tells nothing.
    Other,
    /// A new item that is no commit, and why.
    NoCommit(&'static str),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "eventName", borrow)]
    event_name: Cow<'a, str>,
    dynamodb: Images,
    /// Events have it, changes don't.
    specversion: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Images {
    #[serde(rename = "NewImage", default)]
    new_image: Image,
}

#[derive(Default, Deserialize)]
struct Image {
    /// Envelopes of the commit, as text.
    events: Option<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "S")]
    text: Option<String>,
}

impl Change {
    /// Whether a record is likely to be a change, at the price of one search in its text.
    #[must_use]
    pub fn looks_like(data: &[u8]) -> bool {
        std::str::from_utf8(data).is_ok_and(|text| text.contains(IMAGE))
    }

    /// The change in a record; none where it is no change record.
    #[must_use]
    pub fn read(data: &[u8]) -> Option<Self> {
        let change: Wire<'_> = serde_json::from_slice(data).ok()?;
        if change.specversion.is_some() {
            return None;
        }
        if change.event_name != "INSERT" {
            return Some(Self::Other);
        }
        let text = change.dynamodb.new_image.events.and_then(|attribute| attribute.text);
        Some(match text.as_deref().map(serde_json::from_str::<Vec<&RawValue>>) {
            Some(Ok(events)) if !events.is_empty() => {
                Self::Commit(events.iter().map(|event| event.get().to_owned()).collect())
            }
            Some(_) => Self::NoCommit("its events are no list of any"),
            None => Self::NoCommit("it has no events"),
        })
    }
}
