//! Public reads: the totals, the live feed, the page. None of them changes anything or tells about a person.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Clock, ProductId};
use shotengai_runtime::http::{Problem, Routes};

use crate::board::Board;
use crate::counters::{MinuteCount, SharedStandings};
use crate::domain::standings::Filter;
use crate::live;
use crate::minutes::{MAX_MINUTES, Minutes};
use crate::page::{PAGE, PAGE_POLICY};

/// Products that one filter may name.
const MAX_FILTER: usize = 100;

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) standings: Arc<SharedStandings>,
    pub(crate) minutes: Arc<Minutes>,
    pub(crate) board: Arc<Board>,
    pub(crate) clock: Arc<dyn Clock>,
}

pub(crate) fn routes(routes: &mut Routes, state: web::Data<State>) {
    routes.data(state);
    routes.get("/tally", totals);
    routes.get("/tally/live", watch);
    routes.get("/tally/", page);
    routes.get("/", page);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TotalsQuery {
    minutes: Option<u16>,
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
    let TotalsQuery { minutes } = query(&request)?;
    if minutes.is_some_and(|minutes| minutes == 0 || minutes > MAX_MINUTES) {
        return Err(Problem::bad_request(format!("minutes must be from 1 to {MAX_MINUTES}")));
    }
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WatchQuery {
    products: Option<String>,
}

async fn watch(request: HttpRequest, body: web::Payload, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let WatchQuery { products } = query(&request)?;
    let filter = products.as_deref().map_or_else(|| Ok(Filter::all()), filter)?;
    if !request.headers().contains_key(UPGRADE) {
        let title = "This is a WebSocket";
        return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade-required", title).header(UPGRADE, "websocket"));
    }
    let place = state.board.place().ok_or_else(|| Problem::unavailable(5))?;
    let (response, session, messages) =
        actix_ws::handle(&request, body).map_err(|error| Problem::bad_request(error.to_string()))?;
    let messages = messages.max_frame_size(live::MAX_FRAME);
    let board = Arc::clone(&state.board);
    actix_web::rt::spawn(live::serve(board, filter, session, messages, place));
    Ok(response)
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(PAGE)
}

fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Problem> {
    let query = web::Query::<T>::from_query(request.query_string());
    query.map(web::Query::into_inner).map_err(|error| Problem::bad_request(format!("the query can't be read: {error}")))
}

fn filter(list: &str) -> Result<Filter, Problem> {
    let parsed: Result<BTreeSet<ProductId>, _> = list.split(',').map(ProductId::parse).collect();
    let products = parsed.map_err(|error| Problem::bad_request(format!("each of products {error}")))?;
    if products.len() > MAX_FILTER {
        return Err(Problem::bad_request(format!("products may name {MAX_FILTER} at the most")));
    }
    Ok(Filter::only(products))
}
