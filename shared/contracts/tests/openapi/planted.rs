//! The comparison finds what is planted, and only that.

use serde_json::{Value, json};
use shotengai_contracts::api::{PUBLIC, openapi};

use super::breaking::{breaks, may_break};

fn after(change: impl Fn(&mut Value)) -> Vec<String> {
    let old = openapi::document(PUBLIC);
    let mut new = old.clone();
    change(&mut new);
    assert_ne!(old, new, "something was planted");
    breaks(&old, &new)
}

#[test]
fn nothing_breaks_without_a_change_or_with_an_addition() {
    let document = openapi::document(PUBLIC);
    assert_eq!(breaks(&document, &document), Vec::<String>::new());
    let found = after(|document| {
        document["paths"]["/new"] = json!({ "get": { "responses": {} } });
        document["components"]["schemas"]["PlaceOrder"]["properties"]["gift"] = json!({ "type": "boolean" });
        document["components"]["schemas"]["Order"]["properties"]["gift"] = json!({ "type": "boolean" });
        document["components"]["schemas"]["Order"]["required"].as_array_mut().unwrap().push(json!("gift"));
        document["paths"]["/orders"]["get"]["responses"]["409"] = json!({ "description": "New." });
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn each_planted_break_is_found() {
    type Plant = fn(&mut Value);
    let cases: &[(&str, Plant)] = &[
        ("DELETE /products/{id} is gone", |document| {
            document["paths"]["/products/{id}"].as_object_mut().unwrap().remove("delete");
        }),
        ("GET /tally is gone", |document| {
            document["paths"].as_object_mut().unwrap().remove("/tally");
        }),
        ("POST /orders, body/items is gone", |document| {
            document["components"]["schemas"]["PlaceOrder"]["properties"].as_object_mut().unwrap().remove("items");
        }),
        ("POST /orders, body/payment_token is required now", |document| {
            document["components"]["schemas"]["PlaceOrder"]["required"] = json!(["payment_token"]);
        }),
        ("GET /orders/{id}, 200/total is gone", |document| {
            document["components"]["schemas"]["Order"]["properties"].as_object_mut().unwrap().remove("total");
        }),
        ("GET /orders, 200/items[]/version may be absent now", |document| {
            let required = document["components"]["schemas"]["Order"]["required"].as_array_mut().unwrap();
            required.retain(|field| field != "version");
        }),
        ("GET /orders, parameter \"status\" is never \"paid\" any more", |document| {
            let stages = document["components"]["schemas"]["OrderStage"]["oneOf"].as_array_mut().unwrap();
            stages.retain(|stage| stage["const"] != "paid");
        }),
        ("GET /orders, parameter \"limit\" is gone", |document| {
            document["paths"]["/orders"]["get"]["parameters"]
                .as_array_mut()
                .unwrap()
                .retain(|one| one["name"] != "limit");
        }),
        ("POST /orders, 202 has no header Location any more", |document| {
            document["paths"]["/orders"]["post"]["responses"]["202"]["headers"]
                .as_object_mut()
                .unwrap()
                .remove("Location");
        }),
        ("POST /orders, 202 is gone", |document| {
            document["paths"]["/orders"]["post"]["responses"].as_object_mut().unwrap().remove("202");
        }),
        ("POST /orders/{id}/cancel needs a body now", |document| {
            document["paths"]["/orders/{id}/cancel"]["post"]["requestBody"]["required"] = json!(true);
        }),
        ("GET /tally asks for a token now", |document| {
            document["paths"]["/tally"]["get"]["security"] = json!([{ "accessToken": [] }]);
        }),
        ("POST /products/{id}/stock, body/quantity was \"integer\" and is \"string\"", |document| {
            document["components"]["schemas"]["Quantity"]["type"] = json!("string");
        }),
    ];
    for (wanted, plant) in cases {
        let found = after(plant);
        assert!(found.iter().any(|told| told == wanted), "{wanted}: {found:?}");
    }
}

#[test]
fn the_version_that_may_break_is_the_leading_one() {
    for (old, new, wanted) in [
        ("0.1.0", "0.1.1", false),
        ("0.1.9", "0.2.0", true),
        ("0.9.0", "1.0.0", true),
        ("1.2.0", "1.3.0", false),
        ("1.2.0", "2.0.0", true),
        ("2.0.0", "1.0.0", false),
    ] {
        assert_eq!(may_break(old, new), wanted, "{old} to {new}");
    }
}
