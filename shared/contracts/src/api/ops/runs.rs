//! Redrives and discards: runs over the letters of a queue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Timestamp, UserId};
use uuid::Uuid;

use super::super::given::given;
use super::super::page::{CURSOR, LIMIT, Page};
use super::super::parameter::IDEMPOTENCY_KEY;
use super::super::route::Success;
use super::super::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE};
use super::super::{Administrator, ProblemType, Route};
use super::letters::LetterCause;
use super::rehearsals::ForeseenEvent;
use super::{LetterId, PRIVATE, QueueName, ROLE, TAG};

/// The most letters that a run may name.
pub const MAX_LETTERS: usize = 100;
/// The most letters a second.
pub const MAX_PER_SECOND: u32 = 1_000;
/// The most outcomes of single letters that are kept of a run, and shown.
pub const MAX_OUTCOMES: usize = 1_000;

const STARTED: &[Success] = &[
    Success { status: 200, meaning: "A preview: this is what would be done, and nothing was." },
    Success {
        status: 202,
        meaning: "The run has begun, or the same request began it before. Follow it at `Location`.",
    },
];

/// Sends letters back to where they belong.
pub const REDRIVE: Route<Administrator, (), StartRun, Run> = Route::post("/ops/redrives", ROLE, "redriveLetters")
    .about(
        TAG,
        "Send dead letters back to where they belong",
        "Named ones, those of a cause, or all that a dead-letter queue holds now. Each is sent before it is deleted, those of one \
         aggregate in the order of their versions, and at `per_second` a second. `preview` says what would be sent. Send an \
         `Idempotency-Key`: the same request again is then the same run. A run ends with its process: what it has not settled \
         stays where it was, and another run goes on with it. Who asked and why is recorded first.",
    )
    .answers(STARTED)
    .locates()
    .reads(&[&IDEMPOTENCY_KEY])
    .refuses(&[&INVALID_TEXT, &OUT_OF_RANGE, &NO_SUCH_LETTERS, &RUN_UNDER_WAY, &IDEMPOTENCY_KEY_REUSED]);

/// Deletes letters for good.
pub const DISCARD: Route<Administrator, (), StartRun, Run> = Route::post("/ops/discards", ROLE, "discardLetters")
    .about(
        TAG,
        "Delete dead letters for good",
        "As a redrive, but nothing is sent: what these letters would have caused never happens. Nothing brings them back.",
    )
    .answers(STARTED)
    .locates()
    .reads(&[&IDEMPOTENCY_KEY])
    .refuses(&[&INVALID_TEXT, &OUT_OF_RANGE, &NO_SUCH_LETTERS, &RUN_UNDER_WAY, &IDEMPOTENCY_KEY_REUSED]);

/// Recent runs.
pub const RUNS: Route<Administrator, (), (), Page<Run>> = Route::get("/ops/runs", ROLE, "listRuns")
    .about(TAG, "Redrives and discards", "The newest first, without the outcomes of single letters.")
    .cached(PRIVATE)
    .reads(&[&LIMIT, &CURSOR]);

/// One run.
pub const RUN: Route<Administrator, Uuid, (), Run> = Route::get("/ops/runs/{id}", ROLE, "getRun")
    .about(TAG, "A redrive or discard", "How far it is, and what became of each letter, of a thousand at the most: whether it was sent, and what its consumer has made of it \
         since. That comes after the run's end; ask again while letters wait.")
    .cached(PRIVATE);

/// A wish to redrive or discard letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [
    { "queue": "order-dlq", "letters": ["0190d3a1-7a4c-7c3e-9b1a-0123456789ab"], "reason": "the store answers again" },
    { "queue": "order-dlq", "cause": { "reason": "exhausted" }, "per_second": 20, "reason": "the store answers again" },
    { "queue": "order-dlq", "preview": true, "reason": "a look" }
]))]
pub struct StartRun {
    /// The dead-letter queue.
    pub queue: QueueName,
    /// Only these letters of it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<LetterId>", length(min = 1, max = 100))]
    pub letters: Option<Vec<LetterId>>,
    /// Only letters of this cause; what is left out may be anything.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LetterCause")]
    pub cause: Option<LetterCause>,
    /// Only letters of this aggregate.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// How many letters a second, at the most. As fast as it goes unless said.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub per_second: Option<u32>,
    /// Whether only to say what would be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
    /// Why, for the record.
    #[schemars(length(min = 1, max = 200))]
    pub reason: String,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Sends letters back.
    Redrive,
    /// Deletes them.
    Discard,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It is none: nothing was done.
    Preview,
    /// It is under way.
    Running,
    /// It has come to its end, whatever became of single letters.
    Finished,
    /// It ended early: `stopped` says why. What it has not settled is where it was.
    Stopped,
    /// Its process ended, or stands still: it has said nothing for a minute. What it has not settled is where it was.
    Interrupted,
}

/// A redrive or discard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "id": "0190d3a1-7a4c-7c3e-9b1a-0123456789ad", "kind": "redrive", "state": "finished", "queue": "order-dlq", "target": "order-queue",
    "by": "usr_administrator", "reason": "the store answers again", "at": "2026-11-28T12:34:56.789Z",
    "ended_at": "2026-11-28T12:34:57.789Z", "looked_at": 1, "matching": 1, "settled": 1, "failed": 0, "waiting": 0, "undeleted": 0,
    "came_later": 0, "complete": true, "handlings": { "waiting": 0, "handled": 1, "ignored": 0, "dead_again": 0 },
    "outcomes": [{ "letter": "0190d3a1-7a4c-7c3e-9b1a-0123456789ab", "subject": "pay_1", "event_type": "PaymentAuthorized", "outcome": "sent",
        "handling": { "outcome": "handled", "events": [{ "type": "OrderPaymentSecured", "subject": "ord_1", "version": 2 }], "attempts": 1, "at": "2026-11-28T12:34:58.012Z" } }]
}]))]
pub struct Run {
    /// Its id. Letters that it sent and that die again name it.
    pub id: Uuid,
    /// What it does.
    pub kind: RunKind,
    /// How far it is.
    pub state: RunState,
    /// The dead-letter queue.
    pub queue: QueueName,
    /// Where its letters go, of a redrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub target: Option<String>,
    /// Who asked for it.
    pub by: UserId,
    /// Why.
    pub reason: String,
    /// When it began.
    pub at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub ended_at: Option<Timestamp>,
    /// Letters that were looked at.
    pub looked_at: usize,
    /// Letters that are meant.
    pub matching: usize,
    /// Letters that are gone from the queue: sent and deleted, or discarded. Of a preview: that would be.
    pub settled: usize,
    /// Letters that stayed because something failed.
    pub failed: usize,
    /// Letters that stayed because an earlier one of their aggregate failed.
    pub waiting: usize,
    /// Letters that were sent and could not be deleted: the next redrive doubles them.
    pub undeleted: usize,
    /// Letters that came, or came back, after it began: left alone.
    pub came_later: usize,
    /// Whether every letter that was there was looked at: as many as the queue counted when it began. Letters in other hands then,
    /// and a count that lagged, make it false.
    pub complete: bool,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub stopped: Option<String>,
    /// What consumers have made of the letters among `outcomes` that were sent; of one redrive whose letters go to a queue, and none
    /// in lists. Letters of a stream are not followed: its reader checks them anew, as any record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Handlings")]
    pub handlings: Option<Handlings>,
    /// What became of single letters; none in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<LetterOutcome>,
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetterOutcome {
    /// The letter.
    pub letter: String,
    /// Its aggregate, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// Its event's type, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub event_type: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub why: Option<String>,
    /// What its consumer has made of it since, of one that was sent to a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Handling")]
    pub handling: Option<Handling>,
}

/// What a consumer has made of a letter that was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handling {
    /// What came of it.
    pub outcome: HandlingOutcome,
    /// Why it changed nothing, of one that was ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "IgnoredFor")]
    pub ignored: Option<IgnoredFor>,
    /// The reason of its dead letter, of one that is one again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// More of it in words: what went wrong, or why its service left it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub why: Option<String>,
    /// Events that it made, of one that was handled; the first twenty. Of one that was ignored: those that it had made before, else where
    /// what was looked at stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<ForeseenEvent>,
    /// What else was written or sent to, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrote: Vec<String>,
    /// How often its consumer has received it, as far as it has said; 0 while nothing has been heard of it.
    pub attempts: u32,
    /// When its consumer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub at: Option<Timestamp>,
}

/// What came of a letter that was sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandlingOutcome {
    /// Nothing is known yet, or it has failed and comes again.
    Waiting,
    /// It was handled.
    Handled,
    /// It changed nothing.
    Ignored,
    /// It is a dead letter again.
    DeadAgain,
}

/// Why a letter changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IgnoredFor {
    /// It was applied before.
    AlreadyApplied,
    /// Something newer has overtaken what it brings.
    NewerStands,
    /// What it is about is in a state in which nothing is to be done about it.
    NothingToDo,
}

/// How many letters came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handlings {
    /// Nothing is known yet, or they have failed and come again.
    pub waiting: usize,
    /// They were handled.
    pub handled: usize,
    /// They changed nothing.
    pub ignored: usize,
    /// They are dead letters again.
    pub dead_again: usize,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was sent, and is gone from here.
    Sent,
    /// It was deleted for good.
    Discarded,
    /// It stayed. One whose send got no answer may be in its target, too.
    Failed,
    /// It was sent and could not be deleted: it is in both.
    Undeleted,
    /// It would be sent, or discarded.
    Meant,
}

crate::moves_nothing!(Run);

/// 422: `no-such-letters`.
pub const NO_SUCH_LETTERS: ProblemType = ProblemType {
    slug: "no-such-letters",
    status: 422,
    title: "No letter can be like that",
    meaning: "A reason, consumer or event type that no letter of this street can have, or a queue that is no dead-letter queue: mistyped, \
              it would look as if there were no such letters.",
    cure: "Take the words that `GET /ops/dead-letters` shows. `detail` lists those that there are.",
};

/// 409: `run-under-way`.
pub const RUN_UNDER_WAY: ProblemType = ProblemType {
    slug: "run-under-way",
    status: 409,
    title: "A run is under way",
    meaning: "A run is at this dead-letter queue, and it and another run, or a look, would hide letters from each other. `run` is its id.",
    cure: "Wait for its end: `GET /ops/runs/{id}`.",
};
