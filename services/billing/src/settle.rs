//! Takes a payment as far as an instruction asks.

use std::sync::Arc;

use shotengai_contracts::{Event, Metadata};
use shotengai_kernel::{AggregateId, PaymentId};
use shotengai_messaging::{Aggregate, Aggregates, AppendError, Fault, Loaded, metrics};

use crate::domain::{Call, Instruction, Payment, Refused, Step, conclude, next};
use crate::provider::{Answer, Charge, Operation, PaymentProvider};

/// The longest way through a payment has six steps; the rest is room for losing to other workers.
const MAX_STEPS: usize = 24;

/// Why an instruction was not followed to its end. Each is worth trying again.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    /// The order's authorization has not come yet.
    #[error("the payment has not been authorized yet")]
    NotYet,
    /// Store or provider failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The provider keeps what it holds.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Other workers were first too often.
    #[error("too many workers on one payment")]
    Contended,
    /// The store takes no such commit.
    #[error("the event can't be written: {0}")]
    Unwritable(String),
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
    /// [`Unsettled`]; what was done so far stays, and the same instruction goes on from it.
    pub async fn settle(&self, id: &PaymentId, instruction: &Instruction, meta: &Metadata) -> Result<(), Unsettled> {
        let aggregate = AggregateId::from(id);
        let mut payment = self.payments.load(&aggregate).await?;
        for _ in 0..MAX_STEPS {
            let event = match next(id, &payment.state, instruction) {
                Step::Finished => return Ok(()),
                Step::NotYet => return Err(Unsettled::NotYet),
                Step::Close(call) => {
                    self.call(id, &call).await?;
                    return Ok(());
                }
                Step::Record(event) => event,
                Step::Call(call) => {
                    let answer = self.call(id, &call).await?;
                    conclude(id, &call, answer)?
                }
            };
            payment = self.record(payment, event, meta).await?;
        }
        Err(Unsettled::Contended)
    }

    /// The payment after the event, or as somebody else has changed it meanwhile.
    async fn record(
        &self,
        mut payment: Loaded<Payment>,
        event: Event,
        meta: &Metadata,
    ) -> Result<Loaded<Payment>, Unsettled> {
        let writer = self.payments.writer();
        let events = [event];
        let Some(commit) = writer.commit(payment.id.clone(), payment.version, &events, meta) else {
            return Ok(payment);
        };
        match writer.append(vec![commit.clone()]).await {
            Ok(()) => {
                self.payments.absorb(&commit);
                events.iter().for_each(|event| payment.state.apply(event));
                payment.version = commit.last_version();
                Ok(payment)
            }
            Err(AppendError::Conflict { .. }) => {
                metrics::count_conflict("pay");
                Ok(self.payments.load(&payment.id).await?)
            }
            Err(AppendError::Unwritable(why)) => Err(Unsettled::Unwritable(why)),
            Err(AppendError::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn call(&self, id: &PaymentId, call: &Call) -> Result<Answer, Fault> {
        let charge = Charge { payment: id.clone(), amount: call.amount };
        let answer = match call.operation {
            Operation::Authorize => self.provider.authorize(&charge, call.token.as_deref()).await,
            Operation::Capture => self.provider.capture(&charge).await,
            Operation::Void => self.provider.void(&charge).await,
            Operation::Refund => self.provider.refund(&charge).await,
        }?;
        let declined = if let Answer::Declined { reason } = &answer { Some(reason.as_str()) } else { None };
        tracing::info!(payment = %id, operation = call.operation.as_str(), declined, "the provider answered");
        Ok(answer)
    }
}
