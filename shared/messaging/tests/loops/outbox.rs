//! From the store to the stream: duplicates at times, losses never.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use shotengai_contracts::Envelope;
use shotengai_kernel::{CommitId, EventId};
use shotengai_messaging::outbox::{Republish, Republished};
use shotengai_messaging::{
    Commit, CommitWriter, EventStore, Fault, FaultKind, Infrastructure, OUTBOX_SHARDS, Outbox, OutboxConfig, Publisher,
    StreamRecord, StreamWriter,
};
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Running, SECOND, Street, until};

fn id_of(data: &[u8]) -> EventId {
    Envelope::from_json(data).unwrap().id
}

fn ids_of(commits: &[Commit]) -> Vec<EventId> {
    commits.iter().flat_map(|commit| commit.events.iter().map(|event| event.id)).collect()
}

/// Refuses some events each time; remembers what each call held.
struct Picky {
    inner: Arc<dyn StreamWriter>,
    refused: Mutex<BTreeSet<EventId>>,
    calls: Mutex<Vec<Vec<EventId>>>,
}

#[async_trait]
impl StreamWriter for Picky {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.calls.lock().unwrap().push(records.iter().map(|record| id_of(&record.data)).collect());
        let refused = self.refused.lock().unwrap().clone();
        let is_refused = |record: &&StreamRecord| refused.contains(&id_of(&record.data));
        let taken: Vec<_> = records.iter().filter(|record| !is_refused(record)).cloned().collect();
        if !taken.is_empty() {
            assert!(self.inner.put(&taken).await?.iter().all(Result::is_ok));
        }
        let throttled = || Fault::new(FaultKind::Throttled, "stream.put", "this one not");
        Ok(records.iter().map(|record| if is_refused(&record) { Err(throttled()) } else { Ok(()) }).collect())
    }
}

impl Street {
    pub(crate) fn outbox(&self, config: OutboxConfig) -> (Outbox, Arc<Publisher>) {
        let stream = self.infra.stream_writer();
        Publisher::new("inventory", self.store(), stream, config, self.ports.clone())
    }

    fn picky(&self, config: OutboxConfig) -> (Arc<Picky>, Outbox, Arc<Publisher>) {
        let inner = self.infra.stream_writer();
        let picky = Arc::new(Picky { inner, refused: Mutex::default(), calls: Mutex::default() });
        let stream = Arc::clone(&picky) as Arc<dyn StreamWriter>;
        let (outbox, publisher) = Publisher::new("inventory", self.store(), stream, config, self.ports.clone());
        (picky, outbox, publisher)
    }

    fn in_stream(&self) -> Vec<EventId> {
        self.infra.memory_stream().records().iter().map(|record| id_of(&record.data)).collect()
    }

    /// The aggregates of the commits that are still marked.
    async fn marked(&self) -> BTreeSet<String> {
        let mut marked = BTreeSet::new();
        for shard in 0..16 {
            let (found, _) = self.store().pending(shard, None, 1000).await.unwrap();
            marked.extend(found.into_iter().map(|commit| commit.aggregate_id.to_string()));
        }
        marked
    }

    pub(super) async fn append(&self, outbox: &Outbox, commits: &[Commit]) {
        let writer = CommitWriter::new(self.store(), outbox.clone(), self.ports.clone());
        for commit in commits {
            writer.append(vec![commit.clone()]).await.unwrap();
        }
    }

    async fn all_cleared(&self) {
        let store = self.store();
        until("all markers are off", || store.pending_count() == 0).await;
        assert_eq!(store.inconsistencies(), Vec::<String>::new());
    }
}

fn publishing(publisher: &Arc<Publisher>) -> Running {
    Running::start(publisher.workers().swap_remove(0))
}

/// The commit, in the first shard of the index.
fn in_one_shard(mut commit: Commit) -> Commit {
    commit.commit_id = CommitId::new(uuid::Uuid::from_u128(commit.commit_id.uuid().as_u128() & !0xff));
    commit
}

/// What a sweep publishes that sees everything for the second time, long after the first.
async fn swept_of_old(publisher: &Publisher) -> usize {
    assert_eq!(publisher.sweep().await.unwrap(), 0, "nothing is old at the first look");
    tokio::time::advance(11 * SECOND).await;
    publisher.sweep().await.unwrap()
}

fn sorted(mut ids: Vec<EventId>) -> Vec<EventId> {
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn everything_offered_reaches_the_stream_once_and_loses_its_marker() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig::default());
    let running = publishing(&publisher);
    let commits: Vec<_> = (0..60).map(|n| street.commit(&format!("stock/{n}"), 1 + n % 3)).collect();
    street.append(&outbox, &commits).await;
    street.all_cleared().await;
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
    let stream = street.in_stream();
    for commit in &commits {
        let places: Vec<_> =
            ids_of(std::slice::from_ref(commit)).iter().map(|id| stream.iter().position(|at| at == id)).collect();
        assert!(places.is_sorted(), "the events of a commit keep their order");
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn more_events_than_one_request_takes_are_cut_into_several() {
    let street = Street::new();
    let (picky, outbox, publisher) = street.picky(OutboxConfig::default());
    let commits: Vec<_> = (0..300).map(|n| street.commit(&format!("stock/{n}"), 3)).collect();
    street.append(&outbox, &commits).await;
    publishing(&publisher).stop().await;
    street.all_cleared().await;
    assert!(picky.calls.lock().unwrap().iter().all(|call| call.len() <= 500));
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_that_must_not_look_at_markers_publishes_what_the_index_shows() {
    for kind in [FaultKind::Denied, FaultKind::Permanent] {
        let street = Street::new();
        let (_, publisher) = street.outbox(OutboxConfig::default());
        let left = street.commit("stock/left", 2);
        street.append(&Outbox::disabled(), std::slice::from_ref(&left)).await;
        street.faults.always("store.marked", InjectedFault::Refuse(kind));
        assert_eq!(swept_of_old(&publisher).await, 1, "{kind:?}");
        street.all_cleared().await;
        assert_eq!(street.in_stream(), ids_of(&[left]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_partial_failure_keeps_the_marker_of_the_failed_commit_only() {
    let street = Street::new();
    let (picky, outbox, publisher) = street.picky(OutboxConfig { attempts: 3, ..OutboxConfig::default() });
    let commits = [street.commit("stock/a", 1), street.commit("stock/b", 2), street.commit("stock/c", 1)];
    let second_of_b = commits[1].events[1].id;
    picky.refused.lock().unwrap().insert(second_of_b);
    street.append(&outbox, &commits).await;
    publishing(&publisher).stop().await;
    // Of b the stream has acknowledged one event, not all.
    assert_eq!(street.marked().await, ["stock/b".to_owned()].into());
    let retried: Vec<_> = picky.calls.lock().unwrap()[1..].to_vec();
    assert_eq!(retried, [vec![second_of_b], vec![second_of_b]], "only what failed is tried again");

    picky.refused.lock().unwrap().clear();
    assert_eq!(swept_of_old(&publisher).await, 1);
    street.all_cleared().await;
    assert!(street.in_stream().contains(&second_of_b));
}

#[tokio::test(start_paused = true)]
async fn entries_that_fail_at_random_are_tried_until_all_are_there() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig::default());
    for _ in 0..4 {
        street.faults.next("stream.put", InjectedFault::FailEntries);
    }
    let commits: Vec<_> = (0..40).map(|n| street.commit(&format!("stock/{n}"), 2)).collect();
    street.append(&outbox, &commits).await;
    publishing(&publisher).stop().await;
    street.all_cleared().await;
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leads_to_duplicates_and_never_to_loss() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig::default());
    street.faults.next("stream.put", InjectedFault::LoseAnswer);
    let commits = [street.commit("stock/a", 1), street.commit("stock/b", 2)];
    street.append(&outbox, &commits).await;
    publishing(&publisher).stop().await;
    street.all_cleared().await;
    let twice = [ids_of(&commits), ids_of(&commits)].concat();
    assert_eq!(sorted(street.in_stream()), sorted(twice));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_away_keeps_every_marker_until_the_sweeper_finds_it() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig { attempts: 2, ..OutboxConfig::default() });
    street.faults.always("stream.put", InjectedFault::Refuse(FaultKind::Transient));
    let commits: Vec<_> = (0..30).map(|n| street.commit(&format!("stock/{n}"), 1)).collect();
    street.append(&outbox, &commits).await;
    let running: Vec<_> = publisher.workers().into_iter().map(Running::start).collect();
    let puts = || street.faults.calls("stream.put");
    until("publisher and sweeper have tried", || puts() > 10).await;
    assert_eq!(street.store().pending_count(), 30);
    street.faults.end("stream.put");
    street.all_cleared().await;
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
    for worker in running {
        worker.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_channel_had_no_room_for_is_swept_though_the_publisher_never_ran() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig { capacity: 2, ..OutboxConfig::default() });
    let commits: Vec<_> = (0..5).map(|n| street.commit(&format!("stock/{n}"), 1)).collect();
    street.append(&outbox, &commits).await;
    assert_eq!(street.store().pending_count(), 5);
    assert_eq!(swept_of_old(&publisher).await, 5);
    street.all_cleared().await;
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_leaves_markers_alone_that_it_has_not_seen_for_long() {
    let street = Street::new();
    let (_, publisher) = street.outbox(OutboxConfig::default());
    let nobody = Outbox::disabled();
    street.append(&nobody, &[street.commit("stock/old", 1)]).await;
    tokio::time::advance(60 * SECOND).await;
    assert_eq!(publisher.sweep().await.unwrap(), 0, "old by the clock, and seen for the first time");
    tokio::time::advance(8 * SECOND).await;
    assert_eq!(publisher.sweep().await.unwrap(), 0);
    street.append(&nobody, &[street.commit("stock/young", 1)]).await;
    tokio::time::advance(3 * SECOND).await;
    assert_eq!(publisher.sweep().await.unwrap(), 1);
    assert_eq!(street.marked().await, ["stock/young".to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_can_not_clear_ends_and_a_later_one_publishes_again() {
    let street = Street::new();
    let (_, publisher) = street.outbox(OutboxConfig::default());
    // More than a page, all in one shard of the index.
    let commits: Vec<_> = (0..120).map(|n| in_one_shard(street.commit(&format!("stock/{n}"), 1))).collect();
    street.append(&Outbox::disabled(), &commits).await;
    street.faults.always("store.clear_pending", InjectedFault::Refuse(FaultKind::Throttled));
    assert_eq!(swept_of_old(&publisher).await, 25, "one request, and not for ever the same");
    assert_eq!(street.store().pending_count(), 120);
    assert_eq!(publisher.sweep().await.unwrap(), 0, "it rests, so that another process may try");
    street.faults.end("store.clear_pending");
    let running = Running::start(publisher.sweeper());
    street.all_cleared().await;
    running.stop().await;
    let stream = street.in_stream();
    assert_eq!(stream.len(), 145, "what could not be cleared comes once more");
    assert_eq!(stream.into_iter().collect::<BTreeSet<_>>(), ids_of(&commits).into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_is_told_to_end_drains_the_channel() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig::default());
    let commits: Vec<_> = (0..1200).map(|n| street.commit(&format!("stock/{n}"), 1)).collect();
    street.append(&outbox, &commits).await;
    let told = CancellationToken::new();
    told.cancel();
    publisher.workers()[0].run(told).await;
    assert_eq!(street.store().pending_count(), 0, "markers are off when it returns");
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_that_is_told_to_end_does_not_wait_for_a_stream_that_is_away() {
    let street = Street::new();
    let (_, publisher) = street.outbox(OutboxConfig::default());
    street
        .append(&Outbox::disabled(), &(0..50).map(|n| street.commit(&format!("stock/{n}"), 1)).collect::<Vec<_>>())
        .await;
    street.faults.always("stream.put", InjectedFault::Refuse(FaultKind::Transient));
    let running = Running::start(publisher.workers().swap_remove(1));
    until("a sweep is under way", || street.faults.calls("stream.put") > 1).await;
    running.token.cancel();
    assert!(tokio::time::timeout(SECOND, running.task).await.is_ok());
    assert_eq!(street.store().pending_count(), 50);
}

#[tokio::test(start_paused = true)]
async fn under_load_markers_come_off_twenty_five_at_a_time() {
    let street = Street::new();
    let (outbox, publisher) = street.outbox(OutboxConfig::default());
    let running = publishing(&publisher);
    let commits: Vec<_> = (0..1010).map(|n| street.commit(&format!("stock/{n}"), 1)).collect();
    // Fifty a second: a request is full before the linger is over.
    for commit in &commits {
        street.append(&outbox, std::slice::from_ref(commit)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    street.all_cleared().await;
    assert_eq!(street.faults.calls("store.clear_pending"), 1010 / 25 + 1, "all full but the last");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_marker_is_off_long_before_a_sweeper_would_take_it_for_lost() {
    let street = Street::new();
    let config = OutboxConfig::default();
    let (outbox, publisher) = street.outbox(config);
    let running = publishing(&publisher);
    // One commit every three seconds: the rarest that still come alone.
    for n in 0..5 {
        let offered = tokio::time::Instant::now();
        street.append(&outbox, &[street.commit(&format!("stock/{n}"), 1)]).await;
        street.all_cleared().await;
        assert!(offered.elapsed() * 2 < config.sweep_age, "{:?}", offered.elapsed());
        tokio::time::sleep(3 * SECOND).await;
    }
    assert_eq!(street.faults.calls("store.clear_pending"), 5);
    assert_eq!(street.in_stream().len(), 5, "each once");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn where_capture_feeds_the_stream_a_sweeper_alone_publishes_markers_from_before() {
    let street = Street::new();
    let commits: Vec<_> = (0..30).map(|n| street.commit(&format!("stock/{n}"), 1)).collect();
    // By a process that published, and was killed.
    street.append(&Outbox::disabled(), &commits).await;
    let (_, publisher) = street.outbox(OutboxConfig::captured());
    let running = Running::start(publisher.sweeper());
    street.all_cleared().await;
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits)));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn where_capture_feeds_the_stream_looks_become_rare_and_find_what_is_left_hours_later() {
    let street = Street::new();
    let (_, publisher) = street.outbox(OutboxConfig::captured());
    let running = Running::start(publisher.sweeper());
    tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
    let before = street.faults.calls("store.pending");
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let looks = (street.faults.calls("store.pending") - before) / usize::from(OUTBOX_SHARDS);
    assert!((24..=96).contains(&looks), "about one each half an hour: {looks}");
    // By a process of the mode before, which has died.
    let commits = vec![street.commit("stock/1", 1)];
    street.append(&Outbox::disabled(), &commits).await;
    let left = Instant::now();
    street.all_cleared().await;
    assert!(left.elapsed() < Duration::from_secs(3600), "{:?}", left.elapsed());
    assert_eq!(street.in_stream(), ids_of(&commits));
    running.stop().await;
}

/// Publishes what was committed between two seconds; answers what was done.
async fn republished(street: &Street, publisher: &Publisher, between: (i64, i64), dry_run: bool) -> Republished {
    let began = street.began();
    let second = |second| began + SignedDuration::from_secs(second);
    let (told, mut report) = (Mutex::new(0), Republished::default());
    let what = Republish {
        between: second(between.0)..second(between.1),
        dry_run,
        per_second: 1000,
        wanted: &|_| true,
        progress: &|_| *told.lock().unwrap() += 1,
    };
    publisher.republish(&what, &mut report).await.unwrap();
    assert!(told.into_inner().unwrap() >= 16);
    report
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_in_some_time_is_published_once_more() {
    let street = Street::new();
    let (_, publisher) = street.outbox(OutboxConfig { attempts: 2, ..OutboxConfig::default() });
    let mut commits = Vec::new();
    // One a second, each of two events.
    for n in 0..300 {
        commits.push(street.commit(&format!("stock/{n}"), 2));
        tokio::time::advance(SECOND).await;
    }
    street.append(&Outbox::disabled(), &commits).await;
    let expected = Republished { commits: 250, wanted: 250, events: 500, refused: 0 };
    assert_eq!(republished(&street, &publisher, (50, 300), true).await, expected);
    assert_eq!(street.in_stream(), [], "nothing but a look");
    assert_eq!(republished(&street, &publisher, (50, 300), false).await, expected);
    assert_eq!(sorted(street.in_stream()), sorted(ids_of(&commits[50..])));
    assert_eq!(street.store().pending_count(), 300, "markers are the sweeper's");
    assert_eq!(republished(&street, &publisher, (300, 900), false).await, Republished::default());

    street.faults.always("stream.put", InjectedFault::Refuse(FaultKind::Throttled));
    let refused = Republished { commits: 1, wanted: 1, events: 0, refused: 1 };
    assert_eq!(republished(&street, &publisher, (7, 8), false).await, refused);
}
