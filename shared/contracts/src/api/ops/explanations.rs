//! Why an order is where it is: what is awaited, and what is in the way.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{OrderId, Timestamp, Version};
use uuid::Uuid;

use super::super::{Administrator, Route};
use super::street::Unknown;
use super::{PRIVATE, ROLE, TAG};
use crate::events::OrderStage;

/// Why an order is where it is.
pub const EXPLANATION: Route<Administrator, OrderId, (), Explanation> =
    Route::get("/ops/orders/{id}/explanation", ROLE, "explainOrder")
        .about(
            TAG,
            "Why an order is where it is",
            "The last thing that happened to the order, its stock and its payment; what is awaited, of whom; where the message is that \
             leads there; and each cause that it has not come yet, the most certain first, with what to do. Where nothing explains it, it says \
             `not_known`. An order of which nothing is awaited has none of that. The order is read where it is kept, so never behind; the \
             street is what `GET /ops/street` shows. Dead letters that are looked at are hidden from others meanwhile. Mails, counts and \
             read models keep no order waiting, and are not looked at.",
        )
        .cached(PRIVATE);

/// Why an order is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "order_id": "ord_019acb5c36b4700088f1a1f7d7f2b0c4", "at": "2026-11-28T12:34:56.789Z", "status": "pending",
    "last": {
        "id": "0190d3a1-7a4c-7c3e-9b1a-0123456789ad", "source": "inventory", "type": "StockReserved",
        "subject": "reservation/ord_019acb5c36b4700088f1a1f7d7f2b0c4", "version": 1, "at": "2026-11-28T12:30:00.120Z"
    },
    "awaited": [{
        "of": "billing", "deed": "authorize_payment",
        "message": {
            "id": "0190d3a1-7a4c-7c3e-9b1a-0123456789ae", "source": "order", "type": "OrderPlaced",
            "subject": "ord_019acb5c36b4700088f1a1f7d7f2b0c4", "version": 1, "at": "2026-11-28T12:30:00Z"
        },
        "queue": "billing-queue", "place": "queue", "since": "2026-11-28T12:30:00Z",
        "causes": [{
            "cause": "consumer_paused", "certainty": "certain", "since": "2026-11-28T12:29:00Z", "service": "billing",
            "queue": "billing-queue", "why": "the payment provider is being moved",
            "command": "curl -X PUT \"$API/ops/consumers/billing-queue\" …"
        }]
    }],
    "unknown": []
}]))]
pub struct Explanation {
    /// Which order.
    pub order_id: OrderId,
    /// When that was so.
    pub at: Timestamp,
    /// How far the order has come.
    pub status: OrderStage,
    /// The last thing that happened to the order, its stock or its payment.
    pub last: ExplainedFact,
    /// What has to happen yet. Empty: nothing is awaited, the order is decided and done with.
    pub awaited: Vec<AwaitedDeed>,
    /// What could not be asked, and why: what that would show is missing among the causes.
    pub unknown: Vec<Unknown>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedFact {
    /// The event's id.
    pub id: Uuid,
    /// The service it happened in.
    pub source: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What it happened to.
    pub subject: String,
    /// Its number among the events of that.
    pub version: Version,
    /// When it was decided.
    pub at: Timestamp,
}

/// What somebody has to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AwaitedDeed {
    /// Who: a service.
    pub of: String,
    /// What.
    pub deed: Deed,
    /// The event that tells it to.
    pub message: ExplainedFact,
    /// The queue by which it comes there.
    pub queue: String,
    /// Where that message is now, by the first of the causes.
    pub place: MessagePlace,
    /// Since when this is awaited.
    pub since: Timestamp,
    /// Why it has not happened yet, the most certain first. Never empty.
    pub causes: Vec<ExplainedCause>,
}

/// What is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Inventory reserves the stock, or says that there is not enough.
    ReserveStock,
    /// Billing has the amount held, or says that it is declined.
    AuthorizePayment,
    /// Billing takes the money.
    CapturePayment,
    /// Order takes in what inventory or billing answered.
    TakeInAnswer,
    /// Inventory gives reserved stock back.
    ReleaseStock,
    /// Inventory takes what was shipped off the stock.
    DeductStock,
    /// Billing lets the money of a cancelled order go.
    ReturnMoney,
    /// Billing gives back what the shop refunds.
    PayRefund,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessagePlace {
    /// In the event store, not yet in the stream.
    EventStore,
    /// In the stream, before the bridge.
    Stream,
    /// In its queue, waiting or with the consumer.
    Queue,
    /// Among the dead letters.
    DeadLetters,
    /// With the payment provider: the message has been acted on, and an answer is awaited.
    PaymentProvider,
    /// Not known.
    NotKnown,
}

/// Why something has not happened yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// It became a dead letter.
    DeadLetter,
    /// The bridge could not publish it, and set it aside.
    SetAsideByBridge,
    /// Its commit is not yet in the stream, as far as is known.
    NotPublished,
    /// The same, and no process of the service that has to publish it is there.
    PublisherAway,
    /// Change capture of its table does not work.
    NotCaptured,
    /// It is in the stream, and the bridge has not come that far.
    BeforeBridge,
    /// The same, and no process has the bridge.
    BridgeAway,
    /// The same, and nobody reads that shard.
    ShardUnread,
    /// Somebody paused the consumer.
    ConsumerPaused,
    /// The consumer receives nothing, because something that it needs is away or denied.
    BreakerOpen,
    /// No process has the consumer.
    ConsumerAway,
    /// A process that has the consumer says that something it needs does not answer.
    DependencyDown,
    /// It waits in the queue with others.
    WaitsInQueue,
    /// The consumer has it in hands, or it failed and is hidden until its next try.
    InFlight,
    /// The payment provider was asked, and has not answered.
    PaymentProvider,
    /// It is on its way: so soon nothing is wrong.
    UnderWay,
    /// Nothing that leads there is on its way; a reminder waits, which cancels the order at its deadline.
    Deadline,
    /// The order is confirmed for too long, and a dead letter tells of it.
    Overdue,
    /// Nothing that was looked at explains it.
    NotKnown,
}

/// How sure it is that this is why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It was seen, and nothing can happen before it is mended.
    Certain,
    /// What was seen fits nothing else as well.
    Likely,
    /// It is so, or may be, and would be in the way next.
    Possible,
}

/// A cause. What it does not need is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedCause {
    /// Which.
    pub cause: CauseKind,
    /// How sure.
    pub certainty: Certainty,
    /// Since when it is so, as far as is known.
    pub since: Timestamp,
    /// The service that is away, or that has to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub service: Option<String>,
    /// The queue, or the dead-letter queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub queue: Option<String>,
    /// The shard of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub shard: Option<String>,
    /// The letter's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub letter: Option<String>,
    /// The reason that the letter's consumer declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// What went wrong, or why somebody paused it. Quotes no message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub why: Option<String>,
    /// What does not answer, and what it said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub down: BTreeMap<String, String>,
    /// How far behind the stream is read, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub lag_ms: Option<i64>,
    /// How many messages wait, or are in hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub messages: Option<u64>,
    /// A command to copy: it looks, or mends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub command: Option<String>,
}
