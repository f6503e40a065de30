//! Making an order of a cart: `OrderPlaced` and `CartCleared` are one transaction.

use std::sync::Arc;

use shotengai_contracts::Metadata;
use shotengai_contracts::events::{OrderItem, OrderPlaced};
use shotengai_contracts::payment::PaymentToken;
use shotengai_kernel::{AggregateId, CartId, Clock, Money, MoneyError, OrderId, Precondition, ProductId, UserId};
use shotengai_messaging::{CommandError, Contest, Decided, UnitOfWork};

use crate::carts::aggregate::{Carts, standing};
use crate::carts::domain::{self, CartRefusal, Standing};
use crate::orders::domain::{Lines, LinesError, place};
use crate::orders::idempotency;
use crate::orders::place::{Accepted, PlaceRefusal, repeated};
use crate::orders::{Orders, Placing};

/// How many versions of a cart are looked up that a request names and that the cart is no longer at.
const VERSIONS_LOOKED_UP: usize = 4;

/// A wish to order what is in one's cart.
#[derive(Debug)]
pub struct OrderCart {
    /// Whose cart.
    pub user_id: UserId,
    /// Makes a repeated wish the same wish. Without it, the cart at one version is one wish.
    pub key: Option<String>,
    /// [`idempotency::fingerprint`] of the request.
    pub fingerprint: String,
    /// The version that the customer has seen, if the request says it.
    pub at: Option<Precondition>,
    /// Whether prices may have changed since the customer was shown them.
    pub accept_prices: bool,
    /// How it will be paid.
    pub payment_token: Option<PaymentToken>,
}

/// A price that is not what the customer was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceChange {
    /// Of which product.
    pub product_id: ProductId,
    /// What one piece was shown to cost.
    pub shown: Money,
    /// What it costs now.
    pub now: Money,
}

/// Why a cart is not ordered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OrderCartRefusal {
    /// As any order is.
    #[error(transparent)]
    Place(#[from] PlaceRefusal),
    /// The cart is at another version, or has what can't be ordered.
    #[error(transparent)]
    Cart(#[from] CartRefusal),
    /// There is nothing in it.
    #[error("the cart is empty{}", .0.as_ref().map_or_else(String::new, |order| format!("; it became {order}")))]
    Empty(Option<OrderId>),
    /// The customer was shown other prices.
    #[error("{} of the cart's prices changed since it was filled", .0.len())]
    PricesChanged(Vec<PriceChange>),
    /// The sum can't be had.
    #[error("the order's total {0}")]
    Total(MoneyError),
}

/// Why no order was made of a cart.
pub type OrderCartError = CommandError<OrderCartRefusal>;

/// Makes orders of carts.
#[derive(Clone)]
pub struct CartOrdering {
    orders: Orders,
    carts: Carts,
    placing: Placing,
    clock: Arc<dyn Clock>,
}

impl CartOrdering {
    /// Makes orders, placed as by `placing`, of these carts.
    #[must_use]
    pub const fn new(orders: Orders, carts: Carts, placing: Placing, clock: Arc<dyn Clock>) -> Self {
        Self { orders, carts, placing, clock }
    }

    /// Orders what is in the cart and empties it: both, or neither. Durable when it returns.
    ///
    /// Once a key; without one, once a version of the cart, since the order's id derives from it. A cart that became an order
    /// by the same request, and that nothing came into since, answers with that order.
    ///
    /// # Errors
    /// [`OrderCartError`]. After a transient fault the order may have been placed: repeat the request as it was.
    pub async fn order(&self, wanted: &OrderCart, meta: &Metadata) -> Result<Accepted, OrderCartError> {
        let attempt = |unit| self.attempt(unit, wanted, meta);
        self.orders.writer().run(&mut Contest::default(), attempt).await
    }

    async fn attempt(
        &self,
        mut unit: UnitOfWork,
        wanted: &OrderCart,
        meta: &Metadata,
    ) -> Result<Decided<Accepted>, OrderCartError> {
        // Before the key's order: what empties the cart after this look takes its slot, and all is decided anew; what has
        // emptied it before has made its order by then, too.
        let cart_id = CartId::of_user(&wanted.user_id);
        // Read, not remembered: what is prepared for a cart that is none any more would stay for a while.
        let cart = self.carts.load(&AggregateId::from(&cart_id)).await?;
        let mut loaded = unit.resume(&self.carts, &cart).await?;
        let keyed = wanted.key.as_deref().map(|key| idempotency::order_id(&wanted.user_id, key));
        if let Some(id) = &keyed {
            let order = self.orders.load(&AggregateId::from(id)).await?;
            if let Some(accepted) = repeated(&order.state, &wanted.fingerprint).map_err(placing)? {
                return Ok(unit.decided(accepted));
            }
        }
        let cart = standing(&loaded, &wanted.user_id, self.clock.now());
        if keyed.is_none()
            && let Some(accepted) = self.became(&cart, wanted).await?
        {
            return Ok(unit.decided(accepted));
        }
        if let Some(at) = &wanted.at {
            domain::current(&cart, at).map_err(|stale| refused(CartRefusal::Stale(stale)))?;
        }
        let order_id = keyed.unwrap_or_else(|| idempotency::order_id_of_cart(&cart_id, cart.version()));
        let (items, total) = self.priced(&cart, wanted.accept_prices).await?;
        let placed = OrderPlaced {
            order_id: order_id.clone(),
            user_id: wanted.user_id.clone(),
            items,
            total,
            has_payment_token: wanted.payment_token.is_some(),
            request_fingerprint: wanted.fingerprint.clone(),
        };
        self.placing.prepare(&placed, wanted.payment_token.clone()).await.map_err(placing)?;
        let mut order = unit.first_slot(&self.orders, &AggregateId::from(&order_id)).await?;
        let events = place(&order.state, placed).map_err(|refusal| refused(PlaceRefusal::Order(refusal)))?;
        unit.record(&self.orders, &mut order, events, meta)?;
        unit.record(&self.carts, &mut loaded, domain::order(&cart, &order_id), meta)?;
        Ok(unit.decided(Accepted { order_id, total }))
    }

    /// The order that a request without a key has made of the cart before.
    async fn became(&self, cart: &Standing, wanted: &OrderCart) -> Result<Option<Accepted>, OrderCartError> {
        let last = cart.became().filter(|_| !matches!(wanted.at, Some(Precondition::OneOf(_)))).cloned();
        let named = match &wanted.at {
            Some(Precondition::OneOf(versions)) => versions.as_slice(),
            Some(Precondition::Any) | None => &[],
        };
        let named = named.iter().filter(|version| **version < cart.version()).take(VERSIONS_LOOKED_UP);
        let named = named.map(|version| idempotency::order_id_of_cart(&cart.cart_id(), *version));
        for order_id in last.into_iter().chain(named) {
            let order = self.orders.load(&AggregateId::from(&order_id)).await?;
            // Another request has made it: what this one wants is not there any more.
            if let Ok(Some(accepted)) = repeated(&order.state, &wanted.fingerprint) {
                return Ok(Some(accepted));
            }
        }
        Ok(None)
    }

    /// The order's items at today's prices, which have to be those that were shown unless any will do.
    async fn priced(&self, cart: &Standing, accept_prices: bool) -> Result<(Vec<OrderItem>, Money), OrderCartError> {
        let lines = Lines::merge(cart.lines().iter().map(|line| (line.product_id.clone(), line.quantity)));
        let lines = lines.map_err(|error| of_lines(error, cart))?;
        let offers = self.placing.prices().offers(&lines.products()).await?;
        let changed = cart.lines().iter().filter_map(|line| {
            let now = offers.get(&line.product_id)?.price;
            (now != line.price).then(|| PriceChange { product_id: line.product_id.clone(), shown: line.price, now })
        });
        let changed: Vec<_> = changed.collect();
        let priced = lines.priced(&offers).map_err(|error| of_lines(error, cart))?;
        if changed.is_empty() || accept_prices {
            Ok(priced)
        } else {
            Err(refused(OrderCartRefusal::PricesChanged(changed)))
        }
    }
}

fn refused(refusal: impl Into<OrderCartRefusal>) -> OrderCartError {
    CommandError::Refused(refusal.into())
}

fn placing(error: CommandError<PlaceRefusal>) -> OrderCartError {
    match error {
        CommandError::Refused(refusal) => refused(refusal),
        CommandError::Fault(fault) => CommandError::Fault(fault),
        CommandError::Contended => CommandError::Contended,
        CommandError::Unwritable(why) => CommandError::Unwritable(why),
    }
}

/// No field of the request is at fault: it names no lines.
fn of_lines(error: LinesError, cart: &Standing) -> OrderCartError {
    match error {
        LinesError::Empty => refused(OrderCartRefusal::Empty(cart.became().cloned())),
        LinesError::NotForSale { product_id, .. } => refused(CartRefusal::NotForSale(product_id)),
        LinesError::TooMany(_) => refused(CartRefusal::TooManyLines),
        LinesError::TooManyPieces { product_id, .. } => refused(CartRefusal::TooManyPieces(product_id)),
        LinesError::Total(error) => refused(OrderCartRefusal::Total(error)),
    }
}
