//! `POST /products/{id}/stock`.

use std::sync::Arc;

use actix_web::web;
use shotengai_contracts::api::products::{AddStock, StockAdded};
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, OUT_OF_RANGE};
use shotengai_contracts::{aggregates, api};
use shotengai_kernel::{Ports, ProductId};
use shotengai_runtime::Routes;
use shotengai_runtime::http::{AdminCaller, Answer, IdempotencyKey, JsonBody, PathId, Problem, Reply, RequestMeta};

use crate::add_stock::{AddRefusal, add_stock, keyed_addition};
use crate::stock_service::StockService;

/// Adds inventory's routes.
pub fn routes(routes: &mut Routes, stock_service: &Arc<StockService>, ports: &Ports) {
    routes.data(web::Data::from(Arc::clone(stock_service)));
    routes.data(web::Data::new(StockIds(ports.clone())));
    routes.route(api::ADD_STOCK, post_stock);
}

struct StockIds(Ports);

async fn post_stock(
    AdminCaller(caller): AdminCaller,
    product: PathId<ProductId>,
    key: IdempotencyKey,
    meta: RequestMeta,
    stock_service: web::Data<StockService>,
    ids: web::Data<StockIds>,
    body: JsonBody<AddStock>,
) -> Answer<StockAdded> {
    let product_id = product.0;
    let addition = match key.into_inner() {
        Some(key) => keyed_addition(&caller.user_id, &key, &product_id),
        None => ids.0.ids.uuid_v7(),
    };
    let added = add_stock(&stock_service, &product_id, addition, body.value.quantity, meta.metadata()).await?;
    let location = api::GET_PRODUCT.path_since(&product_id, &aggregates::stock(&product_id), added.version);
    Ok(Reply::accepted(StockAdded { product_id, addition_id: added.addition_id, version: added.version }).at(location))
}

impl From<AddRefusal> for Problem {
    fn from(refusal: AddRefusal) -> Self {
        match refusal {
            AddRefusal::UnknownProduct => Self::not_found("no such product, or stock-keeping has not heard of it yet"),
            AddRefusal::KeyReused => {
                Self::of(&IDEMPOTENCY_KEY_REUSED).detail("this Idempotency-Key was used for another quantity")
            }
            AddRefusal::Impossible(why) => Self::of(&OUT_OF_RANGE).detail(why),
        }
    }
}
