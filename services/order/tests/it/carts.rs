//! Carts over time, between devices and through faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use shotengai_kernel::{AggregateId, CartId, ManualClock, Ports, Precondition, Quantity, UserId};
use shotengai_messaging::{CommandError, Infrastructure};
use shotengai_order::carts::domain::{CartRefusal, KEPT, Standing};
use shotengai_order::carts::service::AddItem;
use shotengai_testing::memory::{FaultInjector, InjectedFault};

use crate::support::{World, product_id, request};

pub(crate) fn user() -> UserId {
    UserId::parse("usr_1").unwrap()
}

pub(crate) fn cart_id() -> AggregateId {
    AggregateId::from(&CartId::of_user(&user()))
}

pub(crate) fn item(name: &str, count: u32, key: Option<&str>) -> AddItem {
    let quantity = Quantity::new(count).unwrap();
    AddItem { product_id: product_id(name), quantity, key: key.map(str::to_owned) }
}

pub(crate) fn version(cart: &Standing) -> Precondition {
    Precondition::OneOf(vec![cart.version()])
}

fn lines(cart: &Standing) -> Vec<(&str, u32, i64)> {
    let lines = cart.lines().iter();
    lines.map(|line| (line.product_id.body(), line.quantity.get(), line.price.minor())).collect()
}

/// A world that sells two products.
pub(crate) fn world() -> World {
    let world = World::new();
    stock(&world);
    world
}

fn stock(world: &World) {
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    world.catalog.set("takenoko", 1, Some(("たけのこの里", 220)));
}

impl World {
    pub(crate) async fn put_in(&self, name: &str, count: u32) -> Standing {
        self.carts.add(&user(), item(name, count, None), None, &request()).await.unwrap()
    }

    /// The types of the cart's events.
    pub(crate) async fn cart_events(&self) -> Vec<String> {
        let commits = self.commits_of(&cart_id()).await;
        commits.into_iter().flat_map(|commit| commit.events.to_vec()).map(|event| event.event_type).collect()
    }
}

/// Answers of appends that get lost, so many.
#[derive(Default)]
pub(crate) struct LosesAnswers(AtomicUsize);

impl LosesAnswers {
    pub(crate) fn lose_the_next(&self) {
        self.0.store(1, Ordering::Relaxed);
    }
}

impl FaultInjector for LosesAnswers {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let take = |left: usize| left.checked_sub(1);
        let loses =
            operation == "store.append" && self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok();
        loses.then_some(InjectedFault::LoseAnswer)
    }
}

/// A world, and how many of its next appends are not answered.
pub(crate) fn unanswered() -> (World, Arc<LosesAnswers>) {
    let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
    let losing = Arc::new(LosesAnswers::default());
    let world = World::over(ports, Duration::from_secs(900), Arc::clone(&losing) as _);
    stock(&world);
    (world, losing)
}

#[tokio::test]
async fn a_cart_remembers_the_price_that_was_shown() {
    let world = world();
    world.put_in("kinoko", 2).await;
    let cart = world.put_in("takenoko", 1).await;
    assert_eq!(lines(&cart), [("kinoko", 2, 200), ("takenoko", 1, 220)]);
    assert_eq!(world.carts.show(&user()).await.unwrap(), cart);
    let stranger = UserId::parse("usr_2").unwrap();
    assert!(world.carts.show(&stranger).await.unwrap().lines().is_empty(), "everybody has their own");
}

#[tokio::test]
async fn what_is_not_for_sale_does_not_come_in() {
    let world = world();
    world.catalog.knows_no("never");
    let refused = world.carts.add(&user(), item("never", 1, None), None, &request()).await.unwrap_err();
    assert!(matches!(refused, CommandError::Refused(CartRefusal::NotForSale(_))), "{refused:?}");
    assert!(world.cart_events().await.is_empty());
}

#[tokio::test]
async fn two_devices_that_edit_one_cart_lose_nothing() {
    let world = world();
    let (phone, _) = world.carts_elsewhere();
    let seen = world.put_in("kinoko", 2).await;
    assert_eq!(phone.show(&user()).await.unwrap(), seen, "both have read the same");
    let (user, meta, kinoko, seen) = (user(), request(), product_id("kinoko"), version(&seen));
    let changed = phone.change(&user, &kinoko, Quantity::new(5).unwrap(), &seen, &meta).await.unwrap();
    for late in [
        world.carts.change(&user, &kinoko, Quantity::ONE, &seen, &meta).await,
        world.carts.remove(&user, &kinoko, &seen, &meta).await,
        world.carts.clear(&user, &seen, &meta).await,
    ] {
        let Err(CommandError::Refused(CartRefusal::Stale(newer))) = late else { panic!("{late:?}") };
        assert_eq!(*newer.0, changed, "it is told what is there");
    }
    assert_eq!(world.carts.show(&user).await.unwrap(), changed);
}

#[tokio::test]
async fn of_many_changes_at_once_that_mean_one_version_one_is_made() {
    let world = world();
    let seen = world.put_in("kinoko", 1).await;
    let (user, meta, at) = (user(), request(), version(&seen));
    let devices: Vec<_> = (0..8).map(|_| world.carts_elsewhere().0).collect();
    let kinoko = product_id("kinoko");
    let changes = devices.iter().zip(2..).map(|(device, count)| {
        let (quantity, kinoko, user, meta, at) = (Quantity::new(count).unwrap(), &kinoko, &user, &meta, &at);
        async move { device.change(user, kinoko, quantity, at, meta).await }
    });
    let made = join_all(changes).await.into_iter().filter(Result::is_ok).count();
    assert_eq!((made, world.carts.show(&user).await.unwrap().version().get()), (1, 2));
}

#[tokio::test]
async fn additions_at_once_are_all_in_it() {
    let world = world();
    let (user, meta) = (user(), request());
    let devices: Vec<_> = (0..6).map(|_| world.carts_elsewhere().0).collect();
    let additions = devices.iter().map(|device| device.add(&user, item("kinoko", 2, None), None, &meta));
    assert!(join_all(additions).await.iter().all(Result::is_ok));
    assert_eq!(lines(&world.carts.show(&user).await.unwrap()), [("kinoko", 12, 200)]);
}

#[tokio::test]
async fn an_addition_with_a_key_happens_once_whatever_became_of_its_answer_and_of_catalog() {
    let (world, answers) = unanswered();
    let (user, meta) = (user(), request());
    answers.lose_the_next();
    let lost = world.carts.add(&user, item("kinoko", 2, Some("k")), None, &meta).await.unwrap_err();
    assert!(matches!(&lost, CommandError::Fault(fault) if fault.is_retryable()), "{lost:?}");
    world.catalog.go_away();
    let (phone, _) = world.carts_elsewhere();
    for carts in [&world.carts, &phone] {
        let again = carts.add(&user, item("kinoko", 2, Some("k")), None, &meta).await.unwrap();
        assert_eq!(lines(&again), [("kinoko", 2, 200)]);
    }
    let other = world.carts.add(&user, item("kinoko", 3, Some("k")), None, &meta).await.unwrap_err();
    assert!(matches!(other, CommandError::Refused(CartRefusal::KeyReused)), "{other:?}");
    let stranger = UserId::parse("usr_2").unwrap();
    let theirs = world.carts.add(&stranger, item("kinoko", 3, Some("k")), None, &meta).await.unwrap();
    assert_eq!(lines(&theirs), [("kinoko", 3, 200)], "another person's key is another key");
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_may_be_asked_for_again() {
    let (world, answers) = unanswered();
    let (user, meta, kinoko) = (user(), request(), product_id("kinoko"));
    let seen = version(&world.put_in("kinoko", 2).await);
    answers.lose_the_next();
    world.carts.change(&user, &kinoko, Quantity::ONE, &seen, &meta).await.unwrap_err();
    let again = world.carts.change(&user, &kinoko, Quantity::ONE, &seen, &meta).await.unwrap();
    assert_eq!((lines(&again), again.version().get()), (vec![("kinoko", 1, 200)], 2), "it is so already");
}

#[tokio::test]
async fn a_cart_that_nobody_changed_for_thirty_days_is_empty_and_begins_anew() {
    let world = world();
    world.put_in("kinoko", 2).await;
    world.installation.advance(KEPT - SignedDuration::from_secs(1));
    assert_eq!(lines(&world.carts.show(&user()).await.unwrap()), [("kinoko", 2, 200)]);
    world.installation.advance(SignedDuration::from_secs(1));
    for carts in [world.carts.clone(), world.carts_elsewhere().0] {
        let expired = carts.show(&user()).await.unwrap();
        assert!(expired.lines().is_empty() && expired.has_expired());
    }
    assert_eq!(world.cart_events().await, ["ItemAddedToCart"], "reading writes nothing");
    let cart = world.put_in("takenoko", 1).await;
    assert_eq!(lines(&cart), [("takenoko", 1, 220)]);
    assert_eq!(world.cart_events().await, ["ItemAddedToCart", "CartCleared", "ItemAddedToCart"]);
    assert_eq!(world.commits_of(&cart_id()).await.len(), 2, "together");
}

#[tokio::test]
async fn a_change_keeps_a_cart_for_another_thirty_days_also_by_its_snapshot() {
    let world = world();
    for _ in 0..50 {
        world.put_in("kinoko", 1).await;
        world.installation.advance(SignedDuration::from_hours(29 * 24));
    }
    let store = world.installation.infra.event_store(shotengai_contracts::Owner::Order);
    assert_eq!(store.load_snapshot(&cart_id()).await.unwrap().unwrap().version.get(), 50);
    let (elsewhere, _) = world.carts_elsewhere();
    assert_eq!(lines(&elsewhere.show(&user()).await.unwrap()), [("kinoko", 50, 200)]);
    world.installation.advance(SignedDuration::from_hours(24));
    assert!(world.carts_elsewhere().0.show(&user()).await.unwrap().has_expired());
}

#[tokio::test]
async fn a_guests_cart_is_taken_over_once_and_whole_however_often_it_is_asked_for() {
    let (world, answers) = unanswered();
    let (meta, guest) = (request(), UserId::parse("usr_guest").unwrap());
    world.put_in("kinoko", 1).await;
    for name in ["kinoko", "takenoko"] {
        world.carts.add(&guest, item(name, 2, None), None, &meta).await.unwrap();
    }
    answers.lose_the_next();
    world.carts.merge(&user(), &guest, &meta).await.unwrap_err();
    let tabs: Vec<_> = (0..4).map(|_| world.carts_elsewhere().0).collect();
    let (me, meta) = (&user(), &meta);
    let again = join_all(tabs.iter().map(|tab| tab.merge(me, &guest, meta))).await;
    for cart in again {
        assert_eq!(lines(&cart.unwrap()), [("kinoko", 3, 200), ("takenoko", 2, 220)]);
    }
    assert!(world.carts.show(&guest).await.unwrap().lines().is_empty());
    let mine = world.carts.merge(me, me, meta).await.unwrap();
    assert_eq!(lines(&mine).len(), 2, "one's own cart is nothing to take over");
}

#[tokio::test]
async fn carts_that_are_taken_over_at_once_by_two_are_taken_over_by_one() {
    let world = world();
    let (meta, guest) = (request(), UserId::parse("usr_guest").unwrap());
    world.carts.add(&guest, item("kinoko", 2, None), None, &meta).await.unwrap();
    let people: Vec<_> = (0..4).map(|number| UserId::parse(&format!("usr_{number}")).unwrap()).collect();
    let tabs: Vec<_> = people.iter().map(|_| world.carts_elsewhere().0).collect();
    let merges = join_all(tabs.iter().zip(&people).map(|(tab, person)| tab.merge(person, &guest, &meta))).await;
    let pieces: usize = merges.iter().map(|cart| cart.as_ref().unwrap().lines().len()).sum();
    assert_eq!(pieces, 1);
}
