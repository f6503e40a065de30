//! Rehearsals: what dead letters would do now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{OrderId, Version};

use super::super::route::Success;
use super::super::shared::OUT_OF_RANGE;
use super::super::{Administrator, Route};
use super::runs::{NO_SUCH_LETTERS, RUN_UNDER_WAY};
use super::{LetterId, QueueName, ROLE, TAG};

/// The most letters of one rehearsal.
pub const MAX_REHEARSED: usize = 20;

/// Says what letters would do now.
pub const REHEARSE: Route<Administrator, (), Rehearse, Rehearsed> =
    Route::post("/ops/rehearsals", ROLE, "rehearseLetters")
        .about(
            TAG,
            "What dead letters would do now",
            "Each by itself, by the very code of its service, over a shadow of the street: what that reads is what there is, what it \
             would write is caught and told, and nothing is changed, sent or asked of anybody else. What others do between this and a \
             redrive is not foreseen. The settings are those of the process that answers.",
        )
        .answers(&[Success { status: 200, meaning: "This is what they would do." }])
        .refuses(&[&OUT_OF_RANGE, &NO_SUCH_LETTERS, &RUN_UNDER_WAY]);

/// A wish to know what letters would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "queue": "order-dlq", "letters": ["0190d3a1-7a4c-7c3e-9b1a-0123456789ab"] }]))]
pub struct Rehearse {
    /// The dead-letter queue.
    pub queue: QueueName,
    /// Which letters of it.
    #[schemars(length(min = 1, max = 20))]
    pub letters: Vec<LetterId>,
}

/// What letters would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "queue": "billing-dlq", "items": [{
    "letter": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab", "event_type": "OrderPlaced", "subject": "ord_1", "order_id": "ord_1",
    "outcome": "would_append", "events": [{ "type": "PaymentAuthorized", "subject": "pay_1", "version": 1 }],
    "asks": [{ "what": "table billing-ledger", "how": "put pay_1 book" }]
}] }]))]
pub struct Rehearsed {
    /// The dead-letter queue.
    pub queue: QueueName,
    /// One for each letter that was asked for, in that order.
    pub items: Vec<Rehearsal>,
}

/// What a letter would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rehearsal {
    /// Which.
    pub letter: LetterId,
    /// Its event's type, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub event_type: Option<String>,
    /// Its aggregate, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// The order that it is about, if its event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OrderId")]
    pub order_id: Option<OrderId>,
    /// What would become of it.
    pub outcome: Foreseen,
    /// Why, where it would not be done with; of what is ignored `found` tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub why: Option<String>,
    /// Events that would be appended, in their order.
    pub events: Vec<ForeseenEvent>,
    /// What else would be written or sent, in its order.
    pub asks: Vec<ForeseenAsk>,
    /// Where it would be ignored, why: what its handler looked at, and found that nothing follows any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ForeseenFound")]
    pub found: Option<ForeseenFound>,
}

/// What would become of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Foreseen {
    /// Its message would be done with, and append `events`.
    WouldAppend,
    /// Its message would be done with, and write what `asks` says.
    WouldWrite,
    /// Its message would be done with, and change nothing: it was handled before, or is about nothing.
    WouldIgnore,
    /// It fails now, and would come again.
    WouldRetry,
    /// It would become a dead letter again at once.
    WouldSetAside,
    /// Its service can't be rehearsed.
    NotRehearsed,
    /// It can't be read as an event of this release.
    Unreadable,
    /// No such letter is in the queue, or it is in other hands.
    NotFound,
}

/// An event that would be appended, or stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForeseenEvent {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its aggregate.
    pub subject: String,
    /// Its number among the aggregate's.
    pub version: Version,
}

/// What was found of what a letter asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForeseenFound {
    /// The newest event of each aggregate that was read and has any.
    pub stands: Vec<ForeseenEvent>,
    /// Rows that were read and are there, as `table NAME: KEY`.
    pub rows: Vec<String>,
}

/// Something else that would be written or sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForeseenAsk {
    /// Of what: `table …`, or the name of a queue, stream or bucket.
    pub what: String,
    /// What.
    pub how: String,
}

crate::moves_nothing!(Rehearsed);
