//! Keeps the score: takes in what inventory and billing tell of an order.

use std::convert::Infallible;

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, OrderId};
use shotengai_messaging::{CommandError, Contest, UnitOfWork};

use crate::orders::aggregate::Orders;
use crate::orders::domain::{Signal, TooEarly, signal};

/// How often a batch is decided before it rather comes again.
const ATTEMPTS: u32 = 8;

/// A message about an order.
#[derive(Debug, Clone)]
pub struct SagaMessage {
    /// What it says.
    pub signal: Signal,
    /// What the events that follow from it carry.
    pub meta: Metadata,
}

/// Takes messages about one order in: one load and at most one commit for all of them, each event with the metadata
/// of its own message. One answer a message, in order. Idempotent: the order's state shows what has been taken in.
///
/// # Errors
/// [`CommandError`], for all of them: nothing is known to be written.
pub async fn apply_signals(
    orders: &Orders,
    order: &OrderId,
    messages: &[SagaMessage],
) -> Result<Vec<Result<(), TooEarly>>, CommandError<Infallible>> {
    let id = &AggregateId::from(order);
    let attempt = |mut unit: UnitOfWork| async move {
        let mut order = unit.load(orders, id).await?;
        let mut answers = Vec::with_capacity(messages.len());
        for SagaMessage { signal: what, meta } in messages {
            match signal(&order.state, *what) {
                Ok(events) => {
                    unit.record(orders, &mut order, events, meta)?;
                    answers.push(Ok(()));
                }
                Err(early) => answers.push(Err(early)),
            }
        }
        Ok(unit.decided(answers))
    };
    orders.writer().run(&mut Contest::of(ATTEMPTS), attempt).await
}
