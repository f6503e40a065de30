use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::test::TestRequest;
use secrecy::SecretString;
use serde_json::json;
use shotengai_contracts::api::INTERNAL_PRODUCT;
use shotengai_contracts::api::internal::{InternalProduct, NO_SUCH_PRODUCT};
use shotengai_kernel::{Currency, ManualClock, Names, Ports, ProductId, Version};
use shotengai_runtime::http::{self, HttpListener, HttpServing, HttpState, Reply};
use shotengai_runtime::{InternalCaller, PathId, Problem, Routes, TokenVerifier};

use crate::shop::{Answer, NOWHERE, Shop, TOKEN};

async fn product(_: InternalCaller, id: PathId<ProductId>) -> http::Answer<InternalProduct> {
    let deleted = match id.as_str() {
        "prod_takenoko" => false,
        "prod_gone" => true,
        // As a proxy answers, or catalog itself to what came through one.
        "prod_hidden" => return Err(Problem::not_found("there is nothing here")),
        _ => return Err(Problem::of(&NO_SUCH_PRODUCT)),
    };
    let (name, price, currency, version) = ("たけのこの里".to_owned(), 220.into(), Currency::JPY, Version::new(1));
    Ok(Reply::ok(InternalProduct {
        product_id: id.0,
        name,
        names: Names::default(),
        price,
        currency,
        version,
        deleted,
    }))
}

/// Something that answers as catalog does, on a port of its own, until the test ends.
pub(crate) fn stand_in() -> String {
    let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
    let tokens =
        TokenVerifier::fixed(&serde_json::from_value(json!({ "keys": [] })).unwrap(), "x", ports.clock.clone());
    let state = HttpState::new(ports, Arc::new(tokens), &SecretString::from(TOKEN));
    let listener = HttpListener::bind(([127, 0, 0, 1], 0).into(), "--addr").unwrap();
    let url = format!("http://{}", listener.address());
    let routes = Arc::new(|routes: &mut Routes| {
        routes.route(INTERNAL_PRODUCT, product);
    });
    let serving = HttpServing::new(listener, Arc::new(state), vec![routes], 1, Duration::ZERO).unwrap();
    actix_web::rt::spawn(serving.server);
    url
}

async fn ask_for(shop: &Shop, product: &str) -> Answer {
    let body = json!({ "items": [{ "product_id": product, "quantity": 1 }] });
    let request = TestRequest::post().uri("/orders").insert_header((CONTENT_TYPE, "application/json"));
    shop.send(request.set_payload(body.to_string()), Some("1")).await
}

#[actix_web::test]
async fn a_price_that_order_does_not_know_comes_from_catalog() {
    let shop = Shop::open(&stand_in()).await;
    let answer = ask_for(&shop, "prod_takenoko").await;
    assert_eq!((answer.status, &answer.body["total"]), (202, &json!(220)), "{}", answer.body);
    for product in ["prod_gone", "prod_never"] {
        let answer = ask_for(&shop, product).await;
        assert_eq!((answer.status, &answer.body["pointer"]), (422, &json!("/items/0/product_id")), "{product}");
    }
}

#[actix_web::test]
async fn a_404_that_is_not_catalogs_own_says_nothing_about_a_product() {
    let shop = Shop::open(&stand_in()).await;
    let answer = ask_for(&shop, "prod_hidden").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
}

#[actix_web::test]
async fn without_catalog_the_client_is_asked_to_come_again() {
    let shop = Shop::open(NOWHERE).await;
    let answer = ask_for(&shop, "prod_takenoko").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.headers.contains_key(RETRY_AFTER));
}
