//! Group commit over the store in memory: requests are counted, faults fall on some of a request or on all of it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shotengai_kernel::Version;
use shotengai_messaging::{AppendError, Commit, EventStore, FaultKind, GroupCommit};
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;

use super::Street;

const APPEND: &str = "store.append";

fn group(street: &Street) -> GroupCommit {
    GroupCommit::new("inventory", street.store(), Arc::clone(&street.ports.random))
}

fn commits(street: &Street, count: usize) -> Vec<Commit> {
    (0..count).map(|index| street.commit(&format!("stock/prod_{index}"), 1)).collect()
}

async fn stands(street: &Street, commit: &Commit) -> bool {
    let found = street.store().load(&commit.aggregate_id, Version::ZERO).await.unwrap();
    assert!(found.len() <= 1, "never twice");
    found.iter().any(|found| found.commit_id == commit.commit_id)
}

#[tokio::test(start_paused = true)]
async fn commits_that_wait_at_the_same_moment_go_together_and_a_lone_one_waits_for_nobody() {
    let street = Street::new();
    let (group, commits) = (group(&street), commits(&street, 51));
    let began = Instant::now();
    for answer in join_all(commits.iter().map(|commit| group.append(commit))).await {
        answer.unwrap();
    }
    assert_eq!(street.faults.calls(APPEND), 3, "one alone, and twice twenty-five");
    assert_eq!(street.store().all_commits().len(), 51);
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waited for company");
    for index in 0..10 {
        group.append(&street.commit(&format!("stock/later_{index}"), 1)).await.unwrap();
    }
    assert_eq!(street.faults.calls(APPEND), 13);
    assert_eq!(
        began.elapsed(),
        Duration::from_millis(20),
        "the first after company waited for more, the others for nobody"
    );
}

#[tokio::test(start_paused = true)]
async fn rivals_that_meet_are_told_apart() {
    let street = Street::new();
    let group = group(&street);
    let rivals: Vec<_> = (0..60).map(|index| street.commit(&format!("stock/prod_{}", index % 20), 1)).collect();
    let answers = join_all(rivals.iter().map(|commit| group.append(commit))).await;
    for (commit, answer) in rivals.iter().zip(&answers) {
        match answer {
            Ok(()) => assert!(stands(&street, commit).await),
            Err(AppendError::Conflict { indexes }) => assert!(*indexes == [0] && !stands(&street, commit).await),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 20);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_throttled_in_a_request_follows_and_nobody_waits_for_it() {
    let street = Street::new();
    let (group, commits) = (group(&street), commits(&street, 21));
    // The first goes alone, the second request is answered in part.
    street.faults.each_nth(APPEND, 2, 1, InjectedFault::FailEntries);
    let began = Instant::now();
    let timed = commits.iter().map(|commit| {
        let group = &group;
        async move { (group.append(commit).await, began.elapsed()) }
    });
    let answers = join_all(timed).await;
    assert!(answers.iter().all(|(answer, _)| answer.is_ok()), "{answers:?}");
    let at_once = answers.iter().filter(|(_, after)| after.is_zero()).count();
    let later = answers.len() - at_once;
    assert!(at_once > 1 && later > 0, "{at_once} at once, {later} later");
    assert_eq!(street.faults.calls(APPEND), 2 + later, "each of them by itself");
    assert_eq!(street.store().all_commits().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_answer_is_lost_fails_for_all_and_can_be_repeated_unchanged() {
    let street = Street::new();
    let (group, commits) = (group(&street), commits(&street, 11));
    street.faults.each_nth(APPEND, 2, 1, InjectedFault::LoseAnswer);
    let answers = join_all(commits.iter().map(|commit| group.append(commit))).await;
    let lost = |answer: &Result<(), AppendError>| matches!(answer, Err(AppendError::Fault(fault)) if fault.kind() == FaultKind::Transient);
    assert!(answers[0].is_ok() && answers[1..].iter().all(lost), "{answers:?}");
    for answer in join_all(commits.iter().map(|commit| group.append(commit))).await {
        answer.unwrap();
    }
    assert_eq!(street.store().all_commits().len(), 11, "each once");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_for_good_is_taken_apart() {
    let street = Street::new();
    let (group, commits) = (group(&street), commits(&street, 11));
    street.faults.each_nth(APPEND, 2, 1, InjectedFault::Refuse(FaultKind::Permanent));
    for answer in join_all(commits.iter().map(|commit| group.append(commit))).await {
        answer.unwrap();
    }
    assert_eq!(street.faults.calls(APPEND), 12);
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_takes_nothing_from_others() {
    let street = Street::new();
    let (group, commits) = (group(&street), commits(&street, 12));
    let slow = InjectedFault::Delay(Duration::from_millis(10));
    street.faults.always(APPEND, slow);
    // While the first is on its way these wait, and some of them give up: before they are sent, and after.
    let appends = commits.iter().enumerate().map(|(index, commit)| {
        let group = &group;
        let patience = Duration::from_millis(if index % 3 == 1 {
            5
        } else if index % 3 == 2 {
            15
        } else {
            1000
        });
        async move { tokio::time::timeout(patience, group.append(commit)).await }
    });
    let answers = join_all(appends).await;
    for (index, (commit, answer)) in commits.iter().zip(answers).enumerate() {
        let stands = stands(&street, commit).await;
        match index % 3 {
            0 => assert!(answer.unwrap().is_ok() && stands, "{index}"),
            1 => assert!(answer.is_err() && !stands, "{index}: nobody waited for it"),
            _ => assert!(answer.is_err() && stands, "{index}: it was on its way"),
        }
    }
    // The one after company waits for more.
    group.append(&street.commit("stock/between", 1)).await.unwrap();
    // The one that goes alone gives up: those behind it go all the same.
    let (first, second) = (street.commit("stock/first", 1), street.commit("stock/second", 1));
    let (gone, written) =
        tokio::join!(tokio::time::timeout(Duration::from_millis(3), group.append(&first)), group.append(&second));
    assert!(gone.is_err() && written.is_ok());
    assert_eq!(street.faults.calls(APPEND), 5);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_holds_others_for_some_milliseconds() {
    let street = Street::new();
    let group = group(&street);
    street.faults.next(APPEND, InjectedFault::Delay(Duration::from_secs(10)));
    let (hanging, others) = (street.commit("stock/hanging", 1), commits(&street, 5));
    let began = Instant::now();
    let (hung, answers) = tokio::join!(async { (group.append(&hanging).await, began.elapsed()) }, async {
        (join_all(others.iter().map(|commit| group.append(commit))).await, began.elapsed())
    });
    assert!(answers.0.iter().all(Result::is_ok) && answers.1 < Duration::from_millis(30), "{:?}", answers.1);
    assert!(hung.0.is_ok() && hung.1 >= Duration::from_secs(10));
    assert_eq!(street.faults.calls(APPEND), 2);
}

#[test]
fn a_request_that_ends_with_the_thread_that_sent_it_is_repeated_by_those_who_wait() {
    let street = Street::new();
    let group = group(&street);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (dying, living) = (runtime(), runtime());
    street.faults.next(APPEND, InjectedFault::Delay(Duration::from_secs(600)));
    let commits = commits(&street, 4);
    let append = |commit: &Commit| {
        let (group, commit) = (group.clone(), commit.clone());
        async move { group.append(&commit).await }
    };
    // The first is on its way by the one thread, the others wait by the other. What carries them is sent where the first ends.
    let lone = dying.spawn(append(&commits[0]));
    let until_sent = async || {
        while street.faults.calls(APPEND) == 0 {
            tokio::task::yield_now().await;
        }
    };
    dying.block_on(until_sent());
    let waiting: Vec<_> = commits[1..].iter().map(|commit| living.spawn(append(commit))).collect();
    living.block_on(async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    });
    drop(dying);
    let answers = living.block_on(join_all(waiting));
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().is_ok()), "{answers:?}");
    assert_eq!(street.faults.calls(APPEND), 4, "each by itself");
    assert!(living.block_on(lone).unwrap_err().is_cancelled());
}
