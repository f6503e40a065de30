//! The event store: what is pending, and all commits in time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use shotengai_kernel::{CommitId, Timestamp};
use shotengai_messaging::commit::Commit;
use shotengai_messaging::ports::store::{Note, OUTBOX_SHARDS};

use super::eventually;
use super::store::Case;

pub(super) async fn check(case: &Case) {
    a_commit_is_pending_until_it_is_cleared(case).await;
    more_than_one_batch_is_cleared(case).await;
    markers_are_told_one_by_one(case).await;
    pending_commits_come_oldest_first_in_pages(case).await;
    a_note_is_replaced_only_by_who_knows_it(case).await;
    a_scan_gives_every_commit_once_in_time(case).await;
    a_scan_between_two_times_gives_what_was_decided_then(case).await;
    every_aggregate_is_named_once(case).await;
    a_shard_that_is_none_has_no_commits(case).await;
}

fn later(at: Timestamp, micros: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_micros(micros)).expect("a time of today")
}

fn ids(commits: &[Commit]) -> BTreeSet<CommitId> {
    commits.iter().map(|commit| commit.commit_id).collect()
}

/// Every marked commit of a shard, read in pages of `limit`.
async fn pages(case: &Case, shard: u8, limit: usize) -> Vec<Commit> {
    let mut commits = Vec::new();
    let mut from = None;
    loop {
        let (page, next) = case.store.pending(shard, from, limit).await.expect("pending commits are read");
        assert!(page.len() <= limit, "a page has at most its limit, not {}", page.len());
        commits.extend(page);
        match next {
            Some(next) => from = Some(next),
            None => return commits,
        }
    }
}

/// The ids among `commits` that are pending now.
async fn pending(case: &Case, commits: &[Commit]) -> BTreeSet<CommitId> {
    let ours = ids(commits);
    let mut found = BTreeSet::new();
    for shard in commits.iter().map(Commit::index_shard).collect::<BTreeSet<_>>() {
        for commit in pages(case, shard, 100).await.into_iter().filter(|commit| ours.contains(&commit.commit_id)) {
            assert_eq!(commit.index_shard(), shard, "a commit is pending in its own shard");
            assert!(commits.contains(&commit), "a pending commit comes as it was appended");
            assert!(found.insert(commit.commit_id), "a commit comes once in all pages");
        }
    }
    found
}

async fn clear(case: &Case, commits: &[Commit]) {
    let answers = case.store.clear_pending(commits).await.expect("clearing is answered");
    assert_eq!(answers.len(), commits.len(), "one answer a commit");
    assert!(answers.iter().all(Result::is_ok), "every commit is cleared: {answers:?}");
}

async fn a_commit_is_pending_until_it_is_cleared(case: &Case) {
    let id = case.id();
    let commits = [case.commit(&id, 0, 2)];
    assert_eq!(case.store.marked(&commits).await.unwrap(), [false], "what is not there has no marker");
    case.append(&commits).await;
    assert_eq!(case.store.marked(&commits).await.unwrap(), [true], "a marker shows at once");
    eventually("an appended commit is pending", || async {
        (pending(case, &commits).await == ids(&commits)).then_some(())
    })
    .await;
    // Clearing again is safe: the sweeper of another process may have been quicker.
    clear(case, &commits).await;
    clear(case, &commits).await;
    assert_eq!(case.store.marked(&commits).await.unwrap(), [false], "that it is off shows at once");
    eventually("a cleared commit is not pending", || async { pending(case, &commits).await.is_empty().then_some(()) })
        .await;
    assert_eq!(case.load(&id, 0).await, commits, "clearing changes nothing of the commit");
    // An append whose answer was lost may be repeated after another process has published its commit.
    case.append(&commits).await;
    assert_eq!(case.load(&id, 0).await, commits, "a repeated append writes nothing");
    assert_eq!(case.store.marked(&commits).await.unwrap(), [false], "a repeated append marks nothing");
}

async fn markers_are_told_one_by_one(case: &Case) {
    let commits: Vec<_> = (0..130).map(|_| case.commit(&case.id(), 0, 1)).collect();
    for together in commits.chunks(100) {
        case.append(together).await;
    }
    // Another commit for a slot that is taken.
    let other = Commit { commit_id: case.commit(&case.id(), 0, 1).commit_id, ..commits[100].clone() };
    clear(case, &commits[..60]).await;
    let asked: Vec<_> = commits.iter().rev().chain([&other]).cloned().collect();
    let expected: Vec<_> = (0..70).map(|_| true).chain((0..60).map(|_| false)).chain([false]).collect();
    assert_eq!(case.store.marked(&asked).await.unwrap(), expected);
    assert_eq!(case.store.marked(&[]).await.unwrap(), [false; 0]);
    clear(case, &commits).await;
}

async fn more_than_one_batch_is_cleared(case: &Case) {
    let commits: Vec<_> = (0..60).map(|_| case.commit(&case.id(), 0, 1)).collect();
    case.append(&commits).await;
    eventually("sixty commits are pending", || async {
        (pending(case, &commits).await == ids(&commits)).then_some(())
    })
    .await;
    clear(case, &commits).await;
    eventually("sixty commits are cleared", || async { pending(case, &commits).await.is_empty().then_some(()) }).await;
}

async fn pending_commits_come_oldest_first_in_pages(case: &Case) {
    let now = case.commit(&case.id(), 0, 1).created_at;
    let commits: Vec<_> = (0..40)
        .map(|n| {
            let mut commit = case.commit(&case.id(), 0, 1);
            // Appended in one order, made in the other; two share each moment.
            commit.created_at = later(now, -1000 * (n / 2));
            commit
        })
        .collect();
    case.append(&commits).await;
    eventually("forty commits are pending", || async {
        (pending(case, &commits).await == ids(&commits)).then_some(())
    })
    .await;
    for shard in 0..OUTBOX_SHARDS {
        let all = pages(case, shard, 100).await;
        assert!(all.is_sorted_by_key(|commit| commit.created_at), "pending commits come oldest first");
        let singly = pages(case, shard, 1).await;
        assert_eq!(ids(&singly), ids(&all), "pages of one have them all");
        assert!(singly.is_sorted_by_key(|commit| commit.created_at), "pages of one come oldest first");
    }
    clear(case, &commits).await;
}

async fn a_note_is_replaced_only_by_who_knows_it(case: &Case) {
    let name = super::fresh(&case.ports, "contract/");
    let note = |version, text: &str| Note { version, doc: serde_json::json!({ "text": text, "none": null }) };
    assert_eq!(case.store.note(&name).await.unwrap(), None);
    assert!(!case.store.put_note(&name, &note(2, "a"), Some(1)).await.unwrap(), "there is nothing to replace");
    assert!(case.store.put_note(&name, &note(1, "a"), None).await.unwrap());
    assert!(!case.store.put_note(&name, &note(1, "b"), None).await.unwrap(), "another stands there");
    assert!(case.store.put_note(&name, &note(2, "b"), Some(1)).await.unwrap());
    assert!(!case.store.put_note(&name, &note(2, "c"), Some(1)).await.unwrap(), "it was replaced meanwhile");
    assert_eq!(case.store.note(&name).await.unwrap(), Some(note(2, "b")));
}

/// Every commit of a shard, read in pages of three.
async fn scan(case: &Case, shard: u8) -> Vec<Commit> {
    let mut commits = Vec::new();
    let mut from = None;
    loop {
        let (page, next) = case.store.scan(shard, from, 3).await.expect("a scan succeeds");
        assert!(page.len() <= 3, "a page has at most its limit, not {}", page.len());
        commits.extend(page);
        match next {
            Some(next) => from = Some(next),
            None => return commits,
        }
    }
}

async fn a_scan_gives_every_commit_once_in_time(case: &Case) {
    let now = case.commit(&case.id(), 0, 1).created_at;
    let commits: Vec<_> = (0..80)
        .map(|n| {
            let mut commit = case.commit(&case.id(), 0, 1);
            // Ten share each moment, so that a page ends between commits of one time.
            commit.created_at = later(now, n / 10);
            commit
        })
        .collect();
    case.append(&commits).await;
    // Half are cleared: what is in the stream must still be found.
    clear(case, &commits[..40]).await;
    let by_id: BTreeMap<_, _> = commits.iter().map(|commit| (commit.commit_id, commit)).collect();
    eventually("all commits are found by a scan", || async {
        let mut found = 0;
        for shard in 0..OUTBOX_SHARDS {
            let scanned = scan(case, shard).await;
            assert!(scanned.is_sorted_by_key(|commit| commit.created_at), "a scan goes by time");
            let ours: Vec<_> = scanned.iter().filter(|commit| by_id.contains_key(&commit.commit_id)).collect();
            for commit in &ours {
                assert_eq!(Some(commit), by_id.get(&commit.commit_id), "a scan gives commits as they were appended");
            }
            let distinct: BTreeSet<_> = ours.iter().map(|commit| commit.commit_id).collect();
            assert_eq!(distinct.len(), ours.len(), "a scan gives each commit once");
            found += distinct.len();
        }
        (found == commits.len()).then_some(())
    })
    .await;
    clear(case, &commits[40..]).await;
}

async fn a_scan_between_two_times_gives_what_was_decided_then(case: &Case) {
    let now = case.commit(&case.id(), 0, 1).created_at;
    let commits: Vec<_> = (0..60)
        .map(|n| {
            let mut commit = case.commit(&case.id(), 0, 1);
            commit.created_at = later(now, 1000 * n);
            commit
        })
        .collect();
    case.append(&commits).await;
    // The first moment is in it, the last is not.
    let between = commits[10].created_at..commits[40].created_at;
    eventually("all commits of a time are found", || async {
        let mut found = Vec::new();
        for shard in 0..OUTBOX_SHARDS {
            let mut from = None;
            loop {
                let page = case.store.scan_between(shard, between.clone(), from, 3).await;
                let (page, next) = page.expect("a scan succeeds");
                assert!(page.len() <= 3 && page.is_sorted_by_key(|commit| commit.created_at));
                assert!(page.iter().all(|commit| between.contains(&commit.created_at)), "no other time");
                found.extend(page.into_iter().filter(|commit| commits.contains(commit)));
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        assert!(found.len() <= 30, "each once");
        (ids(&found) == ids(&commits[10..40])).then_some(())
    })
    .await;
    let never = case.store.scan_between(0, now..now, None, 3).await.unwrap();
    assert_eq!(never, (Vec::new(), None), "no time has no commits");
    clear(case, &commits).await;
}

async fn every_aggregate_is_named_once(case: &Case) {
    let aggregates: BTreeSet<_> = (0..20).map(|_| case.id()).collect();
    // The later commits of an aggregate stand in other shards than its first.
    let commits: Vec<_> = [(0, 2), (2, 1), (3, 1)]
        .into_iter()
        .flat_map(|(after, events)| aggregates.iter().map(move |id| case.commit(id, after, events)))
        .collect();
    for together in commits.chunks(aggregates.len()) {
        case.append(together).await;
    }
    eventually("every aggregate is named", || async {
        let mut found = Vec::new();
        for shard in 0..OUTBOX_SHARDS {
            let mut from = None;
            loop {
                let (page, next) = case.store.aggregates(shard, from, 3).await.expect("aggregates are read");
                assert!(page.len() <= 3, "a page has at most its limit, not {}", page.len());
                found.extend(page.into_iter().filter(|id| aggregates.contains(id)));
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        let distinct: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "each aggregate is named once");
        (distinct == aggregates).then_some(())
    })
    .await;
    clear(case, &commits).await;
}

async fn a_shard_that_is_none_has_no_commits(case: &Case) {
    let scanned = case.store.scan(OUTBOX_SHARDS, None, 10).await;
    assert!(scanned.map_or(true, |(commits, _)| commits.is_empty()), "shards count from 0 to 15");
}
