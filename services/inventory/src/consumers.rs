//! What inventory does about the events of `inventory-queue`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::events::{OrderRefunded, ProductCreated};
use shotengai_contracts::{Event, EventType, aggregates};
use shotengai_kernel::{EventId, ProductId, Quantity, QuantityError};
use shotengai_messaging::reason::BAD_DATA;
use shotengai_messaging::{Backoff, CommandError, Delivery, Disposition, Group, GroupHandler, Reason};
use uuid::Uuid;

use crate::domain::{Declined, Request, Returned, Wait, merged_lines};
use crate::reasons::REASONS;
use crate::stock_service::{Asked, StockService};

/// The namespace of additions that are named by a `ProductCreated` (RFC 9562, version 5). Must never change.
const FIRST_ADDITIONS: Uuid = Uuid::from_u128(0x8d3a_61c7_f029_4be5_b1d4_2c90_e7f6_5a18);

/// Follows products and orders, a batch at a time. Idempotent by the first slot of each addition and reservation.
pub struct StockEvents {
    stock_service: Arc<StockService>,
}

impl StockEvents {
    /// A handler at this desk.
    #[must_use]
    pub const fn new(stock_service: Arc<StockService>) -> Self {
        Self { stock_service }
    }

    /// What keeps an event on its way (the stream away for an hour, say) is not this message's fault.
    fn later(&self, wait: Wait, attempt: u32) -> Disposition {
        let after = Backoff::patient().delay(attempt, self.stock_service.ports().random.as_ref());
        Disposition::Retry { after: Some(after), cause: wait.to_string() }
    }
}

#[async_trait]
impl GroupHandler for StockEvents {
    const EVENTS: &'static [EventType] = &[
        EventType::ProductCreated,
        EventType::OrderPlaced,
        EventType::OrderCancelled,
        EventType::OrderShipped,
        EventType::OrderRefunded,
    ];
    const REASONS: &'static [Reason] = &REASONS;

    /// All that come together are decided together.
    type Key = ();

    fn key(&self, _: &Delivery) {}

    async fn handle(&self, (): (), group: &mut Group) {
        let mut asked = Vec::with_capacity(group.len());
        let mut asking = Vec::with_capacity(group.len());
        for entry in group {
            match request(entry) {
                Ok(request) => {
                    asked.push(Asked { request, meta: entry.metadata() });
                    asking.push(entry);
                }
                Err(disposition) => entry.answer(disposition),
            }
        }
        for (entry, answer) in asking.into_iter().zip(self.stock_service.carry_out(&asked).await) {
            match answer {
                Err(CommandError::Refused(Declined::Wait(wait))) => {
                    let later = self.later(wait, entry.receive_count);
                    entry.answer(later);
                }
                answer => entry.answer(answer),
            }
        }
    }
}

fn request(delivery: &Delivery) -> Result<Request, Disposition> {
    let request = match delivery.event.as_ref() {
        Event::ProductCreated(created) => introduction(delivery.envelope.id, created),
        Event::OrderPlaced(placed) => merged_lines(&placed.items)
            .map(|lines| Request::Reserve { order: placed.order_id.clone(), lines })
            .map_err(|error| format!("the pieces of one product {error}")),
        Event::OrderCancelled(cancelled) => Ok(Request::Release { order: cancelled.order_id.clone() }),
        Event::OrderShipped(shipped) => Ok(Request::Deduct { order: shipped.order_id.clone() }),
        Event::OrderRefunded(refunded) => match restock(refunded) {
            Ok(None) => return Err(Disposition::Done),
            Ok(Some(request)) => Ok(request),
            Err(error) => Err(format!("the pieces of one product {error}")),
        },
        _ => return Err(Disposition::unexpected(delivery)),
    };
    request.map_err(|error| Disposition::reject(BAD_DATA, error))
}

/// The pieces of a refund that are sold again; none where the shop doesn't have them back.
fn restock(refunded: &OrderRefunded) -> Result<Option<Request>, QuantityError> {
    let mut pieces: BTreeMap<&ProductId, Quantity> = BTreeMap::new();
    for line in refunded.lines.iter().filter(|line| line.restock) {
        let quantity = match pieces.get(&line.product_id) {
            Some(before) => before.plus(line.quantity)?,
            None => line.quantity,
        };
        pieces.insert(&line.product_id, quantity);
    }
    let returned = |(product, quantity): (&ProductId, Quantity)| Returned {
        addition: aggregates::returned(refunded.refund_id, product),
        product: product.clone(),
        quantity,
    };
    let returns: Vec<_> = pieces.into_iter().map(returned).collect();
    Ok((!returns.is_empty()).then_some(Request::Restock { returns }))
}

fn introduction(event: EventId, created: &ProductCreated) -> Result<Request, String> {
    let quantity = match created.stock {
        0 => None,
        pieces => Some(Quantity::new(pieces).map_err(|error| format!("stock {error}"))?),
    };
    let addition = Uuid::new_v5(&FIRST_ADDITIONS, event.uuid().as_bytes());
    Ok(Request::Introduce { product: created.product_id.clone(), addition, quantity })
}
