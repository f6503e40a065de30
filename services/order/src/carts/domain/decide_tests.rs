use jiff::SignedDuration;
use shotengai_contracts::events::{CartCleared, CartItemChanged};
use shotengai_contracts::{EventType, Misplaced, OrderEvent, OwnedEvent, samples};
use shotengai_kernel::{Currency, Money, OrderId, Precondition, ProductId, Quantity, Timestamp, UserId, Version};
use uuid::Uuid;

use super::cart::ADDITIONS_REMEMBERED;
use super::*;
use crate::orders::domain::MAX_LINES;

const ANY: Precondition = Precondition::Any;

fn product(name: &str) -> ProductId {
    ProductId::parse(&format!("prod_{name}")).unwrap()
}

fn pieces(count: u32) -> Quantity {
    Quantity::new(count).unwrap()
}

fn yen(minor: i64) -> Money {
    Money::from_minor(minor, Currency::JPY).unwrap()
}

/// A cart with its history, as a store has it.
#[derive(Default)]
struct Kept {
    guest: bool,
    cart: Cart,
    version: u64,
    changed_at: Option<Timestamp>,
}

impl Kept {
    fn now(&self) -> Standing {
        self.after(SignedDuration::ZERO)
    }

    /// As it stands so long after its last event.
    fn after(&self, idle: SignedDuration) -> Standing {
        let now = Timestamp::UNIX_EPOCH.checked_add(idle).unwrap();
        let user = UserId::parse(if self.guest { "usr_2" } else { "usr_1" }).unwrap();
        Standing::at(now, &user, Version::new(self.version), &self.cart, self.changed_at)
    }

    fn take(&mut self, events: Vec<OrderEvent>) -> Vec<String> {
        let mut names = Vec::new();
        for event in events {
            self.cart.evolve(&event).unwrap();
            self.version += 1;
            self.changed_at = Some(Timestamp::UNIX_EPOCH);
            names.push(event.event_type().as_str().to_owned());
        }
        names
    }

    fn add(&mut self, name: &str, count: u32, price: i64) {
        let events = add(&self.now(), &wanted(name, count, price), None).unwrap();
        self.take(events);
    }

    fn lines(&self) -> Vec<(String, u32, i64)> {
        let lines = self.cart.lines().iter();
        lines.map(|line| (line.product_id.body().to_owned(), line.quantity.get(), line.price.minor())).collect()
    }
}

fn wanted(name: &str, count: u32, price: i64) -> Add {
    Add { product_id: product(name), quantity: pieces(count), price: yen(price), addition_id: None }
}

fn keyed(name: &str, count: u32, id: u128) -> Add {
    Add { addition_id: Some(Uuid::from_u128(id)), ..wanted(name, count, 200) }
}

fn at(version: u64) -> Precondition {
    Precondition::OneOf(vec![Version::new(version)])
}

fn is_stale<T: std::fmt::Debug>(decided: Result<T, CartRefusal>, version: u64) {
    let Err(CartRefusal::Stale(Stale(newer))) = decided else { panic!("{decided:?}") };
    assert_eq!(newer.version().get(), version);
}

#[test]
fn pieces_of_one_product_add_up_at_the_price_that_was_shown_last() {
    let mut kept = Kept::default();
    kept.add("kinoko", 1, 200);
    kept.add("takenoko", 2, 220);
    kept.add("kinoko", 3, 210);
    assert_eq!(kept.lines(), [("kinoko".to_owned(), 4, 210), ("takenoko".to_owned(), 2, 220)]);
}

#[test]
fn a_cart_holds_what_an_order_holds() {
    let mut kept = Kept::default();
    for number in 0..MAX_LINES {
        kept.add(&number.to_string(), 1, 100);
    }
    assert_eq!(add(&kept.now(), &wanted("more", 1, 100), None), Err(CartRefusal::TooManyLines));
    kept.add("0", 1, 100);
    let full = add(&kept.now(), &wanted("0", Quantity::MAX - 1, 100), None);
    assert_eq!(full, Err(CartRefusal::TooManyPieces(product("0"))));
    kept.add("0", Quantity::MAX - 2, 100);
    assert_eq!(kept.lines()[0].1, Quantity::MAX);
}

#[test]
fn a_line_is_changed_and_taken_out_and_a_cart_emptied() {
    let mut kept = Kept::default();
    kept.add("kinoko", 1, 200);
    kept.add("takenoko", 2, 220);
    assert_eq!(kept.take(change(&kept.now(), &product("kinoko"), pieces(5), &at(2)).unwrap()), ["CartItemChanged"]);
    assert_eq!(kept.lines()[0], ("kinoko".to_owned(), 5, 200));
    assert_eq!(kept.take(remove(&kept.now(), &product("kinoko"), &at(3)).unwrap()), ["ItemRemovedFromCart"]);
    assert_eq!(kept.lines().len(), 1);
    let missing = change(&kept.now(), &product("kinoko"), pieces(1), &at(4));
    assert_eq!(missing, Err(CartRefusal::NotInCart(product("kinoko"))));
    assert_eq!(kept.take(clear(&kept.now(), &ANY).unwrap()), ["CartCleared"]);
    assert_eq!((kept.lines().len(), kept.now().became()), (0, None));
}

#[test]
fn a_change_meant_for_another_version_is_refused_with_the_newer_cart() {
    let mut kept = Kept::default();
    kept.add("kinoko", 1, 200);
    kept.add("takenoko", 2, 220);
    let cart = kept.now();
    is_stale(change(&cart, &product("kinoko"), pieces(5), &at(1)), 2);
    is_stale(change(&cart, &product("none"), pieces(5), &at(1)), 2);
    is_stale(remove(&cart, &product("kinoko"), &at(1)), 2);
    is_stale(clear(&cart, &at(1)), 2);
    is_stale(add(&cart, &wanted("kinoko", 1, 200), Some(&at(3))), 2);
    assert_eq!(add(&cart, &wanted("kinoko", 1, 200), None).unwrap().len(), 1, "an addition takes nothing from anybody");
}

#[test]
fn what_is_so_already_is_done_whatever_was_read() {
    let mut kept = Kept::default();
    assert_eq!(clear(&kept.now(), &at(7)), Ok(Vec::new()));
    kept.add("kinoko", 2, 200);
    let cart = kept.now();
    assert_eq!(change(&cart, &product("kinoko"), pieces(2), &at(7)), Ok(Vec::new()));
    assert_eq!(remove(&cart, &product("none"), &at(7)), Ok(Vec::new()));
}

#[test]
fn an_addition_with_a_key_happens_once() {
    let mut kept = Kept::default();
    let events = add(&kept.now(), &keyed("kinoko", 2, 1), None).unwrap();
    kept.take(events);
    assert_eq!(add(&kept.now(), &keyed("kinoko", 2, 1), Some(&at(0))), Ok(Vec::new()), "its answer was lost");
    for other in [keyed("kinoko", 3, 1), keyed("takenoko", 2, 1)] {
        assert_eq!(add(&kept.now(), &other, None), Err(CartRefusal::KeyReused));
    }
    let cleared = clear(&kept.now(), &ANY).unwrap();
    kept.take(cleared);
    assert_eq!(add(&kept.now(), &keyed("kinoko", 2, 1), None), Ok(Vec::new()), "also when the cart is empty again");
    assert_eq!(add(&kept.after(KEPT), &keyed("kinoko", 2, 1), None), Ok(Vec::new()), "or has expired");
}

#[test]
fn the_latest_keys_are_remembered_and_no_more() {
    let mut kept = Kept::default();
    for id in 0..=ADDITIONS_REMEMBERED {
        let events = add(&kept.now(), &keyed("kinoko", 1, id as u128), None).unwrap();
        kept.take(events);
    }
    assert_eq!(kept.cart.addition(Uuid::from_u128(0)), None);
    assert!((1..=ADDITIONS_REMEMBERED).all(|id| kept.cart.addition(Uuid::from_u128(id as u128)).is_some()));
}

#[test]
fn a_cart_that_nobody_changed_for_thirty_days_is_empty() {
    let mut kept = Kept::default();
    kept.add("kinoko", 2, 200);
    let last = KEPT - SignedDuration::from_nanos(1);
    assert_eq!((kept.after(last).lines().len(), kept.after(last).has_expired()), (1, false));
    let expired = kept.after(KEPT);
    assert!(expired.lines().is_empty() && expired.has_expired());
    assert_eq!(clear(&expired, &at(7)), Ok(Vec::new()), "nothing is left to be done");
    let missing = change(&expired, &product("kinoko"), pieces(2), &at(1));
    assert_eq!(missing, Err(CartRefusal::NotInCart(product("kinoko"))));
    let events = add(&expired, &wanted("takenoko", 1, 220), None).unwrap();
    assert_eq!(kept.take(events), ["CartCleared", "ItemAddedToCart"]);
    assert_eq!(kept.lines(), [("takenoko".to_owned(), 1, 220)]);
}

#[test]
fn an_ordered_cart_remembers_its_order_until_something_comes_in() {
    let mut kept = Kept::default();
    let id = OrderId::parse("ord_1").unwrap();
    assert_eq!(order(&kept.now(), &id), []);
    kept.add("kinoko", 2, 200);
    assert_eq!(order(&kept.after(KEPT), &id), [], "an expired cart can't be ordered");
    let events = order(&kept.now(), &id);
    assert_eq!(kept.take(events), ["CartCleared"]);
    assert_eq!((kept.now().became(), kept.after(KEPT).became()), (Some(&id), None));
    kept.add("kinoko", 1, 200);
    assert_eq!(kept.now().became(), None);
}

#[test]
fn an_orders_facts_are_no_carts_and_none_of_its_own_comes_from_nowhere() {
    let of_orders = [EventType::OrderPlaced, EventType::OrderPaid, EventType::OrderCancelled];
    for event_type in of_orders {
        let event = OrderEvent::try_from(samples::event(event_type).unwrap()).unwrap();
        assert_eq!(Cart::default().evolve(&event), Err(Misplaced(event_type)));
    }
    let (cart_id, user_id) = (Kept::default().now().cart_id(), UserId::parse("usr_1").unwrap());
    let (cart, user) = (cart_id.clone(), user_id.clone());
    let changed = CartItemChanged { cart_id: cart, user_id: user, product_id: product("kinoko"), quantity: pieces(1) };
    let cleared = CartCleared { cart_id, user_id, order_id: None };
    for event in [OrderEvent::from(changed), cleared.into()] {
        let mut cart = Cart::default();
        assert_eq!(cart.evolve(&event), Err(Misplaced::of(&event)));
        assert_eq!(cart, Cart::default());
    }
}

#[test]
fn a_state_survives_its_snapshot() {
    let mut kept = Kept::default();
    let events = add(&kept.now(), &keyed("kinoko", 2, 1), None).unwrap();
    kept.take(events);
    let json = serde_json::to_value(&kept.cart).unwrap();
    assert_eq!(serde_json::from_value::<Cart>(json).unwrap(), kept.cart);
}

#[test]
fn a_guests_cart_is_taken_over_line_by_line() {
    let (mut mine, mut guest) = (Kept::default(), Kept { guest: true, ..Kept::default() });
    mine.add("kinoko", 1, 200);
    guest.add("kinoko", 2, 210);
    guest.add("takenoko", 3, 220);
    let merged = merge(&mine.now(), &guest.now());
    assert_eq!(mine.take(merged.into), ["ItemAddedToCart", "ItemAddedToCart"]);
    assert_eq!(guest.take(merged.from), ["CartCleared"]);
    assert_eq!(mine.lines(), [("kinoko".to_owned(), 3, 210), ("takenoko".to_owned(), 3, 220)]);
    assert_eq!(merge(&mine.now(), &guest.now()), Merged { into: Vec::new(), from: Vec::new() }, "again");
}

#[test]
fn what_does_not_fit_stays_with_the_guest() {
    let (mut mine, mut guest) = (Kept::default(), Kept { guest: true, ..Kept::default() });
    mine.add("kinoko", Quantity::MAX - 1, 200);
    mine.add("full", Quantity::MAX, 200);
    for number in 2..MAX_LINES {
        mine.add(&number.to_string(), 1, 100);
    }
    guest.add("kinoko", 3, 200);
    guest.add("full", 3, 200);
    guest.add("new", 1, 200);
    guest.add("2", 1, 100);
    let merged = merge(&mine.now(), &guest.now());
    assert_eq!(mine.take(merged.into), ["ItemAddedToCart", "ItemAddedToCart"]);
    assert_eq!(guest.take(merged.from), ["CartItemChanged", "ItemRemovedFromCart"]);
    assert_eq!((mine.lines()[0].1, mine.lines().len()), (Quantity::MAX, MAX_LINES));
    let left: Vec<_> = guest.lines().into_iter().map(|(name, count, _)| (name, count)).collect();
    assert_eq!(left, [("kinoko".to_owned(), 2), ("full".to_owned(), 3), ("new".to_owned(), 1)]);
    assert_eq!(merge(&mine.now(), &guest.now()), Merged { into: Vec::new(), from: Vec::new() });
}

#[test]
fn an_expired_cart_is_not_taken_over_and_takes_over_as_an_empty_one() {
    let (mut mine, mut guest) = (Kept::default(), Kept { guest: true, ..Kept::default() });
    mine.add("kinoko", 1, 200);
    guest.add("takenoko", 3, 220);
    assert_eq!(merge(&mine.now(), &guest.after(KEPT)), Merged { into: Vec::new(), from: Vec::new() });
    let merged = merge(&mine.after(KEPT), &guest.now());
    assert_eq!(mine.take(merged.into), ["CartCleared", "ItemAddedToCart"]);
    assert_eq!(mine.lines(), [("takenoko".to_owned(), 3, 220)]);
}
