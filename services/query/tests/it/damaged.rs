//! Rows that somebody broke by hand.

use std::sync::Arc;

use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::api::filters::{OrderSort, ProductSort};
use shotengai_contracts::events::OrderStage;
use shotengai_kit::Sender;
use shotengai_query::database::Database;
use shotengai_query::filters::{OrderFilter, ProductFilter};
use shotengai_query::page::Cursor;
use shotengai_query::rebuild::{Kind, Rebuild, RebuildReport, Sources, Watch};
use shotengai_query::{orders, products};

use crate::history::{order, product};
use crate::serving::Served;
use crate::support::{Street, empty_database_url, pool, ports};

/// Each a way to break `read_products`, and the id that the row has then.
const PRODUCTS: [(&str, &str); 6] = [
    ("price_minor = -1", "prod_b"),
    ("currency = 'yen'", "prod_b"),
    ("names = '[]'", "prod_b"),
    ("version = -1", "prod_b"),
    ("created_at = 'infinity', currency = ''", "prod_b"),
    ("product_id = 'no id'", "no id"),
];

const ORDERS: [(&str, &str); 6] = [
    ("items = '{}'", "ord_2"),
    ("status = 'lost'", "ord_2"),
    ("total_minor = -1", "ord_2"),
    ("placed_at = 'infinity'", "ord_2"),
    ("refunds = '[1]'", "ord_2"),
    ("order_id = '2', reason = '?'", "2"),
];

async fn statement(street: &Street, statement: &str) {
    street.database.session().await.unwrap().query("test.damage", statement, &[]).await.unwrap();
}

fn ids(items: &[Value], id: &str) -> Vec<String> {
    let damaged = |item: &Value| item.get("damaged").is_some();
    let id = |item: &Value| {
        if damaged(item) {
            assert_eq!(item, &json!({ "id": item["id"], "damaged": true }), "nothing is made up");
            format!("damaged {}", item["id"].as_str().unwrap())
        } else {
            item[id].as_str().unwrap().to_owned()
        }
    };
    items.iter().map(id).collect()
}

#[tokio::test]
async fn pages_of_products_go_on_over_a_damaged_row_in_every_order() {
    let street = Street::new("damaged_products").await;
    for (damage, id) in PRODUCTS {
        statement(&street, "TRUNCATE read_products").await;
        for (second, name) in ["a", "b", "c"].iter().enumerate() {
            let history = product(name, i64::try_from(second).unwrap(), &[]);
            crate::support::all_done(&street.projector.handle(&crate::support::deliveries(&history)).await);
        }
        statement(&street, &format!("UPDATE read_products SET {damage} WHERE product_id = 'prod_b'")).await;
        for sort in ProductSort::ALL.iter().copied() {
            for limit in 1..4 {
                let (mut seen, mut cursor) = (Vec::new(), None);
                loop {
                    let filter = ProductFilter::default();
                    let page = products::list(&street.database, &filter, sort, limit, cursor.as_ref()).await.unwrap();
                    seen.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
                    let Some(next) = page.next_cursor else { break };
                    cursor = Some(Cursor::parse(&next, sort).unwrap());
                }
                let mut seen = ids(&seen, "product_id");
                seen.sort();
                assert_eq!(seen, [format!("damaged {id}"), "prod_a".into(), "prod_c".into()], "{damage}, {sort:?}");
            }
        }
    }
}

#[tokio::test]
async fn pages_of_orders_go_on_over_a_damaged_row() {
    let street = Street::new("damaged_orders").await;
    for (damage, id) in ORDERS {
        statement(&street, "TRUNCATE read_orders").await;
        for (second, name) in ["1", "2", "3"].iter().enumerate() {
            let history = order(name, "mei", i64::try_from(second).unwrap(), OrderStage::Pending);
            crate::support::all_done(&street.projector.handle(&crate::support::deliveries(&history)).await);
        }
        statement(&street, &format!("UPDATE read_orders SET {damage} WHERE order_id = 'ord_2'")).await;
        for sort in OrderSort::ALL.iter().copied() {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page =
                    orders::list(&street.database, &OrderFilter::default(), sort, 1, cursor.as_ref()).await.unwrap();
                seen.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
                let Some(next) = page.next_cursor else { break };
                cursor = Some(Cursor::parse(&next, sort).unwrap());
            }
            let mut seen = ids(&seen, "order_id");
            seen.sort();
            assert_eq!(seen, [format!("damaged {id}"), "ord_1".into(), "ord_3".into()], "{damage}, {sort:?}");
        }
    }
}

struct Silent;

impl Watch for Silent {
    fn progress(&self, _: &RebuildReport) {}
    fn failed(&self, id: &shotengai_kernel::AggregateId, why: &str) {
        panic!("{id} was left alone: {why}");
    }
}

#[actix_web::test]
async fn a_damaged_row_alone_is_a_problem_of_its_own_until_a_rebuild_has_mended_it() {
    let url = empty_database_url("damaged_served").await;
    let served = Served::start(url.clone()).await;
    served.publish(Owner::Catalog, &product("b", 0, &[])).await;
    served.publish(Owner::Order, &order("2", "mei", 0, OrderStage::Pending)).await;
    let mei = Sender::Customer("mei");
    assert_eq!(served.get_once_up("/products/prod_b?min_version=prod_b:1", Sender::Nobody).await.0, 200);
    assert_eq!(served.get("/orders/ord_2?min_version=ord_2:1", mei).await.0, 200);
    let database = Database::new(pool(&url));
    let session = database.session().await.unwrap();
    for damage in ["UPDATE read_products SET price_minor = -1", "UPDATE read_orders SET items = '{}'"] {
        session.query("test.damage", damage, &[]).await.unwrap();
    }
    for (path, sender) in
        [("/products/prod_b", Sender::Nobody), ("/orders/ord_2", mei), ("/orders/ord_2", Sender::Admin)]
    {
        let (status, problem) = served.get(path, sender).await;
        assert_eq!((status, &problem["type"]), (500, &json!("/problems/row-damaged")), "{path}: {problem}");
    }
    assert_eq!(served.get("/orders/ord_2", Sender::Customer("ken")).await.0, 404, "a stranger learns nothing");
    let damaged = |id: &str| json!([{ "id": id, "damaged": true }]);
    assert_eq!(served.get("/products", Sender::Nobody).await.1["items"], damaged("prod_b"));
    assert_eq!(served.get("/orders", mei).await.1["items"], damaged("ord_2"));
    // Its version can be read, so nobody waits in vain.
    assert_eq!(served.get("/products?min_version=prod_b:1", Sender::Nobody).await.0, 200);

    let rebuild = Rebuild::new(Arc::new(database.clone()), Sources::of(served.infra().as_ref()), ports());
    for kind in [Kind::Products, Kind::Orders] {
        rebuild.run(kind, &mut RebuildReport::default(), &Silent).await.unwrap();
    }
    assert_eq!(served.get("/products/prod_b", Sender::Nobody).await.0, 200);
    assert_eq!(served.get("/orders/ord_2", mei).await.0, 200);
}
