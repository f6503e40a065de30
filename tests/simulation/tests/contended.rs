//! Bridges that read what another reads, too, while nothing else goes wrong: members' rows are deleted, set back or not written
//! while their processes read, readers stand still for longer than others wait, and one shares no leases with the others.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests: a failed step fails the test")]

use std::time::Duration;

use shotengai_simulation::bugs::Bug;
use shotengai_simulation::ending::Ending;
use shotengai_simulation::mishap::Mishap;
use shotengai_simulation::plan::{Happening, Plan, Rates, Rival};
use shotengai_simulation::process::PROCESSES;
use shotengai_simulation::simulate::plan_of;
use shotengai_simulation::{Options, run_plan};

/// Histories of each kind: with the outbox and change capture, hints and none, subscribed shards and polled ones.
const SEEDS: u64 = 8;
/// While customers come.
const FROM: Duration = Duration::from_secs(2);
const UNTIL: Duration = Duration::from_secs(45);

fn bridges() -> Vec<usize> {
    (0..PROCESSES.len()).filter(|process| PROCESSES[*process].0.starts_with("bridge")).collect()
}

/// A street of this seed in which nothing goes wrong, and no order runs out of time.
fn calm(seed: u64) -> Plan {
    let plan = plan_of(seed);
    Plan {
        captured: !seed.is_multiple_of(2),
        shards: 2,
        rates: Rates::default(),
        skews: vec![0; plan.skews.len()],
        changes_feed: None,
        newer: None,
        new_type: None,
        limits: None,
        refused: None,
        happenings: Vec::new(),
        timeout: Duration::from_secs(3 * 3600),
        capture_timeout: Duration::from_secs(3 * 3600),
        discards: false,
        absence: None,
        rival: None,
        calm_after: UNTIL + Duration::from_secs(20),
        ..plan
    }
}

/// The same with something that happens so often, to one bridge and the other in turn.
fn every(seed: u64, pause: Duration, happening: impl Fn(usize) -> Happening) -> Plan {
    let bridges = bridges();
    let moments = (0..).map(|turn| (FROM + pause * turn, turn)).take_while(|(at, _)| *at < UNTIL);
    let happenings = moments.map(|(at, turn)| {
        let process = bridges[usize::try_from(turn).unwrap() % bridges.len()];
        (at, happening(process))
    });
    Plan { happenings: happenings.collect(), ..calm(seed) }
}

/// None is lost, none done twice and none given up; and it did happen, so often at the least.
fn assert_holds(mishap: Mishap, at_least: u64, plan: impl Fn(u64) -> Plan) {
    for seed in 0..SEEDS {
        let outcome = run_plan(plan(seed), Options::default()).unwrap();
        assert_eq!(outcome.violations, [""; 0], "{}", outcome.plan);
        let count = outcome.mishaps.get(&mishap).copied().unwrap_or_default();
        assert!(count >= at_least, "{mishap}: {count} times in {}", outcome.plan);
        assert_eq!(outcome.endings.get(&Ending::DeadlineExceeded), None, "{}", outcome.plan);
    }
}

#[test]
fn members_whose_rows_are_deleted_while_they_read_lose_nothing_and_double_nothing() {
    assert_holds(Mishap::MemberDeleted, 8, |seed| every(seed, Duration::from_secs(3), |_| Happening::DeleteMember));
}

#[test]
fn members_whose_rows_are_older_than_those_of_their_shards_lose_nothing_and_double_nothing() {
    assert_holds(Mishap::MemberSetBack, 8, |seed| every(seed, Duration::from_secs(3), |_| Happening::SetBackMember));
}

#[test]
fn members_whose_rows_can_not_be_written_give_their_shards_up_and_come_back() {
    let silent = Duration::from_secs(16);
    let plan = |seed| every(seed, silent, |process| Happening::SilenceMember { process, silent });
    assert_holds(Mishap::MemberSilent, 8, plan);
}

/// Readers that are robbed in most of their batches, and read on.
fn robbed(seed: u64) -> Plan {
    let mut plan = calm(seed);
    plan.rates.read_on = 300;
    plan
}

fn beside_a_rival(seed: u64) -> Plan {
    let rival = Rival { process: bridges()[0], from: FROM, lasts: UNTIL.checked_sub(FROM).unwrap() };
    Plan { rival: Some(rival), ..calm(seed) }
}

#[test]
fn readers_that_read_on_though_another_has_their_shard_save_nothing() {
    assert_holds(Mishap::ReadOn, 1, robbed);
}

#[test]
fn bridges_that_share_no_leases_lose_nothing_and_double_nothing() {
    assert_holds(Mishap::RivalRead, 1, beside_a_rival);
}

#[test]
fn a_checkpoint_without_its_epoch_is_found_by_each_of_these() {
    let options = Options { bug: Some(Bug::LeaseWithoutEpoch), recording: false };
    for plan in [robbed, beside_a_rival] {
        let found = (0..SEEDS).any(|seed| !run_plan(plan(seed), options).unwrap().violations.is_empty());
        assert!(found, "{}", plan(0));
    }
}
