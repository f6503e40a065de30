//! What happened to an order in all services, and how long each step of it took.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shotengai_kernel::{OrderId, Timestamp, Version};
use uuid::Uuid;

use super::{Customer, Route};
use crate::topology::Service;

const TAG: &str = "orders";
/// For this caller only.
const PRIVATE: &str = "private, no-store";

/// Everything that happened to an order.
pub const ORDER_HISTORY: Route<Customer, OrderId, (), OrderHistory> =
    Route::get("/orders/{id}/history", Service::QUERY, "listOrderHistory")
        .about(
            TAG,
            "What happened to an order, in all services",
            "Its own events, those of its reservation and its payment, pieces of refunds that are sold again, and its mails, each \
             behind what caused it. Read from where they are kept, so never behind. What is between services is left out, and \
             addresses are kept nowhere. Somebody else's order looks the same as none, except to an administrator.",
        )
        .cached(PRIVATE);

/// How long each step of an order took.
pub const ORDER_JOURNEY: Route<Customer, OrderId, (), OrderJourney> =
    Route::get("/orders/{id}/journey", Service::QUERY, "getOrderJourney")
        .about(
            TAG,
            "How long each step of an order took",
            "For each thing that happened: how long its cause waited to be received by whoever acted on it, and how long that then \
             worked; and the sums along the way that the order's payment, or its cancellation, had to wait for. By the clocks of \
             those who acted: where they differ, waiting is wrong by as much, and never below zero.",
        )
        .cached(PRIVATE);

/// Everything that happened to an order, causes before effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderHistory {
    /// Which order.
    pub order_id: OrderId,
    /// What happened.
    pub items: Vec<Happened>,
}

/// An event, or a mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Happened {
    /// The event's id; of a mail, one that derives from the order and the kind of mail.
    pub id: Uuid,
    /// The service it happened in: `order`, `inventory`, `billing`, `notification`.
    pub source: String,
    /// The event's type; `Mail` for a mail.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What it happened to. None of a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// Its number among the events of that, from 1. None of a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Version")]
    pub version: Option<Version>,
    /// When it was decided, or the mail server took the mail. Left out while it is being sent, where it is not sent, and by earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub time: Option<Timestamp>,
    /// What caused it: the id of another one, or else of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Uuid")]
    pub caused_by: Option<Uuid>,
    /// When its cause was received by whoever acted on it. Left out where a request was the cause, and by earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub received_at: Option<Timestamp>,
    /// How often its cause had been received by then, where that was more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub receives: Option<u32>,
    /// Its payload, amounts in major units of `currency`; of a mail its kind, `state` and, if it is not sent, `why`.
    pub data: Value,
}

/// How long each step of an order took. All times are in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderJourney {
    /// Which order.
    pub order_id: OrderId,
    /// Its steps, causes before effects.
    pub hops: Vec<Hop>,
    /// The way that its payment, or its cancellation, had to wait for.
    pub critical_path: CriticalPath,
}

/// The step from a cause to one thing that it led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// What it led to.
    pub id: Uuid,
    /// Who acted: `order`; `inventory` for its stock, `billing` for its payment, `notification` for its mails.
    pub source: String,
    /// The type of what it led to; `Mail` for a mail.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Which mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub mail: Option<String>,
    /// The cause, among these. Left out where a request was it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Uuid")]
    pub caused_by: Option<Uuid>,
    /// When it was decided, or sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub time: Option<Timestamp>,
    /// From when the cause was decided until it was received by whoever acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub waiting: Option<u64>,
    /// From then until it was decided, or sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub working: Option<u64>,
    /// Both together. Alone where nothing says when the cause was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub took: Option<u64>,
    /// How often the cause had been received by then, where that was more than once: what failed before is in `waiting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub receives: Option<u32>,
}

/// The way from the placement, or the request that cancelled the order, to what decided its fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CriticalPath {
    /// What it consists of, causes before effects.
    pub ids: Vec<Uuid>,
    /// The type of the last of them: `OrderPaid`, else `OrderCancelled`, else what has come of its placement so far.
    pub ends_with: String,
    /// The sum of `waiting`.
    pub waiting: u64,
    /// The sum of `working`.
    pub working: u64,
    /// The sum of `took`.
    pub took: u64,
}
