use shotengai_contracts::Event;
use shotengai_contracts::events::{OrderStage, PaymentAuthorized, PaymentCaptured, StockMoved, StockReserved};
use shotengai_kernel::{OrderId, PaymentId};
use shotengai_messaging::{Delivery, Disposition};

use crate::support::{World, delivery, product_id, request, wish, yen};

pub(crate) async fn placed(world: &World) -> OrderId {
    world.catalog.set("kinoko", 1, Some(("きのこの山", 200)));
    world.placing.place(wish(None, "body", &[("kinoko", 1)]), &request()).await.unwrap().order_id
}

pub(crate) fn stock_reserved(number: u128, order: &OrderId) -> Delivery {
    let event = StockReserved { order_id: order.clone(), lines: Vec::new() };
    delivery(number, &format!("reservation/{order}"), 1, event)
}

fn payment(number: u128, order: &OrderId, version: u64, make: fn(PaymentId, OrderId) -> Event) -> Delivery {
    let payment = PaymentId::of_order(order);
    delivery(number, payment.as_str(), version, make(payment.clone(), order.clone()))
}

pub(crate) fn authorized(number: u128, order: &OrderId) -> Delivery {
    payment(number, order, 1, |payment_id, order_id| {
        PaymentAuthorized { payment_id, order_id, amount: yen(200), provider_reference: "1".to_owned() }.into()
    })
}

pub(crate) fn captured(number: u128, order: &OrderId) -> Delivery {
    payment(number, order, 3, |payment_id, order_id| {
        PaymentCaptured { payment_id, order_id, amount: yen(200), provider_reference: "1".to_owned() }.into()
    })
}

#[tokio::test]
async fn messages_of_one_order_in_a_batch_make_one_commit_with_each_its_cause() {
    let world = World::new();
    let order = placed(&world).await;
    let batch = [stock_reserved(11, &order), authorized(12, &order), stock_reserved(11, &order)];
    assert_eq!(world.handler.handle(&batch).await, vec![Disposition::Done; 3]);
    let commits = world.commits(&order).await;
    let [_, score] = commits.as_slice() else { panic!("{commits:?}") };
    let told: Vec<_> = score
        .events
        .iter()
        .map(|event| (event.event_type.as_str(), event.aggregateversion.get(), event.causationid.as_u128()))
        .collect();
    assert_eq!(told, [("OrderStockSecured", 2, 11), ("OrderPaymentSecured", 3, 12), ("OrderConfirmed", 4, 12)]);
}

#[tokio::test]
async fn two_orders_of_a_batch_are_answered_each_in_its_place() {
    let world = World::new();
    let (one, two) = (placed(&world).await, placed(&world).await);
    let batch = [captured(11, &one), stock_reserved(12, &two), authorized(13, &one), stock_reserved(14, &one)];
    let answers = world.handler.handle(&batch).await;
    let outcomes: Vec<_> = answers.iter().map(Disposition::outcome).collect();
    assert_eq!(outcomes, ["retry", "done", "done", "done"], "{answers:?}");
    assert_eq!(world.handler.handle(&batch[..1]).await, vec![Disposition::Done]);
    assert_eq!(world.order(&one).await.placed().unwrap().stage, OrderStage::Paid);
    assert_eq!(world.order(&two).await.placed().unwrap().stage, OrderStage::Pending);
}

#[tokio::test]
async fn two_consumers_at_one_order_confirm_it_once() {
    let world = World::new();
    let order = placed(&world).await;
    let (one, two) = ([stock_reserved(11, &order)], [authorized(12, &order)]);
    let (a, b) = futures::join!(world.handler.handle(&one), world.handler.handle(&two));
    assert_eq!([a, b].concat(), vec![Disposition::Done; 2]);
    assert_eq!(world.event_types(&order).await.last().map(String::as_str), Some("OrderConfirmed"));
    assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Confirmed);
}

#[tokio::test]
async fn a_message_that_comes_again_changes_nothing() {
    let world = World::new();
    let order = placed(&world).await;
    let batch = [stock_reserved(11, &order), authorized(12, &order), captured(13, &order)];
    for _ in 0..3 {
        assert_eq!(world.handler.handle(&batch).await, vec![Disposition::Done; 3]);
    }
    assert_eq!(world.event_types(&order).await.len(), 5);
}

#[tokio::test]
async fn an_order_nobody_placed_is_waited_for_and_a_strange_event_is_not() {
    let world = World::new();
    let nobodys = OrderId::parse("ord_x").unwrap();
    let moved = StockMoved { product_id: product_id("a"), added: 1, reserved: 0, released: 0, deducted: 0 };
    let batch = [stock_reserved(11, &nobodys), delivery(12, "stock/prod_a", 1, moved)];
    let answers = world.handler.handle(&batch).await;
    assert_eq!(answers.iter().map(Disposition::outcome).collect::<Vec<_>>(), ["retry", "reject"]);
}
