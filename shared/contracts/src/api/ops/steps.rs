//! Steps that orders make, as they make them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{OrderId, Timestamp};

use super::super::route::{Media, Success};
use super::super::shared::UNAVAILABLE;
use super::super::tally::UPGRADE_REQUIRED;
use super::super::{Administrator, Route};
use super::{ROLE, TAG};

/// The protocol that a watcher may offer.
pub const STEPS_PROTOCOL: &str = "shotengai.steps";

/// Orders a second, by the stop at which most come by, up to which every order is shown.
pub const SHOWN_ORDERS_PER_SECOND: u32 = 20;

/// Steps of orders as they happen.
pub const STEPS: Route<Administrator, (), (), StepsMessage> = Route::get("/ops/steps", ROLE, "watchSteps")
    .about(
        TAG,
        "Steps of orders, live",
        "A WebSocket. The first message is `begin`: from now on steps are told, each usually within two seconds of its event's way into the \
         stream. Others are `steps`, once a second at most. Above 20 orders a second only one order in `one_in` is told of, by its id \
         alone, so that an order is told of at each of its steps or at none. A browser's page offers two protocols: `shotengai.steps`, \
         and `bearer.` followed by its access token, for it can set no header. The connection ends with the token. Nothing is to be sent.",
    )
    .answers(&[Success { status: 101, meaning: "The connection is a WebSocket now." }])
    .media(Media::WebSocket)
    .refuses(&[&UPGRADE_REQUIRED, &UNAVAILABLE]);

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepsKind {
    /// The first one of a connection.
    Begin,
    /// Steps that were made since the message before.
    Steps,
}

impl StepsKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Begin, Self::Steps];

    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Steps => "steps",
        }
    }
}

/// A message to who watches orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepsMessage {
    /// Which message this is.
    #[serde(rename = "type")]
    pub kind: StepsKind,
    /// When it was told.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Of so many orders one is told of.
    pub one_in: u32,
    /// In `begin`: to which queues the topic hands events of a type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ways: BTreeMap<String, Vec<String>>,
    /// The steps, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Whether some may be missing: the stream could not be read for a while, or brings more than is read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
}

/// A step of an order: an event that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The order.
    pub order_id: OrderId,
    /// Type of the event.
    pub event_type: String,
    /// Who decided it.
    pub service: String,
    /// The shard that it went through.
    pub shard: String,
    /// When it was decided.
    #[schemars(with = "String")]
    pub at: Timestamp,
}
