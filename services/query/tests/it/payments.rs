//! Payments: what is shown of them, to whom, and in which order.

use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::api::filters::PaymentSort;
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::Timestamp;
use shotengai_kit::Sender;
use shotengai_query::database::Database;
use shotengai_query::page::{Cursor, Sorting};
use shotengai_query::payments::{self, PaymentFilter};

use crate::history::{forestalled, order, order_id, payment};
use crate::serving::Served;
use crate::support::{Street, empty_database_url};

/// Every payment that a filter finds, in pages of this size, as JSON.
async fn found(database: &Database, filter: &PaymentFilter, sort: PaymentSort, limit: u32) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = payments::list(database, filter, sort, limit, cursor.as_ref()).await.unwrap();
        all.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
        let Some(next) = page.next_cursor else { return all };
        cursor = Some(Cursor::parse(&next, sort).unwrap());
    }
}

fn ids(payments: &[Value]) -> Vec<&str> {
    payments.iter().map(|it| it.get("payment_id").or(it.get("id")).unwrap().as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_payment_shows_what_was_taken_and_given_back_in_major_units_and_no_more() {
    let street = Street::new("payment_view").await;
    street.happen(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    street.happen(Owner::Billing, &payment("1", 0, PaymentStatus::RefundStarted)).await;
    let found = payments::of_order(&street.database, &order_id("1")).await.unwrap().unwrap();
    assert_eq!(found.owner.unwrap().as_str(), "usr_mei");
    let wanted = json!({
        "payment_id": "pay_1", "order_id": "ord_1", "status": "refund_started", "amount": 400, "captured": 400,
        "refunded": 100, "currency": "JPY", "started_at": "2026-01-01T00:00:01Z", "updated_at": "2026-01-01T00:00:07Z",
        "refunds": [
            { "refund_id": "00000000-0000-0000-0000-000000000001", "status": "refunded", "amount": 100 },
            { "refund_id": "00000000-0000-0000-0000-000000000002", "status": "declined", "amount": 400 },
        ],
        "version": 7,
    });
    assert_eq!(serde_json::to_value(found.payment.unwrap()).unwrap(), wanted);
    street.happen(Owner::Billing, &forestalled("2")).await;
    let found = payments::of_order(&street.database, &order_id("2")).await.unwrap().unwrap();
    assert_eq!(found.owner, None, "its order has not come yet");
    let shown = serde_json::to_value(found.payment.unwrap()).unwrap();
    assert_eq!((&shown["status"], &shown["captured"], shown.get("amount")), (&json!("voided"), &json!(0), None));
    assert!(payments::of_order(&street.database, &order_id("3")).await.unwrap().is_none());
}

#[tokio::test]
async fn pages_leave_nothing_out_in_every_order_also_where_a_row_is_damaged() {
    let street = Street::new("payment_pages").await;
    for (second, status) in PaymentStatus::ALL.into_iter().enumerate() {
        let second = i64::try_from(second).unwrap();
        street.happen(Owner::Billing, &payment(&second.to_string(), second / 2, status)).await;
    }
    street.happen(Owner::Billing, &forestalled("x")).await;
    let none = PaymentFilter::default;
    for sort in PaymentSort::ALL.iter().copied() {
        let whole = found(&street.database, &none(), sort, 100).await;
        assert_eq!(whole.len(), 10);
        for limit in 1..5 {
            assert_eq!(found(&street.database, &none(), sort, limit).await, whole, "{sort:?} {limit}");
        }
        let amount = |payment: &Value| payment.get("amount").and_then(Value::as_i64).unwrap_or(0);
        let place = |payment: &Value| match sort {
            PaymentSort::Newest | PaymentSort::Oldest => payment["started_at"].as_str().unwrap().to_owned(),
            PaymentSort::Amount | PaymentSort::AmountDown => format!("{:09}", amount(payment)),
        };
        let mut places: Vec<_> = whole.iter().map(|it| (place(it), it["payment_id"].as_str().unwrap())).collect();
        if sort.descends() {
            places.reverse();
        }
        assert!(places.is_sorted(), "{sort:?} {places:?}");
    }
    for status in PaymentStatus::ALL {
        let filter = PaymentFilter { status: Some(status), ..none() };
        let found = found(&street.database, &filter, PaymentSort::Newest, 100).await;
        let wanted = if status == PaymentStatus::Voided { 2 } else { 1 };
        assert_eq!(found.iter().filter(|it| it["status"] == status.as_str()).count(), wanted, "{status:?}");
        assert_eq!(found.len(), wanted);
    }
    let at = |second: i64| Some(Timestamp::from_second(1_767_225_600 + second).unwrap());
    let between = PaymentFilter { started_after: at(2), started_before: at(4), ..none() };
    assert_eq!(ids(&found(&street.database, &between, PaymentSort::Oldest, 1).await), ["pay_4", "pay_5"]);
    for (damage, id) in [
        ("amount_minor = -1", "pay_3"),
        ("currency = NULL", "pay_3"),
        ("currency = 'yen'", "pay_3"),
        ("captured_minor = -1", "pay_3"),
        ("refunds = '[1]'", "pay_3"),
        ("status = 'lost'", "pay_3"),
        ("started_at = 'infinity'", "pay_3"),
        ("version = -1", "pay_3"),
        ("payment_id = 'no id'", "no id"),
    ] {
        let session = street.database.session().await.unwrap();
        let statement = format!("UPDATE read_payments SET {damage} WHERE payment_id = 'pay_3'");
        session.query("test.damage", &statement, &[]).await.unwrap();
        for sort in PaymentSort::ALL.iter().copied() {
            let seen = found(&street.database, &none(), sort, 2).await;
            let damaged: Vec<_> = seen.iter().filter(|it| it.get("damaged").is_some()).collect();
            assert_eq!((seen.len(), damaged), (10, vec![&json!({ "id": id, "damaged": true })]), "{damage} {sort:?}");
        }
        session
            .query("test.damage", "DELETE FROM read_payments WHERE payment_id IN ('pay_3', 'no id')", &[])
            .await
            .unwrap();
        let history = payment("3", 1, PaymentStatus::ALL[3]);
        crate::support::all_done(&street.projector.handle(&crate::support::deliveries(&history)).await);
    }
}

#[actix_web::test]
async fn administrators_see_all_payments_owners_their_orders_and_others_nothing() {
    let url = empty_database_url("payments_served").await;
    let served = Served::start(url.clone()).await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    served.publish(Owner::Billing, &payment("1", 0, PaymentStatus::Captured)).await;
    let mei = Sender::Customer("mei");
    let path = "/orders/ord_1/payment?min_version=ord_1:1&min_version=pay_1:3";
    let (status, shown) = served.get_once_up(path, mei).await;
    assert_eq!((status, &shown["status"], &shown["captured"]), (200, &json!("captured"), &json!(400)), "{shown}");
    assert_eq!(served.get("/orders/ord_1/payment", Sender::Admin).await, (200, shown.clone()));
    for (sender, status) in [(Sender::Customer("ken"), 404), (Sender::Nobody, 401)] {
        assert_eq!(served.get("/orders/ord_1/payment", sender).await.0, status);
    }
    assert_eq!(served.get("/payments", Sender::Admin).await, (200, json!({ "items": [shown], "next_cursor": null })));
    for (sender, status) in [(mei, 403), (Sender::Nobody, 401)] {
        assert_eq!(served.get("/payments", sender).await.0, status);
    }
    // Placed, and billing has not begun.
    served.publish(Owner::Order, &order("2", "mei", 0, OrderStage::Pending)).await;
    let (status, problem) = served.get("/orders/ord_2/payment?min_version=ord_2:1", mei).await;
    assert_eq!((status, &problem["detail"]), (404, &json!("there is no payment of ord_2 yet")));
    assert_eq!(
        served.get("/orders/ord_2/payment?min_version=pay_2:1", mei).await.0,
        504,
        "nobody waits for what is not"
    );
    let bad =
        "/payments?status=lost&started_after=yesterday&started_before=1&sort=price&limit=0&cursor=x&min_version=pay_1";
    let (status, problem) = served.get(bad, Sender::Admin).await;
    assert_eq!((status, problem["errors"].as_array().map(Vec::len)), (400, Some(7)), "{problem}");
    let database = Database::new(crate::support::pool(&url));
    let session = database.session().await.unwrap();
    session.query("test.damage", "UPDATE read_payments SET refunds = '{}'", &[]).await.unwrap();
    for sender in [mei, Sender::Admin] {
        let (status, problem) = served.get("/orders/ord_1/payment", sender).await;
        assert_eq!((status, &problem["type"]), (500, &json!("/problems/row-damaged")), "{problem}");
    }
    assert_eq!(served.get("/orders/ord_1/payment", Sender::Customer("ken")).await.0, 404, "a stranger learns nothing");
}
