//! Order's HTTP: parses, calls one use case, answers.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{OrderId, ProductId, Quantity, UserId, Version};
use shotengai_runtime::http::IdempotencyKey;
use shotengai_runtime::{AdminCaller, Caller, JsonBody, PathId, Problem, RequestMeta, Routes};

use crate::aggregate::Orders;
use crate::cancel::{CancelOrder, cancel_order, note_of};
use crate::cancel_body::CancelBody;
use crate::domain::{Lines, PaymentToken};
use crate::history::history;
use crate::idempotency::fingerprint;
use crate::place::{PlaceOrder, Placing};
use crate::ship::{Shipping, ship_order};

/// Puts order's routes beside those of other roles.
pub fn routes(routes: &mut Routes, orders: &Orders, placing: &Placing) {
    routes.data(web::Data::new(orders.clone()));
    routes.data(web::Data::new(placing.clone()));
    routes.post("/orders", place);
    routes.post("/orders/{id}/ship", ship);
    routes.post("/orders/{id}/cancel", cancel);
    routes.get("/orders/{id}/events", events);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceBody {
    items: Vec<LineBody>,
    payment_token: Option<PaymentToken>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineBody {
    product_id: ProductId,
    quantity: Quantity,
}

#[derive(Serialize)]
struct StageAnswer<'a> {
    order_id: &'a OrderId,
    status: OrderStage,
    version: Version,
}

async fn place(
    caller: Caller,
    key: IdempotencyKey,
    meta: RequestMeta,
    body: JsonBody<PlaceBody>,
    placing: web::Data<Placing>,
) -> Result<HttpResponse, Problem> {
    let JsonBody { value: PlaceBody { items, payment_token }, raw } = body;
    let wanted = PlaceOrder {
        user_id: caller.user_id,
        key: key.into_inner(),
        fingerprint: fingerprint(&raw),
        lines: Lines::merge(items.into_iter().map(|line| (line.product_id, line.quantity)))?,
        payment_token,
    };
    let accepted = placing.place(wanted, &meta.metadata()).await?;
    // Said of the moment it was accepted, so that a repeated request gets the same answer.
    let answer = json!({
        "order_id": accepted.order_id,
        "status": OrderStage::Pending,
        "total": accepted.total.to_major_number(),
        "currency": accepted.total.currency(),
        "version": Version::new(1),
    });
    Ok(HttpResponse::Accepted().insert_header((LOCATION, location(&accepted.order_id))).json(answer))
}

async fn ship(
    _: AdminCaller,
    id: PathId<OrderId>,
    meta: RequestMeta,
    orders: web::Data<Orders>,
) -> Result<HttpResponse, Problem> {
    let (status, version) = match ship_order(&orders, &id, &meta.metadata()).await? {
        Shipping::Shipped(version) => (StatusCode::ACCEPTED, version),
        Shipping::Already(version) => (StatusCode::OK, version),
    };
    Ok(stage_answer(status, &id, OrderStage::Shipped, version))
}

async fn cancel(
    caller: Caller,
    id: PathId<OrderId>,
    meta: RequestMeta,
    body: CancelBody,
    orders: web::Data<Orders>,
) -> Result<HttpResponse, Problem> {
    let note = note_of(body.reason.as_deref(), body.note.as_deref())?;
    let wanted = CancelOrder { order_id: id.0.clone(), owner: owner(&caller).cloned(), note };
    let version = cancel_order(&orders, wanted, &meta.metadata()).await?;
    Ok(stage_answer(StatusCode::ACCEPTED, &id, OrderStage::Cancelled, version))
}

async fn events(caller: Caller, id: PathId<OrderId>, orders: web::Data<Orders>) -> Result<HttpResponse, Problem> {
    let entries = history(&orders, &id, owner(&caller)).await?;
    let entries = entries.ok_or_else(|| Problem::not_found("there is no such order"))?;
    Ok(HttpResponse::Ok().json(json!({ "items": entries })))
}

/// Whose orders the caller may see: administrators see anybody's.
fn owner(caller: &Caller) -> Option<&UserId> {
    (!caller.admin).then_some(&caller.user_id)
}

fn stage_answer(code: StatusCode, order_id: &OrderId, status: OrderStage, version: Version) -> HttpResponse {
    HttpResponse::build(code).insert_header((LOCATION, location(order_id))).json(StageAnswer {
        order_id,
        status,
        version,
    })
}

fn location(order: &OrderId) -> String {
    format!("/orders/{order}")
}
