//! An API server that is away, and one that forbids.

use http::StatusCode;
use shotengai_fake_cluster::Outage;

use super::sharing::{LEASE, Notes, Street, many, until};
use super::*;

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_stops_before_another_may_read_and_goes_on_later() {
    for outage in [Outage::Answers(StatusCode::SERVICE_UNAVAILABLE), Outage::CutsOff, Outage::Stalls] {
        let (log, guard) = Log::capture();
        let street = Street::new(2);
        let notes = Arc::new(Notes::default());
        let process = street.process("bridge-0", &notes);
        street.until_shared(&[("bridge-0", 2)]).await;
        tokio::time::sleep(2 * SECOND).await;

        street.fake.outage(Some(outage));
        let gone = Instant::now();
        until("it has stopped reading", || log.lines_with("the lease was lost; reading has ended") == 2).await;
        // A lease holds for seven tenths of the lease time: nobody takes it before that.
        assert!(gone.elapsed() <= LEASE * 7 / 10 + SECOND / 10, "{outage:?}: {:?}", gone.elapsed());
        let data = many("while-away-", 10);
        street.put(&data).await;
        tokio::time::sleep(30 * SECOND).await;
        assert!(notes.all().is_empty(), "{outage:?}: it doesn't read");
        assert!(log.text().lines().count() < 40, "{outage:?}: {}", log.text());
        assert!(log.text().contains("the leases can't be listed"), "{}", log.text());

        street.fake.outage(None);
        let back = Instant::now();
        until("it reads on", || notes.all().len() == data.len()).await;
        assert!(back.elapsed() <= LEASE, "{outage:?}: {:?}", back.elapsed());
        process.stop().await;
        drop(guard);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_shorter_than_the_lease_costs_nothing() {
    let street = Street::new(2);
    let notes = Arc::new(Notes::default());
    let process = street.process("bridge-0", &notes);
    street.until_shared(&[("bridge-0", 2)]).await;
    let versions = || -> Vec<u64> {
        street.fake.leases().iter().filter_map(|lease| lease["spec"]["leaseTransitions"].as_u64()).collect()
    };
    let before = versions();
    for _ in 0..5 {
        street.fake.outage(Some(Outage::Stalls));
        tokio::time::sleep(LEASE / 4).await;
        street.fake.outage(None);
        tokio::time::sleep(LEASE).await;
    }
    street.put(&many("x", 10)).await;
    until("it reads", || notes.all().len() == 10).await;
    assert_eq!(versions(), before, "no lease changed hands");
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn rights_that_are_missing_are_named_now_and_then_and_nothing_spins() {
    for (call, words) in
        [("list leases", "the user cannot list leases"), ("create leases", "the user cannot create leases")]
    {
        let (log, guard) = Log::capture();
        let street = Street::new(2);
        let notes = Arc::new(Notes::default());
        street.fake.forbid(call, true);
        street.put(&many("x", 10)).await;
        let process = street.process("bridge-0", &notes);
        tokio::time::sleep(60 * SECOND).await;
        let calls: usize = street.fake.calls().values().sum();
        assert!(calls < 400, "{call}: {:?} in a minute", street.fake.calls());
        assert!((1..=6).contains(&log.lines_with(words)), "{call}: {}", log.text());
        assert!(log.text().lines().count() < 20, "{call}: {}", log.text());
        street.fake.forbid(call, false);
        until("it reads", || notes.all().len() == 10).await;
        process.stop().await;
        drop(guard);
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_to_renew_that_is_taken_away_ends_the_reading_within_the_lease() {
    let (log, _guard) = Log::capture();
    let street = Street::new(1);
    let notes = Arc::new(Notes::default());
    let process = street.process("bridge-0", &notes);
    street.until_shared(&[("bridge-0", 1)]).await;
    street.fake.forbid("update leases", true);
    let begun = Instant::now();
    until("it has stopped", || log.lines_with("the lease was lost; reading has ended") == 1).await;
    assert!(begun.elapsed() <= LEASE, "{:?}", begun.elapsed());
    tokio::time::sleep(60 * SECOND).await;
    assert!(log.text().contains("the user cannot update leases"), "{}", log.text());
    assert!(log.text().lines().count() < 40, "{}", log.text());
    street.put(&many("x", 3)).await;
    street.fake.forbid("update leases", false);
    until("it reads", || notes.all().len() == 3).await;
    process.stop().await;
}
