//! The ops role: what operators ask of an installation and do to it; and the same as data, for the command line.
//!
//! - [`status`]: all of it at a glance, or the event stores or the stream alone. What it is made of: [`health`] of processes,
//!   [`stores`], [`shards`], [`queues`].
//! - [`letters`]: dead letters of several queues, by cause. What is done about them is `shotengai-dead-letters`.
//! - [`street`]: the same for many who watch, each part looked at seldom; with [`figures`] of consumers, from the processes' metrics.
//! - [`steps`]: orders as they walk through it, live. [`mod@explain`]: why one does not.
//! - [`runs`]: redrives and discards that somebody asked for. [`records`]: who did what, and why.
//! - [`mod@rehearse`]: what letters would do now, by their own service's code.
//! - [`waiting`]: dead letters that wait, as a figure for alerts. [`metrics`] has what it shows.
//! - [`advice`]: whether a stream has the shards that it needs.
//! - [`http`]: how it is asked for. [`config`]: what can be set.
//!
//! What it writes are its own records and runs; letters it sends where they belong. It never looks at another service's code.

pub mod advice;
pub mod config;
pub mod explain;
pub mod figures;
pub mod health;
pub mod http;
pub mod letters;
pub mod metrics;
pub mod queues;
pub mod records;
pub mod rehearse;
pub mod runs;
pub mod shards;
pub mod status;
pub mod steps;
pub mod stores;
pub mod street;
pub mod waiting;

use std::sync::Arc;

use actix_web::web;
use shotengai_contracts::topology::{Installation, Service, tables};
use shotengai_messaging::Reason;
use shotengai_runtime::{Context, Deps, Role};

pub use self::config::{OpsArgs, OpsSettings};
use self::http::Desk;
use self::records::Records;
use self::rehearse::Stage;
use self::runs::{LetterHandlings, Runs};
use self::steps::Steps;
use self::street::processes::Processes;
use self::street::{Places, StreetLook};
use self::waiting::Waiting;

/// Program that the role is a part of, as far as it is told.
#[derive(Clone)]
pub struct Program {
    /// Installation: services, queues and tables that there are.
    pub installation: Installation,
    /// The reasons for dead letters that its services declare.
    pub reasons: Vec<Reason>,
    /// Under which name its bridges keep the leases of a stream.
    pub lease_group: fn(&str) -> String,
    /// The texts of the events in a record of its stream.
    pub events: fn(&[u8]) -> Vec<String>,
    /// Its services, to rehearse letters with.
    pub stage: Arc<dyn Stage>,
}

/// Builds the role.
#[must_use]
pub fn build(context: &Context, settings: &OpsSettings, program: Program) -> Role {
    let own = Arc::clone(&context.own_health);
    let processes = Processes::new(context.http.clone(), settings.processes.clone(), own);
    assemble(context.deps(Service::OPS), processes, program)
}

/// Assembles the role: no consumer, the desk's routes, and a worker that ends runs in order.
#[must_use]
pub fn assemble(mut deps: Deps, processes: Processes, program: Program) -> Role {
    let table = deps.table(&tables::OPS_RECORDS);
    let pauses = deps.table(&tables::PAUSED_CONSUMERS);
    let (infra, ports) = (deps.infrastructure(), deps.ports().clone());
    // Not one of those without which it is not ready: runs are shown without it.
    let handlings = LetterHandlings::new(infra.table(tables::LETTER_OUTCOMES.name), Arc::clone(&ports.clock));
    let stream = deps.settings().stream.clone();
    let leases = infra.leases(&(program.lease_group)(&stream));
    let records = Records::new(Arc::clone(&table), ports.clone());
    let runs = Arc::new(Runs::new(Arc::clone(&infra), table, handlings, records.clone(), &program, ports.clone()));
    let places = Places { stream, leases, pauses: Arc::clone(&pauses) };
    let street = StreetLook::new(Arc::clone(&infra), program.installation.clone(), places, processes, &ports);
    let steps = Steps::new(infra.stream_reader(), program.events, &program.installation, ports.clock.clone());
    let waiting = Waiting::new(infra.as_ref(), &program.installation);
    let workers = [Arc::clone(&runs).worker(), steps.worker(), waiting.worker()];
    let desk = Desk::new(infra, program, ports, street, steps, records, runs, pauses);
    let desk = web::Data::new(desk);
    workers.into_iter().fold(Role::new(deps), Role::worker).routes(move |routes| http::routes(routes, desk.clone()))
}
