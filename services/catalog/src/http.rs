//! Catalog's HTTP: parses, calls one use case, answers.

use actix_web::{HttpRequest, web};
use shotengai_contracts::api;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::internal::{InternalProduct, NO_SUCH_PRODUCT};
use shotengai_contracts::api::products::{ChangeProduct, CreateProduct, PriceSet, ProductWritten};
use shotengai_kernel::{AggregateId, Currency, ProductId, Version};
use shotengai_runtime::http::{Answer, IdempotencyKey, IfMatch, QueryParameters, Reply};
use shotengai_runtime::{AdminCaller, InternalCaller, JsonBody, PathId, Problem, RequestMeta, Routes};

use crate::aggregate::Products;
use crate::change::{delete_product, restore_product, update_product};
use crate::create::{self, create_product};
use crate::domain::{Change, Details, Extras, GivenExtras, initial_stock};
use crate::images::{self, Gallery};
use crate::lookup::internal_product;
use crate::price_history::{Cursor, CursorError, price_history};
use crate::problems::bad_fields;

/// State that the handlers need.
#[derive(Clone)]
pub struct CatalogHttp {
    /// All products.
    pub products: Products,
    /// Their images; none where the installation has none.
    pub gallery: Option<Gallery>,
    /// The currency that prices are in.
    pub currency: Currency,
}

/// Puts catalog's routes beside those of other roles.
pub fn routes(routes: &mut Routes, catalog: &CatalogHttp) {
    routes.data(web::Data::new(catalog.clone()));
    routes.route(api::CREATE_PRODUCT, post_product);
    routes.route(api::CHANGE_PRODUCT, update);
    routes.route(api::DELETE_PRODUCT, delete);
    routes.route(api::RESTORE_PRODUCT, restore);
    routes.route(api::PRODUCT_PRICES, prices);
    routes.route(api::INTERNAL_PRODUCT, internal);
    images::http::routes(routes);
}

async fn post_product(
    admin: AdminCaller,
    key: IdempotencyKey,
    meta: RequestMeta,
    body: JsonBody<CreateProduct>,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ProductWritten> {
    let body = body.value;
    let details = Details::parse(&body.name, &body.description, &body.price, catalog.currency);
    let extras = Extras::parse(GivenExtras {
        names: Some(&body.names),
        descriptions: Some(&body.descriptions),
        categories: Some(&body.categories),
        search_text: Some(&body.search_text),
    });
    let (details, stock) = match (details, extras, initial_stock(body.stock)) {
        (Ok(details), Ok(extras), Ok(stock)) => (details.with(&extras), stock),
        (details, extras, stock) => {
            let faults = [details.err(), extras.err(), stock.err().map(|fault| vec![fault])];
            let faults: Vec<_> = faults.into_iter().flatten().flatten().collect();
            return Err(bad_fields(&faults));
        }
    };
    let (chosen_id, key) = (body.product_id, key.into_inner());
    let wanted = create::CreateProduct { user_id: admin.0.user_id, chosen_id, key, details, stock };
    let product_id = create_product(&catalog.products, &wanted, &meta.metadata()).await?;
    // Said of the moment it was created, so that a repeated request gets the same answer.
    let (body, location) = written(product_id, Version::new(1));
    Ok(Reply::created(body).at(location))
}

async fn update(
    _: AdminCaller,
    id: PathId<ProductId>,
    if_match: IfMatch,
    meta: RequestMeta,
    body: JsonBody<ChangeProduct>,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ProductWritten> {
    let body = body.value;
    let extras = GivenExtras {
        names: body.names.as_ref(),
        descriptions: body.descriptions.as_ref(),
        categories: body.categories.as_deref(),
        search_text: body.search_text.as_deref(),
    };
    let change = Change::parse(&body.name, &body.description, body.price.as_ref(), catalog.currency, extras);
    let change = change.map_err(|faults| bad_fields(&faults))?;
    let wanted = if_match.needed()?;
    let version = update_product(&catalog.products, &id, &wanted, &change, &meta.metadata()).await?;
    Ok(accepted(id.0, version))
}

async fn delete(
    _: AdminCaller,
    id: PathId<ProductId>,
    if_match: IfMatch,
    meta: RequestMeta,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ProductWritten> {
    let wanted = if_match.needed()?;
    let images = match &catalog.gallery {
        Some(gallery) => gallery.of(&id).await?,
        None => Vec::new(),
    };
    let version = delete_product(&catalog.products, &id, &wanted, &meta.metadata()).await?;
    if let Some(gallery) = &catalog.gallery {
        gallery.clear(&id, &images).await;
    }
    Ok(accepted(id.0, version))
}

async fn restore(
    _: AdminCaller,
    id: PathId<ProductId>,
    if_match: IfMatch,
    meta: RequestMeta,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ProductWritten> {
    let wanted = if_match.needed()?;
    let version = restore_product(&catalog.products, &id, &wanted, &meta.metadata()).await?;
    Ok(accepted(id.0, version))
}

async fn prices(
    request: HttpRequest,
    _: AdminCaller,
    id: PathId<ProductId>,
    catalog: web::Data<CatalogHttp>,
) -> Answer<Page<PriceSet>> {
    let mut parameters = QueryParameters::of(&request)?;
    let (limit, cursor) = (parameters.limit(), parameters.one("cursor"));
    let cursor = cursor.map(|text| text.parse::<Cursor>().ok().filter(|cursor| cursor.is_of(&id)).ok_or(CursorError));
    let cursor = cursor.transpose().unwrap_or_else(|error| {
        parameters.fault("cursor", error);
        None
    });
    parameters.finish()?;
    let page = price_history(&catalog.products, &id, limit, cursor.as_ref()).await?;
    Ok(Reply::ok(page.ok_or_else(|| Problem::not_found("there is no such product"))?))
}

/// The product now, deleted ones included: read from the event store, never behind.
async fn internal(
    _: InternalCaller,
    id: PathId<ProductId>,
    catalog: web::Data<CatalogHttp>,
) -> Answer<InternalProduct> {
    let found = internal_product(&catalog.products, &id).await?;
    Ok(Reply::ok(found.ok_or_else(|| Problem::of(&NO_SUCH_PRODUCT))?))
}

pub(crate) fn accepted(product_id: ProductId, version: Version) -> Reply<ProductWritten> {
    let (body, location) = written(product_id, version);
    Reply::accepted(body).at(location)
}

fn written(product_id: ProductId, version: Version) -> (ProductWritten, String) {
    let location = api::GET_PRODUCT.path_since(&product_id, &AggregateId::from(&product_id), version);
    (ProductWritten { product_id, version }, location)
}
