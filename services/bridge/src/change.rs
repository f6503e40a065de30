//! Content of a record of the stream: an envelope that a publisher put, or a change of an event table that DynamoDB
//! captured (`PUBLISH=cdc`). Both are read whatever the mode is, so that a change of mode loses nothing on its way.
//!
//! A change record is DynamoDB's, in its JSON ("Working with Kinesis Data Streams for DynamoDB", DynamoDB Developer
//! Guide). Only what is read here has to be there; `tableName`, which some local stand-ins leave out, is not.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use shotengai_kernel::{CommitId, Timestamp};
use shotengai_streaming::Unfit;

use crate::decode::{Passable, event};
use crate::reasons::NOT_A_COMMIT;

/// One part of a record: something to publish, or the reason why it can't be.
pub type Part = Result<Passable, Unfit>;

/// The name of an item's new state, by which a record looks like a change: hardly an event has it.
const IMAGE: &str = "\"NewImage\"";

#[derive(Deserialize)]
struct Change<'a> {
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

/// Envelopes in a record, in order. None, for a change that is no new commit: a marker that was taken off rewrites its
/// item, and an item that is gone tells nothing.
#[must_use]
pub fn parts(data: &[u8]) -> Vec<Part> {
    // What looks like a change is read as one first: to be refused as an event it would be read twice.
    if looks_like_a_change(data)
        && let Ok(change) = serde_json::from_slice::<Change<'_>>(data)
        && change.specversion.is_none()
    {
        return of_change(change);
    }
    let unfit = match event(data) {
        Ok(event) => return vec![Ok(event)],
        Err(unfit) => unfit,
    };
    serde_json::from_slice(data).map_or_else(|_| vec![Err(unfit)], of_change)
}

fn looks_like_a_change(data: &[u8]) -> bool {
    std::str::from_utf8(data).is_ok_and(|text| text.contains(IMAGE))
}

fn of_change(change: Change<'_>) -> Vec<Part> {
    if change.event_name == "INSERT" { events(change.dynamodb.new_image) } else { Vec::new() }
}

#[derive(Deserialize)]
struct NewCommit {
    #[serde(rename = "eventName")]
    event_name: String,
    dynamodb: CommitImages,
}

#[derive(Deserialize)]
struct CommitImages {
    #[serde(rename = "NewImage")]
    new_image: CommitImage,
}

#[derive(Deserialize)]
struct CommitImage {
    commit_id: Text,
    created_at: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// Which new commit a change record tells of, and when that was decided. None for every other record.
#[must_use]
pub fn commit(data: &[u8]) -> Option<(CommitId, Timestamp)> {
    let change: NewCommit = serde_json::from_slice(data).ok().filter(|it: &NewCommit| it.event_name == "INSERT")?;
    let CommitImage { commit_id, created_at } = change.dynamodb.new_image;
    Some((CommitId::new(commit_id.text.parse().ok()?), created_at.text.parse().ok()?))
}

fn events(image: Image) -> Vec<Part> {
    let text = image.events.and_then(|attribute| attribute.text);
    match text.as_deref().map(serde_json::from_str::<Vec<&RawValue>>) {
        Some(Ok(events)) if !events.is_empty() => events.iter().map(|text| event(text.get().as_bytes())).collect(),
        Some(_) => vec![Err(not_a_commit("its events are no list of any"))],
        None => vec![Err(not_a_commit("it has no events"))],
    }
}

fn not_a_commit(why: &str) -> Unfit {
    let error = format!("a new item of a captured table is no commit: {why}");
    Unfit { reason: NOT_A_COMMIT.word, error, trace: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shotengai_contracts::{Envelope, EventType, samples};

    use super::*;

    fn sample(event_type: EventType) -> Envelope {
        samples::envelope(event_type).unwrap()
    }

    fn change(name: &str, events: &str) -> Vec<u8> {
        let image = json!({
            "aggregate_id": {"S": "ord_1"}, "version": {"N": "1"}, "commit_id": {"S": "c"}, "events": {"S": events},
        });
        json!({
            "awsRegion": "ap-northeast-1", "eventID": "1", "eventName": name, "userIdentity": null,
            "recordFormat": "application/json", "eventSource": "aws:dynamodb",
            "dynamodb": {"ApproximateCreationDateTime": 1_767_225_600_000_i64, "Keys": {}, "NewImage": image,
                "SizeBytes": 100},
        })
        .to_string()
        .into_bytes()
    }

    /// The texts of a record that passes whole.
    fn texts(data: &[u8]) -> Vec<String> {
        parts(data).into_iter().map(|part| part.unwrap().body).collect()
    }

    #[test]
    fn an_envelope_is_its_own_only_part() {
        let sample = sample(EventType::OrderPaid).to_json();
        assert_eq!(texts(sample.as_bytes()), [sample]);
    }

    #[test]
    fn an_event_that_looks_like_a_change_is_an_event() {
        let sample = sample(EventType::OrderPaid).to_json();
        let more = r#"{"eventName":"INSERT","dynamodb":{"NewImage":{"events":{"S":"[]"}}},"#;
        let strange = sample.replacen('{', more, 1);
        assert_eq!(texts(strange.as_bytes()), [strange]);
    }

    #[test]
    fn a_new_commit_has_its_events_in_order_byte_by_byte() {
        let events = [EventType::OrderPaymentSecured, EventType::OrderConfirmed]
            .map(|event_type| sample(event_type).to_json().replacen('{', "{\"shelf\": 1.50, \"zone\":\"\\u6771\",", 1));
        assert_eq!(texts(&change("INSERT", &format!("[{}]", events.join(" , ")))), events);
    }

    #[test]
    fn a_rewritten_or_deleted_item_holds_nothing_to_publish() {
        let text = serde_json::to_string(&[sample(EventType::OrderPaid)]).unwrap();
        for name in ["MODIFY", "REMOVE"] {
            assert_eq!(parts(&change(name, &text)), []);
        }
    }

    #[test]
    fn an_event_of_an_unknown_type_does_not_take_the_others_with_it() {
        let mut unknown = sample(EventType::OrderPaid);
        unknown.event_type = "OrderEaten".to_owned();
        let text = serde_json::to_string(&[unknown, sample(EventType::OrderPaid)]).unwrap();
        let parts = parts(&change("INSERT", &text));
        assert_eq!(parts[0].as_ref().unwrap_err().reason, "unknown_type");
        assert!(parts[1].is_ok());
    }

    #[test]
    fn a_captured_item_that_is_no_commit_is_named() {
        for events in ["", "[]", "{}", "nonsense"] {
            assert_eq!(parts(&change("INSERT", events))[0].as_ref().unwrap_err().reason, "not_a_commit", "{events}");
        }
        let other = json!({"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": {"S": "x"}}}}).to_string();
        assert_eq!(parts(other.as_bytes())[0].as_ref().unwrap_err().reason, "not_a_commit");
        assert_eq!(parts(b"{\"eventName\":1}")[0].as_ref().unwrap_err().reason, "not_an_envelope");
    }
}
