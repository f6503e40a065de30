//! What stands in the stream, and what that is paid by.

use serde_json::Value;
use shotengai_tests::stream;
use shotengai_tests::test_cluster::TestCluster;

use crate::results::count;

/// Kinesis counts records by so many bytes begun.
const PAYLOAD: usize = 25 * 1024;
/// Change capture counts items by so many bytes begun.
const CAPTURE: usize = 1024;

/// What the stream took in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Streamed {
    pub(crate) bytes: f64,
    pub(crate) payload_units: f64,
    /// Of records that DynamoDB wrote.
    pub(crate) capture_units: f64,
}

impl Streamed {
    /// All that stands there now.
    pub(crate) async fn read(cluster: &TestCluster) -> Self {
        let texts = stream::texts(cluster).await.unwrap();
        texts.iter().map(|text| Self::of(text)).fold(Self::default(), |all, one| all.with(one, 1.0))
    }

    /// What came after an earlier reading.
    pub(crate) fn since(self, earlier: Self) -> Self {
        self.with(earlier, -1.0)
    }

    fn with(self, other: Self, times: f64) -> Self {
        Self {
            bytes: self.bytes + times * other.bytes,
            payload_units: self.payload_units + times * other.payload_units,
            capture_units: self.capture_units + times * other.capture_units,
        }
    }

    fn of(record: &str) -> Self {
        let change = serde_json::from_str::<Value>(record).unwrap_or_default();
        let captured = change["dynamodb"]["NewImage"].as_object();
        let item = captured.map(|item| item.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>());
        Self {
            bytes: count(record.len()),
            payload_units: count(record.len().div_ceil(PAYLOAD)),
            capture_units: item.map_or(0.0, |bytes| count(bytes.div_ceil(CAPTURE).max(1))),
        }
    }
}

/// About what DynamoDB counts for an attribute's value: its text, half a byte a digit.
fn size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        (_, Value::String(text)) => text.len(),
        (_, other) => other.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_what_begins() {
        let plain = Streamed::of(&"x".repeat(PAYLOAD + 1));
        assert_eq!((plain.payload_units, plain.capture_units), (2.0, 0.0));
        let events = "x".repeat(CAPTURE);
        let record = format!(r#"{{"dynamodb":{{"NewImage":{{"events":{{"S":"{events}"}}}}}}}}"#);
        assert_eq!(Streamed::of(&record).capture_units, 2.0);
    }
}
