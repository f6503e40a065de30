//! What nobody can handle, and ways to put it where it hurts.

use reqwest::Response;
use serde_json::json;
use shotengai_contracts::{Envelope, EventType, samples};
use shotengai_messaging::{Infrastructure, Message, StreamRecord};
use shotengai_runtime::direct_http;

use crate::test_cluster::TestCluster;

/// A `dataversion` that no release will have soon.
const FUTURE: u32 = 99;
const GARBAGE_BYTES: usize = 250_000;

/// A record or a message that nobody can handle.
#[derive(Debug, Clone)]
pub struct Poison {
    /// What is wrong with it.
    pub kind: &'static str,
    /// The bytes.
    pub data: Vec<u8>,
    /// The reason that its dead letter has to give.
    pub reason: &'static str,
}

impl Poison {
    /// One of each kind that is text.
    #[must_use]
    pub fn texts() -> Vec<Self> {
        let new = |kind, text: String, reason| Self { kind, data: text.into_bytes(), reason };
        let garbage: String = "{\"ごみ\":".chars().cycle().take(GARBAGE_BYTES).collect();
        let garbage = garbage[..garbage.floor_char_boundary(GARBAGE_BYTES)].to_owned();
        vec![
            new("not JSON", "{\"order_id\": ord_1}".to_owned(), "not_json"),
            new("no envelope", json!({"order_id": "ord_1"}).to_string(), "not_an_envelope"),
            new("unknown type", odd(|envelope| "OrderAdmired".clone_into(&mut envelope.event_type)), "unknown_type"),
            new("250 KB of garbage", garbage, "not_json"),
            Self::from_the_future(),
        ]
    }

    /// An event that every consumer of orders gets, of a version that none can read.
    #[must_use]
    pub fn from_the_future() -> Self {
        let data = odd(|envelope| envelope.dataversion = FUTURE).into_bytes();
        Self { kind: "future version", data, reason: "future_version" }
    }

    /// Bytes that are no UTF-8, within a string and behind what would be an envelope without them.
    #[must_use]
    pub fn invalid_utf8() -> Self {
        let mut data = odd(|envelope| "/shotengai/?".clone_into(&mut envelope.source)).into_bytes();
        let mark = data.iter().position(|byte| *byte == b'?').expect("the mark");
        data[mark] = 0xff;
        data.push(0xff);
        Self { kind: "invalid UTF-8", data, reason: "not_json" }
    }

    /// As text, with replacement characters for what is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// A shipped order: inventory, notification and query subscribe to it.
fn odd(change: impl FnOnce(&mut Envelope)) -> String {
    let mut envelope = samples::envelope(EventType::OrderShipped).expect("the sample");
    change(&mut envelope);
    envelope.to_json()
}

impl TestCluster {
    /// Sends a message straight to a queue.
    pub async fn send_poison(&self, queue: &str, poison: &Poison) {
        let body = String::from_utf8(poison.data.clone()).expect("text");
        let answers = self.aws.queue(queue).send(&[Message { body, ..Message::default() }]).await;
        assert!(matches!(answers.unwrap().as_slice(), [Ok(())]), "{queue} takes {}", poison.kind);
    }

    /// Puts a record into the stream, under each of these keys.
    pub async fn put_poison(&self, keys: &[String], poison: &Poison) {
        let record = |key: &String| StreamRecord { key: key.clone(), data: poison.data.clone() };
        let records: Vec<_> = keys.iter().map(record).collect();
        // One by one: a put has a limit of bytes.
        for record in records.chunks(4) {
            let answers = self.aws.stream_writer().put(record).await.unwrap();
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        }
    }

    /// Sends bytes to a queue as no client would: as they are in a body of the JSON protocol.
    pub async fn send_bytes_as_json(&self, queue: &str, bytes: &[u8]) -> Response {
        let url = serde_json::to_string(&self.queue_url(queue)).expect("text");
        let body = [format!("{{\"QueueUrl\":{url},\"MessageBody\":\"").as_bytes(), bytes, b"\"}"].concat();
        let request = self.unsigned(queue).header("content-type", "application/x-amz-json-1.0");
        request.header("x-amz-target", "AmazonSQS.SendMessage").body(body).send().await.unwrap()
    }

    /// The same, percent-encoded in a form of the query protocol.
    pub async fn send_bytes_as_form(&self, queue: &str, bytes: &[u8]) -> Response {
        let encoded: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let request = self.unsigned(queue).header("content-type", "application/x-www-form-urlencoded");
        let body = format!("Action=SendMessage&Version=2012-11-05&MessageBody={encoded}");
        request.body(body).send().await.unwrap()
    }

    fn queue_url(&self, queue: &str) -> String {
        format!("{}/{}/{}{queue}", self.endpoint_url(), self.account(), self.prefix())
    }

    /// The local AWS takes the account from the signature and doesn't check it.
    fn unsigned(&self, queue: &str) -> reqwest::RequestBuilder {
        let scope = format!("{}/20260101/ap-northeast-1/sqs/aws4_request", self.account());
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        direct_http().build().unwrap().post(self.queue_url(queue)).header("authorization", authorization)
    }
}
