//! Catalog's HTTP: parses, calls one use case, answers.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Currency, ProductId, Version};
use shotengai_runtime::http::IdempotencyKey;
use shotengai_runtime::{AdminCaller, InternalCaller, JsonBody, PathId, Problem, RequestMeta, Routes};

use crate::aggregate::Products;
use crate::change::{delete_product, update_product};
use crate::create::{CreateProduct, create_product};
use crate::domain::{Details, Refusal, initial_stock, names};
use crate::lookup::internal_product;
use crate::problems::bad_fields;

/// What the handlers need.
#[derive(Clone)]
pub struct CatalogHttp {
    /// All products.
    pub products: Products,
    /// The currency that prices are in.
    pub currency: Currency,
}

/// Puts catalog's routes beside those of other roles.
pub fn routes(routes: &mut Routes, catalog: &CatalogHttp) {
    routes.data(web::Data::new(catalog.clone()));
    routes.post("/products", create);
    routes.put("/products/{id}", update);
    routes.delete("/products/{id}", delete);
    routes.get("/internal/products/{id}", internal);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateBody {
    product_id: Option<ProductId>,
    name: String,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    description: String,
    price: serde_json::Number,
    #[serde(default)]
    stock: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateBody {
    name: String,
    /// Those that are known stay unless others are given.
    names: Option<BTreeMap<String, String>>,
    #[serde(default)]
    description: String,
    price: serde_json::Number,
}

#[derive(Serialize)]
struct Written<'a> {
    product_id: &'a ProductId,
    version: Version,
}

async fn create(
    admin: AdminCaller,
    key: IdempotencyKey,
    meta: RequestMeta,
    body: JsonBody<CreateBody>,
    catalog: web::Data<CatalogHttp>,
) -> Result<HttpResponse, Problem> {
    let body = body.value;
    let details = Details::parse(&body.name, &body.description, &body.price, catalog.currency);
    let (details, stock) = match (details, names(&body.names), initial_stock(body.stock)) {
        (Ok(details), Ok(names), Ok(stock)) => (details.called(names), stock),
        (details, names, stock) => {
            let faults = [details.err(), names.err(), stock.err().map(|fault| vec![fault])];
            let faults: Vec<_> = faults.into_iter().flatten().flatten().collect();
            return Err(bad_fields(&faults));
        }
    };
    let (chosen_id, key) = (body.product_id, key.into_inner());
    let wanted = CreateProduct { user_id: admin.0.user_id, chosen_id, key, details, stock };
    let product_id = create_product(&catalog.products, &wanted, &meta.metadata()).await?;
    // Said of the moment it was created, so that a repeated request gets the same answer.
    Ok(written(StatusCode::CREATED, &product_id, Version::new(1)))
}

async fn update(
    _: AdminCaller,
    id: PathId<ProductId>,
    meta: RequestMeta,
    body: JsonBody<UpdateBody>,
    catalog: web::Data<CatalogHttp>,
) -> Result<HttpResponse, Problem> {
    let body = body.value;
    let details = Details::parse(&body.name, &body.description, &body.price, catalog.currency);
    let (details, names) = match (details, body.names.as_ref().map(names).transpose()) {
        (Ok(details), Ok(names)) => (details, names),
        (details, names) => {
            let faults: Vec<_> = [details.err(), names.err()].into_iter().flatten().flatten().collect();
            return Err(bad_fields(&faults));
        }
    };
    let version = update_product(&catalog.products, &id, &details, names.as_ref(), &meta.metadata()).await?;
    Ok(written(StatusCode::ACCEPTED, &id, version))
}

async fn delete(
    _: AdminCaller,
    id: PathId<ProductId>,
    meta: RequestMeta,
    catalog: web::Data<CatalogHttp>,
) -> Result<HttpResponse, Problem> {
    let version = delete_product(&catalog.products, &id, &meta.metadata()).await?;
    Ok(written(StatusCode::ACCEPTED, &id, version))
}

/// The product now, deleted ones included: read from the event store, never behind.
async fn internal(
    _: InternalCaller,
    id: PathId<ProductId>,
    catalog: web::Data<CatalogHttp>,
) -> Result<HttpResponse, Problem> {
    let found = internal_product(&catalog.products, &id).await?;
    Ok(HttpResponse::Ok().json(found.ok_or(Refusal::NotFound)?))
}

fn written(code: StatusCode, product_id: &ProductId, version: Version) -> HttpResponse {
    let location = (LOCATION, format!("/products/{product_id}"));
    HttpResponse::build(code).insert_header(location).json(Written { product_id, version })
}
