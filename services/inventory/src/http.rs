//! `POST /products/{id}/stock`.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Ports, ProductId, Quantity, Version};
use shotengai_runtime::Routes;
use shotengai_runtime::http::{AdminCaller, IdempotencyKey, JsonBody, PathId, Problem, RequestMeta};
use uuid::Uuid;

use crate::add_stock::{AddRefusal, add_stock, keyed_addition};
use crate::desk::Desk;

/// Adds inventory's routes.
pub fn routes(routes: &mut Routes, desk: &Arc<Desk>, ports: &Ports) {
    routes.data(web::Data::from(Arc::clone(desk)));
    routes.data(web::Data::new(StockIds(ports.clone())));
    routes.post("/products/{id}/stock", post_stock);
}

struct StockIds(Ports);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddStock {
    quantity: Quantity,
}

#[derive(Serialize)]
struct StockAccepted {
    product_id: ProductId,
    addition_id: Uuid,
    version: Version,
}

async fn post_stock(
    AdminCaller(caller): AdminCaller,
    product: PathId<ProductId>,
    key: IdempotencyKey,
    meta: RequestMeta,
    desk: web::Data<Desk>,
    ids: web::Data<StockIds>,
    body: JsonBody<AddStock>,
) -> Result<HttpResponse, Problem> {
    let product_id = product.0;
    let addition = match key.into_inner() {
        Some(key) => keyed_addition(&caller.user_id, &key, &product_id),
        None => ids.0.ids.uuid_v7(),
    };
    let added = add_stock(&desk, &product_id, addition, body.value.quantity, meta.metadata()).await?;
    Ok(HttpResponse::Accepted().insert_header((LOCATION, format!("/products/{product_id}"))).json(StockAccepted {
        product_id,
        addition_id: added.addition_id,
        version: added.version,
    }))
}

impl From<AddRefusal> for Problem {
    fn from(refusal: AddRefusal) -> Self {
        match refusal {
            AddRefusal::UnknownProduct => Self::not_found("no such product, or stock-keeping has not heard of it yet"),
            AddRefusal::KeyReused => {
                Self::unprocessable("idempotency-key-reused", "this Idempotency-Key was used for another quantity")
            }
            AddRefusal::Impossible(why) => Self::unprocessable("out-of-range", why),
        }
    }
}
