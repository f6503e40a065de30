//! The tally role: live counts of what was bought.
//!
//! - `domain`: what an event counts, how many counts become few transactions, how standings differ. Pure.
//! - `count_orders`: the use case. Orders move sharded counters, each order once.
//! - `counters`, `minutes`: reads of totals and charts.
//! - `rivals`: which two products are set against each other.
//! - `board`, `live`: one reader a process, and the WebSocket of each client.
//! - `reasons`: why it sets an event aside.
//! - `consumers`, `http`: `tally-queue`, the public paths.

pub mod board;
pub mod config;
pub mod consumers;
pub mod count_orders;
pub mod counters;
pub mod domain;
mod http;
mod live;
pub mod minutes;
pub mod reasons;
pub mod rivals;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use shotengai_contracts::topology::{queues, tables};
use shotengai_runtime::{Consuming, Deps, Role};

use self::board::Board;
pub use self::config::{TallyArgs, TallySettings};
use self::consumers::TallyHandler;
use self::count_orders::CountOrders;
use self::counters::{Counters, SharedStandings};
use self::http::State;
use self::minutes::Minutes;
use self::rivals::Rivalry;

/// The role, and what can be asked of it within a process.
pub struct TallyRole {
    /// What was counted.
    pub counters: Counters,
    /// What a process runs of it.
    pub role: Role,
}

/// Assembles the role: one consumer, the board's reader, the public paths.
#[must_use]
pub fn assemble(mut deps: Deps, settings: &TallySettings) -> TallyRole {
    let table = deps.table(&tables::TALLY_COUNTERS);
    let clock = Arc::clone(&deps.ports().clock);
    let counters = Counters::new(Arc::clone(&table));
    let poll = Duration::from_millis(settings.tally_poll_ms);
    let board = Board::new(counters.clone(), Arc::clone(&clock), poll, settings.tally_max_clients);
    let rivalry = Arc::new(Rivalry::new(Arc::clone(&table), deps.ports().clone()));
    let orders = Arc::new(CountOrders::new(table, deps.ports().clone()));
    let minutes = Arc::new(Minutes::new(counters.clone(), Arc::clone(&clock)));
    let standings = Arc::new(SharedStandings::new(counters.clone()));
    let reader = board.worker();
    let state = web::Data::new(State { standings, minutes, rivalry, board, clock });
    let role = Role::new(deps)
        .consume(&queues::TALLY, TallyHandler::new(orders), Consuming::default())
        .worker(reader)
        .routes(move |routes| http::routes(routes, state.clone()));
    TallyRole { counters, role }
}
