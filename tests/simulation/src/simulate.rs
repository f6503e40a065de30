//! Runs a plan: starts processes, lets customers in, lets things go wrong, waits until all is settled.
//!
//! `happen`: what goes wrong.

mod happen;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::{QueueSpec, SHOTENGAI, queues};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::customers::{Doors, Open, everybody};
use crate::plan::Plan;
use crate::process::{PROCESSES, Process};
use crate::world::World;
use crate::{Options, Outcome, capture, invariants, operator, prehistory, settled};

/// How long the world may take to settle once it is calm: the longest deadline, and the longest backoffs after it.
const TIMEOUT: Duration = Duration::from_secs(3600);
/// The same after something was away or denied for long, for its backlog; or where clocks are far off, since a deadline is
/// late by as much.
const LONG_TIMEOUT: Duration = Duration::from_secs(4 * 3600);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The queues that poison can get into: those that a role here reads. No bucket tells of uploads here, and nobody listens.
fn consumed_queues() -> Vec<&'static QueueSpec> {
    SHOTENGAI.consumed_queues().filter(|queue| **queue != queues::PRODUCT_IMAGES).collect()
}

/// The plan that a seed draws.
#[must_use]
pub fn plan_of(seed: u64) -> Plan {
    Plan::of(seed, PROCESSES.len(), consumed_queues().len())
}

/// Runs a plan within the current runtime, whose clock must be paused.
pub async fn simulate(plan: Plan, options: Options) -> Outcome {
    let (sender, crashes) = mpsc::unbounded_channel();
    let world = World::new(plan.clone(), options.bug, options.recording, sender);
    prehistory::write(&world).await;
    let mut capturing = JoinSet::new();
    // Both feeds are on while one is changed for the other.
    if world.plan.captured || world.plan.changes_feed.is_some() {
        capturing.spawn(capture::run(Arc::clone(&world)));
    }
    let mut operating = JoinSet::new();
    operating.spawn(operator::redrive(Arc::clone(&world)));
    let mut simulation = Simulation::open(&world, crashes);
    simulation.live().await;
    simulation.close().await;
    world.count_dropped();
    let endings = invariants::check(&world).await;
    let (fingerprint, calls) = world.fingerprint();
    Outcome {
        plan,
        violations: world.violations(),
        fingerprint,
        calls,
        mishaps: world.mishaps(),
        endings,
        lasted: world.elapsed(),
        history: world.history(),
    }
}

struct Simulation {
    world: Arc<World>,
    doors: Arc<Doors>,
    processes: BTreeMap<usize, Process>,
    /// When processes that are away come back.
    back: BTreeMap<usize, Instant>,
    /// Processes that were told to end.
    stopping: JoinSet<usize>,
    crashes: mpsc::UnboundedReceiver<usize>,
}

impl Simulation {
    fn open(world: &Arc<World>, crashes: mpsc::UnboundedReceiver<usize>) -> Self {
        let mut simulation = Self {
            world: Arc::clone(world),
            doors: Arc::default(),
            processes: BTreeMap::new(),
            back: BTreeMap::new(),
            stopping: JoinSet::new(),
            crashes,
        };
        for index in 0..PROCESSES.len() {
            simulation.start(index);
        }
        simulation
    }

    fn start(&mut self, index: usize) {
        let process = Process::start(&self.world, index);
        let door = Open { network: process.network.clone(), services: Arc::clone(&process.services) };
        self.doors.set(index, Some(door));
        self.processes.insert(index, process);
    }

    fn crash(&mut self, index: usize, away: Duration) {
        self.doors.set(index, None);
        if let Some(process) = self.processes.remove(&index) {
            let now = self.world.elapsed();
            self.world.hold_ups.add_span(index, None, now, now + away);
            self.world.note(process.network.name(), || format!("dies; back in {away:?}"));
            self.back.insert(index, Instant::now() + away);
        }
    }

    async fn live(&mut self) {
        let mut errands = JoinSet::new();
        errands.spawn(everybody(Arc::clone(&self.world), Arc::clone(&self.doors)));
        let mut happenings = self.world.plan.happenings.clone().into_iter().peekable();
        let calm_at = self.world.moment(self.world.plan.calm_after);
        let timeout = if self.world.plan.has_a_long_outage() || self.world.plan.has_a_far_clock() {
            LONG_TIMEOUT
        } else {
            TIMEOUT
        };
        let give_up_at = calm_at + timeout;
        let mut look_at = calm_at;
        let mut quiet = 0;
        loop {
            let next = happenings.peek().map(|(at, _)| self.world.moment(*at));
            let back = self.back.values().min().copied();
            tokio::select! {
                biased;
                // Whoever else dies starts again by itself.
                Some(index) = self.crashes.recv() => if index < PROCESSES.len() {
                    let away = Duration::from_millis(self.world.below(15_000));
                    self.crash(index, away);
                },
                Some(stopped) = self.stopping.join_next() => if let Ok(index) = stopped {
                    self.world.hold_ups.add(index, None, self.world.elapsed());
                    self.back.insert(index, Instant::now());
                },
                Some(ended) = errands.join_next() => if let Err(error) = ended {
                    self.world.violation(format!("the errands broke off: {error}"));
                },
                () = at(next) => if let Some((_, happening)) = happenings.next() {
                    self.happen(happening).await;
                },
                () = at(back) => self.come_back().await,
                () = tokio::time::sleep_until(look_at) => {
                    if !self.world.is_calm() {
                        self.world.calm_down();
                        self.world.note("world", || "calm from now on".to_owned());
                    }
                    self.world.drop_expired_rows().await;
                    let left = if errands.is_empty() && self.back.is_empty() && self.stopping.is_empty() {
                        settled::left(&self.world).await
                    } else {
                        vec!["somebody is still on the way".to_owned()]
                    };
                    // Twice: between two looks nothing has come up.
                    quiet = if left.is_empty() { quiet + 1 } else { 0 };
                    if quiet == 2 {
                        return;
                    }
                    if Instant::now() >= give_up_at {
                        self.world.violation(format!("not settled after {timeout:?}: {}", left.join("; ")));
                        return;
                    }
                    look_at = Instant::now() + LOOK_EVERY;
                }
            }
        }
    }

    async fn come_back(&mut self) {
        if let Some(morning) = self.world.night() {
            self.back.values_mut().for_each(|at| *at = morning.max(*at));
            return;
        }
        self.world.drop_expired_rows().await;
        let now = Instant::now();
        let due: Vec<_> = self.back.iter().filter(|(_, at)| **at <= now).map(|(index, _)| *index).collect();
        for index in due {
            self.back.remove(&index);
            self.start(index);
        }
    }

    /// Ends every process as a deployment does.
    async fn close(&mut self) {
        let mut stopping = JoinSet::new();
        while let Some((_, process)) = self.processes.pop_first() {
            stopping.spawn(process.stop());
        }
        while stopping.join_next().await.is_some() {}
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
