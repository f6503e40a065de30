//! Open carts: which are shown, to whom, and in which order.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::api::carts::KEPT;
use shotengai_contracts::api::filters::CartSort;
use shotengai_kernel::Timestamp;
use shotengai_kit::Sender;
use shotengai_query::carts::{self, CartFilter};
use shotengai_query::database::Database;
use shotengai_query::page::{Cursor, Sorting};

use crate::history::cart;
use crate::serving::Served;
use crate::support::{Street, all_done, deliveries, empty_database_url};

/// The moment at which histories begin.
fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap()
}

/// Every open cart that a filter finds, in pages of this size, as JSON.
async fn found(database: &Database, filter: &CartFilter, now: Timestamp, sort: CartSort, limit: u32) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = carts::list(database, filter, now, sort, limit, cursor.as_ref()).await.unwrap();
        all.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
        let Some(next) = page.next_cursor else { return all };
        cursor = Some(Cursor::parse(&next, sort).unwrap());
    }
}

#[tokio::test]
async fn carts_are_open_while_something_is_in_them_and_not_too_old() {
    let street = Street::new("open_carts").await;
    street.happen(Owner::Order, &cart("mei", &[4, 1])).await;
    street.happen(Owner::Order, &cart("ken", &[])).await;
    street.happen(Owner::Order, &cart("emptied", &[4, 3])).await;
    let none = CartFilter::default;
    let now = start() + SignedDuration::from_secs(60);
    let seen = found(&street.database, &none(), now, CartSort::Newest, 10).await;
    let wanted = json!([
        {
            "cart_id": "cart_mei", "user_id": "usr_mei", "pieces": 7, "total": 720, "currency": "JPY",
            "items": [
                { "product_id": "prod_kinoko", "quantity": 2, "price": 100 },
                { "product_id": "prod_takenoko", "quantity": 5, "price": 104 },
            ],
            "opened_at": "2026-01-01T00:00:01Z", "updated_at": "2026-01-01T00:00:03Z", "version": 3,
        },
        {
            "cart_id": "cart_ken", "user_id": "usr_ken", "pieces": 1, "total": 100, "currency": "JPY",
            "items": [{ "product_id": "prod_kinoko", "quantity": 1, "price": 100 }],
            "opened_at": "2026-01-01T00:00:01Z", "updated_at": "2026-01-01T00:00:01Z", "version": 1,
        },
    ]);
    assert_eq!(json!(seen), wanted);
    let left_behind = CartFilter { updated_before: Some(start() + SignedDuration::from_secs(2)), ..none() };
    assert_eq!(found(&street.database, &left_behind, now, CartSort::Newest, 10).await[..], seen[1..]);
    let after = CartFilter { updated_after: Some(start() + SignedDuration::from_secs(2)), ..none() };
    assert_eq!(found(&street.database, &after, now, CartSort::Oldest, 1).await[..], seen[..1]);
    // Ken's last change is 30 days ago, and mei's not yet.
    let later = start() + SignedDuration::from_secs(2) + KEPT;
    assert_eq!(found(&street.database, &none(), later, CartSort::Value, 1).await[..], seen[..1]);
}

#[tokio::test]
async fn pages_leave_nothing_out_in_every_order_also_where_a_row_is_damaged() {
    let street = Street::new("cart_pages").await;
    let people = ["a", "b", "c", "d", "e"];
    for (steps, person) in people.into_iter().enumerate() {
        street.happen(Owner::Order, &cart(person, &vec![8; steps / 2])).await;
    }
    let (none, now) = (CartFilter::default(), start() + SignedDuration::from_secs(60));
    for sort in CartSort::ALL.iter().copied() {
        let whole = found(&street.database, &none, now, sort, 100).await;
        assert_eq!(whole.len(), people.len());
        for limit in 1..5 {
            assert_eq!(found(&street.database, &none, now, sort, limit).await, whole, "{sort:?} {limit}");
        }
        let place = |cart: &Value| match sort {
            CartSort::Newest | CartSort::Oldest => cart["updated_at"].as_str().unwrap().to_owned(),
            CartSort::Value | CartSort::ValueDown => format!("{:09}", cart["total"].as_i64().unwrap()),
        };
        let mut places: Vec<_> = whole.iter().map(|it| (place(it), it["cart_id"].as_str().unwrap())).collect();
        if sort.descends() {
            places.reverse();
        }
        assert!(places.is_sorted(), "{sort:?} {places:?}");
    }
    for (damage, id) in [
        ("lines = '{}'", "cart_c"),
        ("pieces = 99", "cart_c"),
        ("value_minor = 1", "cart_c"),
        ("currency = NULL", "cart_c"),
        ("user_id = 'somebody'", "cart_c"),
        ("updated_at = 'infinity'", "cart_c"),
        ("version = -1", "cart_c"),
        ("cart_id = 'no id'", "no id"),
    ] {
        let session = street.database.session().await.unwrap();
        let statement = format!("UPDATE read_carts SET {damage} WHERE cart_id = 'cart_c'");
        session.query("test.damage", &statement, &[]).await.unwrap();
        for sort in CartSort::ALL.iter().copied() {
            let seen = found(&street.database, &none, now, sort, 2).await;
            let damaged: Vec<_> = seen.iter().filter(|it| it.get("damaged").is_some()).collect();
            assert_eq!((seen.len(), damaged), (5, vec![&json!({ "id": id, "damaged": true })]), "{damage} {sort:?}");
        }
        session.query("test.damage", "DELETE FROM read_carts WHERE cart_id IN ('cart_c', 'no id')", &[]).await.unwrap();
        all_done(&street.projector.handle(&deliveries(&cart("c", &[8]))).await);
    }
}

#[actix_web::test]
async fn administrators_alone_see_carts_and_may_wait_for_one() {
    let served = Served::start(empty_database_url("carts_served").await).await;
    served.publish(Owner::Order, &cart("mei", &[4])).await;
    let (status, shown) = served.get_once_up("/carts?min_version=cart_mei:2", Sender::Admin).await;
    assert_eq!((status, shown["items"].as_array().map(Vec::len)), (200, Some(1)), "{shown}");
    for (sender, status) in [(Sender::Customer("mei"), 403), (Sender::Nobody, 401)] {
        assert_eq!(served.get("/carts", sender).await.0, status);
    }
    assert_eq!(served.get("/carts?min_version=cart_ken:1", Sender::Admin).await.0, 504, "nobody waits for what is not");
    let bad = "/carts?updated_after=x&updated_before=1&sort=price&limit=0&cursor=x&min_version=cart_mei";
    let (status, problem) = served.get(bad, Sender::Admin).await;
    assert_eq!((status, problem["errors"].as_array().map(Vec::len)), (400, Some(6)), "{problem}");
}
