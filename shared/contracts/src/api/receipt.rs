//! Receipt of an order: requests to AWS, the units that they are paid by, dollars, commits, messages, work and waiting.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{OrderId, Timestamp};
use uuid::Uuid;

use super::journey::OrderJourney;
use super::parameter::Parameter;
use super::{Administrator, Internal, Route};
use crate::topology::Service;

/// What an order cost.
pub const ORDER_RECEIPT: Route<Administrator, OrderId, (), OrderReceipt> =
    Route::get("/orders/{id}/receipt", Service::QUERY, "getOrderReceipt")
        .about(
            "orders",
            "What an order cost",
            "Requests to AWS by operation, the units that they are paid by, and dollars by the list prices of a region; commits, \
             messages, and the time that processes worked for it; and its journey, with waiting apart from working. What several \
             orders share, a batch say, is shared out evenly. Gathered from the memory of the processes that did the work: each \
             keeps its last 10,000 orders (`RECEIPT_ORDERS`), and forgets them when it ends. `complete` says whether all of it is there.",
        )
        .cached("private, no-store")
        .reads(&[&REGION]);

/// What one process has booked for an order. Every process answers it, whatever its roles.
pub const INTERNAL_RECEIPT: Route<Internal, OrderId, (), MeteredOrder> =
    Route::get("/internal/receipts/{id}", Service::QUERY, "getInternalReceipt")
        .about("internal", "What a process has booked for an order", "")
        .cached("no-store");

/// The region whose prices count.
pub const REGION: Parameter = Parameter::query(
    "region",
    "The region of AWS whose list prices count, of those that `docs/prices.toml` has. Without it the installation's own or, where \
     the table does not have that, the first of the table: the answer says which.",
    |_| json_schema!({ "type": "string", "minLength": 1, "maxLength": 40 }),
    "us-east-1",
);

/// What an order cost. Of what is shared out there are parts: six digits behind the point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderReceipt {
    /// Which order.
    pub order_id: OrderId,
    /// Whether every role has answered, by a process that has kept everything since before the order was placed.
    pub complete: bool,
    /// The processes that answered.
    pub processes: Vec<ReceiptProcess>,
    /// Roles of which no process answered.
    pub missing: Vec<MissingRole>,
    /// Whose prices `nanodollars` and `cost` are made of.
    pub prices: ReceiptPrices,
    /// What all requests cost, in billionths of a dollar: the sum of those of the lines.
    pub nanodollars: u64,
    /// The same in dollars.
    pub cost: String,
    /// Commits.
    pub commits: f64,
    /// Messages that consumers received.
    pub messages: f64,
    /// Requests to AWS, each attempt counted.
    pub requests: f64,
    /// Microseconds for which processes worked, without those for which they waited. Not those of connections and of PostgreSQL.
    pub working_micros: u64,
    /// Requests by operation, the dearest first.
    pub lines: Vec<ReceiptLine>,
    /// How long each step waited and worked.
    pub journey: OrderJourney,
}

/// Requests of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptLine {
    /// The service of AWS: `dynamodb`, `kinesis`, `sns`, `sqs`, `s3`.
    pub service: String,
    /// Its operation, as AWS calls it.
    pub operation: String,
    /// Requests, each attempt counted.
    pub requests: f64,
    /// What `units` are: `write` and `read` capacity of DynamoDB, `payload` of 25 KiB begun of a record of Kinesis, `request` of 64
    /// KiB begun of SNS and SQS. Left out where nothing is paid by the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub unit: Option<String>,
    /// How many of them.
    pub units: f64,
    /// Records or messages, where it has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub entries: Option<f64>,
    /// Their bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub bytes: Option<u64>,
    /// What the units cost, in billionths of a dollar, rounded.
    pub nanodollars: u64,
}

/// A process that has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptProcess {
    /// The process, as it has named itself when it began.
    pub process: Uuid,
    /// Its roles.
    pub roles: Vec<String>,
    /// Since when it has kept everything of the orders it knows: it began then, or has forgotten what is older.
    pub since: Timestamp,
}

/// A role of which no process has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingRole {
    /// The role.
    pub role: String,
    /// Why not.
    pub why: String,
}

/// List prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptPrices {
    /// The region they are of.
    pub region: String,
    /// The day they are of.
    pub as_of: String,
    /// Their currency.
    pub currency: String,
}

/// What one process has booked for an order. Amounts are in millionths, so that they add up to the last digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeteredOrder {
    /// The process; none where it keeps no receipts.
    pub process: Option<ReceiptProcess>,
    /// Commits.
    pub commits: u64,
    /// Nanoseconds of work.
    pub working_nanos: u64,
    /// By operation.
    pub lines: Vec<MeteredLine>,
}

/// Requests of one operation, as a process has booked them, in millionths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeteredLine {
    /// The service of AWS.
    pub service: String,
    /// Its operation.
    pub operation: String,
    /// What its units are; empty where it has none.
    pub unit: String,
    /// Requests.
    pub requests: u64,
    /// Units.
    pub units: u64,
    /// Records or messages.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}
