//! The tally role: live counts of what was bought.
//!
//! - `domain`: what an event counts, how many counts become few transactions, how standings differ. Pure.
//! - `count_orders`: the use case. Orders move sharded counters, each order once.
//! - `counters`, `minutes`: reads of totals and charts.
//! - `board`, `live`: one reader a process, and the WebSocket of each client.
//! - `consumers`, `http`, `page`: `tally-queue`, the public paths, the rivals' page.

pub mod board;
pub mod config;
pub mod consumers;
pub mod count_orders;
pub mod counters;
pub mod domain;
mod http;
mod live;
pub mod minutes;
pub mod page;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use shotengai_contracts::topology::{queues, tables};
use shotengai_kernel::Ports;
use shotengai_messaging::{Consumer, ConsumerConfig, Infrastructure, Probe};
use shotengai_runtime::{Check, Context, Role};

use self::board::Board;
pub use self::config::TallySettings;
use self::consumers::TallyHandler;
use self::count_orders::CountOrders;
use self::counters::{Counters, SharedStandings};
use self::http::State;
use self::minutes::Minutes;

/// Builds the role: one consumer, the board's reader, the public paths.
///
/// # Errors
/// None today; building may come to need what can fail.
pub async fn build(context: &Context, settings: TallySettings) -> anyhow::Result<Role> {
    Ok(assemble(context.infra.as_ref(), &context.ports, context.consumer_config("tally"), &settings))
}

/// The role over this infrastructure; all that it takes of a context.
#[must_use]
pub fn assemble(
    infra: &dyn Infrastructure,
    ports: &Ports,
    consuming: ConsumerConfig,
    settings: &TallySettings,
) -> Role {
    let table = infra.table(tables::TALLY_COUNTERS.name);
    let clock = Arc::clone(&ports.clock);
    let counters = Counters::new(Arc::clone(&table));
    let poll = Duration::from_millis(settings.tally_poll_ms);
    let board = Board::new(counters.clone(), Arc::clone(&clock), poll, settings.tally_max_clients);
    let orders = Arc::new(CountOrders::new(Arc::clone(&table), ports.clone()));
    let probe = Probe::table(tables::TALLY_COUNTERS.name, &table);
    let consumer = Consumer::new(
        consuming.probing(&probe),
        infra.queue(queues::TALLY.name),
        infra.queue(&queues::TALLY.dead_letters()),
        Arc::new(TallyHandler::new(orders)),
        ports.clone(),
    );
    let minutes = Arc::new(Minutes::new(counters.clone(), Arc::clone(&clock)));
    let worker = board.worker();
    let standings = Arc::new(SharedStandings::new(counters));
    let state = web::Data::new(State { standings, minutes, board, clock, page: page::page(&settings.places).into() });
    Role::new("tally")
        .routes(move |routes| http::routes(routes, state.clone()))
        .worker(consumer.worker())
        .worker(worker)
        .check(Check::of(&probe))
}
