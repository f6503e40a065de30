//! Next step of a payment.
//!
//! Whoever calls the provider has read the intention as the payment's newest event; who comes second on a commit reads
//! again and goes on from there. So a capture is only ever called for after `CaptureStarted`, a void after `VoidStarted`, and no
//! payment has both: the event store arbitrates, the provider's own rules are the second net.

use shotengai_contracts::BillingEvent;
use shotengai_contracts::events::{
    CaptureStarted, DeclineStage, PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided,
    RefundStarted, ShopRefundDeclined, ShopRefundPaid, ShopRefundStarted, VoidStarted,
};
use shotengai_contracts::payment::PaymentToken;
use shotengai_kernel::{Money, PaymentId, RefundId};

use super::{Payment, ShopRefunds};
use crate::provider::{Answer, Operation};

/// Why a payment is declined whose intent is gone: no provider was asked.
const INTENT_MISSING: &str = "payment_intent_missing";

/// Why a refund is declined that is of more than what is left: no provider was asked.
const MORE_THAN_LEFT: &str = "more_than_left";

/// How an order is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// As the provider does without a token.
    Unnamed,
    /// By what the provider knows under this token.
    Token(PaymentToken),
    /// By something that the customer named and nobody knows any more. Never a reason to charge anything else.
    Missing,
}

/// Wish that a message has for a payment. Each is safe to give again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// The order was placed: have the amount held.
    Authorize {
        /// How much.
        amount: Money,
        /// By what.
        means: Means,
    },
    /// The order is confirmed: take the money.
    Capture,
    /// The shop gives a part of the money back, or all of it.
    Refund(ShopRefund),
    /// The order was cancelled: let go of whatever there is.
    LetGo {
        /// The order's total.
        amount: Money,
        /// Refunds that the shop had wanted before: each goes back as a refund of its own, whichever message comes first.
        refunds: Vec<ShopRefund>,
    },
}

impl Instruction {
    /// How many refunds by the shop it takes along.
    #[must_use]
    pub const fn refunds(&self) -> usize {
        match self {
            Self::Authorize { .. } | Self::Capture => 0,
            Self::Refund(_) => 1,
            Self::LetGo { refunds, .. } => refunds.len(),
        }
    }
}

/// A refund by the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShopRefund {
    /// Which.
    pub id: RefundId,
    /// How much.
    pub amount: Money,
}

/// A call on the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Operation to do.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// For an authorization: the means of payment.
    pub token: Option<PaymentToken>,
    /// For a refund by the shop: which.
    pub refund: Option<RefundId>,
}

impl Call {
    const fn new(operation: Operation, amount: Money) -> Self {
        Self { operation, amount, token: None, refund: None }
    }
}

/// The one thing to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing is left to do.
    Finished,
    /// An event that must come before has not come yet; try again later.
    NotYet,
    /// Commit this event, then ask again.
    Record(BillingEvent),
    /// Call the provider and commit what [`conclude`] makes of its answer, then ask again.
    Call(Call),
    /// Call the provider so that it never holds anything for this payment; whatever it answers, nothing is left to do.
    Close(Call),
    /// The same, and whatever it answers, commit this event, then ask again.
    CloseAndRecord(Call, BillingEvent),
}

/// A refusal that leaves the payment where it is: the provider won't give back what it holds. Somebody has to look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider refused to {} ({reason})", .operation.as_str())]
pub struct Refused {
    /// Operation that it refused.
    pub operation: Operation,
    /// Its word for why.
    pub reason: String,
}

/// Next step for `id`, whose state is `payment`.
#[must_use]
pub fn next(id: &PaymentId, payment: &Payment, instruction: &Instruction) -> Step {
    match instruction {
        Instruction::Authorize { amount, means } => match payment {
            Payment::Open => authorize(id, *amount, means),
            _ => Step::Finished,
        },
        Instruction::Refund(refund) => match payment {
            Payment::Captured { amount, refunds } => give_back(id, *amount, refunds, refund).unwrap_or(Step::Finished),
            // The order was cancelled since, and its cancellation lets go of everything, this refund along with the rest.
            Payment::RefundStarted { .. }
            | Payment::Refunded
            | Payment::VoidStarted { .. }
            | Payment::Voided
            | Payment::Forestalled => Step::Finished,
            _ => Step::NotYet,
        },
        Instruction::Capture => match *payment {
            Payment::Open => Step::NotYet,
            Payment::Authorized { amount } => {
                Step::Record(CaptureStarted { payment_id: id.clone(), order_id: id.order(), amount }.into())
            }
            Payment::CaptureStarted { amount } => Step::Call(Call::new(Operation::Capture, amount)),
            _ => Step::Finished,
        },
        Instruction::LetGo { amount, refunds } => let_go(id, payment, *amount, refunds),
    }
}

fn authorize(id: &PaymentId, amount: Money, means: &Means) -> Step {
    let token = match means {
        Means::Unnamed => None,
        Means::Token(token) => Some(token.clone()),
        // The provider may hold the amount all the same, since a try of long ago whose result was not committed.
        Means::Missing => {
            let (payment_id, order_id, stage) = (id.clone(), id.order(), DeclineStage::Authorization);
            let declined = PaymentDeclined { payment_id, order_id, amount, stage, reason: INTENT_MISSING.to_owned() };
            return Step::CloseAndRecord(Call::new(Operation::Void, amount), declined.into());
        }
    };
    Step::Call(Call { token, ..Call::new(Operation::Authorize, amount) })
}

/// Next step towards one refund by the shop; none when it has ended. Whoever finds another one under way brings that to its
/// end first.
fn give_back(id: &PaymentId, captured: Money, refunds: &ShopRefunds, refund: &ShopRefund) -> Option<Step> {
    if let Some((under_way, amount)) = refunds.under_way() {
        return Some(Step::Call(Call { refund: Some(under_way), ..Call::new(Operation::Refund, amount) }));
    }
    if refunds.has_ended(refund.id) {
        return None;
    }
    let (payment_id, order_id, refund_id, amount) = (id.clone(), id.order(), refund.id, refund.amount);
    let fits = refunds.left_of(captured).minus(amount).is_ok();
    Some(Step::Record(if fits {
        ShopRefundStarted { payment_id, order_id, refund_id, amount }.into()
    } else {
        // Order never asks for it; if it did, the customer's money would be another's.
        let reason = MORE_THAN_LEFT.to_owned();
        ShopRefundDeclined { payment_id, order_id, refund_id, amount, reason }.into()
    }))
}

fn let_go(id: &PaymentId, payment: &Payment, total: Money, earlier: &[ShopRefund]) -> Step {
    let (payment_id, order_id) = (id.clone(), id.order());
    match *payment {
        // The order's own message is late. It finds this and holds nothing; one that is between the provider's answer and
        // its commit loses the commit, and the void that follows takes its hold away or keeps it from coming.
        Payment::Open => Step::Record(PaymentVoided { payment_id, order_id, amount: None }.into()),
        Payment::Forestalled => Step::Close(Call::new(Operation::Void, total)),
        Payment::Authorized { amount } | Payment::CaptureRefused { amount } => {
            Step::Record(VoidStarted { payment_id, order_id, amount }.into())
        }
        Payment::VoidStarted { amount } => Step::Call(Call::new(Operation::Void, amount)),
        // Whether the capture happened is known only by asking for it again, under the same key.
        Payment::CaptureStarted { amount } => Step::Call(Call::new(Operation::Capture, amount)),
        Payment::Captured { amount: captured, ref refunds } => {
            let before = earlier.iter().find_map(|refund| give_back(id, captured, refunds, refund));
            let amount = refunds.left_of(captured);
            match before {
                Some(step) => step,
                None if amount.minor() == 0 => Step::Finished,
                None => Step::Record(RefundStarted { payment_id, order_id, amount }.into()),
            }
        }
        Payment::RefundStarted { amount } => Step::Call(Call::new(Operation::Refund, amount)),
        Payment::Declined | Payment::Voided | Payment::Refunded => Step::Finished,
    }
}

/// The event that records the provider's answer to a call.
///
/// # Errors
/// [`Refused`] when a void or the refund of a cancelled order was declined: no event can say that.
pub fn conclude(id: &PaymentId, call: &Call, answer: Answer) -> Result<BillingEvent, Refused> {
    let (payment_id, order_id, amount) = (id.clone(), id.order(), call.amount);
    if let (Operation::Refund, Some(refund_id)) = (call.operation, call.refund) {
        return Ok(match answer {
            Answer::Approved { reference } => {
                ShopRefundPaid { payment_id, order_id, refund_id, amount, provider_reference: reference }.into()
            }
            Answer::Declined { reason } => {
                ShopRefundDeclined { payment_id, order_id, refund_id, amount, reason }.into()
            }
        });
    }
    Ok(match (call.operation, answer) {
        (Operation::Authorize, Answer::Approved { reference }) => {
            PaymentAuthorized { payment_id, order_id, amount, provider_reference: reference }.into()
        }
        (Operation::Authorize, Answer::Declined { reason }) => {
            PaymentDeclined { payment_id, order_id, amount, stage: DeclineStage::Authorization, reason }.into()
        }
        (Operation::Capture, Answer::Approved { reference }) => {
            PaymentCaptured { payment_id, order_id, amount, provider_reference: reference }.into()
        }
        (Operation::Capture, Answer::Declined { reason }) => {
            PaymentDeclined { payment_id, order_id, amount, stage: DeclineStage::Capture, reason }.into()
        }
        (Operation::Void, Answer::Approved { .. }) => {
            PaymentVoided { payment_id, order_id, amount: Some(amount) }.into()
        }
        (Operation::Refund, Answer::Approved { reference }) => {
            PaymentRefunded { payment_id, order_id, amount, provider_reference: reference }.into()
        }
        (operation @ (Operation::Void | Operation::Refund), Answer::Declined { reason }) => {
            return Err(Refused { operation, reason });
        }
    })
}
