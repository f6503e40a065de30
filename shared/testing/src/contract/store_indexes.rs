//! The event store: what is pending, and all commits in time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use shotengai_kernel::{CommitId, Timestamp};
use shotengai_messaging::commit::Commit;
use shotengai_messaging::ports::store::OUTBOX_SHARDS;

use super::eventually;
use super::store::Case;

pub(super) async fn check(case: &Case) {
    a_commit_is_pending_until_it_is_cleared(case).await;
    more_than_one_batch_is_cleared(case).await;
    pending_commits_come_oldest_first_and_limited(case).await;
    a_scan_gives_every_commit_once_in_time(case).await;
    every_aggregate_is_named_once(case).await;
    a_shard_that_is_none_has_no_commits(case).await;
}

fn later(at: Timestamp, micros: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_micros(micros)).expect("a time of today")
}

fn ids(commits: &[Commit]) -> BTreeSet<CommitId> {
    commits.iter().map(|commit| commit.commit_id).collect()
}

/// The ids among `commits` that are pending now.
async fn pending(case: &Case, commits: &[Commit], before: Timestamp) -> BTreeSet<CommitId> {
    let ours = ids(commits);
    let mut found = BTreeSet::new();
    for shard in commits.iter().map(Commit::index_shard).collect::<BTreeSet<_>>() {
        let pending = case.store.pending(shard, before, 10_000).await.expect("pending commits are read");
        for commit in pending.into_iter().filter(|commit| ours.contains(&commit.commit_id)) {
            assert_eq!(commit.index_shard(), shard, "a commit is pending in its own shard");
            assert!(commits.contains(&commit), "a pending commit comes as it was appended");
            found.insert(commit.commit_id);
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
    let at = commits[0].created_at;
    case.append(&commits).await;
    eventually("an appended commit is pending", || async {
        (pending(case, &commits, later(at, 1)).await == ids(&commits)).then_some(())
    })
    .await;
    assert!(pending(case, &commits, at).await.is_empty(), "`before` leaves out what is not older");
    // Clearing again is safe: the sweeper of another process may have been quicker.
    clear(case, &commits).await;
    clear(case, &commits).await;
    eventually("a cleared commit is not pending", || async {
        pending(case, &commits, later(at, 1)).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(case.load(&id, 0).await, commits, "clearing changes nothing of the commit");
    // An append whose answer was lost may be repeated after another process has published its commit.
    case.append(&commits).await;
    assert_eq!(case.load(&id, 0).await, commits, "a repeated append writes nothing");
}

async fn more_than_one_batch_is_cleared(case: &Case) {
    let commits: Vec<_> = (0..60).map(|_| case.commit(&case.id(), 0, 1)).collect();
    case.append(&commits).await;
    let before = later(commits.iter().map(|commit| commit.created_at).max().expect("commits"), 1);
    eventually("sixty commits are pending", || async {
        (pending(case, &commits, before).await == ids(&commits)).then_some(())
    })
    .await;
    clear(case, &commits).await;
    eventually("sixty commits are cleared", || async {
        pending(case, &commits, before).await.is_empty().then_some(())
    })
    .await;
}

async fn pending_commits_come_oldest_first_and_limited(case: &Case) {
    let now = case.commit(&case.id(), 0, 1).created_at;
    let commits: Vec<_> = (0..40)
        .map(|n| {
            let mut commit = case.commit(&case.id(), 0, 1);
            // Appended in one order, made in the other.
            commit.created_at = later(now, -1000 * n);
            commit
        })
        .collect();
    case.append(&commits).await;
    let before = later(now, 1);
    eventually("forty commits are pending", || async {
        (pending(case, &commits, before).await == ids(&commits)).then_some(())
    })
    .await;
    for shard in 0..OUTBOX_SHARDS {
        let all = case.store.pending(shard, before, 10_000).await.unwrap();
        assert!(all.is_sorted_by_key(|commit| commit.created_at), "pending commits come oldest first");
        let one = case.store.pending(shard, before, 1).await.unwrap();
        assert!(one.len() <= 1, "a limit of one is kept: {}", one.len());
        assert_eq!(one.first().map(|c| c.created_at), all.first().map(|c| c.created_at), "the oldest comes first");
    }
    clear(case, &commits).await;
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
