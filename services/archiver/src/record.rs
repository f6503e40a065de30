//! The events in a record of the stream: an envelope, or a change record of a new commit. Both are read whatever the mode of
//! publishing is, as the bridge does.

use shotengai_archive::Line;
use shotengai_streaming::Change;

/// The events in a record, in order, those of types of tomorrow included. None where it holds none: the bridge sets aside what
/// it can't publish, and nothing of it is in an event store.
#[must_use]
pub fn events(data: &[u8]) -> Vec<Line> {
    let line = |text: &str| Line::read(text).ok();
    if let Some(line) = std::str::from_utf8(data).ok().and_then(line) {
        return vec![line];
    }
    match Change::read(data) {
        Some(Change::Commit(events)) => events.iter().filter_map(|text| line(text)).collect(),
        Some(Change::Other | Change::NoCommit(_)) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shotengai_contracts::{EventType, samples};

    use super::*;

    fn texts(data: &str) -> Vec<String> {
        events(data.as_bytes()).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn envelopes_and_new_commits_hold_events_and_nothing_else_does() {
        let event = samples::envelope(EventType::OrderPaid).unwrap();
        let mut unknown = event.clone();
        unknown.event_type = "OrderEaten".to_owned();
        assert_eq!(texts(&event.to_json()), [event.to_json()]);
        assert_eq!(texts(&unknown.to_json()), [unknown.to_json()]);
        let commit = json!([event, unknown]).to_string();
        let change =
            |name: &str| json!({"eventName": name, "dynamodb": {"NewImage": {"events": {"S": commit}}}}).to_string();
        assert_eq!(texts(&change("INSERT")).len(), 2);
        for nothing in [change("MODIFY"), change("REMOVE"), "garbage".to_owned(), "{}".to_owned()] {
            assert_eq!(texts(&nothing), Vec::<String>::new(), "{nothing}");
        }
        assert_eq!(events(&[0xff, 0xfe]), []);
    }
}
