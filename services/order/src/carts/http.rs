//! Carts over HTTP: parses, calls one use case, answers.

use actix_web::{HttpRequest, web};
use shotengai_contracts::api;
use shotengai_contracts::api::carts::{AddToCart, Cart, CartItem, ChangeCartItem, MergeCart, NOT_A_GUESTS_TOKEN};
use shotengai_kernel::{Money, ProductId};
use shotengai_runtime::http::{Answer, IdempotencyKey, IfMatch, QueryParameters, Reply, TokenReader, versioned_tag};
use shotengai_runtime::{Caller, JsonBody, PathId, Problem, RequestMeta, Routes};

use crate::carts::domain::Standing;
use crate::carts::service::{AddItem, CartService};

/// Puts the cart's routes beside those of other roles.
pub fn routes(routes: &mut Routes, carts: &CartService) {
    routes.data(web::Data::new(carts.clone()));
    routes.route(api::GET_CART, show);
    routes.route(api::ADD_TO_CART, add);
    routes.route(api::CHANGE_CART_ITEM, change);
    routes.route(api::REMOVE_FROM_CART, remove);
    routes.route(api::CLEAR_CART, clear);
    routes.route(api::MERGE_CART, merge);
}

async fn show(request: HttpRequest, caller: Caller, carts: web::Data<CartService>) -> Answer<Cart> {
    let mut parameters = QueryParameters::of(&request)?;
    let as_of = parameters.as_of();
    parameters.finish()?;
    Ok(reply(&match as_of {
        Some(moment) => carts.show_then(&caller.user_id, moment).await?,
        None => carts.show(&caller.user_id).await?,
    }))
}

async fn add(
    caller: Caller,
    key: IdempotencyKey,
    at: IfMatch,
    meta: RequestMeta,
    body: JsonBody<AddToCart>,
    carts: web::Data<CartService>,
) -> Answer<Cart> {
    let AddToCart { product_id, quantity } = body.value;
    let wanted = AddItem { product_id, quantity, key: key.into_inner() };
    let at = at.into_inner();
    Ok(reply(&carts.add(&caller.user_id, wanted, at.as_ref(), &meta.metadata()).await?))
}

async fn change(
    caller: Caller,
    product: PathId<ProductId>,
    at: IfMatch,
    meta: RequestMeta,
    body: JsonBody<ChangeCartItem>,
    carts: web::Data<CartService>,
) -> Answer<Cart> {
    let (at, ChangeCartItem { quantity }) = (at.needed()?, body.value);
    Ok(reply(&carts.change(&caller.user_id, &product, quantity, &at, &meta.metadata()).await?))
}

async fn remove(
    caller: Caller,
    product: PathId<ProductId>,
    at: IfMatch,
    meta: RequestMeta,
    carts: web::Data<CartService>,
) -> Answer<Cart> {
    let at = at.needed()?;
    Ok(reply(&carts.remove(&caller.user_id, &product, &at, &meta.metadata()).await?))
}

async fn clear(caller: Caller, at: IfMatch, meta: RequestMeta, carts: web::Data<CartService>) -> Answer<Cart> {
    let at = at.needed()?;
    Ok(reply(&carts.clear(&caller.user_id, &at, &meta.metadata()).await?))
}

async fn merge(
    caller: Caller,
    tokens: TokenReader,
    meta: RequestMeta,
    body: JsonBody<MergeCart>,
    carts: web::Data<CartService>,
) -> Answer<Cart> {
    let guest = tokens.guest(&body.value.guest_token.into_secret()).await?;
    let not_a_guests = || Problem::of(&NOT_A_GUESTS_TOKEN).detail("it is no guest's").pointer("/guest_token");
    let guest = guest.ok_or_else(not_a_guests)?;
    Ok(reply(&carts.merge(&caller.user_id, &guest, &meta.metadata()).await?))
}

fn reply(cart: &Standing) -> Reply<Cart> {
    let shown = shown(cart);
    let tag = versioned_tag(shown.version, &shown);
    Reply::ok(shown).tagged(tag)
}

/// A cart as clients see it.
pub(super) fn shown(cart: &Standing) -> Cart {
    let items = cart.lines().iter().map(|line| CartItem {
        product_id: line.product_id.clone(),
        quantity: line.quantity,
        price: line.price.to_major_number(),
    });
    let total = total(cart);
    Cart {
        cart_id: cart.cart_id(),
        items: items.collect(),
        total: total.map(Money::to_major_number),
        currency: total.map(Money::currency),
        version: cart.version(),
    }
}

fn total(cart: &Standing) -> Option<Money> {
    let mut costs = cart.lines().iter().map(|line| line.price.times(line.quantity.get()).ok());
    let first = costs.next()??;
    costs.try_fold(first, |sum, cost| sum.plus(cost?).ok())
}
