use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::web;
use secrecy::SecretString;
use serde_json::{Value, json};
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::role::RouteTable;
use shotengai_runtime::{TokenIssuer, TokenVerifier};

use crate::support::Till;

#[actix_web::test]
async fn the_ledger_shows_each_charge_to_our_own_services_only() {
    let till = Till::new(21);
    till.deliver(till.placed(None)).await;
    till.deliver(till.confirmed()).await;

    let pem = SecretString::from(generate_signing_key().unwrap());
    let issuer = TokenIssuer::new(&pem, "shotengai", Arc::clone(&till.ports.clock)).unwrap();
    let tokens = Arc::new(TokenVerifier::fixed(&issuer.jwks(), "shotengai", Arc::clone(&till.ports.clock)));
    let state = web::Data::new(HttpState::new(till.ports.clone(), tokens, &SecretString::from("internal")));
    let ledger = till.ledger.clone();
    let table: RouteTable = Arc::new(move |routes| shotengai_billing::http::routes(routes, &ledger));
    let service = init_service(app(state, &[table])).await;

    let get = |token: &str| {
        let header = ("authorization", format!("Bearer {token}"));
        TestRequest::get().uri("/internal/ledger/ord_1").insert_header(header).to_request()
    };
    assert_eq!(call_service(&service, get("guess")).await.status(), StatusCode::UNAUTHORIZED);
    let page: Value = read_body_json(call_service(&service, get("internal")).await).await;
    let line = |operation: &str| {
        let reference = format!("ledger-1-{operation}");
        json!({ "operation": operation, "amount": 400, "currency": "JPY", "outcome": "approved", "reference": reference })
    };
    assert_eq!(
        page,
        json!({ "order_id": "ord_1", "payment_id": "pay_1", "entries": [line("authorize"), line("capture")] })
    );
}
