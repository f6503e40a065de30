//! Records of what administrators have done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Timestamp, UserId};
use uuid::Uuid;

use super::super::page::{CURSOR, LIMIT, Page};
use super::super::{Administrator, Route};
use super::{LetterId, PRIVATE, QueueName, ROLE, TAG};

/// What administrators have done here, the newest first.
pub const RECORDS: Route<Administrator, (), (), Page<Record>> = Route::get("/ops/records", ROLE, "listRecords")
    .about(
        TAG,
        "Who did what, and why",
        "Uncovered bodies, redrives, discards, pauses and resumptions, the newest first. Each was written before it was done, and \
         stays.",
    )
    .cached(PRIVATE)
    .reads(&[&LIMIT, &CURSOR]);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The body of a letter was shown.
    Uncover,
    /// Letters were sent back to where they belong.
    Redrive,
    /// Letters were deleted for good.
    Discard,
    /// A consumer was told to receive nothing.
    Pause,
    /// A consumer was told to go on.
    Resume,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "id": "0190d3a1-7a4c-7c3e-9b1a-0123456789ac", "at": "2026-11-28T12:34:56.789Z", "by": "usr_administrator", "action": "uncover",
    "queue": "order-dlq", "letter": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab", "reason": "the customer asks where the order is"
}]))]
pub struct Record {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// What was done.
    pub action: Action,
    /// To which queue, or its consumer.
    pub queue: QueueName,
    /// To which letter of it, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LetterId")]
    pub letter: Option<LetterId>,
    /// By which run, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Uuid")]
    pub run: Option<Uuid>,
    /// Why, as they said.
    pub reason: String,
}
