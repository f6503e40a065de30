//! Half an hour in which one service after another may write nothing, though it reads and is probed as before.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests: a failed step fails the test")]

use std::time::Duration;

use shotengai_simulation::bugs::Bug;
use shotengai_simulation::denial::Denial;
use shotengai_simulation::ending::Ending;
use shotengai_simulation::mishap::Mishap;
use shotengai_simulation::plan::{Happening, LONG_DENIAL, Plan, Rates};
use shotengai_simulation::simulate::plan_of;
use shotengai_simulation::{Options, Outcome, run_plan};

/// When customers are in the middle of it.
const BEGINS: Duration = Duration::from_secs(5);

/// When the administrator changes every price: nothing else needs catalog's own writes.
const PRICES_CHANGE: Duration = Duration::from_secs(10);

/// What this seed's customers do in a street where nothing goes wrong but this denial, and no order runs out of time. Every
/// other seed captures changes instead of publishing an outbox.
fn denied(seed: u64, denial: Denial) -> Plan {
    let mut plan = plan_of(seed);
    plan.goods.iter_mut().for_each(|goods| goods.price_changes = vec![PRICES_CHANGE]);
    Plan {
        captured: !seed.is_multiple_of(2),
        shards: 2,
        rates: Rates::default(),
        skews: vec![0; plan.skews.len()],
        changes_feed: None,
        newer: None,
        limits: None,
        refused: None,
        happenings: vec![(BEGINS, Happening::Deny { denial, denied: LONG_DENIAL })],
        timeout: Duration::from_secs(3 * 3600),
        capture_timeout: Duration::from_secs(3 * 3600),
        discards: false,
        rival: None,
        calm_after: BEGINS + LONG_DENIAL,
        ..plan
    }
}

/// One history of each denial, from its number.
fn histories(options: Options) -> impl Iterator<Item = (Denial, Outcome)> {
    (0_u64..).zip((0..Denial::COUNT).map(Denial::of)).map(move |(seed, denial)| {
        let outcome = run_plan(denied(seed, denial), options).unwrap();
        (denial, outcome)
    })
}

#[test]
fn whatever_a_service_may_not_write_for_half_an_hour_no_letter_dies_of_it_and_everything_settles() {
    for (denial, outcome) in histories(Options::default()) {
        println!("{denial:?}: {} calls, {:?} of virtual time", outcome.calls, outcome.lasted);
        assert_eq!(outcome.violations, [""; 0], "{denial:?}: {}", outcome.plan);
        assert!(outcome.mishaps.contains_key(&Mishap::Denied), "{denial:?} fell on no call: {}", outcome.plan);
        let late = outcome.endings.get(&Ending::DeadlineExceeded);
        assert_eq!(late, None, "{denial:?}: what waited went on: {}", outcome.plan);
    }
}

#[test]
fn a_denial_that_is_taken_for_the_messages_own_failure_is_found_by_these_histories() {
    let options = Options { bug: Some(Bug::DeniedIsTheMessagesOwn), recording: false };
    let is_dead = |outcome: &Outcome| outcome.violations.iter().any(|violation| violation.contains("exhausted"));
    assert!(histories(options).any(|(_, outcome)| is_dead(&outcome)));
}
