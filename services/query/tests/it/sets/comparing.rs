//! What a diff finds, and what it doesn't take for a difference.

use serde_json::json;
use shotengai_contracts::Owner;
use shotengai_contracts::events::OrderStage;
use shotengai_messaging::Infrastructure;
use shotengai_query::sets::diff::Difference;

use super::{STRICTLY, Told, refused, street};
use crate::history::{order, stock};

#[tokio::test]
async fn rows_of_a_projector_that_was_changed_are_found_and_no_others() {
    let street = street("changed_projector").await;
    street.furnish(30).await;
    // As an older release's projector wrote them.
    street.sql("UPDATE read_orders SET status = 'new', note = 'from mei' WHERE order_id < 'ord_00007'").await;
    street.sql("UPDATE read_products SET search_text = 'old' WHERE product_id = 'prod_takenoko'").await;
    street.build().await;
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    let counts: Vec<_> = diff.tables.iter().map(|table| (table.table, table.different, table.differences())).collect();
    assert_eq!(
        counts,
        [
            ("read_products", 1, 1),
            ("read_stock", 0, 0),
            ("read_orders", 7, 7),
            ("read_payments", 0, 0),
            ("read_carts", 0, 0)
        ]
    );
    let orders = &diff.tables[2];
    assert_eq!(orders.columns, [("note".to_owned(), 7), ("status".to_owned(), 7)].into());
    let ids: Vec<_> = orders.examples.iter().map(|example| example.id.as_str()).collect();
    assert_eq!(ids, ["ord_00000", "ord_00001", "ord_00002", "ord_00003", "ord_00004", "ord_00005", "ord_00006"]);
    let columns = serde_json::to_value(&orders.examples[0].columns).unwrap();
    assert_eq!(columns, json!({ "note": null, "status": ["new", "pending"] }), "what a person wrote is not shown");
    assert!(!serde_json::to_string(&diff).unwrap().contains("mei"));

    refused(street.sets().switch(STRICTLY, &Told::default()).await, "8 rows differ");
    let accepting = shotengai_query::sets::Switch { accept_differences: true, ..STRICTLY };
    let done = street.sets().switch(accepting, &Told::default()).await.unwrap();
    assert_eq!(done.differences, 8);
    assert_eq!(street.number("SELECT count(*) FROM read_orders WHERE status = 'new'").await, 0);
}

#[tokio::test]
async fn rows_that_are_missing_or_too_many_or_ahead_are_found_by_name() {
    let street = street("missing_and_extra").await;
    street.furnish(12).await;
    street.sql("DELETE FROM read_orders WHERE order_id = 'ord_00003'").await;
    // No events ever made it; and one says more than its events.
    street.sql("INSERT INTO read_stock VALUES ('prod_ghost', 1, 0, 0, 1)").await;
    street.sql("UPDATE read_products SET version = 99 WHERE product_id = 'prod_kinoko'").await;
    let told = Told::default();
    let built = street.sets().rebuild(false, &told).await.unwrap();
    assert_eq!((built.failed, built.left_out), (0, 2));
    assert!(told.failed.lock().unwrap()["stock/prod_ghost"].contains("no events"), "{:?}", told.failed);
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    let found: Vec<_> = diff
        .tables
        .iter()
        .flat_map(|table| &table.examples)
        .map(|example| (example.id.as_str(), example.what, example.live_version, example.other_version))
        .collect();
    assert_eq!(
        found,
        [
            ("prod_kinoko", Difference::Newer, Some(99), Some(4)),
            ("prod_ghost", Difference::Extra, Some(1), None),
            ("ord_00003", Difference::Missing, None, Some(3)),
        ]
    );
    refused(street.sets().switch(STRICTLY, &Told::default()).await, "3 rows differ");
}

#[tokio::test]
async fn a_row_whose_events_have_not_come_yet_is_no_difference() {
    let street = street("events_on_their_way").await;
    street.furnish(3).await;
    // In the stores, and on the way to the projector: the new set is ahead of the live one.
    let (history, moved) = (order("00001", "mei", 0, OrderStage::Shipped), stock("kinoko", &[1, 2, 3, 3]));
    street.commit(Owner::Order, &history[3..]).await;
    for commit in &moved[3..] {
        street.infra.event_store(Owner::Inventory).append(std::slice::from_ref(commit)).await.unwrap();
    }
    street.build().await;
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!(diff.differences(), 0, "{diff:?}");
    assert_eq!((diff.tables[1].in_motion, diff.tables[2].in_motion), (1, 1));
    // At the version that it has, it is another row.
    street.sql("UPDATE read_stock SET available = available + 1").await;
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!((diff.differences(), diff.tables[1].different), (1, 1), "{diff:?}");
}

#[tokio::test]
async fn more_rows_than_a_page_are_compared_once_each() {
    let street = street("pages").await;
    street.furnish(1).await;
    street.build().await;
    // As many again in one set only, between those of the other.
    for (schema, remainder) in [("public", 0), ("public_next", 1)] {
        let rows = format!(
            "INSERT INTO {schema}.read_orders SELECT 'ord_x' || to_char(n, 'FM00000'), 'usr_1', 'paid', '[]', 1, 'JPY', NULL,
                NULL, now(), now(), 1 FROM generate_series(0, 4999) AS n WHERE n % 5 <> {remainder}"
        );
        street.sql(&rows).await;
    }
    street.sql("UPDATE read_sets SET phase = 'kept'").await;
    street.sql("DELETE FROM public.read_orders WHERE order_id LIKE 'ord_x%' AND order_id NOT IN (SELECT order_id FROM public_next.read_orders)").await;
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!((diff.tables[2].compared, diff.tables[2].missing), (4001, 1000), "{diff:?}");
}
