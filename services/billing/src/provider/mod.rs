//! The payment provider.
//!
//! [`PaymentProvider`] is the port; [`Ledger`] the built-in one, whose durable book shows what was really charged.

mod ledger;
mod payment_record;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Money, PaymentId, RefundId};
use shotengai_messaging::Fault;

pub use ledger::Ledger;
pub use payment_record::{Entry, PaymentRecord};

/// Operation that a provider can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Hold the amount.
    Authorize,
    /// Take what is held.
    Capture,
    /// Give up what is held; if nothing is, never hold anything for this payment.
    Void,
    /// Give back what was taken, or a part of it.
    Refund,
}

impl Operation {
    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

/// Payment and amount of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// The refund by the shop that it is for.
    pub refund: Option<RefundId>,
}

impl Charge {
    /// The idempotency key of one operation: a payment has each operation once, and each refund by the shop.
    #[must_use]
    pub fn key(&self, operation: Operation) -> String {
        match self.refund {
            Some(refund) => format!("{}/{}/{refund}", self.payment, operation.as_str()),
            None => format!("{}/{}", self.payment, operation.as_str()),
        }
    }
}

/// Answer of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Answer {
    /// It did it.
    Approved {
        /// Its name for what it did.
        reference: String,
    },
    /// It did not, and never will under this key.
    Declined {
        /// Its word for why.
        reason: String,
    },
}

/// Moves money. Every operation is idempotent by its [`Charge::key`]: asked again, it does nothing and answers as before.
/// A declined capture leaves the amount held. After a void nothing can be authorized, whatever the void's answer.
///
/// After a transient [`Fault`] the operation may have happened; asking again tells.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Holds the amount.
    ///
    /// # Errors
    /// A [`Fault`] when the provider gave no answer.
    async fn authorize(&self, charge: &Charge, token: Option<&str>) -> Result<Answer, Fault>;

    /// Takes what is held.
    ///
    /// # Errors
    /// A [`Fault`] when the provider gave no answer.
    async fn capture(&self, charge: &Charge) -> Result<Answer, Fault>;

    /// Gives up what is held.
    ///
    /// # Errors
    /// A [`Fault`] when the provider gave no answer.
    async fn void(&self, charge: &Charge) -> Result<Answer, Fault>;

    /// Gives back what was taken, or a part of it: never more than that in all.
    ///
    /// # Errors
    /// A [`Fault`] when the provider gave no answer.
    async fn refund(&self, charge: &Charge) -> Result<Answer, Fault>;
}
