use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::web;
use secrecy::SecretString;
use serde_json::{Value, json};
use shotengai_kernel::{ManualClock, UserId};
use shotengai_messaging::Handler;
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::role::RouteTable;
use shotengai_runtime::{AccountRole, Subject, TokenIssuer, TokenVerifier};

use crate::support::Shop;

const PATH: &str = "/products/prod_kinoko/stock";

struct Counter {
    issuer: TokenIssuer,
}

impl Counter {
    fn token(&self, role: AccountRole) -> String {
        let subject = Subject { role, ..Subject::customer(UserId::parse("usr_1").unwrap()) };
        self.issuer.issue(&subject, Duration::from_secs(60)).unwrap()
    }
}

fn open(shop: &Shop) -> (Counter, web::Data<HttpState>, RouteTable) {
    let clock = Arc::new(ManualClock::default());
    let pem = SecretString::from(generate_signing_key().unwrap());
    let issuer = TokenIssuer::new(&pem, "shotengai", Arc::clone(&clock) as _).unwrap();
    let tokens = Arc::new(TokenVerifier::fixed(&issuer.jwks(), "shotengai", clock));
    let state = web::Data::new(HttpState::new(shop.ports.clone(), tokens, &SecretString::from("internal")));
    let (desk, ports) = (shop.desk(), shop.ports.clone());
    let table: RouteTable = Arc::new(move |routes| shotengai_inventory::http::routes(routes, &desk, &ports));
    (Counter { issuer }, state, table)
}

fn post(token: &str, key: Option<&str>, body: &Value) -> TestRequest {
    let mut request = TestRequest::post().uri(PATH).insert_header(("authorization", format!("Bearer {token}")));
    if let Some(key) = key {
        request = request.insert_header(("idempotency-key", key));
    }
    request.set_json(body)
}

#[actix_web::test]
async fn a_retried_addition_adds_once_and_another_quantity_is_refused() {
    let shop = Shop::new(11);
    shop.handler().handle(&[shop.created(0)]).await;
    let (counter, state, table) = open(&shop);
    let service = init_service(app(state, &[table])).await;
    let admin = counter.token(AccountRole::Administrator);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let response = call_service(&service, post(&admin, Some("k1"), &json!({ "quantity": 5 })).to_request()).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert_eq!(response.headers().get("location").unwrap(), "/products/prod_kinoko");
        answers.push(read_body_json::<Value, _>(response).await);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!((&answers[0]["product_id"], &answers[0]["version"]), (&json!("prod_kinoko"), &json!(2)));
    let response = call_service(&service, post(&admin, Some("k1"), &json!({ "quantity": 6 })).to_request()).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let response = call_service(&service, post(&admin, None, &json!({ "quantity": 1 })).to_request()).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(shop.stock().await.available, 7);
}

#[actix_web::test]
async fn what_must_not_be_added_is_refused_and_writes_nothing() {
    let shop = Shop::new(12);
    let (counter, state, table) = open(&shop);
    let service = init_service(app(state, &[table])).await;
    let admin = counter.token(AccountRole::Administrator);
    let customer = counter.token(AccountRole::Customer);
    for (token, body, status) in [
        (&admin, json!({ "quantity": 5 }), StatusCode::NOT_FOUND),
        (&customer, json!({ "quantity": 5 }), StatusCode::FORBIDDEN),
        (&admin, json!({ "quantity": 0 }), StatusCode::BAD_REQUEST),
        (&admin, json!({ "quantity": 1.5 }), StatusCode::BAD_REQUEST),
        (&admin, json!({ "quantity": 5, "price": 1 }), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(call_service(&service, post(token, None, &body).to_request()).await.status(), status, "{body}");
    }
    assert_eq!(shop.stock().await.available, 0);
}
