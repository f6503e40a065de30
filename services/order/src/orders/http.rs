//! Order's HTTP: parses, calls one use case, answers.

use actix_web::web;
use shotengai_contracts::api;
use shotengai_contracts::api::orders::{CancelOrder, OrderAccepted, OrderEvents, OrderMoved, PlaceOrder};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{AggregateId, OrderId, UserId, Version};
use shotengai_messaging::receipts;
use shotengai_runtime::http::{Answer, IdempotencyKey, IfMatch, OptionalBody, Reply};
use shotengai_runtime::{AdminCaller, Caller, JsonBody, PathId, Problem, RequestMeta, Routes};

use crate::carts::CartOrdering;
use crate::carts::ordering::OrderCart;
use crate::orders::aggregate::Orders;
use crate::orders::cancel::{self, cancel_order, note_of};
use crate::orders::domain::Lines;
use crate::orders::history::history;
use crate::orders::idempotency::fingerprint;
use crate::orders::place::{self, Accepted, Placing};
use crate::orders::ship::{Shipping, ship_order};

/// Puts order's routes beside those of other roles.
pub fn routes(routes: &mut Routes, orders: &Orders, placing: &Placing, ordering: &CartOrdering) {
    routes.data(web::Data::new(orders.clone()));
    routes.data(web::Data::new(placing.clone()));
    routes.data(web::Data::new(ordering.clone()));
    routes.route(api::PLACE_ORDER, place_order);
    routes.route(api::SHIP_ORDER, ship);
    routes.route(api::CANCEL_ORDER, cancel_by_request);
    routes.route(api::ORDER_EVENTS, events);
}

async fn place_order(
    caller: Caller,
    key: IdempotencyKey,
    if_match: IfMatch,
    meta: RequestMeta,
    body: JsonBody<PlaceOrder>,
    placing: web::Data<Placing>,
    ordering: web::Data<CartOrdering>,
) -> Answer<OrderAccepted> {
    let JsonBody { value: PlaceOrder { items, accept_prices, payment_token }, raw } = body;
    let (user_id, key, fingerprint) = (caller.user_id, key.into_inner(), fingerprint(&raw));
    let placed = async {
        match items {
            Some(items) => {
                if if_match.into_inner().is_some() {
                    let why = "means the cart, and an order with items is none of the cart: leave out one of the two";
                    return Err(Problem::bad_request(why).at_header("if-match"));
                }
                let lines = Lines::merge(items.into_iter().map(|line| (line.product_id, line.quantity)))?;
                let wanted = place::PlaceOrder { user_id, key, fingerprint, lines, payment_token };
                Ok::<Accepted, Problem>(placing.place(wanted, &meta.metadata()).await?)
            }
            None => {
                let at = if_match.into_inner();
                let wanted = OrderCart { user_id, key, fingerprint, at, accept_prices, payment_token };
                Ok(ordering.order(&wanted, &meta.metadata()).await?)
            }
        }
    };
    // Which order it is may come out with the answer alone: of a cart it is the cart's version that says it.
    let accepted = receipts::scope_of_answer(placed, |placed| Some(placed.as_ref().ok()?.order_id.clone())).await?;
    // Said of the moment it was accepted, so that a repeated request gets the same answer.
    let version = Version::new(1);
    let location = location(&accepted.order_id, version);
    let answer = OrderAccepted {
        currency: accepted.total.currency(),
        order_id: accepted.order_id,
        status: OrderStage::Pending,
        total: accepted.total.to_major_number(),
        version,
    };
    Ok(Reply::accepted(answer).at(location))
}

async fn ship(_: AdminCaller, id: PathId<OrderId>, meta: RequestMeta, orders: web::Data<Orders>) -> Answer<OrderMoved> {
    let shipping = on_behalf_of(&id, ship_order(&orders, &id, &meta.metadata())).await?;
    let (Shipping::Shipped(version) | Shipping::Already(version)) = shipping;
    let (body, location) = moved(id.0, OrderStage::Shipped, version);
    let reply = match shipping {
        Shipping::Shipped(_) => Reply::accepted(body),
        Shipping::Already(_) => Reply::ok(body),
    };
    Ok(reply.at(location))
}

async fn cancel_by_request(
    caller: Caller,
    id: PathId<OrderId>,
    meta: RequestMeta,
    OptionalBody(body): OptionalBody<CancelOrder>,
    orders: web::Data<Orders>,
) -> Answer<OrderMoved> {
    let note = note_of(body.reason.as_deref(), body.note.as_deref())?;
    let wanted = cancel::CancelOrder { order_id: id.0.clone(), owner: owner(&caller).cloned(), note };
    let version = on_behalf_of(&id, cancel_order(&orders, wanted, &meta.metadata())).await?;
    let (body, location) = moved(id.0, OrderStage::Cancelled, version);
    Ok(Reply::accepted(body).at(location))
}

async fn events(caller: Caller, id: PathId<OrderId>, orders: web::Data<Orders>) -> Answer<OrderEvents> {
    let items = history(&orders, &id, owner(&caller)).await?;
    let items = items.ok_or_else(|| Problem::not_found("there is no such order"))?;
    Ok(Reply::ok(OrderEvents { items }))
}

/// Whose orders the caller may see: administrators see anybody's.
fn owner(caller: &Caller) -> Option<&UserId> {
    (!caller.admin).then_some(&caller.user_id)
}

/// Does a command for this order, which bears what it costs. What is refused is nobody's: the order may be none, or another's.
pub(super) async fn on_behalf_of<T, E>(order: &OrderId, command: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    receipts::scope_of_answer(command, |answer| answer.is_ok().then(|| order.clone())).await
}

fn moved(order_id: OrderId, status: OrderStage, version: Version) -> (OrderMoved, String) {
    let location = location(&order_id, version);
    (OrderMoved { order_id, status, version }, location)
}

fn location(order: &OrderId, version: Version) -> String {
    api::GET_ORDER.path_since(order, &AggregateId::from(order), version)
}
