//! What inventory does about the events of `inventory-queue`.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::Event;
use shotengai_contracts::events::ProductCreated;
use shotengai_kernel::{EventId, Quantity};
use shotengai_messaging::{Backoff, CommandError, Delivery, Disposition, Handler};
use uuid::Uuid;

use crate::desk::{Asked, Desk};
use crate::domain::{Declined, Request, Wait, merged_lines};

/// The namespace of additions that are named by a `ProductCreated` (RFC 9562, version 5). Must never change.
const FIRST_ADDITIONS: Uuid = Uuid::from_u128(0x8d3a_61c7_f029_4be5_b1d4_2c90_e7f6_5a18);

/// Follows products and orders, a batch at a time. Idempotent by the first slot of each addition and reservation.
pub struct StockEvents {
    desk: Arc<Desk>,
}

impl StockEvents {
    /// A handler at this desk.
    #[must_use]
    pub const fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }

    /// What keeps an event on its way (the stream away for an hour, say) is not this message's fault.
    fn later(&self, wait: Wait, attempt: u32) -> Disposition {
        let after = Backoff::patient().delay(attempt, self.desk.ports().random.as_ref());
        Disposition::Retry { after: Some(after), cause: wait.to_string() }
    }
}

#[async_trait]
impl Handler for StockEvents {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let mut dispositions: Vec<Disposition> = Vec::with_capacity(batch.len());
        let mut asked = Vec::with_capacity(batch.len());
        let mut places = Vec::with_capacity(batch.len());
        for (place, delivery) in batch.iter().enumerate() {
            dispositions.push(match request(delivery) {
                Ok(Some(request)) => {
                    asked.push(Asked { request, meta: delivery.metadata() });
                    places.push(place);
                    Disposition::retry("not decided")
                }
                Ok(None) => Disposition::Done,
                Err(error) => Disposition::Reject { reason: "bad_data", error },
            });
        }
        let answers = self.desk.carry_out(&asked).await;
        for (place, answer) in places.into_iter().zip(answers) {
            dispositions[place] = match answer {
                Ok(()) => Disposition::Done,
                Err(CommandError::Refused(Declined::Wait(wait))) => self.later(wait, batch[place].receive_count),
                Err(error) => error.into(),
            };
        }
        dispositions
    }
}

fn request(delivery: &Delivery) -> Result<Option<Request>, String> {
    Ok(Some(match delivery.event.as_ref() {
        Event::ProductCreated(created) => introduction(delivery.envelope.id, created)?,
        Event::OrderPlaced(placed) => Request::Reserve {
            order: placed.order_id.clone(),
            lines: merged_lines(&placed.items).map_err(|error| format!("the pieces of one product {error}"))?,
        },
        Event::OrderCancelled(cancelled) => Request::Release { order: cancelled.order_id.clone() },
        Event::OrderShipped(shipped) => Request::Deduct { order: shipped.order_id.clone() },
        // A subscription that sends more than it should costs nothing but the receipt.
        _ => return Ok(None),
    }))
}

fn introduction(event: EventId, created: &ProductCreated) -> Result<Request, String> {
    let quantity = match created.stock {
        0 => None,
        pieces => Some(Quantity::new(pieces).map_err(|error| format!("stock {error}"))?),
    };
    let addition = Uuid::new_v5(&FIRST_ADDITIONS, event.uuid().as_bytes());
    Ok(Request::Introduce { product: created.product_id.clone(), addition, quantity })
}
