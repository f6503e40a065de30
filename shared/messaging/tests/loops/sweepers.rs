//! Sweepers of many processes over one store: how often an event comes, whatever the index shows.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::Owner;
use shotengai_kernel::{Clock, Ports, SeededRandom, Timestamp};
use shotengai_messaging::{Commit, EventStore, Infrastructure, OutboxConfig, Publisher};
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;

use super::{Running, SECOND, Street, until_found};

/// Sweepers of so many processes, each with chance of its own.
fn sweepers(street: &Street, processes: u64) -> Vec<Arc<Publisher>> {
    (0..processes)
        .map(|n| {
            let ports = Ports::from_parts(Arc::clone(&street.ports.clock), Arc::new(SeededRandom::new(100 + n)));
            let (store, stream) = (street.store(), street.infra.stream_writer());
            Publisher::new("inventory", store, stream, OutboxConfig::default(), ports).1
        })
        .collect()
}

fn commits(street: &Street, count: usize) -> Vec<Commit> {
    (0..count).map(|n| street.commit(&format!("stock/{n}"), 1)).collect()
}

/// What an outage has left behind.
async fn leave_behind(street: &Street, commits: &[Commit]) {
    for together in commits.chunks(100) {
        street.store().append(together).await.unwrap();
    }
}

async fn left_behind(street: &Street, count: usize) {
    leave_behind(street, &commits(street, count)).await;
}

/// Lets sweepers work until no marker is left; returns how long that took.
async fn swept(street: &Street, sweepers: &[Arc<Publisher>]) -> Duration {
    let began = Instant::now();
    let running: Vec<_> = sweepers.iter().map(|it| Running::start(it.sweeper())).collect();
    let store = street.store();
    until_found("all markers are off", || std::future::ready(store.pending_count() == 0)).await;
    let took = began.elapsed();
    // What an index that lags still shows comes to nothing either.
    tokio::time::sleep(60 * SECOND).await;
    for worker in running {
        worker.stop().await;
    }
    took
}

fn in_stream(street: &Street) -> usize {
    street.infra.memory_stream().records().len()
}

#[tokio::test(start_paused = true)]
async fn many_sweepers_publish_an_hours_outage_once_however_far_the_index_lags() {
    const EVENTS: usize = 32_000;
    let commits = commits(&Street::new(), EVENTS);
    for processes in [6, 20] {
        for lag in [0, 300, 2000] {
            let street = Street::new();
            street.store().set_index_lag(Duration::from_millis(lag));
            // A call takes its time, so that processes meet between publishing and clearing.
            street.faults.always("stream.put", InjectedFault::Delay(Duration::from_millis(30)));
            street.faults.always("store.clear_pending", InjectedFault::Delay(Duration::from_millis(10)));
            leave_behind(&street, &commits).await;
            let took = swept(&street, &sweepers(&street, processes)).await;
            let copies = in_stream(&street);
            #[allow(clippy::cast_precision_loss, reason = "for people")]
            let ratio = copies as f64 / EVENTS as f64;
            println!("{processes} processes, index {lag} ms behind: {ratio:.3} records an event, {} s", took.as_secs());
            assert_eq!(copies, EVENTS, "{processes} processes, index {lag} ms behind: each event once");
            // The budget is the service's, however many processes share it: 400 a second.
            assert!(took >= 79 * SECOND && took < 240 * SECOND, "{processes} processes took {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn sweepers_without_workers_that_meet_at_one_moment_publish_once() {
    for processes in [2, 6] {
        let street = Street::new();
        street.faults.always("stream.put", InjectedFault::Delay(Duration::from_millis(30)));
        left_behind(&street, 1000).await;
        let sweepers = sweepers(&street, processes);
        for _ in 0..8 {
            futures::future::join_all(sweepers.iter().map(|it| it.sweep())).await;
            tokio::time::advance(11 * SECOND).await;
        }
        assert_eq!(street.store().pending_count(), 0);
        assert!(in_stream(&street) <= 1000, "{processes} processes: {} records", in_stream(&street));
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_does_not_publish_what_the_index_still_shows() {
    let street = Street::new();
    street.store().set_index_lag(3600 * SECOND);
    left_behind(&street, 300).await;
    // The index has caught up with the markers, and never will with their going.
    tokio::time::advance(3601 * SECOND).await;
    let sweepers = sweepers(&street, 1);
    swept(&street, &sweepers).await;
    let running = Running::start(sweepers[0].sweeper());
    tokio::time::sleep(600 * SECOND).await;
    running.stop().await;
    assert_eq!(in_stream(&street), 300);
}

#[tokio::test(start_paused = true)]
async fn the_shards_of_a_sweeper_that_died_are_anothers_after_the_lease() {
    let street = Street::new();
    left_behind(&street, 3200).await;
    let sweepers = sweepers(&street, 2);
    let first = Running::start(sweepers[0].sweeper());
    until_found("the first is at it", || std::future::ready(in_stream(&street) > 100)).await;
    // No shutdown: it is gone between two calls.
    first.task.abort();
    let gone = in_stream(&street);
    let took = swept(&street, &sweepers[1..]).await;
    assert!(took < 180 * SECOND, "{took:?}");
    let copies = in_stream(&street) - 3200;
    assert!(gone < 3200 && copies <= 16 * 25, "{copies} copies: a request of each shard at the most");
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_that_gets_nowhere_gives_its_shards_to_others() {
    let street = Street::new();
    left_behind(&street, 320).await;
    let mut all = sweepers(&street, 2);
    let broken = Arc::new(Broken);
    all[0] = Publisher::new("inventory", street.store(), broken, OutboxConfig::default(), street.ports.clone()).1;
    let took = swept(&street, &all).await;
    assert!(took < 240 * SECOND, "{took:?}");
    assert_eq!(in_stream(&street), 320);
}

/// A stream that one process can't reach.
struct Broken;

#[async_trait::async_trait]
impl shotengai_messaging::StreamWriter for Broken {
    async fn put(
        &self,
        _: &[shotengai_messaging::StreamRecord],
    ) -> Result<Vec<Result<(), shotengai_messaging::Fault>>, shotengai_messaging::Fault> {
        let kind = shotengai_messaging::FaultKind::Transient;
        Err(shotengai_messaging::Fault::new(kind, "stream.put", "no way there"))
    }
}

/// An hour ahead or behind.
struct Off(Arc<dyn Clock>, i64);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        self.0.now() + jiff::SignedDuration::from_secs(self.1)
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_process_with_a_wrong_clock_left_behind_is_swept_as_soon() {
    for off in [-3600, 0, 3600] {
        let street = Street::new();
        let clock = Arc::new(Off(Arc::clone(&street.ports.clock), off));
        let ports = Ports::from_parts(clock, Arc::new(SeededRandom::new(9)));
        let factory = shotengai_messaging::CommitFactory::new(ports);
        let id = super::aggregate("stock/1");
        let commit: Commit =
            factory.commit(id, shotengai_kernel::Version::ZERO, &[super::moved(1)], &street.meta()).unwrap();
        street.store().append(&[commit]).await.unwrap();
        let sweepers = sweepers(&street, 6);
        for _ in 0..3 {
            futures::future::join_all(sweepers.iter().map(|it| it.sweep())).await;
            tokio::time::advance(4 * SECOND).await;
            assert_eq!(in_stream(&street), 0, "{off} s: nobody has seen it for ten seconds");
        }
        futures::future::join_all(sweepers.iter().map(|it| it.sweep())).await;
        assert_eq!(in_stream(&street), 1, "{off} s: it is swept, once");
        assert_eq!(street.infra.memory_event_store(Owner::Inventory).pending_count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_memory_for_too_long_is_left_to_the_sweeper() {
    let street = Street::new();
    let (outbox, publisher) = {
        let (store, stream) = (street.store(), street.infra.stream_writer());
        Publisher::new("inventory", store, stream, OutboxConfig::default(), street.ports.clone())
    };
    let commits: Vec<_> = (0..30).map(|n| street.commit(&format!("stock/{n}"), 1)).collect();
    street.append(&outbox, &commits).await;
    // The process stood still, and another one has swept.
    tokio::time::advance(20 * SECOND).await;
    swept(&street, &sweepers(&street, 1)).await;
    Running::start(publisher.workers().swap_remove(0)).stop().await;
    assert_eq!(in_stream(&street), 30, "each once");
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_at_rest_looks_seldom_until_this_process_commits() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig::default());
    let running: Vec<_> = publisher.workers().into_iter().map(Running::start).collect();
    let looks = || street.faults.calls("store.pending");
    tokio::time::sleep(300 * SECOND).await;
    let before = looks();
    tokio::time::sleep(600 * SECOND).await;
    let at_rest = looks() - before;
    // One sweep a minute of each of 16 shards.
    assert!((16 * 6..=16 * 20).contains(&at_rest), "{at_rest}");

    street.append(&outbox, &[street.commit("stock/1", 1)]).await;
    let before = looks();
    tokio::time::sleep(20 * SECOND).await;
    let awake = looks() - before;
    assert!(awake >= 16 * 2, "{awake}");

    // What others left behind is found all the same.
    tokio::time::sleep(300 * SECOND).await;
    left_behind(&street, 1).await;
    let began = Instant::now();
    until_found("the marker is off", || std::future::ready(street.store().pending_count() == 0)).await;
    assert!(began.elapsed() < 120 * SECOND, "{:?}", began.elapsed());
    for worker in running {
        worker.stop().await;
    }
}
