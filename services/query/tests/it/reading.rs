//! What is read back.

use shotengai_contracts::Owner;
use shotengai_contracts::api::filters::{OrderSort, ProductSort};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::UserId;
use shotengai_query::filters::{OrderFilter, ProductFilter};
use shotengai_query::page::Cursor;
use shotengai_query::{orders, products};

use crate::history::{order, order_id, product, product_id, stock, user_id};
use crate::support::Street;

#[tokio::test]
async fn pages_of_products_leave_nothing_out_and_show_nothing_twice() {
    let street = Street::new("product_pages").await;
    for (name, second) in [("c", 1), ("a", 1), ("b", 0), ("d", 9)] {
        street.happen(Owner::Catalog, &product(name, second, &[])).await;
    }
    street.happen(Owner::Catalog, &product("gone", 5, &[3])).await;
    street.happen(Owner::Inventory, &stock("a", &[1])).await;
    let sort = ProductSort::Oldest;
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = products::list(&street.database, &ProductFilter::default(), sort, 3, cursor.as_ref()).await.unwrap();
        seen.extend(page.items.into_iter().map(|product| product.whole().unwrap()));
        let Some(next) = page.next_cursor else { break };
        cursor = Some(Cursor::parse(&next, sort).unwrap());
    }
    let ids: Vec<_> = seen.iter().map(|product| product.product_id.as_str()).collect();
    assert_eq!(ids, ["prod_b", "prod_a", "prod_c", "prod_d"]);
    let stock: Vec<_> = seen.iter().map(|product| product.stock).collect();
    assert_eq!(stock, [0, 8, 0, 0], "without stock events there is none");
    assert_eq!(products::get(&street.database, &product_id("gone")).await.unwrap(), None);
}

#[tokio::test]
async fn people_see_their_own_orders_newest_first_and_administrators_all() {
    let street = Street::new("order_pages").await;
    for (name, user, second) in [("1", "mei", 0), ("2", "ken", 1), ("3", "mei", 2), ("4", "mei", 3)] {
        let stage = if name == "3" { OrderStage::Paid } else { OrderStage::Pending };
        street.happen(Owner::Order, &order(name, user, second, stage)).await;
    }
    let mei = user_id("mei");
    let ids = async |owner: Option<&UserId>, status, limit, cursor: Option<String>| {
        let sort = OrderSort::Newest;
        let cursor = cursor.map(|cursor| Cursor::parse(&cursor, sort).unwrap());
        let filter = OrderFilter { owner: owner.cloned(), status, ..OrderFilter::default() };
        let page = orders::list(&street.database, &filter, sort, limit, cursor.as_ref()).await.unwrap();
        let ids: Vec<_> =
            page.items.into_iter().map(|order| order.whole().unwrap().order_id.body().to_owned()).collect();
        (ids.concat(), page.next_cursor)
    };
    let (first, next) = ids(Some(&mei), None, 2, None).await;
    assert_eq!(first, "43");
    assert_eq!(ids(Some(&mei), None, 2, next).await, ("1".to_owned(), None));
    assert_eq!(ids(None, None, 100, None).await.0, "4321");
    assert_eq!(ids(None, Some(OrderStage::Pending), 100, None).await.0, "421");
    assert_eq!(ids(Some(&mei), Some(OrderStage::Paid), 100, None).await.0, "3");
}

#[tokio::test]
async fn an_order_shows_its_lines_in_major_units() {
    let street = Street::new("order_view").await;
    street.happen(Owner::Order, &order("1", "mei", 0, OrderStage::Cancelled)).await;
    let order = orders::get(&street.database, &order_id("1")).await.unwrap().unwrap().order;
    let shown = serde_json::to_value(order).unwrap();
    let wanted = serde_json::json!({
        "order_id": "ord_1", "user_id": "usr_mei", "status": "cancelled", "total": 400, "currency": "JPY",
        "items": [{
            "product_id": "prod_kinoko", "name": "きのこの山", "names": { "en": "Kinoko\u{fffd}" }, "quantity": 2,
            "price": 200
        }],
        "reason": "out_of_stock", "note": "sorry\u{fffd}", "placed_at": "2026-01-01T00:00:01Z", "version": 2,
    });
    assert_eq!(shown, wanted);
}
