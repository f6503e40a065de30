//! What the simulation promises of the street, and of itself.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests: a failed step fails the test")]

mod excuses;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use shotengai_simulation::bugs::Bug;
use shotengai_simulation::ending::{Ending, Endings};
use shotengai_simulation::mishap::{Mishap, Mishaps, add};
use shotengai_simulation::{Options, run};

/// Seeds that every `make test` runs; `make simulate` runs as many as it is told.
const SEEDS: u64 = 200;
/// A planted bug has to show within so many.
const FOUND_WITHIN: u64 = 500;

#[test]
fn whatever_goes_wrong_the_invariants_hold_and_everything_does_go_wrong() {
    let counts = Mutex::new((Mishaps::new(), Endings::new()));
    let next = AtomicU64::new(0);
    let search = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SEEDS {
                return;
            }
            let outcome = run(seed, Options::default()).unwrap();
            assert!(
                outcome.violations.is_empty(),
                "read it with `make simulate SEED={seed}`:\n{}{:#?}",
                outcome.plan,
                outcome.violations
            );
            let mut counts = counts.lock().unwrap();
            add(&mut counts.0, &outcome.mishaps);
            add(&mut counts.1, &outcome.endings);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(search)).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let (mishaps, endings) = counts.into_inner().unwrap();
    let never: Vec<_> = Mishap::ALL.into_iter().filter(|mishap| !mishaps.contains_key(mishap)).collect();
    assert!(never.is_empty(), "these never happened in {SEEDS} seeds: {never:?}; the others: {mishaps:#?}");
    let never: Vec<_> = Ending::ALL.into_iter().filter(|ending| !endings.contains_key(ending)).collect();
    assert!(never.is_empty(), "these never came of {SEEDS} seeds: {never:?}; the others: {endings:#?}");
}

#[test]
fn a_seed_is_a_history() {
    for seed in [3, 11] {
        let recorded = || run(seed, Options { recording: true, ..Options::default() }).unwrap();
        let (one, two) = (recorded(), recorded());
        assert_eq!((one.fingerprint, one.calls), (two.fingerprint, two.calls), "seed {seed}");
        assert_eq!(one.history, two.history, "seed {seed}");
        let silent = run(seed, Options::default()).unwrap();
        assert_eq!((one.fingerprint, one.calls), (silent.fingerprint, silent.calls), "reading along changes nothing");
    }
}

fn assert_found(bug: Bug) {
    let found = (0..FOUND_WITHIN).find_map(|seed| {
        let outcome = run(seed, Options { bug: Some(bug), recording: false }).unwrap();
        outcome.violations.first().map(|violation| (seed, violation.clone()))
    });
    let (seed, violation) = found.unwrap_or_else(|| panic!("{bug} is not found within {FOUND_WITHIN} seeds"));
    println!("{bug} is found by seed {seed}: {violation}");
}

#[test]
fn acknowledging_before_the_commit_is_found() {
    assert_found(Bug::AcknowledgeBeforeCommit);
}

#[test]
fn not_looking_at_each_answer_of_a_put_is_found() {
    assert_found(Bug::IgnorePartialPut);
}

#[test]
fn a_checkpoint_over_what_was_not_acknowledged_is_found() {
    assert_found(Bug::CheckpointTooFar);
}

#[test]
fn a_checkpoint_of_whoever_was_superseded_is_found() {
    assert_found(Bug::LeaseWithoutEpoch);
}

#[test]
fn a_claim_that_is_never_taken_over_is_found() {
    assert_found(Bug::EternalClaim);
}

#[test]
fn a_projection_that_does_not_see_gaps_is_found() {
    assert_found(Bug::NoGapCheck);
}

#[test]
fn an_order_that_hears_of_no_payment_is_found() {
    assert_found(Bug::DeafToPayments);
}

#[test]
fn a_denial_that_counts_as_the_messages_own_failure_is_found() {
    assert_found(Bug::DeniedIsTheMessagesOwn);
}

#[test]
fn taking_every_refusal_for_the_recipients_is_found() {
    assert_found(Bug::EveryRefusalTheRecipients);
}

#[test]
fn a_refused_mail_without_a_dead_letter_is_found() {
    assert_found(Bug::RefusedMailIsDone);
}

#[test]
fn a_call_that_is_never_halved_is_found() {
    assert_found(Bug::NeverHalved);
}

#[test]
fn a_sweeper_that_never_skips_is_found() {
    assert_found(Bug::SweeperNeverSkips);
}

#[test]
fn chains_of_reminders_that_never_merge_are_found() {
    assert_found(Bug::ChainsNeverMerge);
}

#[test]
fn rejecting_orders_by_cached_stock_is_found() {
    assert_found(Bug::RejectByCachedStock);
}

#[test]
fn an_inventory_that_dawdles_behind_a_fault_elsewhere_is_found() {
    assert_found(Bug::Dawdles);
}

#[test]
fn a_topic_that_forgets_one_of_its_queues_is_found() {
    assert_found(Bug::DropOneQueue);
}

#[test]
fn a_batch_that_fails_as_a_whole_is_found() {
    assert_found(Bug::FailsTogether);
}

#[test]
fn a_claim_that_holds_for_as_long_as_a_foreign_clock_says_is_found() {
    assert_found(Bug::TrustsForeignClocks);
}

#[test]
fn an_append_that_lands_late_and_is_written_anew_is_found() {
    assert_found(Bug::BlindLateAppend);
}

#[test]
fn a_line_that_is_lost_where_a_transaction_is_large_is_found() {
    assert_found(Bug::LostAtTheCut);
}

#[test]
fn asking_again_at_once_where_it_is_throttled_is_found() {
    assert_found(Bug::NeverBacksOff);
}

#[test]
fn markers_that_nobody_sweeps_after_a_change_of_the_feed_are_found() {
    assert_found(Bug::LeavesMarkers);
}

#[test]
fn events_that_are_written_anew_on_their_way_are_found() {
    assert_found(Bug::Rewrites);
}

#[test]
fn an_order_that_is_confirmed_for_ever_is_found() {
    assert_found(Bug::NobodyTold);
}

#[test]
fn remembering_for_a_week_what_was_done_is_found() {
    assert_found(Bug::RemembersForAWeek);
}

#[test]
fn a_reconciler_that_starts_anew_is_found() {
    assert_found(Bug::ReconcilerStartsAnew);
}

#[test]
fn publishing_again_in_part_is_found() {
    assert_found(Bug::PublishesInPart);
}

#[test]
fn a_cart_that_is_not_emptied_by_its_order_is_found() {
    assert_found(Bug::CartStaysFull);
}

#[test]
fn an_older_price_in_a_later_ones_place_is_found() {
    assert_found(Bug::ForgetsPlaces);
}

#[test]
fn a_refund_that_is_known_by_its_payment_alone_is_found() {
    assert_found(Bug::RefundsKnownByPayment);
}

#[test]
fn a_refund_of_which_nothing_is_sold_again_is_found() {
    assert_found(Bug::NothingRestocked);
}

#[test]
fn one_mail_for_all_refunds_of_an_order_is_found() {
    assert_found(Bug::OneRefundMail);
}

#[test]
fn acknowledging_what_only_a_newer_release_knows_is_found() {
    assert_found(Bug::UnknownIsDone);
}

#[test]
fn an_answer_given_to_the_neighbour_of_its_commit_is_found() {
    assert_found(Bug::AnswersShift);
}

#[test]
fn taking_what_is_remembered_for_what_was_read_is_found() {
    assert_found(Bug::ReadsFromMemory);
}
