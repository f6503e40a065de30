//! Notification of S3: which objects are new. Its form is AWS's, and grows: what is not known is passed over.

use serde::Deserialize;

use super::keys::decoded;

/// A message that is no notification of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Another JSON, or none.
    #[error("neither records nor a test event of S3")]
    Form,
    /// A key that is not written as S3 writes keys.
    #[error("a key that is not percent-encoded UTF-8")]
    Key,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Event")]
    event: Option<String>,
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// The keys of the objects that are new. None for the test event that S3 sends when it is told where to send.
///
/// # Errors
/// [`NotificationError`].
pub fn new_keys(body: &str) -> Result<Vec<String>, NotificationError> {
    let notification: Notification = serde_json::from_str(body).map_err(|_| NotificationError::Form)?;
    match notification {
        Notification { records: Some(records), .. } => {
            let is_new = |record: &&Record| {
                let name = record.event_name.strip_prefix("s3:").unwrap_or(&record.event_name);
                name.starts_with("ObjectCreated:")
            };
            let keys = records.iter().filter(is_new).map(|record| decoded(&record.s3.object.key));
            keys.map(|key| key.ok_or(NotificationError::Key)).collect()
        }
        Notification { event: Some(event), .. } if event == "s3:TestEvent" => Ok(Vec::new()),
        Notification { .. } => Err(NotificationError::Form),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(name: &str, key: &str) -> serde_json::Value {
        json!({ "eventVersion": "2.1", "eventName": name, "s3": { "bucket": { "name": "b" }, "object": { "key": key } } })
    }

    #[test]
    fn only_new_objects_are_heard_of() {
        let body = json!({ "Records": [
            record("ObjectCreated:Put", "uploads/a+b"),
            record("s3:ObjectCreated:Post", "%E6%97%A5"),
            record("ObjectRemoved:Delete", "uploads/c"),
        ] });
        assert_eq!(new_keys(&body.to_string()).unwrap(), ["uploads/a b", "日"]);
        let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b" });
        assert_eq!(new_keys(&test.to_string()), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_notification_is_told_from_one() {
        for body in ["", "{}", "[]", "null", "{\"Records\":1}", "{\"Event\":\"s3:Other\"}", "{\"Records\":[{}]}"] {
            assert_eq!(new_keys(body), Err(NotificationError::Form), "{body}");
        }
        let body = json!({ "Records": [record("ObjectCreated:Put", "%ff")] });
        assert_eq!(new_keys(&body.to_string()), Err(NotificationError::Key));
    }
}
