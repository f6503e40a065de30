//! Routes of the role: reads only.

use std::sync::Arc;

use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, web};
use shotengai_contracts::api;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::carts::OpenCart;
use shotengai_contracts::api::customers::CustomerSummary;
use shotengai_contracts::api::inventory::ProductStock;
use shotengai_contracts::api::listed::{DamagedEntry, Listed, ROW_DAMAGED};
use shotengai_contracts::api::orders::Order;
use shotengai_contracts::api::page::NOT_CAUGHT_UP;
use shotengai_contracts::api::payments::Payment;
use shotengai_contracts::api::products::Product;
use shotengai_kernel::{Clock, Currency, OrderId, ProductId, UserId};
use shotengai_runtime::http::{Answer, Reply, versioned_tag};
use shotengai_runtime::{AdminCaller, Caller, OrderLinks, PathId, Problem, Routes};

use crate::carts::{self, CartFilter};
use crate::customers::{self, CustomerFilter};
use crate::database::Database;
use crate::filters::{OrderFilter, ProductFilter};
use crate::inventory::{self, StockFilter};
use crate::journey::{self, Journeys};
use crate::languages::accepted;
use crate::params::Params;
use crate::past::Past;
use crate::payments::PaymentFilter;
use crate::receipt::{self, Receipts};
use crate::versions::{Missing, Versions, WaitError};
use crate::{orders, payments, products, search};

/// What the handlers share.
pub struct Reads {
    /// The read models.
    pub database: Database,
    /// Waits for the caller's own writes.
    pub versions: Versions,
    /// Moments of the past.
    pub past: Past,
    /// Checks the keys of links in mails.
    pub links: OrderLinks,
    /// Says what has expired.
    pub clock: Arc<dyn Clock>,
    /// The currency that prices are asked for in.
    pub currency: Currency,
}

/// Registers the role's routes.
pub fn register(
    routes: &mut Routes,
    reads: web::Data<Reads>,
    journeys: web::Data<Journeys>,
    receipts: web::Data<Receipts>,
) {
    routes
        .data(reads)
        .data(journeys)
        .data(receipts)
        .route(api::LIST_PRODUCTS, list_products)
        .route(api::GET_PRODUCT, get_product)
        .route(api::SEARCH_PRODUCTS, search::http::search_products)
        .route(api::SUGGEST_PRODUCTS, search::http::suggest_products)
        .route(api::LIST_ORDERS, list_orders)
        .route(api::GET_ORDER, get_order)
        .route(api::ORDER_PAYMENT, get_order_payment)
        .route(api::LIST_PAYMENTS, list_payments)
        .route(api::LIST_CARTS, list_carts)
        .route(api::LIST_INVENTORY, list_inventory)
        .route(api::LIST_CUSTOMER_SUMMARIES, list_customer_summaries)
        .route(api::CUSTOMER_SUMMARY, get_customer_summary)
        .route(api::ORDER_HISTORY, journey::http::get_history)
        .route(api::ORDER_JOURNEY, journey::http::get_journey)
        .route(api::ORDER_RECEIPT, receipt::http::get_receipt);
}

async fn list_products(request: HttpRequest, reads: web::Data<Reads>) -> Answer<Page<Listed<Product>>> {
    let mut params = Params::of(&request)?;
    let filter = ProductFilter::read(&mut params, reads.currency);
    let (limit, (sort, cursor)) = (params.limit(), params.place());
    let languages = languages(&request, &mut params);
    reads.caught_up(params).await?;
    let page = products::list(&reads.database, &filter, sort, limit, cursor.as_ref()).await?;
    let shown = |product| products::in_list(products::named_for(product, &languages));
    Ok(Reply::ok(page.map(|product| product.map(shown))).varies("accept-language").tagged_by_body())
}

async fn get_product(request: HttpRequest, id: PathId<ProductId>, reads: web::Data<Reads>) -> Answer<Product> {
    let mut params = Params::of(&request)?;
    let languages = languages(&request, &mut params);
    let product = match params.as_of() {
        Some(moment) => {
            params.finish()?;
            Some(reads.past.product(&id, moment).await?)
        }
        None => {
            reads.caught_up(params).await?;
            products::get(&reads.database, &id).await?.map(whole).transpose()?
        }
    };
    let product = product.ok_or_else(|| Problem::not_found(format!("there is no product {}", *id)))?;
    let product = products::named_for(product, &languages);
    let tag = versioned_tag(product.version, &product);
    Ok(Reply::ok(product).varies("accept-language").tagged(tag))
}

async fn list_orders(request: HttpRequest, caller: Caller, reads: web::Data<Reads>) -> Answer<Page<Listed<Order>>> {
    let mut params = Params::of(&request)?;
    let (limit, (sort, cursor)) = (params.limit(), params.place());
    let filter = OrderFilter::read(&mut params, &caller);
    reads.caught_up(params).await?;
    Ok(Reply::ok(orders::list(&reads.database, &filter, sort, limit, cursor.as_ref()).await?))
}

/// An order, for its owner and administrators; with the `key` of a link, for whoever has the link.
async fn get_order(
    request: HttpRequest,
    id: PathId<OrderId>,
    caller: Result<Caller, Problem>,
    reads: web::Data<Reads>,
) -> Answer<Order> {
    let mut params = Params::of(&request)?;
    let Some(key) = params.key() else {
        let caller = caller?;
        let sees = |owner: Option<&UserId>| caller.admin || owner == Some(&caller.user_id);
        return reads.order(&id, params, sees).await.map(Reply::ok);
    };
    if wants_a_page(&request) {
        return Ok(to_the_page(&id, &key));
    }
    if !reads.links.opens(&id, &key) {
        return Err(no_such_order(&id));
    }
    reads.order(&id, params, |_| true).await.map(|order| Reply::ok(orders::shared(order)))
}

async fn list_payments(request: HttpRequest, _: AdminCaller, reads: web::Data<Reads>) -> Answer<Page<Listed<Payment>>> {
    let mut params = Params::of(&request)?;
    let (limit, (sort, cursor)) = (params.limit(), params.place());
    let filter = PaymentFilter::read(&mut params);
    reads.caught_up(params).await?;
    Ok(Reply::ok(payments::list(&reads.database, &filter, sort, limit, cursor.as_ref()).await?))
}

async fn list_carts(request: HttpRequest, _: AdminCaller, reads: web::Data<Reads>) -> Answer<Page<Listed<OpenCart>>> {
    let mut params = Params::of(&request)?;
    let (limit, (sort, cursor)) = (params.limit(), params.place());
    let filter = CartFilter::read(&mut params);
    params.wait_for_carts();
    reads.caught_up(params).await?;
    let now = reads.clock.now();
    Ok(Reply::ok(carts::list(&reads.database, &filter, now, sort, limit, cursor.as_ref()).await?))
}

async fn list_inventory(
    request: HttpRequest,
    _: AdminCaller,
    reads: web::Data<Reads>,
) -> Answer<Page<Listed<ProductStock>>> {
    let mut params = Params::of(&request)?;
    let (limit, (sort, cursor)) = (params.limit(), params.place());
    let filter = StockFilter::read(&mut params);
    reads.caught_up(params).await?;
    Ok(Reply::ok(inventory::list(&reads.database, &filter, sort, limit, cursor.as_ref()).await?))
}

async fn list_customer_summaries(
    request: HttpRequest,
    _: AdminCaller,
    reads: web::Data<Reads>,
) -> Answer<Page<Listed<CustomerSummary>>> {
    let mut params = Params::of(&request)?;
    let (limit, (sort, cursor)) = (params.limit(), params.place());
    let filter = CustomerFilter::read(&mut params);
    reads.caught_up(params).await?;
    Ok(Reply::ok(customers::list(&reads.database, &filter, reads.currency, sort, limit, cursor.as_ref()).await?))
}

async fn get_customer_summary(
    request: HttpRequest,
    _: AdminCaller,
    id: PathId<UserId>,
    reads: web::Data<Reads>,
) -> Answer<CustomerSummary> {
    reads.caught_up(Params::of(&request)?).await?;
    let found = customers::get(&reads.database, &id, reads.currency).await?;
    let none = || Problem::not_found(format!("{} has placed no order", *id));
    whole(found.ok_or_else(none)?).map(Reply::ok)
}

/// Somebody else's order looks the same as none.
async fn get_order_payment(
    request: HttpRequest,
    caller: Caller,
    id: PathId<OrderId>,
    reads: web::Data<Reads>,
) -> Answer<Payment> {
    reads.caught_up(Params::of(&request)?).await?;
    let found = payments::of_order(&reads.database, &id).await?;
    let found = found.filter(|found| caller.admin || found.owner.as_ref() == Some(&caller.user_id));
    let payment = found.ok_or_else(|| no_such_order(&id))?.payment;
    let none = || Problem::not_found(format!("there is no payment of {} yet", *id));
    whole(payment.ok_or_else(none)?).map(Reply::ok)
}

/// Entry that is asked for alone, which has to be whole.
fn whole<T>(entry: Listed<T>) -> Result<T, Problem> {
    match entry {
        Listed::Whole(entry) => Ok(entry),
        Listed::Damaged(DamagedEntry { id, .. }) => {
            Err(Problem::of(&ROW_DAMAGED).detail(format!("the row of {id} can't be read")))
        }
    }
}

pub(crate) fn no_such_order(id: &OrderId) -> Problem {
    Problem::not_found(format!("there is no order {id}"))
}

/// A browser that follows a link, and not a script: it says that it takes HTML.
fn wants_a_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get_all(ACCEPT);
    accept.filter_map(|value| value.to_str().ok()).any(|value| value.to_ascii_lowercase().contains("text/html"))
}

/// The page that shows the order asks for it with the same key, and says in words if that is a wrong one. The key goes on
/// in a fragment, which no server and no log sees. The way is relative: the shop may stand below a path.
fn to_the_page(id: &OrderId, key: &str) -> Reply<Order> {
    let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    Reply::see_other(format!("../shop/orders/{id}#key={key}")).varies("accept")
}

impl Reads {
    /// An order now, or as it was at the moment in `as_of`. Somebody else's looks the same as none, then as now.
    async fn order(
        &self,
        id: &OrderId,
        mut params: Params,
        sees: impl Fn(Option<&UserId>) -> bool,
    ) -> Result<Order, Problem> {
        if let Some(moment) = params.as_of() {
            params.finish()?;
            return self.past.order(id, moment, |order| sees(order.user_id.as_ref())).await;
        }
        self.caught_up(params).await?;
        let found = orders::get(&self.database, id).await?.filter(|found| sees(found.owner.as_ref()));
        whole(found.ok_or_else(|| no_such_order(id))?.order)
    }

    /// Waits for the versions that the caller asks for. The other parameters have to be read before: their faults are
    /// answered here too, together.
    pub(crate) async fn caught_up(&self, mut params: Params) -> Result<(), Problem> {
        let expected = params.min_versions();
        let faults = params.faults();
        if !faults.is_empty() {
            return Err(Problem::invalid_parameters(faults));
        }
        self.versions.wait(&expected).await.map_err(|error| match error {
            WaitError::Fault(fault) => fault.into(),
            WaitError::Behind(missing) => behind(&missing, ""),
            WaitError::Full(missing) => behind(&missing, "; too many queries wait already"),
        })
    }
}

fn behind(missing: &[Missing], why: &str) -> Problem {
    let seen: Vec<_> = missing.iter().map(ToString::to_string).collect();
    let detail = format!("{}{why}", seen.join("; "));
    Problem::of(&NOT_CAUGHT_UP).detail(detail).header(RETRY_AFTER, HeaderValue::from_static("1"))
}

/// The languages in which names are wanted, by preference.
pub(crate) fn languages(request: &HttpRequest, params: &mut Params) -> Vec<String> {
    if let Some(language) = params.lang() {
        return vec![language];
    }
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map(accepted).unwrap_or_default()
}
