//! Sets are exchanged at once, under reads and events, and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::api::filters::{OrderSort, ProductSort};
use shotengai_query::domain::{Fold, OrderRow};
use shotengai_query::filters::{OrderFilter, ProductFilter};
use shotengai_query::sets::{Phase, Switch};
use shotengai_query::store::ReadModel;
use shotengai_query::{orders, products};
use tokio::time::Instant;

use super::{STRICTLY, Told, refused, street};
use crate::history::{order_id, product_id};
use crate::support::Street;

/// Reads of all kinds until told to end; answers how many, and how long the slowest took.
async fn keep_reading(street: &Street, end: &AtomicBool, count: &AtomicUsize) -> Duration {
    let mut slowest = Duration::ZERO;
    while !end.load(Ordering::Relaxed) {
        let begun = Instant::now();
        assert!(
            !products::list(&street.database, &ProductFilter::default(), ProductSort::Oldest, 5, None)
                .await
                .unwrap()
                .items
                .is_empty()
        );
        products::get(&street.database, &product_id("takenoko")).await.unwrap().unwrap();
        assert_eq!(
            orders::list(&street.database, &OrderFilter::default(), OrderSort::Newest, 5, None)
                .await
                .unwrap()
                .items
                .len(),
            5
        );
        slowest = slowest.max(begun.elapsed());
        count.fetch_add(3, Ordering::Relaxed);
    }
    slowest
}

async fn until(condition: impl Fn() -> bool) {
    let met = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), met).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_fails_and_no_row_is_lost_while_sets_are_exchanged_and_back_again_and_again() {
    let street = street("no_failed_read").await;
    let orders = street.furnish(60).await;
    street.build().await;
    let (end, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (street, end, count) = (Arc::clone(&street), Arc::clone(&end), Arc::clone(&count));
            tokio::spawn(async move { keep_reading(&street, &end, &count).await })
        })
        .collect();
    let shipping = tokio::spawn({
        let street = Arc::clone(&street);
        async move {
            for history in &orders {
                street.ship_in_time(history).await;
            }
        }
    });
    for _ in 0..3 {
        for forward in [true, false] {
            let seen = count.load(Ordering::Relaxed);
            until(|| count.load(Ordering::Relaxed) > seen + 20).await;
            let sets = street.sets();
            let told = Told::default();
            let done = if forward { sets.switch(STRICTLY, &told).await } else { sets.rollback(STRICTLY, &told).await };
            let done = done.unwrap();
            assert!(done.took < Duration::from_secs(2), "{done:?}");
        }
    }
    shipping.await.unwrap();
    end.store(true, Ordering::Relaxed);
    for slowest in join_all(readers).await {
        let slowest = slowest.unwrap();
        assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    }
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!(diff.differences(), 0, "{diff:?}");
    assert_eq!(street.number("SELECT count(*) FROM read_orders WHERE status = 'shipped'").await, 60);
    assert_eq!(street.number("SELECT generation FROM read_sets").await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_read_delays_the_switch_and_no_other_read() {
    let street = street("long_read").await;
    street.furnish(6).await;
    street.build().await;
    let holding = street.database.session().await.unwrap();
    holding.query("begin", "BEGIN", &[]).await.unwrap();
    holding.query("read", "SELECT count(*) FROM read_orders", &[]).await.unwrap();
    let switching = tokio::spawn({
        let street = Arc::clone(&street);
        // Until the read ends, however long that takes here.
        let patiently = Switch { within: Duration::from_secs(120), ..STRICTLY };
        async move { street.sets().switch(patiently, &Told::default()).await }
    });
    // It has waited for the long read, and let go: others come through all the while.
    let waiting = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted";
    let mut seen = 0;
    while seen < 3 {
        assert!(!switching.is_finished(), "it gave up after {seen} looks at which it waited");
        let before = street.number(waiting).await;
        let begun = Instant::now();
        orders::list(&street.database, &OrderFilter::default(), OrderSort::Newest, 5, None).await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
        seen += usize::from(before > 0);
    }
    holding.query("end", "COMMIT", &[]).await.unwrap();
    let done = switching.await.unwrap().unwrap();
    assert!(done.retries > 0, "{done:?}");

    holding.query("begin", "BEGIN", &[]).await.unwrap();
    holding.query("read", "SELECT count(*) FROM read_orders", &[]).await.unwrap();
    let briefly = Switch { within: Duration::from_millis(300), ..STRICTLY };
    refused(street.sets().rollback(briefly, &Told::default()).await, "the live set is the same as before");
    holding.query("end", "COMMIT", &[]).await.unwrap();
}

#[tokio::test]
async fn a_rollback_brings_the_old_set_back_with_all_that_came_meanwhile() {
    let street = street("rollback").await;
    let orders = street.furnish(10).await;
    // The old folds were other ones.
    street.sql("UPDATE read_orders SET note = 'old' WHERE order_id <= 'ord_00002'").await;
    street.build().await;
    refused(street.sets().rollback(STRICTLY, &Told::default()).await, "no set is kept");
    let accepting = Switch { accept_differences: true, ..STRICTLY };
    street.sets().switch(accepting, &Told::default()).await.unwrap();
    assert_eq!(street.number("SELECT count(*) FROM read_orders WHERE note = 'old'").await, 0);
    let status = street.sets().status().await.unwrap();
    assert!(status.phase == Phase::Kept && status.live_since.is_some(), "{status:?}");
    refused(street.sets().switch(STRICTLY, &Told::default()).await, "switched already");
    for history in &orders[2..] {
        street.ship(history).await;
    }
    assert_eq!(street.number("SELECT count(*) FROM public_before.read_orders WHERE status = 'shipped'").await, 8);
    street.sets().rollback(STRICTLY, &Told::default()).await.unwrap();
    let read = "SELECT count(*) FROM read_orders WHERE note = 'old'";
    assert_eq!((street.number(read).await, street.shipped().await), (3, 8));
    // And on again.
    street.sets().switch(accepting, &Told::default()).await.unwrap();
    assert_eq!((street.number(read).await, street.shipped().await), (0, 8));
}

#[tokio::test]
async fn a_row_that_was_read_from_one_set_is_not_written_to_another() {
    let street = street("fenced").await;
    let orders = street.furnish(5).await;
    street.sql("UPDATE read_orders SET note = 'old'").await;
    street.build().await;
    let sessions = street.database.sessions().await.unwrap();
    let id = (&order_id("00001")).into();
    let mut rows = shotengai_query::store::Rows::<OrderRow>::load(sessions.live.as_ref(), &[id]).await.unwrap();
    let accepting = Switch { accept_differences: true, ..STRICTLY };
    street.sets().switch(accepting, &Told::default()).await.unwrap();
    for row in rows.values_mut() {
        row.version = row.version().next();
    }
    let fault = sessions.live.save(&rows).await.unwrap_err();
    assert!(fault.is_retryable() && fault.to_string().contains("another set"), "{fault}");
    assert_eq!(street.number("SELECT count(*) FROM read_orders WHERE note = 'old'").await, 0);
    // Its message comes again, and finds the set that is live now.
    street.ship(&orders[1]).await;
    assert_eq!(street.shipped().await, 1);
}

#[tokio::test]
async fn rows_are_written_also_where_somebody_has_taken_the_note_of_the_sets_away() {
    let street = street("no_note").await;
    let orders = street.furnish(2).await;
    street.sql("TRUNCATE read_sets").await;
    street.ship(&orders[0]).await;
    assert_eq!(street.shipped().await, 1);
    street.build().await;
    street.sets().switch(STRICTLY, &Told::default()).await.unwrap();
    street.ship(&orders[1]).await;
    assert_eq!(street.shipped().await, 2);
}

#[tokio::test]
async fn a_set_that_was_dropped_is_missed_by_nobody() {
    let street = street("dropped").await;
    let orders = street.furnish(4).await;
    street.build().await;
    let sessions = street.database.sessions().await.unwrap();
    assert_eq!(street.sets().drop_beside().await.unwrap(), Phase::Built);
    let beside = sessions.beside.unwrap().session().await.unwrap();
    let rows = std::collections::BTreeMap::from([{
        let row: OrderRow = crate::rebuilding::folded(&orders[0]);
        (row.aggregate_id(), row)
    }]);
    assert!(beside.save(&rows).await.is_err());
    for history in &orders {
        street.ship(history).await;
    }
    assert_eq!(street.shipped().await, 4);
    assert_eq!(street.sets().drop_beside().await.unwrap(), Phase::None);
    refused(street.sets().switch(STRICTLY, &Told::default()).await, "there is no set beside");
    refused(street.sets().diff(&Told::default()).await, "there is no set beside");
    assert_eq!(street.build().await.left_out, 0);
    street.assert_same("public", "public_next").await;
}

impl Street {
    async fn shipped(&self) -> i64 {
        self.number("SELECT count(*) FROM read_orders WHERE status = 'shipped'").await
    }

    /// Ships, and delivers again what was refused because sets were exchanged.
    pub(crate) async fn ship_in_time(&self, history: &[shotengai_messaging::Commit]) {
        let batch = self.commit(shotengai_contracts::Owner::Order, &history[3..]).await;
        let done = async {
            loop {
                let answers = self.projector.handle(&batch).await;
                if answers.iter().all(|answer| *answer == shotengai_messaging::Disposition::Done) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
    }
}
