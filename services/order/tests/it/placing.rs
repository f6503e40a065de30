use futures::future::join_all;
use shotengai_kernel::AggregateId;
use shotengai_messaging::CommandError;
use shotengai_order::domain::{LinesError, Refusal};
use shotengai_order::idempotency::order_id;
use shotengai_order::place::PlaceRefusal;

use crate::support::{World, request, wish};

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
