use serde::Deserialize;
use serde_json::{Value, json};
use shotengai_kernel::{Decimal, ProductId, Quantity};

use super::super::problem::tests::body_of;
use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read, never looked at")]
struct Order {
    items: Vec<Line>,
    language: Option<Language>,
    #[serde(default)]
    stock: u32,
    price: Option<serde_json::Number>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read, never looked at")]
struct Line {
    product_id: ProductId,
    quantity: Quantity,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    Ja,
    En,
}

async fn refusal(body: impl AsRef<[u8]>) -> Value {
    body_of(parse::<Order>(body.as_ref()).unwrap_err()).await
}

fn pointers(refusal: &Value) -> Vec<&str> {
    refusal["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn every_fault_of_a_body_is_named() {
    let body = json!({
        "items": [
            { "product_id": "prod_1", "quantity": 0 },
            { "product_id": "prod_1", "quantity": 1 },
            { "product_id": "../etc", "quantity": 1.5, "colour": "red" },
            { "quantity": 1 },
            7
        ],
        "language": "fr",
        "stock": -1,
        "extra": null
    });
    let refusal = refusal(body.to_string()).await;
    let wanted = [
        "/extra",
        "/items/0/quantity",
        "/items/2/colour",
        "/items/2/product_id",
        "/items/2/quantity",
        "/items/3/product_id",
        "/items/4",
        "/language",
        "/stock",
    ];
    let mut found = pointers(&refusal);
    found.sort_unstable();
    assert_eq!(found, wanted, "{refusal}");
    assert_eq!(refusal["pointer"], pointers(&refusal)[0], "the first stands by itself too");
}

#[actix_web::test]
async fn a_fault_says_what_is_wanted_and_quotes_nothing() {
    for (field, value, detail) in [
        ("stock", json!("4242"), "must be a whole number from 0 to 4294967295, not a string"),
        ("stock", json!(-4242), "must be a whole number from 0 to 4294967295"),
        ("stock", json!(4242.5), "must be a whole number from 0 to 4294967295, not a fraction"),
        ("price", json!("4242"), "must be a number, not a string"),
        ("language", json!("4242"), "must be one of ja, en"),
        ("language", json!(4242), "must be a string, not a whole number"),
        ("items", json!({"4242": 1}), "must be an array, not an object"),
        ("items", Value::Null, "must be an array, not null"),
    ] {
        let mut body = json!({ "items": [] });
        body[field] = value;
        let refusal = refusal(body.to_string()).await;
        assert_eq!(
            (&refusal["pointer"], &refusal["detail"]),
            (&json!(format!("/{field}")), &json!(format!("{field} {detail}")))
        );
        assert!(!refusal.to_string().contains("4242"), "{refusal}");
    }
}

#[actix_web::test]
async fn a_whole_number_is_one_however_it_is_written() {
    for written in ["20", "20.0", "2e1", "2.0E+1", "200e-1", "20.000000000000000000000000"] {
        let body = format!(r#"{{"items":[],"stock":{written}}}"#);
        assert_eq!(parse::<Order>(body.as_bytes()).unwrap().stock, 20, "{written}");
    }
    for written in ["20.5", "20.00000000000000000000000001", "2e-1", "1e400", "-1.0"] {
        let refusal = refusal(format!(r#"{{"items":[],"stock":{written}}}"#)).await;
        assert_eq!(pointers(&refusal), ["/stock"], "{written}");
    }
}

#[actix_web::test]
async fn what_is_missing_is_named_in_the_sentence() {
    let refusal = refusal(r#"{"items":[{"product_id":"prod_1"}]}"#).await;
    assert_eq!((&refusal["pointer"], &refusal["detail"]), (&json!("/items/0/quantity"), &json!("quantity is missing")));
}

#[actix_web::test]
async fn a_key_that_stands_twice_is_refused() {
    let refusal = refusal(r#"{"items":[],"stock":1,"stock":2}"#).await;
    assert_eq!((&refusal["pointer"], pointers(&refusal).len()), (&json!("/stock"), 1), "{refusal}");
}

#[actix_web::test]
async fn an_array_is_no_object() {
    let root = refusal("[[]]").await;
    assert_eq!((&root["pointer"], &root["detail"]), (&json!(""), &json!("the body must be an object, not an array")));
    let entry = refusal(r#"{"items":[["prod_1",1]]}"#).await;
    assert_eq!(
        (&entry["pointer"], &entry["detail"]),
        (&json!("/items/0"), &json!("items[0] must be an object, not an array"))
    );
}

#[actix_web::test]
async fn what_is_not_json_is_told_apart() {
    let deep = format!("{{\"items\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (body, pointer) in [
        (&b""[..], Value::Null),
        (b" \n", Value::Null),
        (b"items", Value::Null),
        (b"{\"items\":[]} x", Value::Null),
        (b"{\"items\":[", json!("/items")),
        (b"{\"items\":[],\"stock\":1e400}", json!("/stock")),
        (b"{\"items\":[],\"language\":\"\\ud800\"}", json!("/language")),
        (b"{\"items\":[],\"language\":\"\xff\"}", json!("/language")),
        (deep.as_bytes(), Value::Null),
    ] {
        let refusal = refusal(body).await;
        assert_eq!(refusal["type"], "/problems/malformed-json", "{refusal}");
        if !pointer.is_null() {
            assert_eq!(refusal["pointer"], pointer, "{refusal}");
        }
    }
}

#[actix_web::test]
async fn a_hostile_body_costs_little() {
    let many = json!({ "items": vec![json!({}); 10_000] });
    assert_eq!(pointers(&refusal(many.to_string()).await).len(), 20);
    let long = json!({ "items": [], "k".repeat(10_000): 1 });
    let refusal = refusal(long.to_string()).await;
    assert_eq!(refusal["pointer"], "", "{refusal}");
    assert!(refusal.to_string().len() < 1000);
}

#[test]
fn what_is_right_is_read() {
    let order: Order =
        parse(br#"{"items":[{"product_id":"prod_1","quantity":3}],"language":"en","price":1.5}"#).unwrap();
    assert_eq!(order.items[0].quantity.get(), 3);
}

#[test]
fn a_number_keeps_every_digit_wherever_it_stands() {
    #[derive(Debug, Deserialize)]
    struct Priced {
        price: Decimal,
        prices: Vec<Decimal>,
    }
    let body = br#"{"a 1.5 \\\" 2":"x 3\"4\\","n":[0,-1,1e2,{"deep":-0.5e+3}],"b":[true,null],"big":12345678901234567890123,
        "price":100.0000000000000000000000000001,"prices":[7,-3,0.28499999999999999999,1E2,123456789012345678901234567890]}"#;
    let priced: Priced = parse(body).unwrap();
    assert_eq!(priced.price.to_string(), "100.0000000000000000000000000001");
    let prices: Vec<_> = priced.prices.iter().map(ToString::to_string).collect();
    assert_eq!(prices, ["7", "-3", "0.28499999999999999999", "100", "123456789012345678901234567890"]);
}

#[actix_web::test]
async fn what_is_no_number_is_no_price() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read, never looked at")]
    struct Priced {
        price: Decimal,
    }
    for bad in ["\"1\"", "null", "[1]", "{\"$serde_json::private::RawValue\":\"1\"}", "true"] {
        let body = format!("{{\"price\":{bad}}}");
        let refused = body_of(parse::<Priced>(body.as_bytes()).unwrap_err()).await;
        assert_eq!(pointers(&refused), ["/price"], "{bad}: {refused}");
        assert!(refused.to_string().contains("a number"), "{bad}: {refused}");
    }
}
