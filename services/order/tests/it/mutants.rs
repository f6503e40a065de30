//! Hundreds of bodies that are almost right: only right ones are taken, and none does harm.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shotengai_kit::Sender;
use shotengai_mutations::mutants;

use crate::asking_catalog::stand_in;
use crate::shop::Shop;

const FOR_SALE: [&str; 2] = ["prod_kinoko", "prod_takenoko"];

fn has_only(body: &Value, keys: &[&str]) -> bool {
    body.as_object().is_some_and(|body| body.keys().all(|key| keys.contains(&key.as_str())))
}

/// The documented rules once more, by other means than the service's.
fn is_valid(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let token_fits = match &body["payment_token"] {
        Value::Null => true,
        Value::String(token) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let card = (12..=19).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_digit());
            (1..=128).contains(&token.len()) && token.chars().all(plain) && !card
        }
        _ => false,
    };
    let Some(items) = body["items"].as_array() else { return false };
    let line_fits = |line: &Value| {
        has_only(line, &["product_id", "quantity"])
            && line["product_id"].as_str().is_some_and(|product| FOR_SALE.contains(&product))
            && line["quantity"].as_u64().is_some_and(|quantity| (1..=1_000_000).contains(&quantity))
    };
    let pieces = |product: &str| {
        let lines = items.iter().filter(|line| line["product_id"] == product);
        lines.filter_map(|line| line["quantity"].as_u64()).sum::<u64>()
    };
    has_only(&body, &["items", "payment_token"])
        && token_fits
        && !items.is_empty()
        && items.iter().all(line_fits)
        && FOR_SALE.iter().all(|product| pieces(product) <= 1_000_000)
}

#[actix_web::test]
async fn only_right_bodies_become_orders_and_none_is_a_fault_of_ours() {
    let shop = Shop::open(&stand_in()).await;
    let line = |product: &str, quantity: u32| json!({ "product_id": product, "quantity": quantity });
    let valid = json!({ "items": [line("prod_kinoko", 2), line("prod_takenoko", 1)], "payment_token": "tok_visa" });
    let bodies: Vec<_> = mutants(&valid, 3, 600).collect();
    let answers = shop.statuses(bodies.iter().map(|mutant| mutant.body.clone())).await;
    let mut taken = 0;
    let mut types = BTreeSet::new();
    for (mutant, (status, answer)) in bodies.iter().zip(answers) {
        let sent = String::from_utf8_lossy(&mutant.body);
        let right = !mutant.doubled && is_valid(&mutant.body);
        assert_eq!(status == 202, right, "{sent}: {status} {answer}");
        if right {
            taken += 1;
        } else {
            assert!([400, 422].contains(&status), "{sent}: {status} {answer}");
            types.insert(answer["type"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
        }
    }
    assert_eq!(shop.written().await, taken);
    assert!((30..500).contains(&taken), "{taken} of 600 were right: both sides are tried");
    assert!(types.len() >= 4, "{types:?}");
}

/// What no refund may lack or have, by other means than the service's.
fn may_be_refund(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let line_fits = |line: &Value| {
        has_only(line, &["product_id", "quantity", "restock"])
            && line["product_id"] == "prod_kinoko"
            && line["quantity"].as_u64().is_some_and(|quantity| (1..=300).contains(&quantity))
    };
    let lines_fit =
        body["lines"].is_null() || body["lines"].as_array().is_some_and(|lines| lines.iter().all(line_fits));
    let amount_fits = body["amount"].is_null() || body["amount"].as_f64().is_some_and(|amount| amount >= 1.0);
    let reason = body["reason"].as_str().map_or(0, |reason| reason.trim().chars().count());
    has_only(&body, &["lines", "amount", "restock", "reason"])
        && lines_fit
        && amount_fits
        && (1..=200).contains(&reason)
}

#[actix_web::test]
async fn only_right_bodies_become_refunds_and_together_they_are_never_more_than_was_paid() {
    let shop = Shop::open(&stand_in()).await;
    let order = json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 300 }] }).to_string().into_bytes();
    let (status, order) = shop.statuses(std::iter::once(order)).await.remove(0);
    assert_eq!(status, 202, "{order}");
    let id = order["order_id"].as_str().unwrap();
    shop.pay(id).await;
    let valid = json!({
        "lines": [{ "product_id": "prod_kinoko", "quantity": 2, "restock": false }], "amount": 150, "reason": "broken",
    });
    let bodies: Vec<_> = mutants(&valid, 5, 400).collect();
    let sent = bodies.iter().map(|mutant| mutant.body.clone());
    let answers = shop.statuses_at(&format!("/orders/{id}/refund"), Sender::Admin, sent).await;
    let (mut refunded, mut statuses) = (0, BTreeSet::new());
    for (mutant, (status, answer)) in bodies.iter().zip(answers) {
        let sent = String::from_utf8_lossy(&mutant.body);
        assert!([202, 400, 409, 422].contains(&status), "{sent}: {status} {answer}");
        statuses.insert(status);
        if status == 202 {
            assert!(!mutant.doubled && may_be_refund(&mutant.body), "{sent}: {answer}");
            refunded += answer["amount"].as_u64().unwrap();
        }
    }
    assert_eq!(statuses.len(), 4, "all sides are tried: {statuses:?}");
    assert!(refunded <= order["total"].as_u64().unwrap(), "{refunded}");
}
