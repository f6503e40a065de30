//! Orders in every state, for tests.

use shotengai_contracts::OrderEvent;
use shotengai_contracts::events::{OrderItem, OrderPlaced};
use shotengai_kernel::{Currency, Money, Names, OrderId, ProductId, Quantity, UserId};

use super::{Order, Signal, cancel, place, ship, signal};

pub(super) fn placed_event() -> OrderPlaced {
    let price = Money::from_minor(200, Currency::JPY).unwrap();
    let product_id = ProductId::parse("prod_kinoko").unwrap();
    OrderPlaced {
        order_id: OrderId::parse("ord_1").unwrap(),
        user_id: owner(),
        items: vec![OrderItem {
            product_id,
            name: "きのこの山".to_owned(),
            names: Names::default(),
            quantity: Quantity::ONE,
            price,
        }],
        total: price,
        has_payment_token: false,
        request_fingerprint: "ab".repeat(32),
    }
}

pub(super) fn owner() -> UserId {
    UserId::parse("usr_1").unwrap()
}

pub(super) fn take(order: &mut Order, events: &[OrderEvent]) {
    for event in events {
        order.evolve(event).unwrap();
    }
}

pub(super) fn pending() -> Order {
    let mut order = Order::default();
    let events = place(&order, placed_event()).unwrap();
    take(&mut order, &events);
    order
}

pub(super) fn after(mut order: Order, told: &[Signal]) -> Order {
    for one in told {
        let events = signal(&order, *one).unwrap();
        take(&mut order, &events);
    }
    order
}

pub(super) fn confirmed() -> Order {
    after(pending(), &[Signal::StockReserved, Signal::PaymentAuthorized])
}

pub(super) fn paid() -> Order {
    after(confirmed(), &[Signal::PaymentCaptured])
}

pub(super) fn shipped() -> Order {
    let mut order = paid();
    let events = ship(&order).unwrap();
    take(&mut order, &events);
    order
}

pub(super) fn cancelled(mut order: Order) -> Order {
    let events = cancel(&order, None, None).unwrap();
    take(&mut order, &events);
    order
}
