//! A crowd before the live tally: many WebSocket clients of one process of tally while paid orders are put on its queue.
//!
//! - `viewer`: who reads, and who stops reading. `orders`: what is put on the queue. [`report`]: the tables, and what ten
//!   thousand viewers come to on paper.
//!
//! Three phases, one after the other, each over when every viewer has seen every order put so far: one viewer, so that it
//! is known what counting costs; all of them; all of them beside some who stop reading, until these were cut off. Every
//! place of the process is taken, so whoever gets one had it from somebody who was cut off.

mod orders;
pub mod report;
mod viewer;

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use serde::Serialize;
use tokio::time::Instant;

use self::orders::Orders;
use self::viewer::{Silent, Viewer};
use crate::process::{cpu_time, resident};
use crate::test_cluster::{Process, TestCluster};
use crate::wait::until;

/// A client that stops reading is silent for two heartbeats of 15 s at the most.
const CUT_OFF_WITHIN: Duration = Duration::from_secs(60);
const SEEN_WITHIN: Duration = Duration::from_secs(120);
const WARM_UP: Duration = Duration::from_secs(1);
/// Handshakes under way at once.
const OPENING: usize = 32;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Clients that read.
    pub viewers: usize,
    /// Clients that stop reading.
    pub silent: usize,
    /// Paid orders put on the queue each second.
    pub orders_a_second: u32,
    /// How long orders are put with one viewer, with all, and with all beside the silent.
    pub phases: [Duration; 3],
}

impl Plan {
    /// What is promised: 500 viewers, 200 orders a second; longer than it takes until those who don't read are cut off.
    pub const FULL: Self = Self {
        viewers: 500,
        silent: 10,
        orders_a_second: 200,
        phases: [Duration::from_secs(15), Duration::from_secs(20), Duration::from_secs(35)],
    };
    /// Small enough to run beside other tests.
    pub const SMALL: Self = Self {
        viewers: 100,
        silent: 3,
        orders_a_second: 100,
        phases: [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3)],
    };
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// Clients that read, and that don't.
    pub viewers: usize,
    /// Clients that stopped reading.
    pub silent: usize,
    /// One viewer; all; all beside the silent.
    pub phases: Vec<Phase>,
    /// Pieces of all orders put on the queue.
    pub pieces: i64,
    /// What viewers complain of: one that was dropped, whose numbers fell or differ from what was put.
    pub faults: Vec<String>,
    /// Seconds from the opening of the silent until each place of theirs was free.
    pub cut_off_s: Vec<f64>,
    /// Of the silent, those whose connection had really ended.
    pub ended: usize,
    /// Resident memory of the process with one viewer and with all.
    pub resident_bytes: Option<(u64, u64)>,
}

/// A time in which orders were put on the queue, until every viewer had seen them all.
#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    /// Who watched.
    pub who: &'static str,
    /// Clients that read.
    pub viewers: usize,
    /// From the first order put until every viewer had seen the last.
    pub seconds: f64,
    /// Orders put.
    pub orders: usize,
    /// By the time that putting them took.
    pub orders_a_second: f64,
    /// Each viewer's, on average; and of the one with the most.
    pub frames_a_second: f64,
    /// Of the viewer with the most.
    pub most_frames_a_second: f64,
    /// With the frame's head, without TCP and IP.
    pub bytes_a_frame: f64,
    /// Between two frames of a viewer, over all viewers: median, 99th percentile, longest.
    pub gap_ms: [f64; 3],
    /// Frames sent to all viewers.
    pub frames: usize,
    /// Processor time of the process; none where there is no `/proc`.
    pub processor_s: Option<f64>,
    /// The same over the phase's time.
    pub cores: Option<f64>,
}

/// Measures a process of tally in a street of its own.
pub async fn measure(plan: &Plan) -> Measured {
    let cluster = TestCluster::provisioned().await;
    let places = (plan.viewers + plan.silent).to_string();
    let process = cluster.serve_one("tally", &[("TALLY_MAX_CLIENTS", places.as_str())]).await;
    let (pod, pid) = (process.http(), process.id());
    let mut crowd = Crowd { pod, pid, plan: *plan, orders: Orders::onto(&cluster), viewers: Vec::new() };
    crowd.open(1).await;
    // The first orders open connections and write the products down; nobody's figures are to have that.
    crowd.phase("nobody yet", WARM_UP).await;
    let mut phases = vec![crowd.phase("one viewer", plan.phases[0]).await];
    let with_one = resident(pid);
    crowd.open(plan.viewers).await;
    phases.push(crowd.phase("all viewers", plan.phases[1]).await);
    let resident_bytes = with_one.zip(resident(pid));
    let (beside, cut_off, ended) = crowd.beside_the_silent().await;
    phases.push(beside);
    let faults = crowd.faults();
    drop(crowd.viewers);
    tidy(&cluster, process).await;
    let cut_off_s = cut_off.iter().map(Duration::as_secs_f64).collect();
    let (viewers, silent, pieces) = (plan.viewers, plan.silent, crowd.orders.pieces());
    Measured { viewers, silent, phases, pieces, faults, cut_off_s, ended, resident_bytes }
}

struct Crowd {
    pod: SocketAddr,
    pid: u32,
    plan: Plan,
    orders: Orders,
    viewers: Vec<Viewer>,
}

impl Crowd {
    /// Opens more until there are so many, and waits until each has its snapshot.
    async fn open(&mut self, viewers: usize) {
        let (pod, missing) = (self.pod, viewers - self.viewers.len());
        let opened = futures::stream::iter(0..missing).map(|_| Viewer::open(pod)).buffer_unordered(OPENING);
        self.viewers.extend(opened.map(|viewer| viewer.expect("a place")).collect::<Vec<_>>().await);
        self.all_have_seen(self.orders.pieces()).await;
    }

    /// Puts orders for that long, and waits until everybody has seen them.
    async fn phase(&mut self, who: &'static str, over: Duration) -> Phase {
        let (began, busy) = (Instant::now(), cpu_time(self.pid));
        let (orders, putting) = self.orders.put(self.plan.orders_a_second, over).await;
        self.all_have_seen(self.orders.pieces()).await;
        let (ended, busy) = (Instant::now(), cpu_time(self.pid).zip(busy).map(|(after, before)| after - before));
        let frames: Vec<Vec<_>> = self
            .viewers
            .iter()
            .map(|viewer| viewer.told().frames.iter().filter(|frame| frame.at >= began).copied().collect())
            .collect();
        let told = report::Told { who, frames, over: ended - began, orders, putting, busy };
        told.phase()
    }

    /// A phase with clients that don't read; answers when their places were free, and how many had really been cut off.
    async fn beside_the_silent(&mut self) -> (Phase, Vec<Duration>, usize) {
        let opened = Instant::now();
        let mut silent = Vec::new();
        for _ in 0..self.plan.silent {
            silent.push(Silent::open(self.pod).await.expect("a place"));
        }
        assert!(Viewer::open(self.pod).await.is_none(), "every place is taken");
        let (pod, places) = (self.pod, self.plan.silent);
        let freed = tokio::spawn(async move {
            let (mut newcomers, mut freed) = (Vec::new(), Vec::new());
            while newcomers.len() < places {
                let newcomer = until("a silent one is cut off", CUT_OFF_WITHIN, || async {
                    Viewer::open(pod).await.ok_or("no place")
                });
                newcomers.push(newcomer.await);
                freed.push(opened.elapsed());
            }
            freed
        });
        let phase = self.phase("all, beside those who do not read", self.plan.phases[2]).await;
        let freed = freed.await.unwrap();
        let mut ended = 0;
        for one in &mut silent {
            ended += usize::from(one.is_cut_off().await);
        }
        (phase, freed, ended)
    }

    /// Waits until every viewer has been told of so many pieces, or complains.
    async fn all_have_seen(&self, pieces: i64) {
        until("every viewer has seen every order", SEEN_WITHIN, || async {
            let behind = self
                .viewers
                .iter()
                .map(Viewer::told)
                .filter(|told| told.fault.is_none() && (told.frames.is_empty() || told.sold() != pieces));
            match behind.count() {
                0 => Ok(()),
                behind => Err(format!("{behind} of {} have not", self.viewers.len())),
            }
        })
        .await;
    }

    fn faults(&self) -> Vec<String> {
        self.viewers.iter().filter_map(|viewer| viewer.told().fault.clone()).collect()
    }
}

/// Nothing was rejected, and the process drains.
async fn tidy(cluster: &TestCluster, mut process: Process) {
    assert_eq!(cluster.dead_letters().await, [], "dead letters");
    assert!(process.terminate_alone().await, "it drains");
}
