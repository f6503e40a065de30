//! Whatever fails, a letter is in its target or still here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use shotengai_dead_letters::{Bounds, Job};
use shotengai_messaging::FaultKind;
use shotengai_testing::memory::InjectedFault::{self, FailEntries, LoseAnswer, Refuse};

use crate::{Street, all, paid, unwatched};

const QUEUE: &str = "order-dlq";
const TARGET: &str = "order-queue";

fn once(
    operation: &'static str,
    resource: &'static str,
    fault: InjectedFault,
) -> impl Fn(&str, &str, usize) -> Option<InjectedFault> {
    let earlier = std::sync::atomic::AtomicBool::new(false);
    move |called, on, _| {
        let meant = called == operation && on == resource;
        (meant && !earlier.swap(true, std::sync::atomic::Ordering::Relaxed)).then_some(fault)
    }
}

async fn street_of(orders: u64) -> Street {
    let street = Street::new();
    for order in 0..orders {
        street.put(QUEUE, paid(&format!("ord_{order:03}"), 1)).await;
    }
    street
}

#[tokio::test(start_paused = true)]
async fn a_send_whose_answer_is_lost_doubles_the_message_and_loses_none() {
    let street = street_of(3).await;
    street.faults.set(once("queue.send", TARGET, LoseAnswer));
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.is_success()), (3, true));
    assert_eq!((street.arrived(TARGET).len(), street.arrived(QUEUE).len()), (6, 0));
}

#[tokio::test(start_paused = true)]
async fn entries_that_fail_for_now_are_sent_again_and_only_they() {
    let street = street_of(10).await;
    street.faults.set(once("queue.send", TARGET, FailEntries));
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.is_success()), (10, true));
    assert_eq!((street.arrived(TARGET).len(), street.arrived(QUEUE).len()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_refuses_ends_the_redrive_and_keeps_every_letter() {
    let street = street_of(25).await;
    for kind in [FaultKind::Permanent, FaultKind::Throttled] {
        street.faults.set(move |operation, resource, _| {
            (operation == "queue.send" && resource == TARGET).then_some(Refuse(kind))
        });
        let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
        assert_eq!((report.settled, report.failed.len(), report.is_success()), (0, 10, false));
        assert!(report.stopped.unwrap().contains(TARGET));
        assert_eq!(street.queue(QUEUE).depth_now().visible, 25);
    }
    street.faults.end();
    assert!(street.letters(QUEUE).redrive(&all(), &unwatched()).await.is_success());
    assert_eq!((street.arrived(TARGET).len(), street.arrived(QUEUE).len()), (25, 0));
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_could_not_be_deleted_is_told_and_doubles_at_the_next_redrive() {
    let street = street_of(1).await;
    street.faults.set(|operation, _, _| (operation == "queue.delete").then_some(Refuse(FaultKind::Throttled)));
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.undeleted.len(), report.is_success()), (0, 1, false));
    assert_eq!((street.queue(TARGET).depth_now().total(), street.queue(QUEUE).depth_now().visible), (1, 1));
    street.faults.end();
    assert_eq!(street.letters(QUEUE).redrive(&all(), &unwatched()).await.settled, 1);
    assert_eq!((street.arrived(TARGET).len(), street.arrived(QUEUE).len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_send_and_delete_doubles_a_message_and_loses_none() {
    let street = street_of(5).await;
    street.faults.set(|operation, _, _| {
        (operation == "queue.delete").then_some(InjectedFault::Delay(Duration::from_secs(3600)))
    });
    let letters = street.letters(QUEUE);
    let crashed = tokio::time::timeout(Duration::from_secs(30), letters.redrive(&all(), &unwatched())).await;
    assert!(crashed.is_err());
    street.faults.end();
    assert_eq!((street.arrived(TARGET).len(), street.queue(QUEUE).depth_now().in_flight), (5, 5));
    // Nobody released them: they are visible again by themselves.
    tokio::time::advance(Bounds::default().visibility).await;
    assert_eq!(street.letters(QUEUE).redrive(&all(), &unwatched()).await.settled, 5);
    assert_eq!((street.arrived(TARGET).len(), street.arrived(QUEUE).len()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn the_later_letters_of_an_aggregate_wait_for_one_that_failed() {
    let street = Street::new();
    for version in [3, 2, 1] {
        street.put(QUEUE, paid("ord_a", version)).await;
    }
    // The first request carries version 1 alone; it is refused entry by entry each time.
    street
        .faults
        .set(|operation, resource, _| (operation == "queue.send" && resource == TARGET).then_some(FailEntries));
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.failed.len(), report.waiting), (0, 1, 2));
    assert_eq!(report.stopped, None);
    assert_eq!(street.arrived(TARGET), []);
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_fails_half_way_sends_nothing_of_what_may_be_out_of_order() {
    let street = street_of(25).await;
    street
        .faults
        .set(|operation, _, call| (operation == "queue.receive" && call > 1).then_some(Refuse(FaultKind::Transient)));
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.looked_at, report.settled, report.complete, report.is_success()), (10, 0, false, false));
    assert_eq!(street.queue(QUEUE).depth_now().visible, 25);
}

#[tokio::test(start_paused = true)]
async fn a_receive_whose_answer_is_lost_hides_letters_and_the_report_does_not_claim_all() {
    let street = street_of(15).await;
    street.faults.set(once("queue.receive", QUEUE, LoseAnswer));
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.complete), (5, false));
    assert_eq!(street.queue(QUEUE).depth_now().total(), 10);
}

/// What breaks, call by call.
fn faults() -> impl Strategy<Value = Vec<Option<InjectedFault>>> {
    let fault = prop_oneof![
        4 => Just(None),
        1 => Just(Some(LoseAnswer)),
        2 => Just(Some(FailEntries)),
        1 => Just(Some(Refuse(FaultKind::Throttled))),
        1 => Just(Some(Refuse(FaultKind::Permanent))),
        1 => Just(Some(InjectedFault::Delay(Duration::from_secs(200)))),
    ];
    prop::collection::vec(fault, 0..60)
}

/// Versions by subject.
fn versions(messages: &[(String, u64)]) -> BTreeMap<&str, BTreeSet<u64>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (subject, version) in messages {
        found.entry(subject.as_str()).or_default().insert(*version);
    }
    found
}

async fn lose_nothing(seed: u64, schedule: Vec<Option<InjectedFault>>, letters: Vec<(u8, u64)>, hold: usize) {
    let street = Street::seeded(seed);
    let letters: BTreeSet<_> = letters.into_iter().collect();
    for (subject, version) in &letters {
        street.put(QUEUE, paid(&format!("ord_{subject}"), *version)).await;
    }
    let before = street.arrived(QUEUE);
    let schedule = Arc::new(std::sync::Mutex::new(schedule.into_iter()));
    street.faults.set(move |_, _, _| schedule.lock().unwrap().next().flatten());
    let report = street.letters_by(QUEUE, hold).redrive(&Job::default(), &unwatched()).await;
    street.faults.end();
    let (target, rest) = (street.arrived(TARGET), street.arrived(QUEUE));
    let (sent, kept) = (versions(&target), versions(&rest));
    for (subject, version) in &before {
        let has =
            |found: &BTreeMap<&str, BTreeSet<u64>>| found.get(subject.as_str()).is_some_and(|it| it.contains(version));
        assert!(has(&sent) || has(&kept), "{subject} {version} is lost: {report:?}");
    }
    assert!(
        report.settled + rest.len() == before.len() || report.stopped.is_some() || !report.undeleted.is_empty(),
        "{report:?}"
    );
    if report.complete && hold >= before.len() {
        // In order: of each aggregate the target has a first part, without a gap.
        for (subject, all) in versions(&before) {
            let sent = sent.get(subject).cloned().unwrap_or_default();
            let first: BTreeSet<_> = all.iter().copied().take(sent.len()).collect();
            assert_eq!(sent, first, "{subject}: {report:?}");
        }
    }
    // Whoever comes later finds everything again.
    tokio::time::advance(Bounds::default().visibility).await;
    let last = street.letters(QUEUE).redrive(&Job::default(), &unwatched()).await;
    assert!(last.is_success() && last.complete, "{last:?}");
    assert_eq!(street.queue(QUEUE).depth_now().total(), 0);
    assert_eq!(versions(&street.arrived(TARGET)), versions(&before));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_redrive_loses_nothing_whatever_fails(
        seed: u64,
        schedule in faults(),
        letters in prop::collection::vec((0..4_u8, 1..20_u64), 1..40),
        hold in prop_oneof![Just(2_usize), Just(11), Just(1000)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(lose_nothing(seed, schedule, letters, hold));
    }
}
