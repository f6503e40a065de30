//! Refunds by the shop, behind HTTP; and at once with each other, with a cancel and with a shipment.

use actix_web::http::header::LOCATION;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_contracts::Event;
use shotengai_contracts::events::{OrderStage, ShopRefundDeclined, ShopRefundPaid};
use shotengai_kernel::{OrderId, PaymentId, RefundId, UserId};
use shotengai_messaging::{CommandError, Delivery, Disposition};
use shotengai_order::Refunding;
use shotengai_order::orders::cancel::{CancelOrder, cancel_order};
use shotengai_order::orders::domain::{RefundRefusal, RefundState, Refusal, Wanted};
use shotengai_order::orders::refund::{RefundOrder, Requested};
use shotengai_order::orders::ship::ship_order;

use crate::saga::{authorized, captured, placed, stock_reserved};
use crate::shop::{Answer, NOWHERE, Shop};
use crate::support::{World, delivery, request, yen};

fn refused(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body["type"], format!("/problems/{slug}"));
}

/// A shop with a paid order of two pieces at 200 yen.
async fn shop_with_paid_order() -> (Shop, String) {
    let shop = Shop::open(NOWHERE).await;
    let body = json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 2 }] });
    let answer = shop.send(TestRequest::post().uri("/orders").set_json(body), Some("1")).await;
    let id = answer.body["order_id"].as_str().unwrap().to_owned();
    shop.pay(&id).await;
    (shop, id)
}

async fn refund(shop: &Shop, order: &str, key: Option<&str>, body: &Value) -> Answer {
    let mut wish = TestRequest::post().uri(&format!("/orders/{order}/refund")).set_json(body);
    if let Some(key) = key {
        wish = wish.insert_header(("idempotency-key", key));
    }
    shop.send(wish, Some("admin")).await
}

#[actix_web::test]
async fn a_refund_is_accepted_once_a_key() {
    let (shop, id) = shop_with_paid_order().await;
    let body = json!({ "lines": [{ "product_id": "prod_kinoko", "quantity": 1 }], "reason": " one was broken " });
    let first = refund(&shop, &id, Some("k"), &body).await;
    let refund_id = first.body["refund_id"].as_str().unwrap();
    let wanted = json!({ "order_id": id, "refund_id": refund_id, "amount": 200, "currency": "JPY", "version": 6 });
    assert_eq!((first.status, &first.body), (202, &wanted));
    assert_eq!(first.headers.get(LOCATION).unwrap(), format!("/orders/{id}?min_version={id}:6").as_str());
    let again = refund(&shop, &id, Some("k"), &body).await;
    assert_eq!((again.status, &again.body), (202, &wanted));
    refused(&refund(&shop, &id, Some("k"), &json!({ "reason": "all" })).await, 422, "idempotency-key-reused");
    let other = refund(&shop, &id, None, &body).await;
    assert_eq!((other.status, &other.body["amount"]), (202, &json!(200)), "without a key each is one of its own");
    refused(&refund(&shop, &id, None, &json!({ "amount": 1, "reason": "more" })).await, 409, "refund-too-large");

    let events = shop.send(TestRequest::get().uri(&format!("/orders/{id}/events")), Some("1")).await;
    let wanted = json!({
        "order_id": id, "user_id": "usr_1", "refund_id": refund_id, "amount": 200, "currency": "JPY",
        "lines": [{ "product_id": "prod_kinoko", "quantity": 1, "restock": false }], "reason": "one was broken",
    });
    assert_eq!(events.body["items"][5]["data"], wanted);
}

#[actix_web::test]
async fn a_refund_that_can_not_be_is_refused_by_name() {
    let (shop, id) = shop_with_paid_order().await;
    let line = |product: &str, quantity: u32| json!([{ "product_id": product, "quantity": quantity }]);
    let restock = json!({ "lines": line("prod_kinoko", 1), "restock": true, "reason": "back" });
    let cases = [
        (json!({ "reason": "x", "amount": 401 }), 409, "refund-too-large", Value::Null),
        (json!({ "reason": "x", "lines": line("prod_kinoko", 3) }), 409, "refund-too-large", Value::Null),
        (
            json!({ "reason": "x", "lines": line("prod_takenoko", 1) }),
            422,
            "not-in-order",
            json!("/lines/0/product_id"),
        ),
        (json!({ "reason": "x", "amount": 0 }), 422, "out-of-range", json!("/amount")),
        (json!({ "reason": "x", "amount": -1 }), 422, "out-of-range", json!("/amount")),
        (json!({ "reason": "x", "amount": 0.5 }), 422, "out-of-range", json!("/amount")),
        (json!({ "reason": " " }), 422, "invalid-text", json!("/reason")),
        (json!({ "reason": "x".repeat(201) }), 422, "invalid-text", json!("/reason")),
        (json!({ "reason": "bell \u{7}" }), 422, "invalid-text", json!("/reason")),
        (json!({}), 400, "invalid-body", json!("/reason")),
        (json!({ "reason": "x", "lines": [] }), 400, "bad-request", json!("/lines")),
        (json!({ "reason": "x", "lines": line("prod_kinoko", 0) }), 400, "invalid-body", json!("/lines/0/quantity")),
        (json!({ "reason": "x", "amount": 1, "restock": true }), 400, "bad-request", json!("/restock")),
        (json!({ "reason": "x", "amout": 1 }), 400, "invalid-body", json!("/amout")),
        (restock.clone(), 409, "not-restockable", Value::Null),
    ];
    for (body, status, slug, pointer) in cases {
        let answer = refund(&shop, &id, None, &body).await;
        refused(&answer, status, slug);
        assert_eq!(answer.body.get("pointer").cloned().unwrap_or_default(), pointer, "{body}");
    }
    refused(&refund(&shop, "ord_none", None, &json!({ "reason": "x" })).await, 404, "not-found");
    let customer = TestRequest::post().uri(&format!("/orders/{id}/refund")).set_json(json!({ "reason": "x" }));
    assert_eq!(shop.send(customer, Some("1")).await.status, 403);
    let ship = TestRequest::post().uri(&format!("/orders/{id}/ship"));
    assert_eq!(shop.send(ship, Some("admin")).await.status, 202);
    assert_eq!(refund(&shop, &id, None, &restock).await.status, 202);
}

#[actix_web::test]
async fn an_order_is_refunded_neither_before_it_is_paid_nor_after_it_was_cancelled_nor_shipped_once_all_went_back() {
    let (shop, id) = shop_with_paid_order().await;
    let body = json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 1 }] });
    let pending = shop.send(TestRequest::post().uri("/orders").set_json(body), Some("1")).await;
    let pending = pending.body["order_id"].as_str().unwrap();
    let all = json!({ "reason": "sorry" });
    refused(&refund(&shop, pending, None, &all).await, 409, "order-not-refundable");
    assert_eq!(refund(&shop, &id, None, &all).await.body["amount"], 400);
    let ship = TestRequest::post().uri(&format!("/orders/{id}/ship"));
    refused(&shop.send(ship, Some("admin")).await, 409, "order-not-shippable");
    let cancel = TestRequest::post().uri(&format!("/orders/{id}/cancel"));
    assert_eq!(shop.send(cancel, Some("1")).await.status, 202);
    refused(&refund(&shop, &id, None, &all).await, 409, "order-not-refundable");
}

async fn paid(world: &World) -> OrderId {
    let order = placed(world).await;
    let batch = [stock_reserved(11, &order), authorized(12, &order), captured(13, &order)];
    assert_eq!(world.handler.handle(&batch).await, vec![Disposition::Done; 3]);
    order
}

fn wish(order: &OrderId, key: &str, what: Wanted) -> RefundOrder {
    RefundOrder {
        order_id: order.clone(),
        by: UserId::parse("usr_admin").unwrap(),
        key: Some(key.to_owned()),
        fingerprint: format!("{what:?}"),
        what,
        reason: "broken".to_owned(),
    }
}

async fn ask(
    refunding: &Refunding,
    order: &OrderId,
    key: &str,
    amount: u32,
) -> Result<Requested, CommandError<RefundRefusal>> {
    refunding.refund(wish(order, key, Wanted::Money(amount.into())), &request()).await
}

/// Event by which billing tells of a refund.
fn answered(number: u128, order: &OrderId, refund_id: RefundId, is_paid: bool) -> Delivery {
    let (payment_id, order_id, amount) = (PaymentId::of_order(order), order.clone(), yen(50));
    let event: Event = if is_paid {
        ShopRefundPaid { payment_id, order_id, refund_id, amount, provider_reference: "1".to_owned() }.into()
    } else {
        ShopRefundDeclined { payment_id, order_id, refund_id, amount, reason: "no".to_owned() }.into()
    };
    delivery(number, PaymentId::of_order(order).as_str(), 5, event)
}

#[tokio::test]
async fn wishes_at_once_are_never_more_than_was_captured() {
    let world = World::new();
    let order = paid(&world).await;
    let others = world.refunding_elsewhere();
    // 200 yen are there, and each wants 60; one comes twice.
    let keys = ["a", "b", "c", "d", "e", "a"];
    let wishes = keys.iter().enumerate().map(|(n, key)| {
        let refunding = if n % 2 == 0 { &world.refunding } else { &others };
        ask(refunding, &order, key, 60)
    });
    let answers = futures::future::join_all(wishes).await;
    let accepted: std::collections::BTreeSet<_> =
        answers.iter().filter_map(|answer| answer.as_ref().ok()).map(|requested| requested.refund_id).collect();
    assert_eq!(accepted.len(), 3, "{answers:?}");
    for answer in &answers {
        if let Err(error) = answer {
            assert!(matches!(error, CommandError::Refused(RefundRefusal::TooMuch { .. })), "{error:?}");
        }
    }
    let state = world.order(&order).await;
    let placed = state.placed().unwrap();
    assert_eq!(placed.refunds.left_of(placed.total).unwrap(), yen(20));
}

#[tokio::test]
async fn a_refund_that_meets_a_cancel_is_taken_along_by_it_or_refused() {
    let (mut along, mut refused) = (0, 0);
    for turn in 0..2 {
        let world = World::new();
        let order = paid(&world).await;
        let others = world.refunding_elsewhere();
        // Both processes know the order, so that neither reads it while the other writes.
        assert!(ask(&others, &order, "too much", 1_000_000).await.is_err());
        let cancel = || {
            let wanted = CancelOrder { order_id: order.clone(), owner: None, note: None };
            async { cancel_order(&world.orders, wanted, &request()).await.unwrap() }
        };
        let asked = if turn == 0 {
            futures::join!(ask(&others, &order, "k", 50), cancel()).0
        } else {
            futures::join!(cancel(), ask(&others, &order, "k", 50)).1
        };
        let commits = world.commits(&order).await;
        let last = commits.last().and_then(|commit| commit.events.iter().last()).unwrap();
        let Event::OrderCancelled(cancelled) = last.event().unwrap() else { panic!("{last:?}") };
        match asked {
            Ok(requested) => {
                along += 1;
                let earlier: Vec<_> = cancelled.refunds.iter().map(|refund| refund.refund_id).collect();
                assert_eq!(earlier, [requested.refund_id]);
                let told = answered(21, &order, requested.refund_id, true);
                assert_eq!(world.handler.handle(&[told]).await, [Disposition::Done]);
                assert_eq!(world.event_types(&order).await.last().map(String::as_str), Some("OrderRefunded"));
            }
            Err(CommandError::Refused(RefundRefusal::NotRefundable(OrderStage::Cancelled))) => {
                refused += 1;
                assert!(cancelled.refunds.is_empty());
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((along, refused), (1, 1));
}

#[tokio::test]
async fn a_refund_of_everything_that_meets_a_shipment_has_one_of_two_ends() {
    for turn in 0..2 {
        let world = World::new();
        let order = paid(&world).await;
        let others = world.refunding_elsewhere();
        let meta = request();
        let all = || others.refund(wish(&order, "k", Wanted::Rest { restock: true }), &meta);
        let ship = || ship_order(&world.orders, &order, &meta);
        let (refunded, shipped) = if turn == 0 {
            futures::join!(all(), ship())
        } else {
            let (shipped, refunded) = futures::join!(ship(), all());
            (refunded, shipped)
        };
        // Pieces are sold again only where they have left the house.
        match (refunded, shipped) {
            (Ok(requested), Ok(_)) => assert_eq!(requested.amount, yen(200)),
            (Err(CommandError::Refused(RefundRefusal::NotRestockable(_))), Ok(_)) => {}
            other => panic!("{other:?}"),
        }
        // Without pieces: whichever is first, an order whose money went back does not leave.
        let world = World::new();
        let order = paid(&world).await;
        let others = world.refunding_elsewhere();
        let all = others.refund(wish(&order, "k", Wanted::Rest { restock: false }), &meta);
        let (refunded, shipped) = futures::join!(all, ship_order(&world.orders, &order, &meta));
        refunded.unwrap();
        let types = world.event_types(&order).await;
        match shipped {
            Ok(_) => assert_eq!(types[5..], ["OrderShipped", "OrderRefundRequested"]),
            Err(CommandError::Refused(Refusal::Refunded)) => assert_eq!(types[5..], ["OrderRefundRequested"]),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_of_billing_is_taken_in_once() {
    let world = World::new();
    let order = paid(&world).await;
    let [one, two] = ["a", "b"].map(|key| ask(&world.refunding, &order, key, 50));
    let (one, two) = (one.await.unwrap().refund_id, two.await.unwrap().refund_id);
    let batch = [
        answered(21, &order, one, true),
        answered(22, &order, two, false),
        answered(21, &order, one, true),
        answered(23, &order, RefundId::new(uuid::Uuid::from_u128(9)), true),
    ];
    for _ in 0..2 {
        let answers = world.handler.handle(&batch).await;
        let outcomes: Vec<_> = answers.iter().map(Disposition::outcome).collect();
        assert_eq!(outcomes, ["done", "done", "done", "retry"], "{answers:?}");
    }
    let types = world.event_types(&order).await;
    assert_eq!(types[7..], ["OrderRefunded", "OrderRefundDeclined"]);
    let state = world.order(&order).await;
    let states: Vec<_> = [one, two].iter().map(|id| state.placed().unwrap().refunds.get(*id).unwrap().state).collect();
    assert_eq!(states, [RefundState::Paid, RefundState::Declined]);
}
