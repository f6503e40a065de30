//! The event store: slots, conflicts, loads, snapshots.

use std::sync::Arc;

use serde_json::json;
use shotengai_contracts::{EventType, Metadata, samples};
use shotengai_kernel::{AggregateId, Ports, Timestamp, Version};
use shotengai_messaging::commit::{Commit, CommitFactory};
use shotengai_messaging::ports::store::{AppendError, CommitMark, EventStore, Guard, Snapshot};

use super::{eventually, fresh, store_each, store_indexes};

/// Checks an event store that marks commits for the outbox.
///
/// # Panics
/// When the store breaks a promise.
pub async fn event_store_contract(store: Arc<dyn EventStore>, ports: &Ports) {
    let case = Case { store, ports: ports.clone() };
    case.store.ping().await.expect("the store answers");
    case.an_appended_commit_is_loaded_unchanged().await;
    case.a_load_gives_what_comes_after_a_version().await;
    case.a_history_is_read_in_pages_from_either_end().await;
    case.an_append_is_all_or_none().await;
    case.a_repeated_append_is_its_own_success().await;
    case.a_conflict_names_the_commits_that_lost().await;
    case.a_guarded_append_needs_every_guarded_aggregate_unmoved().await;
    case.a_repeated_guarded_append_is_its_own_success().await;
    case.guards_count_as_commits_do().await;
    case.one_of_many_writers_gets_the_slot().await;
    case.a_hundred_commits_go_together_and_no_more().await;
    case.two_commits_of_one_aggregate_do_not_go_together().await;
    case.the_newest_snapshot_is_kept().await;
    Box::pin(store_each::check(&case)).await;
    Box::pin(store_indexes::check(&case)).await;
}

pub(super) struct Case {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) ports: Ports,
}

/// The aggregate has to stand at this version.
fn guard(id: &AggregateId, version: u64) -> Guard {
    Guard { aggregate_id: id.clone(), version: Version::new(version) }
}

impl Case {
    pub(super) fn id(&self) -> AggregateId {
        AggregateId::parse(&fresh(&self.ports, "contract/")).expect("a plain id")
    }

    /// A commit of `events` events behind version `current`.
    pub(super) fn commit(&self, id: &AggregateId, current: u64, events: usize) -> Commit {
        let event = samples::event(EventType::ProductCreated).expect("a valid sample");
        let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
        let factory = CommitFactory::new(self.ports.clone());
        let mut commit = factory
            .commit(id.clone(), Version::new(current), &vec![event; events], &meta)
            .expect("a commit with events");
        // The time index keeps microseconds, and so may the item.
        commit.created_at = Timestamp::from_microsecond(commit.created_at.as_microsecond()).expect("a time of today");
        commit
    }

    pub(super) async fn append(&self, commits: &[Commit]) {
        self.store.append(commits).await.expect("free slots are taken");
    }

    pub(super) async fn load(&self, id: &AggregateId, after: u64) -> Vec<Commit> {
        self.store.load(id, Version::new(after)).await.expect("a load succeeds")
    }

    async fn lost(&self, commits: &[Commit]) -> Vec<usize> {
        self.lost_guarded(commits, &[]).await
    }

    async fn lost_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Vec<usize> {
        match self.store.append_guarded(commits, guards).await {
            Err(AppendError::Conflict { indexes }) => indexes,
            other => panic!("a taken slot must be a conflict, not {other:?}"),
        }
    }

    async fn an_appended_commit_is_loaded_unchanged(&self) {
        let id = self.id();
        assert_eq!(self.load(&id, 0).await, [], "an aggregate without commits is empty");
        let mut commit = self.commit(&id, 0, 3);
        if let Some(envelope) = commit.events.first_mut() {
            envelope.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
        }
        self.append(std::slice::from_ref(&commit)).await;
        assert_eq!(self.load(&id, 0).await, [commit], "a commit is loaded as it was appended");
    }

    async fn a_load_gives_what_comes_after_a_version(&self) {
        let id = self.id();
        // Two-digit versions: an order as text would go wrong.
        let mut commits = Vec::new();
        for current in 0..12 {
            let commit = self.commit(&id, current, 1);
            self.append(std::slice::from_ref(&commit)).await;
            commits.push(commit);
        }
        assert_eq!(self.load(&id, 0).await, commits, "all commits, oldest first");
        assert_eq!(self.load(&id, 8).await, commits[8..], "the commits after version 8");
        assert_eq!(self.load(&id, 12).await, [], "nothing comes after the last");
    }

    async fn a_history_is_read_in_pages_from_either_end(&self) {
        let (id, neighbour) = (self.id(), self.id());
        let mut commits = Vec::new();
        // Versions 1, 2 to 4, and 5 to 12.
        for (current, events) in [(0, 1), (1, 3)].into_iter().chain((4..12).map(|current| (current, 1))) {
            let commit = self.commit(&id, current, events);
            self.append(&[commit.clone(), self.commit(&neighbour, current, events)]).await;
            commits.push(commit);
        }
        let (mut read, mut after, mut more) = (Vec::new(), Version::ZERO, true);
        while more {
            let page = self.store.load_some(&id, after, 3).await.expect("a page is read");
            assert!(page.commits.len() <= 3, "a page is no longer than asked");
            after = page.commits.last().map_or(after, Commit::last_version);
            more = page.more;
            read.extend(page.commits);
        }
        assert_eq!(read, commits, "every commit, oldest first");
        let (mut read, mut before, mut more) = (Vec::new(), Version::new(u64::MAX), true);
        while more {
            let page = self.store.load_newest(&id, before, 3).await.expect("a page is read");
            assert!(page.commits.len() <= 3, "a page is no longer than asked");
            before = page.commits.last().map_or(before, |commit| commit.first_version);
            more = page.more;
            read.extend(page.commits);
        }
        commits.reverse();
        assert_eq!(read, commits, "every commit, newest first");
        let one = self.store.load_newest(&id, Version::new(3), 1).await.expect("a page is read");
        let first = one.commits.first().map(|commit| commit.first_version.get());
        assert_eq!((first, one.more), (Some(2), true), "the last that begins before it");
    }

    async fn an_append_is_all_or_none(&self) {
        let (free, taken, also_free) = (self.id(), self.id(), self.id());
        let standing = self.commit(&taken, 0, 1);
        self.append(std::slice::from_ref(&standing)).await;
        let together = [self.commit(&free, 0, 1), self.commit(&taken, 0, 1), self.commit(&also_free, 0, 1)];
        assert_eq!(self.lost(&together).await, [1], "the commit whose slot was taken lost");
        assert_eq!(self.load(&free, 0).await, [], "none of a conflicting append is written");
        assert_eq!(self.load(&also_free, 0).await, [], "none of a conflicting append is written");
        assert_eq!(self.load(&taken, 0).await, [standing], "what stood there still does");
    }

    async fn a_repeated_append_is_its_own_success(&self) {
        let single = self.commit(&self.id(), 0, 2);
        let several = [self.commit(&self.id(), 0, 1), self.commit(&self.id(), 0, 1)];
        for _ in 0..3 {
            self.append(std::slice::from_ref(&single)).await;
            self.append(&several).await;
        }
        for commit in several.iter().chain([&single]) {
            let loaded = self.load(&commit.aggregate_id, 0).await;
            assert_eq!(loaded, std::slice::from_ref(commit), "repeated appends write once");
        }
    }

    async fn a_conflict_names_the_commits_that_lost(&self) {
        let ids = [self.id(), self.id(), self.id()];
        let standing = [self.commit(&ids[0], 0, 1), self.commit(&ids[2], 0, 1)];
        self.append(&standing).await;
        let together: Vec<_> = ids.iter().map(|id| self.commit(id, 0, 1)).collect();
        assert_eq!(self.lost(&together).await, [0, 2], "both taken slots are named");
        assert_eq!(self.lost(&together[..1]).await, [0], "a single commit that lost is the first");
    }

    async fn a_guarded_append_needs_every_guarded_aggregate_unmoved(&self) {
        let (judged, unwritten) = (self.id(), self.id());
        self.append(&[self.commit(&judged, 0, 2)]).await;
        let guards = [guard(&unwritten, 0), guard(&judged, 2)];
        let first = self.commit(&self.id(), 0, 1);
        self.store.append_guarded(std::slice::from_ref(&first), &guards).await.expect("both stand as they were read");
        assert_eq!(self.load(&first.aggregate_id, 0).await, [first], "one commit with guards is written");
        assert_eq!(self.load(&unwritten, 0).await, [], "a guard writes nothing");

        self.append(&[self.commit(&judged, 2, 1)]).await;
        let late = [self.commit(&self.id(), 0, 1), self.commit(&self.id(), 0, 1)];
        assert_eq!(self.lost_guarded(&late, &guards).await, [3], "guards count on after the commits");
        assert_eq!(self.lost_guarded(&late[..1], &guards).await, [2], "also behind a single commit");
        for commit in &late {
            assert_eq!(self.load(&commit.aggregate_id, 0).await, [], "nothing is written on a state that has moved");
        }
    }

    async fn a_repeated_guarded_append_is_its_own_success(&self) {
        let judged = self.id();
        let (single, several) =
            (self.commit(&self.id(), 0, 1), [self.commit(&self.id(), 0, 1), self.commit(&self.id(), 0, 1)]);
        let guards = [guard(&judged, 0)];
        let append = async || {
            self.store
                .append_guarded(std::slice::from_ref(&single), &guards)
                .await
                .expect("it happens, or has happened");
            self.store.append_guarded(&several, &guards).await.expect("they happen, or have happened");
        };
        append().await;
        self.append(&[self.commit(&judged, 0, 1)]).await;
        append().await;
        for commit in several.iter().chain([&single]) {
            let loaded = self.load(&commit.aggregate_id, 0).await;
            assert_eq!(loaded, std::slice::from_ref(commit), "repeated appends write once");
        }
    }

    async fn guards_count_as_commits_do(&self) {
        let judged = self.id();
        let commit = self.commit(&self.id(), 0, 1);
        let guards: Vec<_> = (0..100).map(|_| guard(&self.id(), 0)).collect();
        let outcome = self.store.append_guarded(std::slice::from_ref(&commit), &guards).await;
        assert!(matches!(outcome, Err(AppendError::Unwritable(_))), "101 together are unwritable, not {outcome:?}");
        for guards in [vec![guard(&commit.aggregate_id, 0)], vec![guard(&judged, 0), guard(&judged, 0)]] {
            let outcome = self.store.append_guarded(std::slice::from_ref(&commit), &guards).await;
            assert!(matches!(outcome, Err(AppendError::Unwritable(_))), "two of one aggregate, not {outcome:?}");
        }
        assert_eq!(self.load(&commit.aggregate_id, 0).await, [], "nothing of an unwritable append is written");
        self.store.append_guarded(std::slice::from_ref(&commit), &guards[1..]).await.expect("a hundred go together");
    }

    async fn one_of_many_writers_gets_the_slot(&self) {
        let id = self.id();
        let rivals: Vec<_> = (0..8).map(|_| self.commit(&id, 0, 1)).collect();
        let appends = rivals.iter().map(|commit| self.store.append(std::slice::from_ref(commit)));
        let outcomes = futures::future::join_all(appends).await;
        let winners: Vec<_> = rivals.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).collect();
        assert_eq!(winners.len(), 1, "exactly one of eight rivals wins: {outcomes:?}");
        assert_eq!(self.load(&id, 0).await, [winners[0].0.clone()], "what stands there is the winner's");
    }

    async fn a_hundred_commits_go_together_and_no_more(&self) {
        let mut commits: Vec<_> = (0..100).map(|_| self.commit(&self.id(), 0, 1)).collect();
        self.append(&commits).await;
        assert_eq!(self.load(&commits[99].aggregate_id, 0).await, commits[99..], "the hundredth is written, too");
        commits = (0..101).map(|_| self.commit(&self.id(), 0, 1)).collect();
        let outcome = self.store.append(&commits).await;
        assert!(matches!(outcome, Err(AppendError::Unwritable(_))), "101 commits are unwritable, not {outcome:?}");
        assert_eq!(self.load(&commits[0].aggregate_id, 0).await, [], "nothing of an unwritable append is written");
    }

    async fn two_commits_of_one_aggregate_do_not_go_together(&self) {
        let id = self.id();
        let outcome = self.store.append(&[self.commit(&id, 0, 1), self.commit(&id, 1, 1)]).await;
        assert!(matches!(outcome, Err(AppendError::Unwritable(_))), "must be unwritable, not {outcome:?}");
        assert_eq!(self.load(&id, 0).await, [], "nothing of an unwritable append is written");
    }

    async fn the_newest_snapshot_is_kept(&self) {
        let id = self.id();
        assert_eq!(self.store.load_snapshot(&id).await.unwrap(), None, "there is no snapshot at first");
        let snapshot = |version: u64| Snapshot {
            aggregate_id: id.clone(),
            version: Version::new(version),
            schema: 3,
            state: json!({"version": version, "name": "きのこ", "list": [1, null, {"deep": true}], "empty": {}}),
            last_commit: (version > 4).then(|| CommitMark::of(&self.commit(&id, version - 1, 1))),
        };
        // 9 and 10: a comparison as text would go wrong.
        let snapshots = [9, 10, 4].map(snapshot);
        for snapshot in &snapshots {
            self.store.save_snapshot(snapshot).await.expect("an older snapshot is no error");
        }
        let [_, newest, _] = snapshots;
        eventually("the newest snapshot is loaded", || async {
            self.store.load_snapshot(&id).await.unwrap().filter(|kept| *kept == newest)
        })
        .await;
    }
}
