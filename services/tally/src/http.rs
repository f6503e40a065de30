//! Public reads: the totals, the live feed, the page. None of them changes anything or tells about a person.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use shotengai_kernel::{Clock, ProductId};
use shotengai_runtime::http::{Named, Problem, Routes};

use crate::board::Board;
use crate::counters::{MinuteCount, SharedStandings};
use crate::domain::standings::Filter;
use crate::live;
use crate::minutes::{MAX_MINUTES, Minutes};
use crate::page::PAGE_POLICY;

/// Products that one filter may name.
const MAX_FILTER: usize = 100;

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) standings: Arc<SharedStandings>,
    pub(crate) minutes: Arc<Minutes>,
    pub(crate) board: Arc<Board>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) page: Arc<str>,
}

pub(crate) fn routes(routes: &mut Routes, state: web::Data<State>) {
    routes.data(state);
    routes.get("/tally", totals);
    routes.get("/tally/live", watch);
    routes.get("/tally/", page);
    routes.get("/", page);
}

#[derive(Serialize)]
struct Totals {
    products: Vec<ProductTotals>,
    at: Timestamp,
}

#[derive(Serialize)]
struct ProductTotals {
    product_id: ProductId,
    name: String,
    sold: i64,
    returned: i64,
    net: i64,
    orders: i64,
    /// Only the minutes in which something happened, oldest first; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<Vec<MinuteCount>>,
}

async fn totals(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let minutes = parameter(&request, "minutes")?.as_deref().map(minutes).transpose()?;
    let chart = match minutes {
        Some(minutes) => Some(state.minutes.chart(minutes).await?),
        None => None,
    };
    let standings = state.standings.read().await?;
    let products = standings.0.iter().map(|(product_id, standing)| ProductTotals {
        minutes: chart.as_ref().map(|chart| chart.get(product_id).cloned().unwrap_or_default()),
        product_id: product_id.clone(),
        name: standing.name.clone(),
        sold: standing.sold,
        returned: standing.returned,
        net: standing.sold - standing.returned,
        orders: standing.orders,
    });
    let totals = Totals { products: products.collect(), at: state.clock.now() };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(totals))
}

async fn watch(request: HttpRequest, body: web::Payload, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let products = parameter(&request, "products")?;
    let filter = products.as_deref().map_or_else(|| Ok(Filter::all()), filter)?;
    if !request.headers().contains_key(UPGRADE) {
        let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade-required", "This is a WebSocket");
        return Err(problem.detail("connect with a WebSocket client").header(UPGRADE, "websocket"));
    }
    let place = state.board.place().ok_or_else(|| Problem::unavailable(5))?;
    let (response, session, messages) =
        actix_ws::handle(&request, body).map_err(|error| Problem::bad_request(error.to_string()))?;
    let messages = messages.max_frame_size(live::MAX_FRAME);
    let board = Arc::clone(&state.board);
    actix_web::rt::spawn(live::serve(board, filter, session, messages, place));
    Ok(response)
}

async fn page(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(state.page.to_string())
}

/// The one parameter that a path knows; another, or the same twice, is refused.
fn parameter(request: &HttpRequest, known: &str) -> Result<Option<String>, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map_err(|_| Problem::bad_request("the query string can't be read"))?.into_inner();
    if pairs.iter().any(|(name, _)| name != known) {
        return Err(Problem::invalid_parameters([Named::parameter(known, "is the only parameter here")]));
    }
    let mut values = pairs.into_iter().map(|(_, value)| value);
    let value = values.next();
    if values.next().is_some() {
        return Err(Problem::invalid_parameters([Named::parameter(known, "must be given once")]));
    }
    Ok(value)
}

fn minutes(text: &str) -> Result<u16, Problem> {
    let minutes = text.parse().ok().filter(|minutes| (1..=MAX_MINUTES).contains(minutes));
    let fault = || Named::parameter("minutes", format!("must be a whole number from 1 to {MAX_MINUTES}"));
    minutes.ok_or_else(|| Problem::invalid_parameters([fault()]))
}

fn filter(list: &str) -> Result<Filter, Problem> {
    let fault = |detail: String| Problem::invalid_parameters([Named::parameter("products", detail)]);
    let parsed: Result<BTreeSet<ProductId>, _> = list.split(',').map(ProductId::parse).collect();
    let products = parsed.map_err(|error| fault(format!("each {error}")))?;
    if products.len() > MAX_FILTER {
        return Err(fault(format!("may name {MAX_FILTER} at the most")));
    }
    Ok(Filter::only(products))
}
