//! What was sold, counted live.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{ProductId, Timestamp};

use super::parameter::Parameter;
use super::route::{Media, Success};
use super::{Anyone, ProblemType, Route};
use crate::live::LiveMessage;
use crate::topology::Service;

const ROLE: Service = Service::TALLY;
const TAG: &str = "tally";

/// The totals of all products.
pub const TALLY: Route<Anyone, (), (), Tally> = Route::get("/tally", ROLE, "getTally")
    .about(TAG, "What was sold", "Of every product that was ever paid for; by the minute, if asked.")
    .cached("no-store")
    .reads(&[&MINUTES]);

/// The totals as they change.
pub const TALLY_LIVE: Route<Anyone, (), (), LiveMessage> = Route::get("/tally/live", ROLE, "watchTally")
    .about(
        TAG,
        "What is being sold, live",
        "A WebSocket. The first message is a `snapshot` of all products asked for, each that follows a `change` with those \
         that differ; both have this schema. Nothing is to be sent.",
    )
    .answers(&[Success { status: 101, meaning: "The connection is a WebSocket now." }])
    .reads(&[&PRODUCTS])
    .media(Media::WebSocket)
    .refuses(&[&UPGRADE_REQUIRED]);

/// The longest chart: what is kept.
pub const MAX_MINUTES: u16 = 1_440;

/// Products that one live client may choose.
pub const MAX_PRODUCTS: usize = 100;

/// A chart of the last minutes.
pub const MINUTES: Parameter = Parameter::query(
    "minutes",
    "Tells of the last so many minutes one by one, too.",
    |_| json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_MINUTES }),
    "60",
);

/// Which products a live client wants to hear of.
pub const PRODUCTS: Parameter = Parameter::query(
    "products",
    "Only these products, up to a hundred, with commas between them.",
    |_| json_schema!({ "type": "string", "pattern": "^prod_[A-Za-z0-9_-]{1,64}(,prod_[A-Za-z0-9_-]{1,64})*$" }),
    "prod_kinoko,prod_takenoko",
);

/// The totals of all products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "products": [{
        "product_id": "prod_kinoko", "name": "きのこの山", "sold": 3, "returned": 0, "net": 3, "orders": 2,
        "minutes": [{ "minute": "2026-11-28T12:34", "sold": 3, "returned": 0 }]
    }],
    "at": "2026-11-28T12:34:56.789Z"
}]))]
pub struct Tally {
    /// By product.
    pub products: Vec<ProductTally>,
    /// When that was so.
    pub at: Timestamp,
}

/// The totals of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductTally {
    /// Which.
    pub product_id: ProductId,
    /// What it is called.
    pub name: String,
    /// Pieces of paid orders.
    pub sold: i64,
    /// Pieces of orders that were paid and then cancelled.
    pub returned: i64,
    /// Those sold less those returned.
    pub net: i64,
    /// Paid orders that had it.
    pub orders: i64,
    /// Only the minutes in which something happened, oldest first; absent unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<MinuteTally>")]
    pub minutes: Option<Vec<MinuteTally>>,
}

/// What was sold within one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MinuteTally {
    /// The minute, UTC, as `YYYY-MM-DDTHH:MM`.
    pub minute: String,
    /// Pieces of orders paid in it.
    pub sold: i64,
    /// Pieces of orders given back in it.
    pub returned: i64,
}

/// 426: `upgrade-required`.
pub const UPGRADE_REQUIRED: ProblemType = ProblemType {
    slug: "upgrade-required",
    status: 426,
    title: "This is a WebSocket",
    meaning: "This path speaks WebSocket only.",
    cure: "Connect with a WebSocket client.",
};
