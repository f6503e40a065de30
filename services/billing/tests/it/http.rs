use actix_web::test::TestRequest;
use serde_json::json;
use shotengai_kit::Sender;

use crate::support::Till;

#[actix_web::test]
async fn the_ledger_shows_each_charge_to_our_own_services_only() {
    let till = Till::new(21);
    till.deliver(till.placed()).await;
    till.deliver(till.confirmed()).await;
    let get = || TestRequest::get().uri("/internal/ledger/ord_1");
    assert_eq!(till.role.send(get(), Sender::Bearer("guess")).await.status, 401);
    let page = till.role.send(get(), Sender::Service).await.body;
    let line = |operation: &str| {
        let reference = format!("ledger-1-{operation}");
        json!({ "operation": operation, "amount": 400, "currency": "JPY", "outcome": "approved", "reference": reference })
    };
    assert_eq!(
        page,
        json!({ "order_id": "ord_1", "payment_id": "pay_1", "entries": [line("authorize"), line("capture")] })
    );
}
