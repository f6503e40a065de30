//! Content of a record of the stream: an envelope that a publisher put, or a change of an event table that DynamoDB
//! captured (`PUBLISH=cdc`). Both are read whatever the mode is, so that a change of mode loses nothing on its way.

use serde::Deserialize;
use shotengai_kernel::{CommitId, Timestamp};
use shotengai_streaming::{Change, Unfit};

use crate::decode::{Passable, event};
use crate::reasons::NOT_A_COMMIT;

/// One part of a record: something to publish, or the reason why it can't be.
pub type Part = Result<Passable, Unfit>;

/// Envelopes in a record, in order. None, for a change that is no new commit: a marker that was taken off rewrites its
/// item, and an item that is gone tells nothing.
#[must_use]
pub fn parts(data: &[u8]) -> Vec<Part> {
    // What looks like a change is read as one first: to be refused as an event it would be read twice.
    if Change::looks_like(data)
        && let Some(change) = Change::read(data)
    {
        return of_change(change);
    }
    match event(data) {
        Ok(event) => vec![Ok(event)],
        Err(unfit) => Change::read(data).map_or_else(|| vec![Err(unfit)], of_change),
    }
}

fn of_change(change: Change) -> Vec<Part> {
    match change {
        Change::Commit(events) => events.iter().map(|text| event(text.as_bytes())).collect(),
        Change::NoCommit(why) => vec![Err(not_a_commit(why))],
        Change::Other => Vec::new(),
    }
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
