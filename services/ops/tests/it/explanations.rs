//! Explanations of orders, over an installation in memory.

use std::time::Duration;

use actix_web::test::TestRequest;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shotengai_contracts::{Event, EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, OrderId, Version};
use shotengai_kit::Sender;
use shotengai_messaging::{CommitFactory, Infrastructure};

use super::desk::Desk;

/// An order that was placed so long ago that it should have been handled.
async fn placed(desk: &Desk) -> OrderId {
    let event = samples::event(EventType::OrderPlaced).unwrap();
    let Event::OrderPlaced(placed) = &event else { panic!("{event:?}") };
    let (order, ports) = (placed.order_id.clone(), desk.installation.ports.clone());
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    let factory = CommitFactory::new(ports);
    let commit = factory.commit(AggregateId::from(&order), Version::ZERO, std::slice::from_ref(&event), &meta).unwrap();
    desk.installation.infra.event_store(Owner::Order).append(&[commit]).await.unwrap();
    later(desk).await;
    order
}

/// By the clock of the installation, and by the one that looks grow old by.
async fn later(desk: &Desk) {
    desk.installation.advance(SignedDuration::from_secs(20));
    tokio::time::advance(Duration::from_secs(20)).await;
}

/// The first cause of each thing that is awaited, by whom it is awaited of.
fn blamed<'a>(explained: &'a Value) -> Vec<(&'a str, &'a str, &'a str)> {
    let first = |awaited: &'a Value| {
        let cause = &awaited["causes"][0];
        let [of, kind, certainty] =
            [&awaited["of"], &cause["cause"], &cause["certainty"]].map(|it| it.as_str().unwrap());
        (of, kind, certainty)
    };
    explained["awaited"].as_array().unwrap().iter().map(first).collect()
}

#[tokio::test(start_paused = true)]
async fn an_order_is_explained_by_who_is_paused_to_the_administrator() {
    let desk = Desk::new(41);
    let order = placed(&desk).await;
    let path = format!("/ops/orders/{order}/explanation");
    assert_eq!(desk.role.send(TestRequest::get().uri(&path), Sender::Nobody).await.status, 401);
    let none = desk.get("/ops/orders/ord_none/explanation").await;
    assert_eq!((none.status, &none.body["detail"]), (404, &json!("there is no order ord_none")));

    let told = desk.get(&path).await.body;
    assert_eq!((&told["status"], &told["last"]["type"]), (&json!("pending"), &json!("OrderPlaced")));
    // Nothing is in the way of it: nobody has it in hands, nobody sends reminders here, and no process can be asked.
    let wanted = [("inventory", "not_known", "possible"), ("billing", "not_known", "possible")];
    assert_eq!(blamed(&told), wanted, "{told:#}");

    let pause = json!({ "paused": true, "reason": "a test" });
    let request = TestRequest::put().uri("/ops/consumers/billing-queue").set_json(&pause);
    assert_eq!(desk.role.send(request, Sender::Admin).await.status, 200);
    later(&desk).await;
    let told = desk.get(&path).await.body;
    assert_eq!(blamed(&told), [("inventory", "not_known", "possible"), ("billing", "consumer_paused", "certain")]);
    assert_eq!(told["awaited"][1]["causes"][0]["why"], "a test");
}
