//! Dead letters as they are shown: decoded, their bodies covered.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{OrderId, Timestamp, Version};
use uuid::Uuid;

use super::super::given::given;
use super::super::parameter::{Location, Parameter};
use super::super::route::Success;
use super::super::shared::INVALID_TEXT;
use super::super::{Administrator, Route, page};
use super::runs::RUN_UNDER_WAY;
use super::{LetterId, PRIVATE, QueueName, ROLE, TAG};

/// Dead letters of all queues, by cause.
pub const DEAD_LETTERS: Route<Administrator, (), (), DeadLetters> =
    Route::get("/ops/dead-letters", ROLE, "listDeadLetters")
        .about(
            TAG,
            "Dead letters by cause",
            "Of each dead-letter queue up to a hundred letters are looked at. They are hidden from others for as long as that takes, a \
             second or two, and nothing is changed. Many who look at the same time cost one look. A queue that a run is at is not looked \
             at, and named in `busy`.",
        )
        .cached(PRIVATE);

/// Letters of one queue.
pub const LETTERS: Route<Administrator, QueueName, (), Letters> =
    Route::get("/ops/dead-letters/{id}", ROLE, "listLetters")
        .about(
            TAG,
            "Letters of a dead-letter queue",
            "Decoded, the oldest first, and without their bodies. They are hidden from others for as long as the answer takes, and nothing \
             is changed. A queue has no order and no pages: where it holds more than `limit`, these are some of them.",
        )
        .cached(PRIVATE)
        .reads(&[&page::LIMIT])
        .refuses(&[&RUN_UNDER_WAY]);

/// The body of a letter.
pub const UNCOVER_LETTER: Route<Administrator, QueueName, Uncover, Uncovered> =
    Route::post("/ops/dead-letters/{id}/{letter_id}/uncover", ROLE, "uncoverLetter")
        .about(
            TAG,
            "Uncover the body of a letter",
            "Who asked and why is recorded first, for good: see `GET /ops/records`. Up to a thousand letters of the queue are looked through.",
        )
        .answers(&[Success { status: 200, meaning: "Here it is, and the record says so." }])
        .reads(&[&LETTER_ID])
        .refuses(&[&INVALID_TEXT, &RUN_UNDER_WAY]);

/// The letter in a path.
pub const LETTER_ID: Parameter = Parameter {
    location: Location::Path,
    name: "letter_id",
    description: "Which letter of the queue.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$" }),
    example: "0190d3a1-7a4c-7c3e-9b1a-0123456789ab",
};

/// Dead letters of all queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "queues": [{ "queue": "order-dlq", "target": "order-queue", "letters": 1, "seen": 1, "complete": true }],
    "groups": [{
        "queue": "order-dlq", "reason": "exhausted", "consumer": "order", "event_type": "PaymentAuthorized",
        "error": "tried # times, last: store does not answer", "count": 1, "example": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab",
        "first_seen": "2026-11-28T12:30:00Z", "last_seen": "2026-11-28T12:30:00Z"
    }],
    "unreadable": [], "busy": [], "at": "2026-11-28T12:34:56.789Z"
}]))]
pub struct DeadLetters {
    /// The queues that could be read.
    pub queues: Vec<LetterQueue>,
    /// Causes that were seen in them, the largest first.
    pub groups: Vec<LetterGroup>,
    /// The queues that could not be read.
    pub unreadable: Vec<UnreadableQueue>,
    /// Queues that were not looked at, because a run is at them and a look would hide letters from it.
    pub busy: Vec<String>,
    /// When that was so.
    pub at: Timestamp,
}

/// A dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetterQueue {
    /// Its name.
    pub queue: String,
    /// Where a redrive puts its letters: a queue's name, `the stream` or `the price stream`.
    pub target: String,
    /// About how many letters it holds.
    pub letters: u64,
    /// How many were seen.
    pub seen: usize,
    /// Whether that is all.
    pub complete: bool,
}

/// A queue that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadableQueue {
    /// Its name.
    pub queue: String,
    /// Why.
    pub why: String,
}

/// What letters of one kind have in common. Sent back as `cause`, it chooses them; what a group leaves out is sent back empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterCause {
    /// The reason that their consumer declared.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// The consumer that gave up; empty where none did.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub consumer: Option<String>,
    /// The event's type; empty: only letters whose type is not known. A group without one is sent back with it empty.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub event_type: Option<String>,
    /// The error, with `#` for ids and numbers.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub error: Option<String>,
}

/// Letters with one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetterGroup {
    /// The dead-letter queue.
    pub queue: String,
    /// The reason that their consumer declared.
    pub reason: String,
    /// The consumer that gave up; empty where none did.
    pub consumer: String,
    /// The event's type, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub event_type: Option<String>,
    /// The error, with `#` for ids and numbers.
    pub error: String,
    /// How many.
    pub count: usize,
    /// When trouble with the first of them began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub first_seen: Option<Timestamp>,
    /// When trouble with the last of them began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub last_seen: Option<Timestamp>,
    /// The id of one of them.
    pub example: String,
}

/// Letters of one queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Letters {
    /// The queue.
    #[serde(flatten)]
    pub queue: LetterQueue,
    /// The letters, the oldest first.
    pub items: Vec<Letter>,
}

/// A dead letter, its body covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Letter {
    /// Its id; another one each time it dies.
    pub id: String,
    /// The reason that its consumer declared.
    pub reason: String,
    /// What went wrong last. Where that quotes the body, its kind and place only.
    pub error: String,
    /// The same with `#` for ids and numbers, as its cause has it.
    pub cause: String,
    /// The consumer that gave up; empty where none did.
    pub consumer: String,
    /// How often it was received before.
    pub attempts: u32,
    /// The event's type, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub event_type: Option<String>,
    /// The aggregate, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// The event's number among the aggregate's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Version")]
    pub version: Option<Version>,
    /// The order that it is about, if its event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OrderId")]
    pub order_id: Option<OrderId>,
    /// The trace that it belongs to: 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub trace_id: Option<String>,
    /// When it was first received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub first_received_at: Option<Timestamp>,
    /// When the dead-letter queue took it; of one that its queue moved, when that one took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub sent_at: Option<Timestamp>,
    /// How often it has been redriven.
    pub redriven: u32,
    /// The last run that did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Uuid")]
    pub redriven_by: Option<Uuid>,
    /// How many bytes its body has.
    pub body_bytes: usize,
    /// Why it can't be redriven, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub not_redrivable: Option<String>,
}

/// A wish to see a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "reason": "the customer asks where the order is" }]))]
pub struct Uncover {
    /// Why, for the record.
    #[schemars(length(min = 1, max = 200))]
    pub reason: String,
}

/// The body of a letter, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "id": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab", "record": "0190d3a1-7a4c-7c3e-9b1a-0123456789ac", "body": "{\"id\":\"…\"}"
}]))]
pub struct Uncovered {
    /// The letter.
    pub id: LetterId,
    /// The record of this.
    pub record: Uuid,
    /// The body. May be anything, control characters included.
    pub body: String,
}

crate::moves_nothing!(Uncovered);
