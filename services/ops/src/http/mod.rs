//! How operators ask. Everything here is for administrators.
//!
//! - `letters`: dead letters, covered and uncovered. `rehearsals`: what they would do. `runs`: redrives and discards.
//! - `consumers`: paused, and going on. `steps`: orders, as they walk. `explanations`: why one does not.

pub(crate) mod consumers;
mod explanations;
mod letters;
mod rehearsals;
mod runs;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use shotengai_contracts::api;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::ops::letters::DeadLetters;
use shotengai_contracts::api::ops::records::Record;
use shotengai_contracts::api::ops::street::Street;
use shotengai_contracts::topology::Installation;
use shotengai_kernel::Ports;
use shotengai_messaging::{Infrastructure, Table};
use shotengai_runtime::http::{Answer, QueryParameters, Reply, Routes};
use shotengai_runtime::{AdminCaller, Problem};

use crate::Program;
use crate::explain::gather::Gather;
use crate::records::{Place, Records};
use crate::rehearse::Stage;
use crate::runs::Runs;
use crate::steps::Steps;
use crate::street::StreetLook;
use crate::street::part::Part;

/// How old what is shown of dead letters may be: a look hides them from others.
const LETTERS_FRESH: Duration = Duration::from_secs(2);
/// How long a look at them may take, all queues at the same time: the door waits for 15 s.
const LETTERS_WITHIN: Duration = Duration::from_secs(12);

/// State that the handlers need.
pub struct Desk {
    infra: Arc<dyn Infrastructure>,
    installation: Installation,
    ports: Ports,
    street: StreetLook,
    steps: Arc<Steps>,
    records: Records,
    runs: Arc<Runs>,
    stage: Arc<dyn Stage>,
    pauses: Arc<dyn Table>,
    gather: Gather,
    looked: Part<DeadLetters>,
}

impl Desk {
    /// A desk over these.
    #[expect(clippy::too_many_arguments, reason = "each is a part of it, and made once")]
    #[must_use]
    pub fn new(
        infra: Arc<dyn Infrastructure>,
        program: Program,
        ports: Ports,
        street: StreetLook,
        steps: Arc<Steps>,
        records: Records,
        runs: Arc<Runs>,
        pauses: Arc<dyn Table>,
    ) -> Self {
        let looked = Part::new("dead letters", LETTERS_FRESH, LETTERS_WITHIN);
        let Program { installation, stage, events, .. } = program;
        let gather = Gather::new(infra.as_ref(), events);
        Self { infra, installation, ports, street, steps, records, runs, stage, pauses, gather, looked }
    }
}

/// Registers all of them.
pub fn routes(routes: &mut Routes, desk: web::Data<Desk>) {
    routes.data(desk);
    routes.route(api::STREET, street);
    routes.raw(api::STEPS, steps::watch);
    routes.route(api::DEAD_LETTERS, letters::by_cause);
    routes.route(api::LETTERS, letters::of_queue);
    routes.route(api::UNCOVER_LETTER, letters::uncover);
    routes.route(api::REHEARSE, rehearsals::rehearsal);
    routes.route(api::REDRIVE, runs::redrive);
    routes.route(api::DISCARD, runs::discard);
    routes.route(api::RUNS, runs::list);
    routes.route(api::RUN, runs::one);
    routes.route(api::PAUSE_CONSUMER, consumers::pause);
    routes.route(api::EXPLANATION, explanations::explanation);
    routes.route(api::RECORDS, records);
}

async fn street(_: AdminCaller, desk: web::Data<Desk>) -> Answer<Street> {
    Ok(Reply::ok(desk.street.street().await))
}

async fn records(request: HttpRequest, _: AdminCaller, desk: web::Data<Desk>) -> Answer<Page<Record>> {
    let (after, limit) = page(&request)?;
    Ok(Reply::ok(desk.records.newest(after.as_ref(), limit).await?))
}

/// Which page is asked for.
fn page(request: &HttpRequest) -> Result<(Option<Place>, usize), Problem> {
    let mut query = QueryParameters::of(request)?;
    let limit = query.limit();
    let after = query.one("cursor").and_then(|text| {
        let place = Place::parse(&text);
        if place.is_none() {
            query.fault("cursor", "must be a \"next_cursor\" of this list, unchanged");
        }
        place
    });
    query.finish()?;
    Ok((after, usize::try_from(limit).unwrap_or(usize::MAX)))
}
