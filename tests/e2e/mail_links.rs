//! The link in a mail: it opens its order for whoever has it, and no other.

use reqwest::header::{ACCEPT, LOCATION};
use reqwest::redirect::Policy;
use serde_json::json;
use shotengai_runtime::direct_http;
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;

/// Path and query of the one link in a mail's text.
fn link(text: &str) -> String {
    let url = text.split_whitespace().find(|word| word.contains("/orders/ord_")).unwrap_or_else(|| panic!("{text}"));
    url.get(url.find("/orders/").unwrap()..).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mails_link_shows_its_order_without_a_sign_in_and_in_english() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let body = json!({
        "product_id": "prod_kinoko", "name": "きのこの山", "names": {"en": "Kinoko no Yama"}, "price": 200, "stock": 10,
    });
    assert_eq!(shop.post("/products", Some(&admin), &body).await.status, 201);
    assert_eq!(
        shop.get("/products/prod_kinoko?min_version=prod_kinoko:1&min_version=stock/prod_kinoko:1", None).await.status,
        200
    );
    let shown = shop.get("/products/prod_kinoko?lang=en", None).await.expect(200);
    assert_eq!((&shown["name"], &shown["names"]["en"]), (&json!("Kinoko no Yama"), &json!("Kinoko no Yama")));

    let mei = shop.guest(Some("mei@example.com"), "en").await;
    let ken = shop.guest(Some("ken@example.com"), "ja").await;
    let ordered = text(&shop.order(&mei, &[("prod_kinoko", 2)]).await.expect(202), "order_id");
    let other = text(&shop.order(&ken, &[("prod_kinoko", 1)]).await.expect(202), "order_id");
    let paid = shop.until_status(&mei, &ordered, "paid").await;
    let (receipt, others) = (cluster.mail(&ordered, "receipt").await, cluster.mail(&other, "received").await);
    assert!(receipt.text.contains("Kinoko no Yama") && !receipt.text.contains("きのこの山"), "{}", receipt.text);
    assert!(others.text.contains("きのこの山"), "{}", others.text);

    // Nobody signs in.
    let path = link(&receipt.text);
    let mut opened = shop.get(&path, None).await.expect(200);
    assert!(opened.get("user_id").is_none(), "{opened}");
    opened["user_id"] = json!(mei.user_id);
    assert_eq!(opened, paid, "the order as its owner sees it");
    let (own, key) = path.split_once("?key=").unwrap();
    let others_key = link(&others.text).split_once("?key=").unwrap().1.to_owned();
    assert_eq!(own, format!("/orders/{ordered}"));
    for wrong in [format!("{own}?key={others_key}"), format!("{own}?key={key}x"), format!("/orders/{other}?key={key}")]
    {
        assert_eq!(shop.get(&wrong, None).await.status, 404);
    }
    assert_eq!(shop.get(own, None).await.status, 401);
    // Commands take no key: they want a token.
    assert_eq!(shop.post(&format!("{own}/cancel?key={key}"), None, &json!({})).await.status, 401);
    assert_eq!(shop.post(&format!("{own}/cancel"), None, &json!({})).await.status, 401);

    // A browser is sent to the page, which asks with the key.
    let browser = direct_http().redirect(Policy::none()).build().unwrap();
    let answer = browser.get(format!("{}{path}", shop.base())).header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()[LOCATION].to_str().unwrap(), format!("../shop/orders/{ordered}#key={key}"));

    cluster.assert_tidy().await;
    assert!(process.terminate().await);
}
