//! How many orders of one customer may be pending.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use shotengai_contracts::Metadata;
use shotengai_contracts::topology::tables;
use shotengai_kernel::UserId;
use shotengai_messaging::CommandError;
use shotengai_order::OrderSettings;
use shotengai_order::orders::cancel::{CancelOrder, cancel_order};
use shotengai_order::orders::pending::TooManyPending;
use shotengai_order::orders::place::{PlaceError, PlaceOrder, PlaceRefusal};

use crate::shop::{NOWHERE, Shop};
use crate::support::{World, request, wish};

/// `ORDER_MAX_PENDING`, unless it is set.
const LIMIT: usize = 20;

fn world() -> World {
    let world = World::new();
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    world
}

fn is_too_many(error: &PlaceError) -> bool {
    matches!(error, CommandError::Refused(PlaceRefusal::Pending(TooManyPending(LIMIT))))
}

#[tokio::test]
async fn a_customer_has_so_many_pending_orders_and_may_go_on_when_one_is_over() {
    let world = world();
    let mut placed = Vec::new();
    for _ in 0..LIMIT {
        let accepted = world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap();
        placed.push(accepted.order_id);
    }
    let refused = world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap_err();
    assert!(is_too_many(&refused), "{refused:?}");
    let other = PlaceOrder { user_id: UserId::parse("usr_2").unwrap(), ..wish(None, "body", &[("kinoko", 1)]) };
    world.placing.place(other, &request()).await.unwrap();

    let cancel = CancelOrder { order_id: placed[3].clone(), owner: None, note: None };
    let meta: Metadata = request();
    cancel_order(&world.orders, cancel, &meta).await.unwrap();
    world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap();
    let refused = world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap_err();
    assert!(is_too_many(&refused), "{refused:?}");
}

#[tokio::test]
async fn requests_at_the_same_time_do_not_pass_the_bound_together() {
    let world = world();
    let requests = (0..3 * LIMIT).map(|_| world.placing.place(wish(None, "body", &[("kinoko", 1)]), &META));
    let answers = join_all(requests).await;
    let placed = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!((1..=LIMIT).contains(&placed), "{placed} of {LIMIT}");
}

static META: std::sync::LazyLock<Metadata> = std::sync::LazyLock::new(request);

#[tokio::test]
async fn a_request_that_is_repeated_is_answered_however_many_are_pending() {
    let world = world();
    let first = world.placing.place(wish(Some("k"), "body", &[("kinoko", 1)]), &request()).await.unwrap();
    for _ in 1..LIMIT {
        world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap();
    }
    let again = world.placing.place(wish(Some("k"), "body", &[("kinoko", 1)]), &request()).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn orders_that_were_never_placed_are_forgotten_after_a_while() {
    let world = world();
    for number in 0..LIMIT {
        // The price is not known, and nobody can be asked.
        world.catalog.go_away();
        world.placing.place(wish(None, "body", &[("takenoko", 1)]), &request()).await.unwrap_err();
        let table = world.installation.infra.memory_table(tables::ORDER_PENDING.name);
        assert_eq!(table.all().len(), 0, "what is refused before takes no place: {number}");
    }
    let order = |number| shotengai_kernel::OrderId::parse(&format!("ord_{number}")).unwrap();
    let user = UserId::parse("usr_1").unwrap();
    let role = &world.pending();
    for number in 0..LIMIT {
        assert_eq!(role.reserve(&user, &order(number)).await.unwrap(), Ok(()));
    }
    assert_eq!(role.reserve(&user, &order(99)).await.unwrap(), Err(TooManyPending(LIMIT)));
    world.installation.advance(SignedDuration::from_secs(61));
    assert_eq!(role.reserve(&user, &order(99)).await.unwrap(), Ok(()));
}

#[actix_web::test]
async fn who_has_too_many_is_told_so_by_a_problem_of_its_own() {
    let shop = Shop::with(NOWHERE, OrderSettings::default()).await;
    let body = json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 1 }] }).to_string();
    let post = || {
        let request = TestRequest::post().uri("/orders").insert_header((CONTENT_TYPE, "application/json"));
        request.set_payload(body.clone())
    };
    for _ in 0..LIMIT {
        assert_eq!(shop.send(post(), Some("1")).await.status, 202);
    }
    let refused = shop.send(post(), Some("1")).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/too-many-pending-orders")));
    assert_eq!(shop.send(post(), Some("2")).await.status, 202, "somebody else");
}
