//! Reads that wait for a version.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, select_all};
use shotengai_contracts::Owner;
use shotengai_contracts::events::OrderStage;
use shotengai_query::versions::{Expected, MAX_WAITS, Missing, WaitError};
use tokio::time::timeout;

use crate::history::{order, product, stock};
use crate::support::{Street, all_done};

/// What is answered at once is answered long before this, and a wait lasts far longer.
const AT_ONCE: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(120);

fn expected<const N: usize>(texts: [&str; N]) -> Vec<Expected> {
    texts.map(|text| text.parse().unwrap()).into()
}

fn told(missing: &[Missing]) -> Vec<String> {
    missing.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_reader_waits_for_the_version_it_knows_of() {
    let street = Arc::new(Street::new("waiting").await);
    let orders = street.commit(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    let products = street.commit(Owner::Catalog, &product("kinoko", 0, &[])).await;
    let versions = street.versions(LONG);
    // The product's stock has not begun yet, but follows the product.
    let expected = expected(["ord_1:2", "stock/prod_kinoko:1", "prod_kinoko:1"]);
    let waiting = tokio::spawn(async move { versions.wait(&expected).await });
    street.happen(Owner::Inventory, &stock("kinoko", &[])).await;
    for batch in [products, orders] {
        all_done(&street.projector.handle(&batch).await);
    }
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_that_waited_too_long_learns_what_was_seen() {
    let street = Street::new("waited_too_long").await;
    street.happen(Owner::Order, &order("1", "mei", 0, OrderStage::Pending)).await;
    street.commit(Owner::Catalog, &product("x", 0, &[])).await;
    let expected = expected(["ord_1:1", "ord_1:2", "prod_x:1"]);
    let outcome = street.versions(Duration::from_millis(60)).wait(&expected).await;
    let Err(WaitError::Behind(missing)) = outcome else { panic!("it did not wait") };
    assert_eq!(told(&missing), ["ord_1 is at version 1, not 2", "prod_x is at version 0, not 1"]);
}

#[tokio::test]
async fn how_far_anothers_payment_or_cart_has_come_is_not_told() {
    let street = Street::new("waited_for_anothers").await;
    let expected = expected(["pay_nobodys:3", "cart_nobodys:2"]);
    let outcome = timeout(AT_ONCE, street.versions(LONG).wait(&expected)).await.expect("an answer at once");
    let Err(WaitError::Behind(missing)) = outcome else { panic!("there is none") };
    assert_eq!(told(&missing), ["pay_nobodys is not at version 3 yet", "cart_nobodys is not at version 2 yet"]);
}

#[tokio::test]
async fn nobody_waits_for_what_does_not_exist() {
    let street = Street::new("waited_in_vain").await;
    let versions = street.versions(LONG);
    for text in ["prod_nobody:1", "stock/prod_nobody:1", "ord_nobody:1"] {
        let expected = expected([text]);
        let outcome = timeout(AT_ONCE, versions.wait(&expected)).await.expect("an answer at once");
        assert!(matches!(outcome, Err(WaitError::Behind(missing)) if missing.len() == 1), "{text}");
    }
}

#[tokio::test]
async fn so_many_wait_and_more_are_told_at_once_but_who_need_not_wait_is_served() {
    let street = Street::new("waited_with_others").await;
    street.happen(Owner::Order, &order("1", "mei", 0, OrderStage::Pending)).await;
    let versions = Arc::new(street.versions(LONG));
    let all = (0..=MAX_WAITS).map(|_| {
        let (versions, expected) = (Arc::clone(&versions), expected(["ord_1:2"]));
        tokio::spawn(async move { versions.wait(&expected).await })
    });
    // One is too many, and has its answer before all others.
    let (first, _, waiting) = timeout(AT_ONCE, select_all(all)).await.expect("no place is left");
    let Err(WaitError::Full(missing)) = first.unwrap() else { panic!("it has waited") };
    assert_eq!(told(&missing), ["ord_1 is at version 1, not 2"]);
    timeout(AT_ONCE, versions.wait(&expected(["ord_1:1"]))).await.expect("no wait").unwrap();

    let later = order("1", "mei", 0, OrderStage::Paid);
    street.commit(Owner::Order, &later[1..]).await;
    all_done(&street.projector.handle(&crate::support::deliveries(&later[1..])).await);
    for outcome in timeout(AT_ONCE, join_all(waiting)).await.expect("woken") {
        outcome.unwrap().unwrap();
    }
}

#[tokio::test]
async fn all_who_wait_cost_the_database_as_much_as_one() {
    let street = Street::new("waited_together").await;
    street.happen(Owner::Order, &order("1", "mei", 0, OrderStage::Pending)).await;
    let statements = async || {
        let session = street.database.session().await.unwrap();
        let asked = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        session.query("test.statements", asked, &[]).await.unwrap()[0].get::<_, i64>(0)
    };
    let versions = street.versions(Duration::from_secs(3));
    let before = statements().await;
    let expected = expected(["ord_1:2"]);
    let outcomes = join_all((0..MAX_WAITS).map(|_| versions.wait(&expected))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(WaitError::Behind(_)))));
    // Each by itself would have looked sixty times. PostgreSQL counts at least once a second what a busy session did.
    let made = statements().await - before;
    assert!(made < 6 * 60, "{made} statements");
}
