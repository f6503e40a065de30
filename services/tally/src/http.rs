//! Public paths: the totals, the live feed, the rivals. None tells about a person; only an administrator changes anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use shotengai_contracts::api;
use shotengai_contracts::api::parameter::IF_MATCH;
use shotengai_contracts::api::rivals::{ChooseRivals, RIVALS_ALIKE, Rivals};
use shotengai_contracts::api::shared::PRECONDITION_FAILED;
use shotengai_contracts::api::tally::{MAX_MINUTES, MAX_PRODUCTS, ProductTally, Tally};
use shotengai_kernel::{Clock, ProductId};
use shotengai_runtime::http::live::Listener;
use shotengai_runtime::http::{Answer, IfMatch, Named, Problem, QueryParameters, Reply, Routes};
use shotengai_runtime::{AdminCaller, JsonBody};

use crate::board::Board;
use crate::counters::SharedStandings;
use crate::domain::standings::Filter;
use crate::live;
use crate::minutes::Minutes;
use crate::rivals::{NotChosen, Rivalry};

/// State that the handlers need.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) standings: Arc<SharedStandings>,
    pub(crate) minutes: Arc<Minutes>,
    pub(crate) rivalry: Arc<Rivalry>,
    pub(crate) board: Arc<Board>,
    pub(crate) clock: Arc<dyn Clock>,
}

pub(crate) fn routes(routes: &mut Routes, state: web::Data<State>) {
    routes.data(state);
    routes.route(api::TALLY, totals);
    routes.raw(api::TALLY_LIVE, watch);
    routes.route(api::TALLY_RIVALS, rivals);
    routes.route(api::CHANGE_RIVALS, choose);
}

async fn totals(request: HttpRequest, state: web::Data<State>) -> Answer<Tally> {
    let minutes = parameter(&request, "minutes")?.as_deref().map(minutes).transpose()?;
    let chart = async {
        match minutes {
            Some(minutes) => state.minutes.chart(minutes).await.map(Some),
            None => Ok(None),
        }
    };
    let (mut chart, standings) = tokio::try_join!(chart, state.standings.read())?;
    let products = standings.0.iter().map(|(product_id, standing)| ProductTally {
        minutes: chart.as_mut().map(|chart| chart.remove(product_id).unwrap_or_default()),
        product_id: product_id.clone(),
        name: standing.name.clone(),
        sold: standing.sold,
        returned: standing.returned,
        net: standing.sold - standing.returned,
        orders: standing.orders,
    });
    Ok(Reply::ok(Tally { products: products.collect(), at: state.clock.now() }))
}

async fn watch(request: HttpRequest, body: web::Payload, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let products = parameter(&request, "products")?;
    let filter = products.as_deref().map_or_else(|| Ok(Filter::all()), filter)?;
    let (response, listener) = Listener::accept(&request, body, &[])?;
    let place = state.board.place().ok_or_else(|| Problem::unavailable(5))?;
    actix_web::rt::spawn(live::serve(Arc::clone(&state.board), filter, listener, place));
    Ok(response)
}

async fn rivals(request: HttpRequest, state: web::Data<State>) -> Answer<Rivals> {
    QueryParameters::of(&request)?.finish()?;
    let rivals = Arc::unwrap_or_clone(state.rivalry.read().await?);
    Ok(told(rivals))
}

async fn choose(
    _: AdminCaller,
    if_match: IfMatch,
    body: JsonBody<ChooseRivals>,
    state: web::Data<State>,
) -> Answer<Rivals> {
    if body.value.first == body.value.second {
        return Err(NotChosen::Alike.into());
    }
    let wanted = if_match.needed()?;
    Ok(told(state.rivalry.choose(&body.value, &wanted).await?))
}

fn told(rivals: Rivals) -> Reply<Rivals> {
    let version = rivals.version;
    Reply::ok(rivals).tagged(version)
}

impl From<NotChosen> for Problem {
    fn from(refusal: NotChosen) -> Self {
        let detail = refusal.to_string();
        match refusal {
            NotChosen::Alike => Self::of(&RIVALS_ALIKE).detail(detail).pointer("/second"),
            NotChosen::Changed(_) => {
                Self::of(&PRECONDITION_FAILED).detail(detail).at_header(IF_MATCH.name.to_ascii_lowercase())
            }
            NotChosen::Fault(fault) => fault.into(),
        }
    }
}

/// The one parameter that a path knows; the same twice is refused. Others don't come here.
fn parameter(request: &HttpRequest, known: &str) -> Result<Option<String>, Problem> {
    let mut query = QueryParameters::of(request)?;
    let value = query.one(known);
    query.finish()?;
    Ok(value)
}

fn minutes(text: &str) -> Result<u16, Problem> {
    let minutes = text.parse().ok().filter(|minutes| (1..=MAX_MINUTES).contains(minutes));
    let fault = || Named::parameter("minutes", format!("minutes must be a whole number from 1 to {MAX_MINUTES}"));
    minutes.ok_or_else(|| Problem::invalid_parameters([fault()]))
}

fn filter(list: &str) -> Result<Filter, Problem> {
    let fault = |detail: String| Problem::invalid_parameters([Named::parameter("products", detail)]);
    let parsed: Result<BTreeSet<ProductId>, _> = list.split(',').map(ProductId::parse).collect();
    let products = parsed.map_err(|error| fault(format!("each id in products {error}")))?;
    if products.len() > MAX_PRODUCTS {
        return Err(fault(format!("products may name {MAX_PRODUCTS} at the most")));
    }
    Ok(Filter::only(products))
}
