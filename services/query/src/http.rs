//! What is served: reads only.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use shotengai_kernel::{OrderId, ProductId};
use shotengai_runtime::{Caller, PathId, Problem, Routes};

use crate::database::Database;
use crate::params::Params;
use crate::versions::{Versions, WaitError};
use crate::{orders, products};

/// What the handlers share.
pub struct Reads {
    /// The read models.
    pub database: Database,
    /// Waits for the caller's own writes.
    pub versions: Versions,
}

type Answer = Result<HttpResponse, Problem>;

/// Registers the role's routes.
pub fn register(routes: &mut Routes, reads: web::Data<Reads>) {
    routes
        .data(reads)
        .get("/products", list_products)
        .get("/products/{id}", get_product)
        .get("/orders", list_orders)
        .get("/orders/{id}", get_order);
}

async fn list_products(request: HttpRequest, reads: web::Data<Reads>) -> Answer {
    let mut params = params(&request)?;
    let (limit, cursor) = (params.limit(), params.cursor::<ProductId>());
    reads.caught_up(params).await?;
    Ok(public(&products::list(&reads.database, limit, cursor.as_ref()).await?))
}

async fn get_product(request: HttpRequest, id: PathId<ProductId>, reads: web::Data<Reads>) -> Answer {
    reads.caught_up(params(&request)?).await?;
    let product = products::get(&reads.database, &id).await?;
    product.map(|product| public(&product)).ok_or_else(|| Problem::not_found(format!("there is no product {}", *id)))
}

async fn list_orders(request: HttpRequest, caller: Caller, reads: web::Data<Reads>) -> Answer {
    let mut params = params(&request)?;
    let (limit, cursor, status) = (params.limit(), params.cursor::<OrderId>(), params.status());
    reads.caught_up(params).await?;
    let owner = (!caller.admin).then_some(&caller.user_id);
    Ok(private(&orders::list(&reads.database, owner, status, limit, cursor.as_ref()).await?))
}

async fn get_order(request: HttpRequest, id: PathId<OrderId>, caller: Caller, reads: web::Data<Reads>) -> Answer {
    reads.caught_up(params(&request)?).await?;
    let order = orders::get(&reads.database, &id).await?;
    // Somebody else's order looks the same as none.
    let order = order.filter(|order| caller.admin || order.user_id == caller.user_id);
    order.map(|order| private(&order)).ok_or_else(|| Problem::not_found(format!("there is no order {}", *id)))
}

impl Reads {
    /// Waits for the versions that the caller asks for. The other parameters have to be read before: their faults are
    /// answered here too, together.
    async fn caught_up(&self, mut params: Params) -> Result<(), Problem> {
        let expected = params.min_versions();
        let faults = params.faults();
        if !faults.is_empty() {
            return Err(Problem::invalid_parameters(faults));
        }
        self.versions.wait(&expected).await.map_err(|error| match error {
            WaitError::Fault(fault) => fault.into(),
            WaitError::Behind(missing) => {
                let seen: Vec<_> = missing.iter().map(ToString::to_string).collect();
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "not-caught-up", "The read model is behind")
                    .detail(seen.join("; "))
                    .header(RETRY_AFTER, HeaderValue::from_static("1"))
            }
        })
    }
}

fn params(request: &HttpRequest) -> Result<Params, Problem> {
    web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map(|pairs| Params::new(pairs.into_inner()))
        .map_err(|_| Problem::bad_request("the query string can't be read"))
}

/// For everybody, but never older than the read model: prices and stock move.
fn public(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache"))).json(body)
}

/// For this caller only.
fn private(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-store"))).json(body)
}
