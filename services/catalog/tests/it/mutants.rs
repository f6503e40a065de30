//! Hundreds of bodies that are almost right: only right ones are taken, and none does harm.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shotengai_mutations::mutants;

use crate::shop::Shop;

/// The documented rules once more, by other means than the service's.
fn is_valid(body: &[u8]) -> bool {
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else { return false };
    let known = ["name", "description", "price", "stock"];
    let readable =
        |text: &str, breaks: &str| text.chars().all(|c| breaks.contains(c) || !(c.is_control() || c == '\u{fffe}'));
    let name_fits = body
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(|name| (1..=200).contains(&name.trim().chars().count()) && readable(name.trim(), ""));
    let description_fits = body
        .get("description")
        .is_none_or(|text| text.as_str().is_some_and(|text| text.chars().count() <= 2000 && readable(text, "\n\r\t")));
    // Whole yen; `1.0` and `1e3` are whole, too.
    let whole = |price: f64| (0.0..=999_999_999_999_999.0).contains(&price) && price.fract() == 0.0;
    let price_fits = body.get("price").and_then(Value::as_f64).is_some_and(whole);
    let pieces = |stock: f64| (0.0..=1_000_000.0).contains(&stock) && stock.fract() == 0.0;
    let stock_fits = body.get("stock").is_none_or(|stock| stock.as_f64().is_some_and(pieces));
    body.keys().all(|key| known.contains(&key.as_str())) && name_fits && description_fits && price_fits && stock_fits
}

#[actix_web::test]
async fn only_right_bodies_become_products_and_none_is_a_fault_of_ours() {
    let shop = Shop::open().await;
    let valid = json!({ "name": "きのこの山", "description": "Chocolate.", "price": 200, "stock": 10 });
    let bodies: Vec<_> = mutants(&valid, 5, 600).collect();
    let answers = shop.statuses(bodies.iter().map(|mutant| mutant.body.clone())).await;
    let mut taken = 0;
    let mut types = BTreeSet::new();
    for (mutant, (status, answer)) in bodies.iter().zip(answers) {
        let sent = String::from_utf8_lossy(&mutant.body);
        let right = !mutant.doubled && is_valid(&mutant.body);
        assert_eq!(status == 201, right, "{sent}: {status} {answer}");
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
