//! `POST /orders/{id}/refund`.

use actix_web::web;
use shotengai_contracts::api;
use shotengai_contracts::api::refunds::{
    NOT_IN_ORDER, NOT_RESTOCKABLE, ORDER_NOT_REFUNDABLE, REFUND_TOO_LARGE, RefundAccepted, RefundOrder,
    TOO_MANY_REFUNDS,
};
use shotengai_contracts::api::shared::{INVALID_TEXT, OUT_OF_RANGE};
use shotengai_contracts::events::RefundLine;
use shotengai_kernel::{AggregateId, OrderId};
use shotengai_runtime::http::{Answer, IdempotencyKey, Reply};
use shotengai_runtime::{AdminCaller, JsonBody, PathId, Problem, RequestMeta, Routes};

use super::http::on_behalf_of;
use crate::orders::domain::{RefundRefusal, Wanted};
use crate::orders::idempotency::fingerprint;
use crate::orders::refund::{self, REASON, Refunding};

/// Puts the route beside those of other roles.
pub fn routes(routes: &mut Routes, refunding: &Refunding) {
    routes.data(web::Data::new(refunding.clone()));
    routes.route(api::REFUND_ORDER, refund_order);
}

async fn refund_order(
    AdminCaller(caller): AdminCaller,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    meta: RequestMeta,
    body: JsonBody<RefundOrder>,
    refunding: web::Data<Refunding>,
) -> Answer<RefundAccepted> {
    let JsonBody { value, raw } = body;
    let reason = REASON.check(&value.reason);
    let unusable = |error| Problem::of(&INVALID_TEXT).detail(format!("reason {error}")).pointer("/reason");
    let reason = reason.map_err(unusable)?.to_owned();
    let order_id = id.0;
    let wanted = refund::RefundOrder {
        order_id: order_id.clone(),
        by: caller.user_id,
        key: key.into_inner(),
        fingerprint: fingerprint(&raw),
        what: wanted(value)?,
        reason,
    };
    let asked = on_behalf_of(&order_id, refunding.refund(wanted, &meta.metadata())).await?;
    let location = api::GET_ORDER.path_since(&order_id, &AggregateId::from(&order_id), asked.version);
    let answer = RefundAccepted {
        order_id,
        refund_id: asked.refund_id,
        amount: asked.amount.to_major_number(),
        currency: asked.amount.currency(),
        version: asked.version,
    };
    Ok(Reply::accepted(answer).at(location))
}

fn wanted(body: RefundOrder) -> Result<Wanted, Problem> {
    let RefundOrder { lines, amount, restock, reason: _ } = body;
    Ok(match (lines, amount) {
        (None, None) => Wanted::Rest { restock },
        (None, Some(_)) if restock => {
            let why = "means pieces, and an amount alone is for none: name them in lines, or leave it out";
            return Err(Problem::bad_request(why).pointer("/restock"));
        }
        (None, Some(amount)) => Wanted::Money(amount),
        (Some(lines), _) if lines.is_empty() => {
            return Err(Problem::bad_request("name one line at least, or leave lines out").pointer("/lines"));
        }
        (Some(lines), amount) => {
            let line = |line: api::refunds::RefundLine| RefundLine {
                product_id: line.product_id,
                quantity: line.quantity,
                restock: line.restock.unwrap_or(restock),
            };
            Wanted::Pieces { lines: lines.into_iter().map(line).collect(), amount }
        }
    })
}

impl From<RefundRefusal> for Problem {
    fn from(refusal: RefundRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            RefundRefusal::Order(refusal) => refusal.into(),
            RefundRefusal::NotRefundable(_) => Self::of(&ORDER_NOT_REFUNDABLE).detail(detail),
            RefundRefusal::TooMany => Self::of(&TOO_MANY_REFUNDS).detail(detail),
            RefundRefusal::NotInOrder { line, .. } => {
                Self::of(&NOT_IN_ORDER).detail(detail).pointer(format!("/lines/{line}/product_id"))
            }
            RefundRefusal::NotRestockable(_) => Self::of(&NOT_RESTOCKABLE).detail(detail),
            RefundRefusal::TooManyPieces { .. } | RefundRefusal::TooMuch { .. } => {
                Self::of(&REFUND_TOO_LARGE).detail(detail)
            }
            RefundRefusal::Nothing | RefundRefusal::Amount(_) => {
                Self::of(&OUT_OF_RANGE).detail(detail).pointer("/amount")
            }
        }
    }
}
