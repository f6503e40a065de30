//! The one administrator.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;
use shotengai_storefront::config::Password;

use crate::support::{Door, administered, boss, nobody};

#[actix_web::test]
async fn the_administrator_signs_in_for_ten_minutes_at_a_time() {
    let door = Door::open(boss()).await;
    let signed_in = door.post("/auth/login", json!({ "email": "Boss@example.com", "password": "swordfish" })).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    assert_eq!(signed_in.body["user_id"], "usr_administrator");
    assert_eq!(signed_in.body["expires_in"], 600);
    let me = door.get("/auth/me", signed_in.body["access_token"].as_str().unwrap()).await;
    assert_eq!((&me.body["role"], &me.body["guest"]), (&json!("administrator"), &json!(false)));
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let door = Door::open(boss()).await;
    let mut answers = Vec::new();
    for (email, password) in [("boss@example.com", "wrong"), ("mei@example.com", "swordfish"), ("", "")] {
        let mut refused = door.post("/auth/login", json!({ "email": email, "password": password })).await;
        refused.body.as_object_mut().unwrap().remove("instance");
        answers.push((refused.status, refused.body));
    }
    assert!(answers.iter().all(|answer| answer.0 == StatusCode::UNAUTHORIZED && *answer == answers[0]), "{answers:?}");
}

#[actix_web::test]
async fn without_a_configured_administrator_nobody_is_one() {
    let door = Door::open(nobody()).await;
    for email in ["", "boss@example.com"] {
        let refused = door.post("/auth/login", json!({ "email": email, "password": "nobody" })).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
}

#[actix_web::test]
async fn a_password_serves_as_well_as_its_hash() {
    let door = Door::open(administered(Password::Plain("tuna".into()))).await;
    for (password, wanted) in [("tuna", StatusCode::OK), ("tuna ", StatusCode::UNAUTHORIZED)] {
        let answer = door.post("/auth/login", json!({ "email": "boss@example.com", "password": password })).await;
        assert_eq!(answer.status, wanted, "{password:?}");
    }
}

#[actix_web::test]
async fn the_keys_of_access_tokens_are_published() {
    let door = Door::open(nobody()).await;
    let keys = door.ask(TestRequest::get().uri("/.well-known/jwks.json")).await;
    assert_eq!((keys.status, &keys.body["keys"][0]["use"]), (StatusCode::OK, &json!("sig")));
    assert!(keys.body["keys"][0].get("d").is_none(), "only the public half");
}
