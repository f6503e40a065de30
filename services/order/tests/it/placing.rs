use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::Event;
use shotengai_contracts::payment::{IntentKey, PaymentIntent, PaymentToken};
use shotengai_contracts::topology::tables;
use shotengai_kernel::{AggregateId, ManualClock, OrderId, Ports};
use shotengai_messaging::{CommandError, FaultKind, Infrastructure, Key};
use shotengai_order::orders::domain::{LinesError, Refusal};
use shotengai_order::orders::history::history;
use shotengai_order::orders::idempotency::order_id;
use shotengai_order::orders::place::{PlaceOrder, PlaceRefusal};
use shotengai_testing::memory::{FaultInjector, InjectedFault};

use crate::support::{World, request, wish};

const TOKEN: &str = "tok_nobody_else_may_see";

fn paid_with(token: &str, key: Option<&str>, body: &str) -> PlaceOrder {
    PlaceOrder { payment_token: Some(PaymentToken::parse(token).unwrap()), ..wish(key, body, &[("kinoko", 2)]) }
}

/// The tokens that billing finds for an order.
async fn intent_of(world: &World, order: &OrderId) -> Option<PaymentToken> {
    let commits = world.commits(order).await;
    let event = commits[0].events[0].event().unwrap();
    let Event::OrderPlaced(placed) = event else { panic!("{event:?}") };
    assert!(placed.has_payment_token);
    let key = IntentKey::of(&placed);
    let key = Key::new(key.order_id.as_str(), key.fingerprint);
    let row = world.installation.infra.table(tables::PAYMENT_INTENTS.name).get(&key).await.unwrap()?;
    Some(serde_json::from_value::<PaymentIntent>(row.doc).unwrap().payment_token)
}

#[tokio::test]
async fn a_token_is_put_where_billing_finds_it_and_stands_in_no_event() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    let placed = world.placing.place(paid_with(TOKEN, Some("k"), "body"), &request()).await.unwrap();
    let again = world.placing.place(paid_with(TOKEN, Some("k"), "body"), &request()).await.unwrap();
    assert_eq!(placed, again);
    assert_eq!(intent_of(&world, &placed.order_id).await, Some(PaymentToken::parse(TOKEN).unwrap()));
    let commits = world.commits(&placed.order_id).await;
    assert!(commits.iter().all(|commit| !commit.events.to_json().contains("tok_")), "{commits:?}");
    let shown = history(&world.orders, &placed.order_id, None).await.unwrap().unwrap();
    let shown = serde_json::to_value(shown).unwrap();
    assert!(commits.iter().any(|commit| commit.events.to_json().contains("\"has_payment_token\":true")), "{commits:?}");
    assert_eq!(shown[0]["data"].get("has_payment_token"), None, "between services");
    assert!(!shown.to_string().contains("tok_"), "{shown}");
}

#[tokio::test]
async fn an_intent_outlives_whatever_may_still_ask_for_it_and_expires() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    world.placing.place(paid_with(TOKEN, None, "body"), &request()).await.unwrap();
    let rows = world.installation.infra.memory_table(tables::PAYMENT_INTENTS.name).all();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let kept = row.expires_at.unwrap().duration_since(world.orders.writer().ports().clock.now());
    assert_eq!(kept.as_hours(), 30 * 24);
}

#[tokio::test]
async fn of_two_bodies_with_one_key_the_order_has_its_own_token() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    let meta = request();
    let place = |token, body| world.placing.place(paid_with(token, Some("k"), body), &meta);
    let (one, two) = futures::join!(place("tok_one", "one"), place("tok_two", "two"));
    let (accepted, token) = match (one, two) {
        (Ok(accepted), Err(_)) => (accepted, "tok_one"),
        (Err(_), Ok(accepted)) => (accepted, "tok_two"),
        other => panic!("{other:?}"),
    };
    assert_eq!(intent_of(&world, &accepted.order_id).await, Some(PaymentToken::parse(token).unwrap()));
}

#[tokio::test]
async fn nothing_is_placed_whose_token_could_not_be_passed_on() {
    let faults = Arc::new(NoPut);
    let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
    let world = World::over(ports, Duration::from_secs(900), Arc::clone(&faults) as _);
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    let wanted = paid_with(TOKEN, Some("k"), "body");
    let id = order_id(&wanted.user_id, "k");
    let error = world.placing.place(wanted, &request()).await.unwrap_err();
    assert!(matches!(&error, CommandError::Fault(fault) if fault.is_retryable()), "{error:?}");
    assert_eq!(world.orders.load(&AggregateId::from(&id)).await.unwrap().version.get(), 0);
    assert!(!format!("{error:?}").contains("tok_"));
}

/// Intents can't be put.
struct NoPut;

impl FaultInjector for NoPut {
    fn before(&self, _: &'static str) -> Option<InjectedFault> {
        None
    }

    fn before_on(&self, operation: &'static str, resource: &str) -> Option<InjectedFault> {
        let is_it = operation == "table.put" && resource == tables::PAYMENT_INTENTS.name;
        is_it.then_some(InjectedFault::Refuse(FaultKind::Transient))
    }
}

#[tokio::test]
async fn one_key_in_parallel_makes_one_order() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    let meta = request();
    let placed = (0..20).map(|_| world.placing.place(wish(Some("k"), "body", &[("kinoko", 2)]), &meta));
    let accepted: Vec<_> = join_all(placed).await.into_iter().map(Result::unwrap).collect();
    assert!(accepted.iter().all(|one| *one == accepted[0]));
    assert_eq!(accepted[0].total.minor(), 400);
    assert_eq!(world.event_types(&accepted[0].order_id).await, ["OrderPlaced"]);
}

#[tokio::test]
async fn a_retry_gets_the_same_answer_whatever_became_of_price_and_catalog() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    let first = world.placing.place(wish(Some("k"), "body", &[("kinoko", 2)]), &request()).await.unwrap();
    world.catalog.go_away();
    let again = world.placing.place(wish(Some("k"), "body", &[("gone", 2)]), &request()).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    world.placing.place(wish(Some("k"), "body", &[("kinoko", 2)]), &request()).await.unwrap();
    let error = world.placing.place(wish(Some("k"), "other", &[("kinoko", 2)]), &request()).await.unwrap_err();
    assert!(matches!(error, CommandError::Refused(PlaceRefusal::Order(Refusal::KeyReused))), "{error:?}");
}

#[tokio::test]
async fn without_a_key_each_request_is_a_new_order() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    let one = world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap();
    let two = world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap();
    assert_ne!(one.order_id, two.order_id);
}

#[tokio::test]
async fn catalog_is_asked_once_for_a_price() {
    let world = World::new();
    world.catalog.set("kinoko", 3, Some(("きのこの山", 200)));
    for _ in 0..3 {
        world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap();
    }
    assert_eq!(world.catalog.times_asked(), 1);
}

#[tokio::test]
async fn unknown_and_deleted_products_are_not_for_sale() {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    world.catalog.set("gone", 2, None);
    world.catalog.knows_no("never");
    for product in ["gone", "never"] {
        let wanted = wish(None, "body", &[("kinoko", 1), (product, 1)]);
        let error = world.placing.place(wanted, &request()).await.unwrap_err();
        assert!(
            matches!(error, CommandError::Refused(PlaceRefusal::Lines(LinesError::NotForSale { position: 1, .. }))),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn without_catalog_an_unknown_price_stops_the_order_for_now() {
    let world = World::new();
    world.catalog.go_away();
    let wanted = wish(Some("k"), "body", &[("kinoko", 1)]);
    let id = order_id(&wanted.user_id, "k");
    let error = world.placing.place(wanted, &request()).await.unwrap_err();
    assert!(matches!(&error, CommandError::Fault(fault) if fault.is_retryable()), "{error:?}");
    assert_eq!(world.orders.load(&AggregateId::from(&id)).await.unwrap().version.get(), 0);
}
