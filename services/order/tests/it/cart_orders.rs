//! Orders of carts: once, at prices that the customer knows, and the cart empty with it.

use futures::future::join_all;
use shotengai_contracts::Event;
use shotengai_contracts::events::ProductPriceChanged;
use shotengai_kernel::{CartId, OrderId, Precondition, UserId, Version};
use shotengai_messaging::{CommandError, Disposition};
use shotengai_order::carts::domain::{CartRefusal, KEPT};
use shotengai_order::carts::ordering::{OrderCart, OrderCartError, OrderCartRefusal};
use shotengai_order::orders::domain::Refusal;
use shotengai_order::orders::idempotency::{order_id, order_id_of_cart};
use shotengai_order::orders::place::PlaceRefusal;

use crate::carts::{unanswered, user, version, world};
use crate::support::{World, delivery, product_id, request, wish, yen};

fn wanted(key: Option<&str>) -> OrderCart {
    OrderCart {
        user_id: user(),
        key: key.map(str::to_owned),
        fingerprint: "body".to_owned(),
        at: None,
        accept_prices: false,
        payment_token: None,
    }
}

/// The order of this user's cart at a version.
fn of_version(number: u64) -> OrderId {
    order_id_of_cart(&CartId::of_user(&user()), Version::new(number))
}

fn is_empty(refused: &OrderCartError) -> bool {
    matches!(refused, CommandError::Refused(OrderCartRefusal::Empty(_)))
}

/// Catalog tells of another price.
async fn reprice(world: &World, number: u64, price: i64) {
    let event = ProductPriceChanged { product_id: product_id("kinoko"), price: yen(price), source_sequence: None };
    let told = [delivery(number.into(), "prod_kinoko", number, Event::from(event))];
    assert_eq!(world.handler.handle(&told).await, [Disposition::Done]);
}

#[tokio::test]
async fn an_order_of_the_cart_and_its_clearing_are_one_transaction() {
    let world = world();
    world.put_in("kinoko", 2).await;
    world.put_in("takenoko", 1).await;
    let accepted = world.ordering.order(&wanted(None), &request()).await.unwrap();
    assert_eq!((accepted.order_id.clone(), accepted.total.minor()), (of_version(2), 620));
    assert_eq!(world.event_types(&accepted.order_id).await, ["OrderPlaced"]);
    assert_eq!(world.cart_events().await, ["ItemAddedToCart", "ItemAddedToCart", "CartCleared"]);
    let cart = world.carts.show(&user()).await.unwrap();
    assert!(cart.lines().is_empty());
    assert_eq!(cart.became(), Some(&accepted.order_id));
}

#[tokio::test]
async fn two_clicks_without_a_key_are_one_order() {
    let world = world();
    world.put_in("kinoko", 2).await;
    let (meta, wanted) = (request(), wanted(None));
    let tabs: Vec<_> = (0..6).map(|_| world.carts_elsewhere().1).collect();
    let clicks = join_all(tabs.iter().map(|tab| tab.order(&wanted, &meta))).await;
    let later = world.ordering.order(&wanted, &meta).await.unwrap();
    assert!(clicks.iter().all(|click| click.as_ref().unwrap() == &later), "{clicks:?}");
    assert_eq!(later.order_id, of_version(1));
    assert_eq!(world.cart_events().await, ["ItemAddedToCart", "CartCleared"]);
}

#[tokio::test]
async fn two_clicks_with_one_key_or_for_any_version_are_one_order() {
    for (key, at) in [(Some("k"), None), (Some("k"), Some(Precondition::Any)), (None, Some(Precondition::Any))] {
        let world = world();
        world.put_in("kinoko", 2).await;
        let (meta, wanted) = (request(), OrderCart { at, ..wanted(key) });
        let tabs: Vec<_> = (0..6).map(|_| world.carts_elsewhere().1).collect();
        let clicks = join_all(tabs.iter().map(|tab| tab.order(&wanted, &meta))).await;
        let later = world.ordering.order(&wanted, &meta).await.unwrap();
        assert!(clicks.iter().all(|click| click.as_ref().unwrap() == &later), "{wanted:?}: {clicks:?}");
        assert_eq!(world.cart_events().await, ["ItemAddedToCart", "CartCleared"]);
    }
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_the_same_order_when_asked_again() {
    for key in [None, Some("k")] {
        let (world, answers) = unanswered();
        world.put_in("kinoko", 2).await;
        answers.lose_the_next();
        let lost = world.ordering.order(&wanted(key), &request()).await.unwrap_err();
        assert!(matches!(&lost, CommandError::Fault(fault) if fault.is_retryable()), "{lost:?}");
        let id = key.map_or(of_version(1), |key| order_id(&user(), key));
        assert_eq!(world.event_types(&id).await, ["OrderPlaced"]);
        world.catalog.go_away();
        let again = world.ordering.order(&wanted(key), &request()).await.unwrap();
        assert_eq!((again.order_id, again.total.minor()), (id, 400));
        assert_eq!(world.cart_events().await, ["ItemAddedToCart", "CartCleared"]);
    }
}

#[tokio::test]
async fn a_key_is_looked_up_before_the_cart() {
    let world = world();
    world.put_in("kinoko", 2).await;
    let first = world.ordering.order(&wanted(Some("k")), &request()).await.unwrap();
    world.put_in("takenoko", 9).await;
    let again = world.ordering.order(&wanted(Some("k")), &request()).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(world.carts.show(&user()).await.unwrap().lines().len(), 1, "what came in since is still there");
    let other = OrderCart { fingerprint: "other".to_owned(), ..wanted(Some("k")) };
    let refused = world.ordering.order(&other, &request()).await.unwrap_err();
    let reused =
        matches!(refused, CommandError::Refused(OrderCartRefusal::Place(PlaceRefusal::Order(Refusal::KeyReused))));
    assert!(reused, "{refused:?}");
    // A key that made an order of items makes none of the cart.
    world.placing.place(wish(Some("items"), "body", &[("kinoko", 1)]), &request()).await.unwrap();
    let placed = world.ordering.order(&wanted(Some("items")), &request()).await.unwrap();
    assert_eq!(placed.total.minor(), 200);
    assert_eq!(world.carts.show(&user()).await.unwrap().lines().len(), 1);
}

#[tokio::test]
async fn a_cart_is_ordered_once_under_however_many_keys() {
    let world = world();
    world.put_in("kinoko", 2).await;
    let meta = request();
    let wishes: Vec<_> = ["a", "b", "c", "d"].map(|key| wanted(Some(key))).into();
    let tabs: Vec<_> = wishes.iter().map(|_| world.carts_elsewhere().1).collect();
    let clicks = join_all(tabs.iter().zip(&wishes).map(|(tab, wanted)| tab.order(wanted, &meta))).await;
    assert_eq!(clicks.iter().filter(|click| click.is_ok()).count(), 1, "{clicks:?}");
    assert!(clicks.iter().filter_map(|click| click.as_ref().err()).all(is_empty), "{clicks:?}");
    assert_eq!(world.cart_events().await, ["ItemAddedToCart", "CartCleared"]);
}

#[tokio::test]
async fn an_empty_cart_is_no_order_and_says_what_it_became() {
    let world = world();
    let refused = world.ordering.order(&wanted(None), &request()).await.unwrap_err();
    assert!(is_empty(&refused), "{refused:?}");
    world.put_in("kinoko", 2).await;
    let placed = world.ordering.order(&wanted(None), &request()).await.unwrap();
    for late in [wanted(Some("k")), OrderCart { fingerprint: "other".to_owned(), ..wanted(None) }] {
        let refused = world.ordering.order(&late, &request()).await.unwrap_err();
        assert!(is_empty(&refused) && refused.to_string().contains(placed.order_id.as_str()), "{refused}");
    }
    world.installation.advance(KEPT);
    assert!(is_empty(&world.ordering.order(&wanted(None), &request()).await.unwrap_err()), "a month later");
}

#[tokio::test]
async fn an_expired_cart_can_not_be_ordered() {
    let world = world();
    world.put_in("kinoko", 2).await;
    world.installation.advance(KEPT);
    assert!(is_empty(&world.ordering.order(&wanted(None), &request()).await.unwrap_err()));
    assert_eq!(world.cart_events().await, ["ItemAddedToCart"]);
}

#[tokio::test]
async fn a_price_that_changed_since_is_told_with_both_and_taken_only_if_accepted() {
    let world = world();
    world.put_in("kinoko", 2).await;
    world.put_in("takenoko", 1).await;
    reprice(&world, 2, 250).await;
    for _ in 0..2 {
        let refused = world.ordering.order(&wanted(None), &request()).await.unwrap_err();
        let CommandError::Refused(OrderCartRefusal::PricesChanged(changes)) = &refused else { panic!("{refused:?}") };
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((change.product_id.as_str(), change.shown, change.now), ("prod_kinoko", yen(200), yen(250)));
    }
    assert!(world.event_types(&of_version(2)).await.is_empty());
    let accepting = OrderCart { accept_prices: true, fingerprint: "accepts".to_owned(), ..wanted(None) };
    let accepted = world.ordering.order(&accepting, &request()).await.unwrap();
    assert_eq!(accepted.total.minor(), 2 * 250 + 220);
}

#[tokio::test]
async fn pieces_put_in_at_the_new_price_are_ordered_at_it() {
    let world = world();
    world.put_in("kinoko", 2).await;
    reprice(&world, 2, 250).await;
    world.put_in("kinoko", 1).await;
    assert_eq!(world.ordering.order(&wanted(None), &request()).await.unwrap().total.minor(), 750);
}

#[tokio::test]
async fn a_product_that_is_gone_is_named_and_nothing_is_ordered() {
    let world = world();
    world.put_in("kinoko", 2).await;
    world.put_in("takenoko", 1).await;
    let gone = shotengai_contracts::events::ProductDeleted { product_id: product_id("takenoko") };
    let told = [delivery(9, "prod_takenoko", 2, Event::from(gone))];
    assert_eq!(world.handler.handle(&told).await, [Disposition::Done]);
    let accepting = OrderCart { accept_prices: true, ..wanted(None) };
    let refused = world.ordering.order(&accepting, &request()).await.unwrap_err();
    let CommandError::Refused(OrderCartRefusal::Cart(CartRefusal::NotForSale(product))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(product, product_id("takenoko"));
    assert_eq!(world.carts.show(&user()).await.unwrap().lines().len(), 2);
}

#[tokio::test]
async fn a_cart_that_was_seen_is_the_one_that_is_ordered() {
    let world = world();
    let seen = world.put_in("kinoko", 2).await;
    let newer = world.put_in("takenoko", 1).await;
    let at = |cart| OrderCart { at: Some(version(cart)), ..wanted(None) };
    let refused = world.ordering.order(&at(&seen), &request()).await.unwrap_err();
    let CommandError::Refused(OrderCartRefusal::Cart(CartRefusal::Stale(stale))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(*stale.0, newer);
    let placed = world.ordering.order(&at(&newer), &request()).await.unwrap();
    world.put_in("kinoko", 1).await;
    let again = world.ordering.order(&at(&newer), &request()).await.unwrap();
    assert_eq!(placed, again, "its version names the order, whatever came in since");
    assert_eq!(world.carts.show(&user()).await.unwrap().lines().len(), 1);
    let any = OrderCart { at: Some(Precondition::Any), ..wanted(None) };
    assert_ne!(world.ordering.order(&any, &request()).await.unwrap().order_id, placed.order_id);
}

#[tokio::test]
async fn one_persons_cart_is_no_other_persons_order() {
    let world = world();
    world.put_in("kinoko", 2).await;
    let stranger = OrderCart { user_id: UserId::parse("usr_2").unwrap(), ..wanted(None) };
    assert!(is_empty(&world.ordering.order(&stranger, &request()).await.unwrap_err()));
}
