//! Search: products found by words in Japanese and English, by everybody, as soon as they are read.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

/// What a search answers that takes these parameters, `q` escaped.
async fn search(shop: &Shop, q: &str, more: &str) -> Value {
    shop.get(&format!("/search/products?q={}{more}", escaped(q)), None).await.expect(200)
}

fn escaped(q: &str) -> String {
    q.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn found(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["product_id"].as_str().unwrap()).collect()
}

/// Puts a product on sale; answers what a read waits for that is to show it.
async fn create(shop: &Shop, admin: &Person, body: Value) -> String {
    let created = shop.post("/products", Some(admin), &body).await.expect(201);
    format!("{}:{}", text(&created, "product_id"), created["version"])
}

async fn furnish(shop: &Shop, admin: &Person) {
    for body in [
        json!({ "product_id": "prod_kinoko", "name": "きのこの山", "names": { "en": "Kinoko no Yama" }, "price": 200, "stock": 5,
            "description": "チョコレートのかさ。", "categories": ["sweets/chocolate"] }),
        json!({ "product_id": "prod_katakana", "name": "キノコ", "price": 150, "categories": ["food"] }),
        json!({ "product_id": "prod_takenoko", "name": "たけのこの里", "names": { "en": "Takenoko no Sato" }, "price": 220,
            "categories": ["sweets/chocolate"], "search_text": "筍" }),
        json!({ "product_id": "prod_shirt", "name": "T-shirt", "description": "Kinoko on it.", "price": 3000, "stock": 1,
            "categories": ["clothes"] }),
    ] {
        let version = create(shop, admin, body).await;
        let _ = search(shop, "x", &format!("&min_version={version}")).await;
    }
    // Stock has events of its own.
    until("stock is counted", Duration::from_secs(60), || async {
        let answer = search(shop, "kinoko", "&in_stock=true").await;
        if answer["total"] == 2 { Ok(()) } else { Err(answer) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn products_are_found_in_japanese_and_english_and_deleted_ones_never() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    furnish(&shop, &admin).await;
    what_is_typed_finds_what_is_meant(&shop).await;
    pages_and_facets_tell_of_all_that_is_found(&shop).await;
    names_are_suggested(&shop).await;
    what_is_deleted_never_shows(&shop, &admin).await;
    cluster.assert_tidy().await;
}

async fn what_is_typed_finds_what_is_meant(shop: &Shop) {
    for (q, wanted) in [
        ("きのこ", vec!["prod_katakana", "prod_kinoko"]),
        ("キノコ", vec!["prod_katakana", "prod_kinoko"]),
        ("ｷﾉｺ", vec!["prod_katakana", "prod_kinoko"]),
        ("たけ", vec!["prod_takenoko"]),
        ("山", vec!["prod_kinoko"]),
        ("筍", vec!["prod_takenoko"]),
        ("ﾁｮｺ", vec!["prod_kinoko"]),
        ("tshirt", vec!["prod_shirt"]),
        ("Ｔ－ＳＨＩＲＴ", vec!["prod_shirt"]),
        // Names before descriptions.
        ("kinoko", vec!["prod_kinoko", "prod_shirt"]),
        ("no yama", vec!["prod_kinoko"]),
        ("sweets 里", vec!["prod_takenoko"]),
        ("きのこ 里", vec![]),
        ("!?", vec![]),
        ("%", vec![]),
        ("\0", vec![]),
    ] {
        let answer = search(shop, q, "").await;
        assert_eq!(found(&answer), wanted, "{q}: {answer:#}");
        assert!(answer.get("corrected").is_none(), "{q}: {answer:#}");
    }
    for (q, corrected, wanted) in [("tshrit", "tshirt", "prod_shirt"), ("Takenokko", "takenoko", "prod_takenoko")] {
        let answer = search(shop, q, "").await;
        assert_eq!((&answer["corrected"], found(&answer)), (&json!(corrected), vec![wanted]), "{q}: {answer:#}");
    }
    let english = search(shop, "たけ", "&lang=en").await;
    assert_eq!(english["items"][0]["name"], "Takenoko no Sato");
}

async fn pages_and_facets_tell_of_all_that_is_found(shop: &Shop) {
    let all = search(shop, "no", "").await;
    assert_eq!(found(&all), ["prod_kinoko", "prod_takenoko"]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = search(shop, "no", &format!("&limit=1{cursor}")).await;
        assert_eq!((&page["total"], &page["facets"]), (&all["total"], &all["facets"]), "{page:#}");
        seen.extend(found(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, found(&all));
    assert_eq!(
        all["facets"],
        json!({
            "categories": [{ "category": "sweets", "count": 2 }, { "category": "sweets/chocolate", "count": 2 }],
            "prices": [{ "min_price": 200, "max_price": 499, "count": 2 }],
            "stock": { "in_stock": 1, "out_of_stock": 1 },
        })
    );
    for (filter, wanted) in [
        ("&category=sweets", vec!["prod_kinoko", "prod_takenoko"]),
        ("&in_stock=true", vec!["prod_kinoko"]),
        ("&in_stock=false", vec!["prod_takenoko"]),
        ("&min_price=200&max_price=210", vec!["prod_kinoko"]),
        ("&category=food", vec![]),
    ] {
        assert_eq!(found(&search(shop, "no", filter).await), wanted, "{filter}");
    }
}

async fn names_are_suggested(shop: &Shop) {
    for (q, wanted) in [
        (
            "き",
            json!([{ "text": "キノコ", "product_id": "prod_katakana" }, { "text": "きのこの山", "product_id": "prod_kinoko" }]),
        ),
        ("take", json!([{ "text": "Takenoko no Sato", "product_id": "prod_takenoko" }])),
        ("ﾀｹ", json!([{ "text": "たけのこの里", "product_id": "prod_takenoko" }])),
        ("t-s", json!([{ "text": "T-shirt", "product_id": "prod_shirt" }])),
    ] {
        let answer = shop.get(&format!("/search/suggestions?q={}", escaped(q)), None).await.expect(200);
        assert_eq!(answer["items"], wanted, "{q}");
    }
}

async fn what_is_deleted_never_shows(shop: &Shop, admin: &Person) {
    let path = "/products/prod_kinoko";
    let deleted = shop.send(Method::DELETE, path, Some(admin), &[("if-match", "*")], None).await.unwrap().expect(202);
    let since = format!("&min_version=prod_kinoko:{}", deleted["version"]);
    for q in ["きのこ", "山", "kinoko", "チョコ"] {
        let answer = search(shop, q, &since).await;
        assert!(!found(&answer).contains(&"prod_kinoko"), "{q}: {answer:#}");
    }
    let suggested = shop.get("/search/suggestions?q=kinoko", None).await.expect(200);
    assert_eq!(suggested["items"], json!([]));
    let restored = shop.send(Method::POST, &format!("{path}/restore"), Some(admin), &[("if-match", "*")], None).await;
    let since = format!("&min_version=prod_kinoko:{}", restored.unwrap().expect(202)["version"]);
    assert_eq!(found(&search(shop, "山", &since).await), ["prod_kinoko"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_searches_are_refused_with_every_fault_by_name() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("storefront,query", &[]).await;
    let shop = cluster.shop(&process);
    let names = |answer: &Value| -> Vec<String> {
        answer["errors"].as_array().unwrap().iter().map(|error| text(error, "parameter")).collect()
    };
    let bad = "min_price=-1&max_price=much&in_stock=maybe&category=A&limit=0&cursor=x&lang=%3F&min_version=prod_1";
    let answer = shop.get(&format!("/search/products?{bad}"), None).await.expect(400);
    let wanted = ["q", "category", "min_price", "max_price", "in_stock", "limit", "cursor", "lang", "min_version"];
    assert_eq!(names(&answer), wanted, "{answer:#}");
    let long = "山".repeat(201);
    for path in ["products", "suggestions"] {
        for q in ["", "q=", "q=a&q=b", &format!("q={}", escaped(&long))] {
            let answer = shop.get(&format!("/search/{path}?{q}"), None).await.expect(400);
            assert_eq!(names(&answer), ["q"], "{q}: {answer:#}");
            assert!(!answer.to_string().contains('山'), "what was typed is not repeated: {answer}");
        }
        let _ = shop.get(&format!("/search/{path}?q={}", escaped(&long[..600])), None).await.expect(200);
    }
    let answer = shop.get("/search/suggestions?limit=101", None).await.expect(400);
    assert_eq!(names(&answer), ["q", "limit"]);
    // A cursor of another list.
    let answer = shop.get("/search/products?q=a&cursor=price.200.prod_1", None).await.expect(400);
    assert_eq!(names(&answer), ["cursor"]);
}
