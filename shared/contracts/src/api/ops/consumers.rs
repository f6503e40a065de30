//! Consumers that are paused, and go on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::route::Success;
use super::super::shared::INVALID_TEXT;
use super::super::{Administrator, Route};
use super::street::Pause;
use super::{QueueName, ROLE, TAG};

/// Pauses a consumer, or lets it go on.
pub const PAUSE_CONSUMER: Route<Administrator, QueueName, PauseConsumer, Consumer> =
    Route::put("/ops/consumers/{id}", ROLE, "pauseConsumer")
        .about(
            TAG,
            "Pause a consumer, or let it go on",
            "The consumer of the queue in the path, in all processes that have it, until somebody lets it go on: a restart changes nothing. \
             Processes find out within ten seconds where messages come, and else by the next message, which they give back. What \
             they hold already they finish. A paused consumer's process is ready, and its queue fills. Who and why is recorded first. \
             Repeating it changes nothing.",
        )
        .answers(&[Success { status: 200, meaning: "So it stands now." }])
        .refuses(&[&INVALID_TEXT]);

/// A wish to pause a consumer, or to let it go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "paused": true, "reason": "the payment provider is being moved" }]))]
pub struct PauseConsumer {
    /// Whether it is to receive nothing.
    pub paused: bool,
    /// Why, for the record.
    #[schemars(length(min = 1, max = 200))]
    pub reason: String,
}

/// A consumer, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "queue": "billing-queue", "consumer": "billing",
    "paused": { "by": "usr_administrator", "reason": "the payment provider is being moved", "since": "2026-11-28T12:34:56.789Z" }
}]))]
pub struct Consumer {
    /// The queue that it empties.
    pub queue: QueueName,
    /// Its name, as logs and dead letters have it.
    pub consumer: String,
    /// Who paused it, and why; none while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Pause")]
    pub paused: Option<Pause>,
}

crate::moves_nothing!(Consumer);
