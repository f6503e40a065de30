//! Decisions: from a cart as it stands and what is asked, to events. Each function is total over every state.
//!
//! A change that is so already leads to no events, whatever version the caller has read: a change whose answer was lost may be asked
//! for again. Anything else is refused as stale where the caller names another version than the current one.

use shotengai_contracts::OrderEvent;
use shotengai_contracts::events::{CartCleared, CartItemChanged, ItemAddedToCart, ItemRemovedFromCart};
use shotengai_kernel::{Money, OrderId, Precondition, ProductId, Quantity};
use uuid::Uuid;

use super::{CartRefusal, Stale, Standing};
use crate::orders::domain::MAX_LINES;

/// Pieces to be put into a cart.
#[derive(Debug, Clone, PartialEq)]
pub struct Add {
    /// Of which product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: Quantity,
    /// Price of one piece now.
    pub price: Money,
    /// Makes it happen once.
    pub addition_id: Option<Uuid>,
}

/// Whether an addition has happened already.
///
/// # Errors
/// [`CartRefusal::KeyReused`] when another has the same key.
pub(crate) fn has_added(
    cart: &Standing,
    addition_id: Option<Uuid>,
    product: &ProductId,
    quantity: Quantity,
) -> Result<bool, CartRefusal> {
    match addition_id.and_then(|id| cart.cart().addition(id)) {
        None => Ok(false),
        Some(known) if known.product_id == *product && known.quantity == quantity => Ok(true),
        Some(_) => Err(CartRefusal::KeyReused),
    }
}

/// Puts pieces in, beside those of the product that are there.
///
/// # Errors
/// [`CartRefusal`].
pub fn add(cart: &Standing, wanted: &Add, at: Option<&Precondition>) -> Result<Vec<OrderEvent>, CartRefusal> {
    let Add { product_id, quantity, price, addition_id } = wanted;
    if has_added(cart, *addition_id, product_id, *quantity)? {
        return Ok(Vec::new());
    }
    if let Some(at) = at {
        current(cart, at)?;
    }
    match cart.lines().iter().find(|line| line.product_id == *product_id) {
        Some(line) => {
            let sum = line.quantity.plus(*quantity);
            sum.map_err(|_| CartRefusal::TooManyPieces(product_id.clone()))?;
        }
        None if cart.lines().len() >= MAX_LINES => return Err(CartRefusal::TooManyLines),
        None => {}
    }
    let added = ItemAddedToCart {
        cart_id: cart.cart_id(),
        user_id: cart.user_id().clone(),
        product_id: product_id.clone(),
        quantity: *quantity,
        price: *price,
        addition_id: *addition_id,
    };
    Ok(cart.with(vec![added.into()]))
}

/// Sets how many pieces of a product are in it.
///
/// # Errors
/// [`CartRefusal::Stale`], [`CartRefusal::NotInCart`].
pub fn change(
    cart: &Standing,
    product: &ProductId,
    quantity: Quantity,
    at: &Precondition,
) -> Result<Vec<OrderEvent>, CartRefusal> {
    let line = cart.lines().iter().find(|line| line.product_id == *product);
    if line.is_some_and(|line| line.quantity == quantity) {
        return Ok(Vec::new());
    }
    current(cart, at)?;
    if line.is_none() {
        return Err(CartRefusal::NotInCart(product.clone()));
    }
    let (cart_id, user_id) = (cart.cart_id(), cart.user_id().clone());
    Ok(vec![CartItemChanged { cart_id, user_id, product_id: product.clone(), quantity }.into()])
}

/// Takes a product out.
///
/// # Errors
/// [`CartRefusal::Stale`].
pub fn remove(cart: &Standing, product: &ProductId, at: &Precondition) -> Result<Vec<OrderEvent>, CartRefusal> {
    if cart.lines().iter().all(|line| line.product_id != *product) {
        return Ok(Vec::new());
    }
    current(cart, at)?;
    let (cart_id, user_id) = (cart.cart_id(), cart.user_id().clone());
    Ok(vec![ItemRemovedFromCart { cart_id, user_id, product_id: product.clone() }.into()])
}

/// Empties it.
///
/// # Errors
/// [`CartRefusal::Stale`].
pub fn clear(cart: &Standing, at: &Precondition) -> Result<Vec<OrderEvent>, CartRefusal> {
    if cart.lines().is_empty() {
        return Ok(Vec::new());
    }
    current(cart, at)?;
    Ok(vec![cleared(cart, None)])
}

/// What taking over another cart leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// In the cart that takes over.
    pub into: Vec<OrderEvent>,
    /// In the one that is taken over.
    pub from: Vec<OrderEvent>,
}

/// Moves what is in a guest's cart into another: pieces of one product add up, at the price that the guest was shown. What
/// doesn't fit, lines beyond [`MAX_LINES`] and pieces beyond [`Quantity::MAX`], stays where it is: nothing is lost. An empty
/// cart has nothing to be moved, so it may be asked for again.
#[must_use]
pub fn merge(into: &Standing, from: &Standing) -> Merged {
    let (mut added, mut left): (Vec<OrderEvent>, Vec<OrderEvent>) = (Vec::new(), Vec::new());
    let (mut lines, mut moved) = (into.lines().len(), 0);
    for line in from.lines() {
        let there = into.lines().iter().find(|other| other.product_id == line.product_id);
        let room = Quantity::MAX - there.map_or(0, |other| other.quantity.get());
        let fits = (there.is_some() || lines < MAX_LINES).then(|| Quantity::new(line.quantity.get().min(room)).ok());
        let Some(quantity) = fits.flatten() else { continue };
        lines += usize::from(there.is_none());
        added.push(
            ItemAddedToCart {
                cart_id: into.cart_id(),
                user_id: into.user_id().clone(),
                product_id: line.product_id.clone(),
                quantity,
                price: line.price,
                addition_id: None,
            }
            .into(),
        );
        let (cart_id, user_id, product_id) = (from.cart_id(), from.user_id().clone(), line.product_id.clone());
        left.push(match Quantity::new(line.quantity.get() - quantity.get()) {
            Ok(quantity) => CartItemChanged { cart_id, user_id, product_id, quantity }.into(),
            Err(_) => {
                moved += 1;
                ItemRemovedFromCart { cart_id, user_id, product_id }.into()
            }
        });
    }
    if moved > 0 && moved == from.lines().len() {
        left = vec![cleared(from, None)];
    }
    Merged { into: into.with(added), from: left }
}

/// Empties it, since it became an order. Nothing happens to an empty one, which can't be ordered.
#[must_use]
pub fn order(cart: &Standing, order_id: &OrderId) -> Vec<OrderEvent> {
    if cart.lines().is_empty() { Vec::new() } else { vec![cleared(cart, Some(order_id.clone()))] }
}

fn cleared(cart: &Standing, order_id: Option<OrderId>) -> OrderEvent {
    CartCleared { cart_id: cart.cart_id(), user_id: cart.user_id().clone(), order_id }.into()
}

/// Whether the caller has read this version of the cart. That it has expired since makes no other version of it.
pub(crate) fn current(cart: &Standing, at: &Precondition) -> Result<(), Stale> {
    if at.holds(cart.version()) { Ok(()) } else { Err(Stale(Box::new(cart.clone()))) }
}
