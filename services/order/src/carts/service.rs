//! Looking at a cart, and changing it.

use std::convert::Infallible;
use std::sync::Arc;

use shotengai_contracts::{Metadata, OrderEvent};
use shotengai_kernel::{AggregateId, CartId, Clock, Precondition, ProductId, Quantity, UserId};
use shotengai_messaging::{CommandError, Contest, EventStore, Executed, Fault, Loaded, LookBacks, UnitOfWork};
use uuid::Uuid;

use crate::carts::aggregate::{Carts, standing};
use crate::carts::domain::{self, Add, Cart, CartRefusal, Standing};
use crate::prices::Prices;

/// Where ids of additions live that derive from a key. Must never change.
const KEYED_ADDITIONS: Uuid = Uuid::from_u128(0x9d1e_4b70_52c8_4f3a_8a64_c0b7_13ef_2d95);

/// Pieces that somebody wants in the cart.
#[derive(Debug, Clone)]
pub struct AddItem {
    /// Of which product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: Quantity,
    /// Makes a repeated wish the same wish.
    pub key: Option<String>,
}

/// Everybody's carts. Cheap to clone.
#[derive(Clone)]
pub struct CartService {
    carts: Carts,
    prices: Prices,
    clock: Arc<dyn Clock>,
    looks: Arc<LookBacks>,
}

impl CartService {
    /// Keeps these carts, at these prices.
    #[must_use]
    pub fn new(carts: Carts, prices: Prices, clock: Arc<dyn Clock>) -> Self {
        Self { carts, prices, clock, looks: Arc::default() }
    }

    pub(super) fn store(&self) -> &dyn EventStore {
        self.carts.writer().store().as_ref()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub(super) fn looks(&self) -> &LookBacks {
        &self.looks
    }

    /// A person's cart now. Consistent.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn show(&self, user: &UserId) -> Result<Standing, Fault> {
        let loaded = self.carts.load(&id_of(user)).await?;
        Ok(standing(&loaded, user, self.clock.now()))
    }

    /// Puts pieces in at today's price, once a key; `at` is the version that they are meant for, if any. Answers the cart
    /// afterwards.
    ///
    /// # Errors
    /// [`CommandError`]; after a transient fault the pieces may be in it: repeat with the same key.
    pub async fn add(
        &self,
        user: &UserId,
        wanted: AddItem,
        at: Option<&Precondition>,
        meta: &Metadata,
    ) -> Result<Standing, CommandError<CartRefusal>> {
        let AddItem { product_id, quantity, key } = wanted;
        let addition_id = key.map(|key| addition_id(user, &key));
        // Before the price is asked for: a repeated request gets its answer whatever became of product and catalog.
        if addition_id.is_some() {
            let cart = self.show(user).await?;
            if domain::has_added(&cart, addition_id, &product_id, quantity).map_err(CommandError::Refused)? {
                return Ok(cart);
            }
        }
        let offers = self.prices.offers(std::slice::from_ref(&product_id)).await?;
        let not_for_sale = || CommandError::Refused(CartRefusal::NotForSale(product_id.clone()));
        let price = offers.get(&product_id).ok_or_else(not_for_sale)?.price;
        let wanted = Add { product_id, quantity, price, addition_id };
        self.decide(user, meta, |cart| domain::add(cart, &wanted, at)).await
    }

    /// Sets how many pieces of a product are in it, if it is at this version.
    ///
    /// # Errors
    /// [`CommandError`]; repeat after a fault.
    pub async fn change(
        &self,
        user: &UserId,
        product: &ProductId,
        quantity: Quantity,
        at: &Precondition,
        meta: &Metadata,
    ) -> Result<Standing, CommandError<CartRefusal>> {
        self.decide(user, meta, |cart| domain::change(cart, product, quantity, at)).await
    }

    /// Takes a product out, if it is at this version.
    ///
    /// # Errors
    /// [`CommandError`]; repeat after a fault.
    pub async fn remove(
        &self,
        user: &UserId,
        product: &ProductId,
        at: &Precondition,
        meta: &Metadata,
    ) -> Result<Standing, CommandError<CartRefusal>> {
        self.decide(user, meta, |cart| domain::remove(cart, product, at)).await
    }

    /// Empties it, if it is at this version.
    ///
    /// # Errors
    /// [`CommandError`]; repeat after a fault.
    pub async fn clear(
        &self,
        user: &UserId,
        at: &Precondition,
        meta: &Metadata,
    ) -> Result<Standing, CommandError<CartRefusal>> {
        self.decide(user, meta, |cart| domain::clear(cart, at)).await
    }

    /// Moves what is in a guest's cart into a person's: both, or neither. Answers that one afterwards.
    ///
    /// # Errors
    /// [`CommandError`]; repeat after a fault.
    pub async fn merge(
        &self,
        user: &UserId,
        guest: &UserId,
        meta: &Metadata,
    ) -> Result<Standing, CommandError<Infallible>> {
        if user == guest {
            return Ok(self.show(user).await?);
        }
        let carts = &self.carts;
        let attempt = |mut unit: UnitOfWork| async move {
            let mut into = unit.load(carts, &id_of(user)).await?;
            let mut from = unit.load(carts, &id_of(guest)).await?;
            let now = self.clock.now();
            let merged = domain::merge(&standing(&into, user, now), &standing(&from, guest, now));
            unit.record(carts, &mut into, merged.into, meta)?;
            unit.record(carts, &mut from, merged.from, meta)?;
            Ok(unit.decided(standing(&into, user, now)))
        };
        carts.writer().run(&mut Contest::default(), attempt).await
    }

    async fn decide(
        &self,
        user: &UserId,
        meta: &Metadata,
        decide: impl Fn(&Standing) -> Result<Vec<OrderEvent>, CartRefusal>,
    ) -> Result<Standing, CommandError<CartRefusal>> {
        let now = || self.clock.now();
        let decide = |cart: &Loaded<Cart>| decide(&standing(cart, user, now()));
        let Executed { loaded, .. } = self.carts.execute(&id_of(user), meta, decide).await?;
        Ok(standing(&loaded, user, now()))
    }
}

/// The addition that this key of this person makes: always the same, and never another person's.
fn addition_id(user: &UserId, key: &str) -> Uuid {
    // An id has no line break, so no two pairs give one name.
    Uuid::new_v5(&KEYED_ADDITIONS, format!("{user}\n{key}").as_bytes())
}

pub(super) fn id_of(user: &UserId) -> AggregateId {
    AggregateId::from(&CartId::of_user(user))
}
