//! Routes of an order's history and journey, for whoever sees the order.

use actix_web::web;
use shotengai_contracts::api::journey::{OrderHistory, OrderJourney};
use shotengai_kernel::OrderId;
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{Caller, PathId, Problem};

use super::{Journeys, journey};
use crate::http::no_such_order;

pub(crate) async fn get_history(
    caller: Caller,
    id: PathId<OrderId>,
    journeys: web::Data<Journeys>,
) -> Answer<OrderHistory> {
    history(&caller, &id, &journeys).await.map(Reply::ok)
}

pub(crate) async fn get_journey(
    caller: Caller,
    id: PathId<OrderId>,
    journeys: web::Data<Journeys>,
) -> Answer<OrderJourney> {
    let OrderHistory { order_id, items } = history(&caller, &id, &journeys).await?;
    Ok(Reply::ok(journey(order_id, &items)))
}

async fn history(caller: &Caller, id: &OrderId, journeys: &Journeys) -> Result<OrderHistory, Problem> {
    let found = journeys.history(id, |owner| caller.admin || *owner == caller.user_id).await?;
    found.ok_or_else(|| no_such_order(id))
}
