//! What billing does about the events of `billing-queue`.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::Event;
use shotengai_kernel::PaymentId;
use shotengai_messaging::{Delivery, Disposition, Handler, each};

use crate::domain::Instruction;
use crate::settle::Payments;

/// Follows orders. Idempotent by the payment's events and the provider's keys.
pub struct OrderEvents {
    payments: Arc<Payments>,
}

impl OrderEvents {
    /// A handler that settles these payments.
    #[must_use]
    pub const fn new(payments: Arc<Payments>) -> Self {
        Self { payments }
    }

    async fn react(&self, delivery: &Delivery) -> Disposition {
        let (order, instruction) = match delivery.event.as_ref() {
            Event::OrderPlaced(placed) => {
                (&placed.order_id, Instruction::Authorize { amount: placed.total, token: placed.payment_token.clone() })
            }
            Event::OrderConfirmed(confirmed) => (&confirmed.order_id, Instruction::Capture),
            Event::OrderCancelled(cancelled) => (&cancelled.order_id, Instruction::LetGo { amount: cancelled.total }),
            // A subscription that sends more than it should costs nothing but the receipt.
            _ => return Disposition::Done,
        };
        match self.payments.settle(&PaymentId::of_order(order), &instruction, &delivery.metadata()).await {
            Ok(()) => Disposition::Done,
            Err(error) => error.into(),
        }
    }
}

#[async_trait]
impl Handler for OrderEvents {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        each(batch, |delivery| async move { self.react(&delivery).await }).await
    }
}
