//! Placing an order.

use std::sync::Arc;

use shotengai_contracts::Metadata;
use shotengai_contracts::events::OrderPlaced;
use shotengai_contracts::payment::{IntentKey, PaymentToken};
use shotengai_kernel::{AggregateId, IdGenerator, Money, OrderId, UserId};
use shotengai_messaging::{CommandError, Loaded};

use crate::orders::aggregate::Orders;
use crate::orders::domain::{Lines, LinesError, Order, Refusal, place};
use crate::orders::idempotency;
use crate::orders::intents::Intents;
use crate::orders::pending::{PendingOrders, TooManyPending};
use crate::prices::Prices;

/// A wish for an order.
#[derive(Debug)]
pub struct PlaceOrder {
    /// Who wants it.
    pub user_id: UserId,
    /// Makes a repeated wish the same wish; without it each is a new one.
    pub key: Option<String>,
    /// [`idempotency::fingerprint`] of the request.
    pub fingerprint: String,
    /// What is wanted.
    pub lines: Lines,
    /// How it will be paid.
    pub payment_token: Option<PaymentToken>,
}

/// An order that was accepted, by this request or by the one that it repeats. It was pending then.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The order.
    pub order_id: OrderId,
    /// Sum of all lines.
    pub total: Money,
}

/// Why an order is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceRefusal {
    /// The lines can't be ordered.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// The order that the key names is another one.
    #[error(transparent)]
    Order(#[from] Refusal),
    /// Too many of the customer's orders are pending.
    #[error(transparent)]
    Pending(#[from] TooManyPending),
}

/// Why no order was placed. A fault may be of the prices or of the payment intents, too.
pub type PlaceError = CommandError<PlaceRefusal>;

/// Places orders.
#[derive(Clone)]
pub struct Placing {
    orders: Orders,
    prices: Prices,
    intents: Intents,
    pending: PendingOrders,
    ids: Arc<dyn IdGenerator>,
}

impl Placing {
    /// Places into these orders at these prices, with the means of payment in these intents, as many of a customer as may
    /// be pending.
    #[must_use]
    pub const fn new(
        orders: Orders,
        prices: Prices,
        intents: Intents,
        pending: PendingOrders,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self { orders, prices, intents, pending, ids }
    }

    /// Places an order, once a key. Durable when it returns.
    ///
    /// # Errors
    /// [`PlaceError`]. After a transient fault the order may have been placed: repeat with the same key.
    pub async fn place(&self, wanted: PlaceOrder, meta: &Metadata) -> Result<Accepted, PlaceError> {
        let PlaceOrder { user_id, key, fingerprint, lines, payment_token } = wanted;
        let order_id = match &key {
            Some(key) => idempotency::order_id(&user_id, key),
            None => OrderId::from_uuid(self.ids.uuid_v7()),
        };
        let id = AggregateId::from(&order_id);
        if key.is_some()
            && let Some(accepted) = repeated(&self.orders.load(&id).await?.state, &fingerprint)?
        {
            return Ok(accepted);
        }
        let offers = self.prices.offers(&lines.products()).await?;
        let (items, total) = lines.priced(&offers).map_err(|error| CommandError::Refused(error.into()))?;
        let has_payment_token = payment_token.is_some();
        let event =
            OrderPlaced { order_id, user_id, items, total, has_payment_token, request_fingerprint: fingerprint };
        self.prepare(&event, payment_token).await?;
        self.write(&id, event, meta).await
    }

    /// What has to be there before the event is: a place among the customer's pending orders, and the means of payment. May
    /// be repeated; if the event is never written, both expire.
    pub(crate) async fn prepare(&self, event: &OrderPlaced, token: Option<PaymentToken>) -> Result<(), PlaceError> {
        let reserved = self.pending.reserve(&event.user_id, &event.order_id).await?;
        reserved.map_err(|too_many| CommandError::Refused(too_many.into()))?;
        // First: whoever reads the event must find it.
        if let Some(token) = token {
            self.intents.put(&IntentKey::of(event), token).await?;
        }
        Ok(())
    }

    /// What products cost.
    pub(crate) const fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Nothing stands under this id: it is new, or it was looked up a moment ago. So the first slot is tried without
    /// another look; only a request with the same key can be faster.
    async fn write(&self, id: &AggregateId, event: OrderPlaced, meta: &Metadata) -> Result<Accepted, PlaceError> {
        let decide = |order: &Loaded<Order>| place(&order.state, event.clone()).map_err(PlaceRefusal::Order);
        let executed = self.orders.execute_first(id, meta, decide).await?;
        // A faster one may have met other prices: what stands in the order counts.
        let total = executed.loaded.state.placed().map_or(event.total, |order| order.total);
        Ok(Accepted { order_id: event.order_id, total })
    }
}

/// What a request was answered that placed this order; none if it is not placed.
///
/// # Errors
/// A refusal when another request has placed it.
pub(crate) fn repeated(order: &Order, fingerprint: &str) -> Result<Option<Accepted>, PlaceError> {
    match order.placed() {
        None => Ok(None),
        Some(placed) if placed.fingerprint == fingerprint => {
            Ok(Some(Accepted { order_id: placed.order_id.clone(), total: placed.total }))
        }
        Some(_) => Err(CommandError::Refused(Refusal::KeyReused.into())),
    }
}
