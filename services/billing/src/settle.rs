//! Takes a payment as far as an instruction asks.

use std::sync::Arc;

use shotengai_contracts::payment::PaymentToken;
use shotengai_contracts::{BillingEvent, Metadata};
use shotengai_kernel::{AggregateId, PaymentId};
use shotengai_messaging::{Aggregates, CommandError, Contest, Decided, Disposition, Fault, Loaded, UnitOfWork};

use crate::domain::{Call, Instruction, Payment, Refused, Step, conclude, next};
use crate::provider::{Answer, Charge, Operation, PaymentProvider};

/// The longest way through a payment has six steps, but for refunds by the shop.
const MAX_STEPS: usize = 6;
/// A refund by the shop has two: the intention, and what the provider answered.
const REFUND_STEPS: usize = 2;
/// How often all the steps together may lose to other workers.
const ATTEMPTS: u32 = 18;

/// Why an instruction was not followed to its end. Each is worth trying again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// The order's authorization has not come yet.
    #[error("the payment has not been authorized yet")]
    NotYet,
    /// The provider keeps what it holds.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl From<Unsettled> for Disposition {
    fn from(unsettled: Unsettled) -> Self {
        Self::retry(unsettled.to_string())
    }
}

/// State that is thought to stand under a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the provider may be asked before anybody has looked. If something does stand there, it has answered as it
    /// did before, the answer is not written, and the payment is read.
    Nothing,
    /// Anything: it is known, or read.
    Anything,
}

type Settled<T> = Result<T, CommandError<Unsettled>>;

/// Where a step begins.
#[derive(Clone, Copy)]
enum Left<'a> {
    BySelf(&'a Loaded<Payment>),
    ByOthers(Expected),
}

/// Payments and the provider that moves their money.
pub struct Payments {
    payments: Aggregates<Payment>,
    provider: Arc<dyn PaymentProvider>,
}

impl Payments {
    /// These payments, paid through this provider.
    #[must_use]
    pub fn new(payments: Aggregates<Payment>, provider: Arc<dyn PaymentProvider>) -> Self {
        Self { payments, provider }
    }

    /// Follows an instruction until nothing is left to do. Idempotent, at any number of workers: every intention and
    /// every result is a commit on the version it was decided on, and who loses one reads again and goes on from there.
    ///
    /// # Errors
    /// [`CommandError`]; what was done so far stays, and the same instruction goes on from it.
    pub async fn settle(
        &self,
        id: &PaymentId,
        instruction: &Instruction,
        expected: Expected,
        meta: &Metadata,
    ) -> Settled<()> {
        let mut contest = Contest::of(ATTEMPTS);
        let mut payment: Option<Loaded<Payment>> = None;
        // The last look finds that nothing is left to do, or that others keep the payment moving.
        for _ in 0..=MAX_STEPS + REFUND_STEPS * instruction.refunds() {
            let left = payment.as_ref().map_or(Left::ByOthers(expected), Left::BySelf);
            let step = |unit| self.step(unit, id, left, instruction, meta);
            payment = self.payments.writer().run(&mut contest, step).await?;
            if payment.is_none() {
                return Ok(());
            }
        }
        Err(CommandError::Contended)
    }

    /// Decides one step, on the payment as the step before left it. Answers the payment after it; none at the end.
    async fn step(
        &self,
        mut unit: UnitOfWork,
        id: &PaymentId,
        left: Left<'_>,
        instruction: &Instruction,
        meta: &Metadata,
    ) -> Settled<Decided<Option<Loaded<Payment>>>> {
        let mut payment = match left {
            Left::BySelf(left) => unit.resume(&self.payments, left).await?,
            Left::ByOthers(Expected::Nothing) => unit.first_slot(&self.payments, &AggregateId::from(id)).await?,
            Left::ByOthers(Expected::Anything) => unit.load(&self.payments, &AggregateId::from(id)).await?,
        };
        let event: BillingEvent = match next(id, &payment.state, instruction) {
            Step::Finished => return Ok(unit.decided(None)),
            Step::NotYet => return Err(CommandError::Refused(Unsettled::NotYet)),
            Step::Close(call) => {
                self.call(id, &call).await?;
                return Ok(unit.decided(None));
            }
            Step::CloseAndRecord(call, event) => {
                self.call(id, &call).await?;
                event
            }
            Step::Record(event) => event,
            Step::Call(call) => {
                let answer = self.call(id, &call).await?;
                conclude(id, &call, answer).map_err(|refused| CommandError::Refused(refused.into()))?
            }
        };
        unit.record(&self.payments, &mut payment, vec![event], meta)?;
        Ok(unit.decided(Some(payment.into_executed().loaded)))
    }

    async fn call(&self, id: &PaymentId, call: &Call) -> Result<Answer, Fault> {
        let charge = Charge { payment: id.clone(), amount: call.amount, refund: call.refund };
        let answer = match call.operation {
            Operation::Authorize => {
                self.provider.authorize(&charge, call.token.as_ref().map(PaymentToken::expose)).await
            }
            Operation::Capture => self.provider.capture(&charge).await,
            Operation::Void => self.provider.void(&charge).await,
            Operation::Refund => self.provider.refund(&charge).await,
        }?;
        let declined = if let Answer::Declined { reason } = &answer { Some(reason.as_str()) } else { None };
        let refund = call.refund.map(tracing::field::display);
        tracing::info!(payment = %id, operation = call.operation.as_str(), refund, declined, "the provider answered");
        Ok(answer)
    }
}
