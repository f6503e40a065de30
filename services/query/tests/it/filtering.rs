//! Filters and orders of lists, over as many rows as a shop has.

use shotengai_contracts::api::filters::{OrderSort, ProductSort};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{Currency, Timestamp};
use shotengai_query::conditions::Conditions;
use shotengai_query::database::Database;
use shotengai_query::filters::{Bound, OrderFilter, ProductFilter};
use shotengai_query::migrations::Migrations;
use shotengai_query::page::{Cursor, Sorting};
use shotengai_query::{orders, products};

use crate::history::{product_id, user_id};
use crate::support::{empty_database, ports};

const ROWS: usize = 10_000;
/// Products of 100 categories with two below each; every second is in stock, every 50th was deleted. A thousand moments, so
/// that many came at the same one; 5,000 prices; names in capitals and small letters.
const PRODUCTS: &str = "
    INSERT INTO read_products (product_id, name, description, price_minor, currency, image_keys, deleted, created_at,
        updated_at, version, categories)
    SELECT 'prod_' || lpad(n::text, 5, '0'), CASE n % 3 WHEN 0 THEN 'Name ' WHEN 1 THEN 'name ' ELSE 'きのこ ' END || n % 700, '',
        n % 5000, 'JPY', '{}', n % 50 = 0, '2026-01-01T00:00:00Z'::timestamptz + n % 1000 * interval '1 minute', now(), 1,
        ARRAY['c' || n % 100 || '/d' || n % 2, 'all']
    FROM generate_series($1::int8, $2::int8) AS n";
const STOCK: &str = "
    INSERT INTO read_stock SELECT 'prod_' || lpad(n::text, 5, '0'), n % 2, 0, 0, 1
    FROM generate_series($1::int8, $2::int8) AS n";
/// Orders of 400 people, each of one product of 1,000, a minute apart.
const ORDERS: &str = "
    INSERT INTO read_orders (order_id, user_id, status, items, total_minor, currency, placed_at, updated_at, version)
    SELECT 'ord_' || lpad(n::text, 5, '0'), 'usr_' || n % 400, (ARRAY['pending', 'paid', 'shipped', 'cancelled'])[1 + n % 4],
        jsonb_build_array(jsonb_build_object('product_id', 'prod_' || n % 1000, 'name', '', 'quantity', 1,
        'price', jsonb_build_object('amount', 200, 'currency', 'JPY'))),
        200, 'JPY', '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', now(), 1
    FROM generate_series($1::int8, $2::int8) AS n";

/// Rows that one statement makes.
const AT_ONCE: usize = 2_000;

async fn filled() -> Database {
    let database = empty_database("filtered").await;
    Migrations::new(database.clone(), ports()).run().await.unwrap();
    let session = database.session().await.unwrap();
    for first in (1..=ROWS).step_by(AT_ONCE) {
        let [first, last] = [first, first + AT_ONCE - 1].map(|n| i64::try_from(n).unwrap());
        for statement in [PRODUCTS, STOCK, ORDERS] {
            session.query("test.fill", statement, &[&first, &last]).await.unwrap();
        }
    }
    for table in ["read_products", "read_stock", "read_orders"] {
        session.query("test.analyze", &format!("ANALYZE {table}"), &[]).await.unwrap();
    }
    database
}

/// Every product that a filter finds, page by page: its number.
async fn found(database: &Database, filter: &ProductFilter, sort: ProductSort) -> Vec<usize> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = products::list(database, filter, sort, 37, cursor.as_ref()).await.unwrap();
        all.extend(
            page.items.into_iter().map(|product| product.whole().unwrap().product_id.body().parse::<usize>().unwrap()),
        );
        let Some(next) = page.next_cursor else { return all };
        cursor = Some(Cursor::parse(&next, sort).unwrap());
    }
}

fn yen(minor: i64) -> Option<Bound> {
    Some(Bound { minor, currency: Currency::JPY })
}

fn lowered(n: usize) -> String {
    format!("{}{}", if n % 3 == 2 { "きのこ " } else { "name " }, n % 700)
}

#[tokio::test]
async fn every_filter_in_every_order_leaves_nothing_out_shows_nothing_twice_and_reads_no_whole_table() {
    let database = filled().await;
    products_are_found(&database).await;
    orders_are_found(&database).await;
    no_usual_list_of_products_reads_a_whole_table(&database).await;
    no_usual_list_of_orders_reads_a_whole_table(&database).await;
}

async fn products_are_found(database: &Database) {
    type Meets = fn(usize) -> bool;
    let none = ProductFilter::default;
    let dollars = Bound { minor: 0, currency: Currency::parse("USD").unwrap() };
    let filters: Vec<(ProductFilter, Meets)> = vec![
        (ProductFilter { category: Some("c7".to_owned()), ..none() }, |n| n % 100 == 7),
        (ProductFilter { category: Some("c7/d1".to_owned()), ..none() }, |n| n % 100 == 7),
        (ProductFilter { category: Some("c7/d0".to_owned()), ..none() }, |_| false),
        (ProductFilter { category: Some("c".to_owned()), ..none() }, |_| false),
        (ProductFilter { min_price: yen(100), max_price: yen(120), ..none() }, |n| (100..=120).contains(&(n % 5000))),
        (ProductFilter { min_price: Some(dollars), ..none() }, |_| false),
        (ProductFilter { max_price: yen(30), in_stock: Some(true), ..none() }, |n| n % 5000 <= 30 && n % 2 == 1),
        (ProductFilter { max_price: yen(30), in_stock: Some(false), ..none() }, |n| n % 5000 <= 30 && n % 2 == 0),
    ];
    for (filter, meets) in filters {
        for sort in ProductSort::ALL.iter().copied() {
            let mut wanted: Vec<_> = (1..=ROWS).filter(|n| n % 50 != 0 && meets(*n)).collect();
            match sort {
                ProductSort::Oldest | ProductSort::Newest => wanted.sort_by_key(|n| (n % 1000, *n)),
                ProductSort::Price | ProductSort::PriceDown => wanted.sort_by_key(|n| (n % 5000, *n)),
                ProductSort::Name => wanted.sort_by_key(|n| (lowered(*n), *n)),
            }
            if sort.descends() {
                wanted.reverse();
            }
            assert_eq!(found(database, &filter, sort).await, wanted, "{filter:?} {}", sort.as_str());
        }
    }
}

async fn orders_are_found(database: &Database) {
    type Meets = fn(usize) -> bool;
    let none = OrderFilter::default;
    let at = |n: i64| Some(Timestamp::from_second(1_767_225_600 + n * 60).unwrap());
    let filters: Vec<(OrderFilter, Meets)> = vec![
        (OrderFilter { owner: Some(user_id("7")), ..none() }, |n| n % 400 == 7),
        (OrderFilter { owner: Some(user_id("7")), status: Some(OrderStage::Cancelled), ..none() }, |n| n % 400 == 7),
        (OrderFilter { owner: Some(user_id("7")), status: Some(OrderStage::Paid), ..none() }, |_| false),
        (OrderFilter { placed_after: at(100), placed_before: at(200), ..none() }, |n| n > 100 && n < 200),
        (OrderFilter { product: Some(product_id("3")), ..none() }, |n| n % 1000 == 3),
        (OrderFilter { product: Some(product_id("3")), placed_after: at(5_000), ..none() }, |n| {
            n % 1000 == 3 && n > 5_000
        }),
    ];
    for (filter, meets) in filters {
        for sort in OrderSort::ALL.iter().copied() {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let page = orders::list(database, &filter, sort, 13, cursor.as_ref()).await.unwrap();
                all.extend(
                    page.items
                        .into_iter()
                        .map(|order| order.whole().unwrap().order_id.body().parse::<usize>().unwrap()),
                );
                let Some(next) = page.next_cursor else { break };
                cursor = Some(Cursor::parse(&next, sort).unwrap());
            }
            let mut wanted: Vec<_> = (1..=ROWS).filter(|n| meets(*n)).collect();
            if sort.descends() {
                wanted.reverse();
            }
            assert_eq!(all, wanted, "{filter:?} {}", sort.as_str());
        }
    }
}

/// How PostgreSQL would answer a statement.
async fn plan(database: &Database, (statement, conditions): (String, Conditions)) -> String {
    let session = database.session().await.unwrap();
    let rows = session.query("test.explain", &format!("EXPLAIN {statement}"), &conditions.values()).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

async fn no_usual_list_of_products_reads_a_whole_table(database: &Database) {
    let some = ProductFilter::default;
    for filter in [
        some(),
        ProductFilter { category: Some("c7".to_owned()), ..some() },
        ProductFilter { min_price: yen(100), max_price: yen(120), ..some() },
        ProductFilter { max_price: yen(50), in_stock: Some(true), ..some() },
        ProductFilter { in_stock: Some(true), ..some() },
        ProductFilter { category: Some("c7".to_owned()), min_price: yen(1000), in_stock: Some(true), ..some() },
        // Of most rows: the order's index is read until a page is full.
        ProductFilter { category: Some("all".to_owned()), ..some() },
        ProductFilter { min_price: yen(1), ..some() },
    ] {
        for sort in ProductSort::ALL.iter().copied() {
            let page = products::list(database, &filter, sort, 20, None).await.unwrap();
            let second = page.next_cursor.map(|cursor| Cursor::parse(&cursor, sort).unwrap());
            for after in [None, second.as_ref()] {
                let plan = plan(database, products::listing(&filter, sort, 20, after)).await;
                assert!(!plan.contains("Seq Scan"), "{filter:?} {}\n{plan}", sort.as_str());
            }
        }
    }
}

async fn no_usual_list_of_orders_reads_a_whole_table(database: &Database) {
    let some = OrderFilter::default;
    let at = |n: i64| Some(Timestamp::from_second(1_767_225_600 + n * 60).unwrap());
    for filter in [
        some(),
        OrderFilter { status: Some(OrderStage::Paid), ..some() },
        OrderFilter { owner: Some(user_id("7")), ..some() },
        OrderFilter { owner: Some(user_id("7")), status: Some(OrderStage::Paid), ..some() },
        OrderFilter { placed_after: at(100), placed_before: at(200), ..some() },
        OrderFilter { product: Some(product_id("3")), ..some() },
        OrderFilter { owner: Some(user_id("3")), product: Some(product_id("3")), ..some() },
    ] {
        for sort in OrderSort::ALL.iter().copied() {
            let plan = plan(database, orders::listing(&filter, sort, 20, None)).await;
            assert!(!plan.contains("Seq Scan"), "{filter:?} {}\n{plan}", sort.as_str());
        }
    }
}
