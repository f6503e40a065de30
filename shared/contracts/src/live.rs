//! What the tally tells its live clients over a WebSocket (`GET /tally/live`): first a snapshot, then changes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::ProductId;

/// Which of the two a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveKind {
    /// All products that the client wants to hear of; the first message of a connection.
    Snapshot,
    /// The products whose numbers moved since the message before, with their new totals.
    Change,
}

impl LiveKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Snapshot, Self::Change];

    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Change => "change",
        }
    }
}

/// A message to a live client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveMessage {
    /// Which message this is.
    #[serde(rename = "type")]
    pub kind: LiveKind,
    /// Totals, never differences: a client that missed a message loses nothing.
    pub products: Vec<LiveProduct>,
    /// When it was told.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// The totals of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiveProduct {
    /// The product.
    pub product_id: ProductId,
    /// What it is called.
    pub name: String,
    /// Pieces of paid orders.
    pub sold: i64,
    /// Pieces of orders that were paid and then cancelled.
    pub returned: i64,
}
