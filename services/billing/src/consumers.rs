//! Consumer of `billing-queue`: billing's part for each event.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use shotengai_contracts::events::EarlierRefund;
use shotengai_contracts::payment::TokenPlace;
use shotengai_contracts::{Event, EventType};
use shotengai_kernel::PaymentId;
use shotengai_messaging::{Delivery, Disposition, EventHandler};

use crate::domain::{Instruction, Means, ShopRefund};
use crate::intents::Intents;
use crate::settle::{Expected, Payments};

/// Far less than providers remember what they were asked under a key: whoever is asked once more answers as before.
const A_MOMENT: SignedDuration = SignedDuration::from_mins(10);

/// Follows orders. Idempotent by the payment's events and the provider's keys.
pub struct OrderEvents {
    payments: Arc<Payments>,
    intents: Intents,
}

impl OrderEvents {
    /// A handler that settles these payments, by the means that these intents say.
    #[must_use]
    pub const fn new(payments: Arc<Payments>, intents: Intents) -> Self {
        Self { payments, intents }
    }
}

#[async_trait]
impl EventHandler for OrderEvents {
    const EVENTS: &'static [EventType] = &[
        EventType::OrderPlaced,
        EventType::OrderConfirmed,
        EventType::OrderCancelled,
        EventType::OrderRefundRequested,
    ];

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let (order, instruction) = match delivery.event.as_ref() {
            Event::OrderPlaced(placed) => {
                let means = match self.intents.means(TokenPlace::of(&delivery.envelope, placed)).await {
                    Ok(means) => means,
                    Err(fault) => return Disposition::from_fault(&fault),
                };
                (&placed.order_id, Instruction::Authorize { amount: placed.total, means })
            }
            Event::OrderConfirmed(confirmed) => (&confirmed.order_id, Instruction::Capture),
            Event::OrderRefundRequested(asked) => {
                (&asked.order_id, Instruction::Refund(ShopRefund { id: asked.refund_id, amount: asked.amount }))
            }
            Event::OrderCancelled(cancelled) => {
                let refund = |earlier: &EarlierRefund| ShopRefund { id: earlier.refund_id, amount: earlier.amount };
                let refunds = cancelled.refunds.iter().map(refund).collect();
                (&cancelled.order_id, Instruction::LetGo { amount: cancelled.total, refunds })
            }
            _ => return Disposition::unexpected(delivery),
        };
        let expected = if begins(delivery, &instruction) { Expected::Nothing } else { Expected::Anything };
        self.payments.settle(&PaymentId::of_order(order), &instruction, expected, &delivery.metadata()).await.into()
    }
}

/// Whether this is most likely the first that is heard of a payment: an order that was placed a moment ago, by a message that
/// has not been received before.
fn begins(delivery: &Delivery, instruction: &Instruction) -> bool {
    let age = delivery.received_at.map(|at| at.duration_since(delivery.envelope.time));
    // Without a means to pay the provider isn't asked to hold money but to let it go, which must not hit a payment that stands.
    matches!(instruction, Instruction::Authorize { means, .. } if *means != Means::Missing)
        && delivery.receive_count <= 1
        && age.is_some_and(|age| age < A_MOMENT)
}
