//! The one administrator.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use argon2::{Argon2, PasswordHasher};
use serde_json::json;
use shotengai_storefront::{DEVELOPERS_PASSWORD, StorefrontSettings};

use crate::support::{Door, boss, context, nobody, swordfish};

#[actix_web::test]
async fn the_administrator_signs_in_for_an_hour() {
    let door = Door::open(boss()).await;
    let signed_in = door.post("/auth/login", json!({ "email": "Boss@example.com", "password": "swordfish" })).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    assert_eq!(signed_in.body["user_id"], "usr_administrator");
    assert_eq!(signed_in.body["expires_in"], 3600);
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
    let settings = StorefrontSettings { admin_password: Some("tuna".into()), admin_password_hash: None, ..boss() };
    let door = Door::open(settings).await;
    for (password, wanted) in [("tuna", StatusCode::OK), ("tuna ", StatusCode::UNAUTHORIZED)] {
        let answer = door.post("/auth/login", json!({ "email": "boss@example.com", "password": password })).await;
        assert_eq!(answer.status, wanted, "{password:?}");
    }
}

#[actix_web::test]
async fn settings_that_do_not_fit_together_are_named_and_not_quoted() {
    for (settings, named) in [
        (StorefrontSettings { admin_password_hash: None, ..boss() }, "ADMIN_PASSWORD"),
        (StorefrontSettings { admin_password: Some("tuna".into()), ..boss() }, "not both"),
        (StorefrontSettings { admin_email: Some("boss".into()), ..boss() }, "ADMIN_EMAIL"),
        (StorefrontSettings { admin_email: None, ..boss() }, "ADMIN_EMAIL"),
        (StorefrontSettings { admin_email: Some("".into()), ..boss() }, "ADMIN_EMAIL"),
        (StorefrontSettings { admin_password: Some("".into()), admin_password_hash: None, ..boss() }, "ADMIN_PASSWORD"),
        (StorefrontSettings { admin_password_hash: Some("swordfish".into()), ..boss() }, "ADMIN_PASSWORD_HASH"),
    ] {
        assert!(!format!("{settings:?}").contains("boss"));
        let Err(error) = shotengai_storefront::build(&context(), &settings).await else {
            panic!("{named} was accepted")
        };
        let error = format!("{error:#}");
        let quotes = [swordfish().as_str(), "tuna", "boss", "swordfish"].iter().any(|secret| error.contains(secret));
        assert!(error.contains(named) && !quotes, "{error}");
    }
}

#[actix_web::test]
async fn a_developers_password_is_good_in_a_developers_street_only() {
    let plain =
        StorefrontSettings { admin_password: Some(DEVELOPERS_PASSWORD.into()), admin_password_hash: None, ..boss() };
    let developer = StorefrontSettings { developers_street: true, ..plain.clone() };
    let door = Door::open(developer).await;
    let login = json!({ "email": "boss@example.com", "password": DEVELOPERS_PASSWORD });
    assert_eq!(door.post("/auth/login", login).await.status, StatusCode::OK);

    let hash = Argon2::default().hash_password(DEVELOPERS_PASSWORD.as_bytes()).unwrap().to_string();
    let hashed = StorefrontSettings { admin_password_hash: Some(hash.into()), ..boss() };
    for (settings, named) in [(plain, "ADMIN_PASSWORD "), (hashed, "ADMIN_PASSWORD_HASH ")] {
        let Err(error) = shotengai_storefront::build(&context(), &settings).await else {
            panic!("{named} was accepted")
        };
        let error = error.to_string();
        assert!(error.contains(named) && error.contains(DEVELOPERS_PASSWORD), "{error}");
    }
}

#[actix_web::test]
async fn the_keys_of_access_tokens_are_published() {
    let door = Door::open(nobody()).await;
    let keys = door.ask(TestRequest::get().uri("/.well-known/jwks.json")).await;
    assert_eq!((keys.status, &keys.body["keys"][0]["use"]), (StatusCode::OK, &json!("sig")));
    assert!(keys.body["keys"][0].get("d").is_none(), "only the public half");
}
