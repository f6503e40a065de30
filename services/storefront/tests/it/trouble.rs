//! Trouble with the table of accounts: nothing is acknowledged that is not kept, and what is tried again ends well.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_kit::{Installation, NextCall};
use shotengai_messaging::FaultKind;
use shotengai_testing::memory::InjectedFault;

use crate::support::{Answer, Door, nobody};

const PASSWORD: &str = "kinoko and takenoko";

async fn door() -> (Door, Arc<NextCall>) {
    let faults = Arc::new(NextCall::default());
    let installation = Installation::with_faults(1, Arc::clone(&faults) as _);
    (Door::over(Arc::new(installation), nobody()).await, faults)
}

fn account() -> Value {
    json!({ "email": "mei@example.com", "password": PASSWORD })
}

async fn refresh(door: &Door, token: &str) -> Answer {
    door.ask(TestRequest::post().uri("/auth/refresh").insert_header(("cookie", format!("refresh_token={token}")))).await
}

fn token(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").map(|header| header.to_str().unwrap());
    let set = set.into_iter().find_map(|header| header.strip_prefix("refresh_token="));
    set.unwrap_or_else(|| panic!("no token: {}", answer.body)).split(';').next().unwrap().to_owned()
}

#[actix_web::test]
async fn a_registration_whose_outcome_is_not_known_is_not_acknowledged_and_can_be_repeated() {
    for fault in [InjectedFault::Refuse(FaultKind::Transient), InjectedFault::LoseAnswer] {
        let (door, faults) = door().await;
        faults.breaks("table.transact", fault);
        assert_eq!(door.post("/auth/register", account()).await.status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
        assert_eq!(door.post("/auth/register", account()).await.status, StatusCode::ACCEPTED);
        assert_eq!(door.post("/auth/login", account()).await.status, StatusCode::OK, "{fault:?}");
    }
}

#[actix_web::test]
async fn a_refresh_whose_answer_was_lost_gets_its_successor_when_it_is_repeated() {
    for fault in [InjectedFault::Refuse(FaultKind::Throttled), InjectedFault::LoseAnswer] {
        let (door, faults) = door().await;
        door.post("/auth/register", account()).await;
        let shown = token(&door.post("/auth/login", account()).await);
        faults.breaks("table.put", fault);
        assert_eq!(refresh(&door, &shown).await.status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
        let again = refresh(&door, &shown).await;
        assert_eq!(again.status, StatusCode::OK, "{fault:?}");
        assert_eq!(refresh(&door, &token(&again)).await.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn nobody_is_signed_in_or_out_or_erased_by_an_answer_alone() {
    let (door, faults) = door().await;
    door.post("/auth/register", account()).await;
    faults.breaks("table.put", InjectedFault::Refuse(FaultKind::Transient));
    assert_eq!(
        door.post("/auth/login", account()).await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "no session was kept"
    );

    let signed_in = door.post("/auth/login", account()).await;
    let shown = token(&signed_in);
    let out = || TestRequest::post().uri("/auth/logout").insert_header(("cookie", format!("refresh_token={shown}")));
    faults.breaks("table.delete", InjectedFault::Refuse(FaultKind::Transient));
    assert_eq!(door.ask(out()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let next = token(&refresh(&door, &shown).await);
    assert_eq!(door.ask(out()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(refresh(&door, &next).await.status, StatusCode::UNAUTHORIZED);

    let (user, bearer) =
        (signed_in.body["user_id"].as_str().unwrap(), signed_in.body["access_token"].as_str().unwrap());
    let erase = || TestRequest::delete().uri(&format!("/customers/{user}"));
    for operation in ["table.transact", "table.list"] {
        faults.breaks(operation, InjectedFault::Refuse(FaultKind::Transient));
        assert_eq!(door.ask_by(erase(), bearer).await.status, StatusCode::SERVICE_UNAVAILABLE, "{operation}");
    }
    assert_eq!(door.ask_by(erase(), bearer).await.status, StatusCode::NO_CONTENT);
    assert_eq!(door.post("/auth/login", account()).await.status, StatusCode::UNAUTHORIZED);
}
