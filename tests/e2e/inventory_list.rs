//! The stock of all products as query shows it to administrators.

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;

use crate::rebuild::sql;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_is_shown_with_names_and_found_by_how_much_is_left() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    for (product, name, stock) in
        [("prod_a", "あんこ", 3), ("prod_b", "Botan", 0), ("prod_c", "Choco", 40), ("prod_d", "Dango", 7)]
    {
        shop.product(&admin, product, name, 200, stock).await;
    }
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[("prod_c", 2), ("prod_d", 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    let added = shop.post("/products/prod_b/stock", Some(&admin), &json!({ "quantity": 5 })).await.expect(202);
    let any = [("if-match", "*")];
    let _ = shop.send(Method::DELETE, "/products/prod_a", Some(&admin), &any, None).await.unwrap().expect(202);

    let wanted = format!("stock/prod_b:{}", added["version"]);
    let shown =
        shop.get(&format!("/inventory?min_version={wanted}&min_version=prod_a:2"), Some(&admin)).await.expect(200);
    let entries = shown["items"].as_array().unwrap();
    let of = |key: &str| entries.iter().map(|it| it[key].clone()).collect::<Vec<Value>>();
    assert_eq!(of("product_id"), ["prod_a", "prod_b", "prod_c", "prod_d"]);
    assert_eq!(of("name"), ["あんこ", "Botan", "Choco", "Dango"]);
    assert_eq!(of("on_sale"), [json!(false), json!(true), json!(true), json!(true)]);
    assert_eq!(of("available"), [3, 5, 38, 6]);
    assert_eq!(of("reserved"), [0, 0, 2, 1]);
    let left = async |query: &str| {
        let entries = shop.entries(&format!("/inventory?limit=1&{query}"), &admin).await;
        entries.iter().map(|it| text(it, "product_id").replace("prod_", "")).collect::<String>()
    };
    for (query, wanted) in [
        ("sort=available", "abdc"),
        ("sort=-available", "cdba"),
        ("sort=product_id", "abcd"),
        ("available_below=6", "ab"),
        ("available_below=0", ""),
        ("in_stock=true&available_below=6&sort=-available", "ba"),
        ("in_stock=false", ""),
        ("product_id=prod_d&product_id=prod_b&product_id=prod_none", "bd"),
    ] {
        assert_eq!(left(query).await, wanted, "{query}");
    }
    for (person, status) in [(Some(&guest), 403), (None, 401)] {
        let _ = shop.get("/inventory", person).await.expect(status);
    }
    let _ = shop.get(&format!("/inventory?min_version={wanted}0"), Some(&admin)).await.expect(504);

    // A damaged row is one entry of the list, and a gap is folded anew by the next event.
    sql(&cluster, "UPDATE read_stock SET version = -1 WHERE product_id = 'prod_c'").await;
    let all_of_them = shop.entries("/inventory?limit=1&sort=available", &admin).await;
    assert_eq!(all_of_them[3], json!({ "id": "prod_c", "damaged": true }));
    sql(&cluster, "UPDATE read_stock SET version = 1, available = 40, reserved = 0 WHERE product_id = 'prod_c'").await;
    let added = shop.post("/products/prod_c/stock", Some(&admin), &json!({ "quantity": 2 })).await.expect(202);
    let path = format!("/inventory?product_id=prod_c&min_version=stock/prod_c:{}", added["version"]);
    let shown = &shop.get(&path, Some(&admin)).await.expect(200)["items"][0];
    assert_eq!((&shown["available"], &shown["reserved"]), (&json!(40), &json!(2)));
    cluster.assert_tidy().await;
}
