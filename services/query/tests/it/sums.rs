//! Stock of all products, and sums over customers' orders.

use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::api::filters::{CustomerSort, StockSort};
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::Currency;
use shotengai_query::conditions::Conditions;
use shotengai_query::customers::{self, CustomerFilter};
use shotengai_query::database::Database;
use shotengai_query::inventory::{self, StockFilter};
use shotengai_query::page::Cursor;

use crate::history::{order, payment, product, product_id, stock, user_id};
use crate::support::Street;

async fn stock_of(database: &Database, filter: &StockFilter, sort: StockSort, limit: u32) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = inventory::list(database, filter, sort, limit, cursor.as_ref()).await.unwrap();
        all.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
        let Some(next) = page.next_cursor else { return all };
        cursor = Some(Cursor::parse(&next, sort).unwrap());
    }
}

async fn customers_of(database: &Database, filter: &CustomerFilter, sort: CustomerSort, limit: u32) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = customers::list(database, filter, Currency::JPY, sort, limit, cursor.as_ref()).await.unwrap();
        all.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
        let Some(next) = page.next_cursor else { return all };
        cursor = Some(Cursor::parse(&next, sort).unwrap());
    }
}

#[tokio::test]
async fn stock_has_the_products_name_and_comes_in_every_order_also_where_a_row_is_damaged() {
    let street = Street::new("inventory").await;
    for (name, steps) in [("a", &[1_u8][..]), ("b", &[]), ("c", &[1, 1]), ("d", &[])] {
        street.happen(Owner::Inventory, &stock(name, steps)).await;
    }
    street.happen(Owner::Catalog, &product("a", 0, &[])).await;
    street.happen(Owner::Catalog, &product("b", 0, &[3])).await;
    let none = StockFilter::default;
    let all = stock_of(&street.database, &none(), StockSort::Product, 1).await;
    assert_eq!(
        json!(all[..3]),
        json!([
            { "product_id": "prod_a", "name": "sweet a", "on_sale": true, "available": 8, "reserved": 2, "deducted": 0, "version": 2 },
            { "product_id": "prod_b", "name": "sweet b", "on_sale": false, "available": 10, "reserved": 0, "deducted": 0, "version": 1 },
            { "product_id": "prod_c", "on_sale": false, "available": 6, "reserved": 4, "deducted": 0, "version": 3 },
        ])
    );
    let ids = async |filter: StockFilter, sort| {
        let stock = stock_of(&street.database, &filter, sort, 1).await;
        stock.iter().map(|it| it["product_id"].as_str().unwrap().replace("prod_", "")).collect::<String>()
    };
    assert_eq!(ids(none(), StockSort::Available).await, "cabd");
    assert_eq!(ids(none(), StockSort::AvailableDown).await, "dbac");
    assert_eq!(ids(StockFilter { available_below: Some(10), ..none() }, StockSort::Product).await, "ac");
    assert_eq!(ids(StockFilter { in_stock: Some(false), ..none() }, StockSort::Product).await, "");
    let two = vec![product_id("d"), product_id("a"), product_id("none")];
    assert_eq!(ids(StockFilter { products: two, ..none() }, StockSort::Product).await, "ad");
    for (damage, id) in [("version = -1", "prod_b"), ("product_id = 'no id'", "no id")] {
        let session = street.database.session().await.unwrap();
        let statement = format!("UPDATE read_stock SET {damage} WHERE product_id = 'prod_b'");
        session.query("test.damage", &statement, &[]).await.unwrap();
        for sort in StockSort::ALL.iter().copied() {
            let seen = stock_of(&street.database, &none(), sort, 1).await;
            assert_eq!(seen.len(), 4, "{damage} {sort:?}");
            assert!(seen.contains(&json!({ "id": id, "damaged": true })), "{damage} {sort:?}");
        }
    }
}

#[tokio::test]
async fn customers_are_summed_up_and_a_damaged_row_is_one_customers() {
    let street = Street::new("customers").await;
    for (name, user, second, status) in [
        ("1", "mei", 0, Some(PaymentStatus::Captured)),
        ("2", "ken", 1, Some(PaymentStatus::Refunded)),
        ("3", "mei", 2, Some(PaymentStatus::RefundStarted)),
        ("4", "ann", 3, None),
        ("5", "mei", 4, Some(PaymentStatus::Declined)),
    ] {
        street.happen(Owner::Order, &order(name, user, second, OrderStage::Pending)).await;
        if let Some(status) = status {
            street.happen(Owner::Billing, &payment(name, second, status)).await;
        }
    }
    let none = CustomerFilter::default;
    let mei = json!({
        "user_id": "usr_mei", "orders": 3, "totals": [{ "currency": "JPY", "paid": 800, "refunded": 100 }],
        "first_order_at": "2026-01-01T00:00:01Z", "last_order_at": "2026-01-01T00:00:05Z",
    });
    let got = customers::get(&street.database, &user_id("mei"), Currency::JPY).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(got).unwrap(), mei);
    assert!(customers::get(&street.database, &user_id("nobody"), Currency::JPY).await.unwrap().is_none());
    let who = async |filter: &CustomerFilter, sort| {
        let customers = customers_of(&street.database, filter, sort, 1).await;
        let name = |it: &Value| it.get("user_id").or(it.get("id")).unwrap().as_str().unwrap().replace("usr_", "");
        customers.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    for (sort, wanted) in [
        (CustomerSort::Newest, "mei ann ken"),
        (CustomerSort::Oldest, "ken ann mei"),
        (CustomerSort::Spent, "ann ken mei"),
        (CustomerSort::SpentDown, "mei ken ann"),
        (CustomerSort::Orders, "ann ken mei"),
        (CustomerSort::OrdersDown, "mei ken ann"),
    ] {
        assert_eq!(who(&none(), sort).await, wanted, "{sort:?}");
    }
    let at = |text: &str| Some(text.parse().unwrap());
    let between = CustomerFilter {
        placed_after: at("2026-01-01T00:00:01.5Z"),
        placed_before: at("2026-01-01T00:00:04.5Z"),
        ..none()
    };
    let seen = customers_of(&street.database, &between, CustomerSort::SpentDown, 10).await;
    assert_eq!((&seen[0]["user_id"], &seen[0]["orders"], seen.len()), (&json!("usr_mei"), &json!(1), 3));
    for (damage, gone) in [
        ("UPDATE read_payments SET currency = 'yen' WHERE payment_id = 'pay_1'", "usr_mei"),
        (
            "UPDATE read_payments SET currency = 'JPY', captured_minor = 9223372036854775807 WHERE payment_id = 'pay_1'",
            "usr_mei",
        ),
        ("UPDATE read_orders SET placed_at = 'infinity' WHERE order_id = 'ord_4'", "usr_ann"),
        ("UPDATE read_orders SET user_id = 'who knows' WHERE order_id = 'ord_2'", "who knows"),
    ] {
        street.database.session().await.unwrap().query("test.damage", damage, &[]).await.unwrap();
        for sort in CustomerSort::ALL.iter().copied() {
            let seen = customers_of(&street.database, &none(), sort, 1).await;
            assert_eq!(seen.len(), 3, "{damage} {sort:?}");
            assert!(seen.contains(&json!({ "id": gone, "damaged": true })), "{damage} {sort:?} {seen:?}");
        }
    }
}

/// How PostgreSQL would answer a statement.
async fn plan(database: &Database, (statement, conditions): (String, Conditions)) -> String {
    let session = database.session().await.unwrap();
    let rows = session.query("test.explain", &format!("EXPLAIN {statement}"), &conditions.values()).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn no_list_but_that_of_all_customers_reads_a_whole_table() {
    use shotengai_contracts::api::filters::{CartSort, PaymentSort};
    use shotengai_query::carts::{self, CartFilter};
    use shotengai_query::payments::{self, PaymentFilter};
    let street = Street::new("admin_plans").await;
    let session = street.database.session().await.unwrap();
    for fill in [
        "INSERT INTO read_stock SELECT 'prod_' || n, n % 50, 0, 0, 1 FROM generate_series(1, 5000) AS n",
        "INSERT INTO read_payments SELECT 'pay_' || n, 'captured', n % 900, 'JPY', n % 900, 0, NULL, '[]',
            '2026-01-01Z'::timestamptz + n * interval '1 minute', now(), 1 FROM generate_series(1, 5000) AS n",
        "INSERT INTO read_orders (order_id, user_id, status, items, total_minor, currency, placed_at, updated_at, version)
            SELECT 'ord_' || n, 'usr_' || n % 500, 'paid', '[]', 200, 'JPY',
            '2026-01-01Z'::timestamptz + n * interval '1 minute', now(), 1 FROM generate_series(1, 5000) AS n",
        "INSERT INTO read_carts SELECT 'cart_' || n, 'usr_' || n, '[]', n % 2, n, 'JPY', NULL,
            '2026-01-01Z'::timestamptz + n * interval '1 minute', 1 FROM generate_series(1, 5000) AS n",
    ] {
        session.query("test.fill", fill, &[]).await.unwrap();
    }
    for table in ["read_stock", "read_payments", "read_orders", "read_carts"] {
        session.query("test.analyze", &format!("ANALYZE {table}"), &[]).await.unwrap();
    }
    let mut plans = Vec::new();
    for sort in StockSort::ALL.iter().copied() {
        plans.push(plan(&street.database, inventory::listing(&StockFilter::default(), sort, 20, None)).await);
    }
    let low = StockFilter { available_below: Some(1), ..StockFilter::default() };
    plans.push(plan(&street.database, inventory::listing(&low, StockSort::Available, 20, None)).await);
    for sort in PaymentSort::ALL.iter().copied() {
        plans.push(plan(&street.database, payments::listing(&PaymentFilter::default(), sort, 20, None)).await);
    }
    let now = "2026-01-04T00:00:00Z".parse().unwrap();
    for sort in CartSort::ALL.iter().copied() {
        plans.push(plan(&street.database, carts::listing(&CartFilter::default(), now, sort, 20, None)).await);
    }
    let mei = CustomerFilter { customer: Some(user_id("7")), ..CustomerFilter::default() };
    plans.push(plan(&street.database, customers::listing(&mei, Currency::JPY, CustomerSort::Newest, 1, None)).await);
    for plan in plans {
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}
