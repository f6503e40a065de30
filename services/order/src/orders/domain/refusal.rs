//! Why a decision comes to nothing.

use shotengai_contracts::events::OrderStage;
use shotengai_messaging::Disposition;

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such order, or one that is none of the caller's business: the two are not told apart.
    #[error("there is no such order")]
    NotFound,
    /// The order that this key made was asked for by another request body.
    #[error("this Idempotency-Key was already used with another request body")]
    KeyReused,
    /// Only a paid order can be shipped.
    #[error("an order can be shipped once it is paid; this one is {}", .0.as_str())]
    NotShippable(OrderStage),
    /// All of its money goes back.
    #[error("all that was paid for the order is refunded; cancel it instead")]
    Refunded,
    /// What has left the house can't be cancelled any more.
    #[error("a shipped order can't be cancelled")]
    AlreadyShipped,
}

/// A message that is ahead of what this order knows: it has to come again.
///
/// Loads are consistent and these messages follow from the order's own events, so this shows only when a table was
/// restored to an earlier point, or somebody sent a message by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the order is {}, too early for this message", .0.map_or("not placed", OrderStage::as_str))]
pub struct TooEarly(pub Option<OrderStage>);

impl From<TooEarly> for Disposition {
    fn from(early: TooEarly) -> Self {
        Self::retry(early.to_string())
    }
}
