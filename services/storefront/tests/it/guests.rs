//! Guests, their accounts and their addresses.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_contracts::topology::tables;
use shotengai_kit::Installation;
use shotengai_messaging::{Infrastructure, Key};
use shotengai_storefront::domain::{Email, Language};
use shotengai_storefront::guest;
use shotengai_storefront::users::Users;

use crate::support::{Door, INTERNAL_TOKEN, boss, nobody};

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_else(|| panic!("{field} in {body}"))
}

#[actix_web::test]
async fn a_guest_gets_a_token_for_a_day_and_an_account_that_mail_can_be_sent_to() {
    let door = Door::open(nobody()).await;
    let opened = door.post("/auth/guest", json!({ "email": "mei@example.com", "language": "en" })).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    assert_eq!(opened.headers.get("cache-control").unwrap(), "no-store");
    assert_eq!((text(&opened.body, "token_type"), &opened.body["expires_in"]), ("Bearer", &json!(86_400)));
    let (user, token) = (text(&opened.body, "user_id"), text(&opened.body, "access_token"));
    let me = door.get("/auth/me", token).await;
    let wanted = json!({
        "user_id": user, "role": "customer", "guest": true, "email": "mei@example.com", "name": null, "language": "en",
    });
    assert_eq!((me.status, me.body), (StatusCode::OK, wanted));
    let contact = door.get(&format!("/internal/contacts/{user}"), INTERNAL_TOKEN).await;
    assert_eq!(contact.body, json!({ "email": "mei@example.com", "language": "en", "name": null }));
}

#[actix_web::test]
async fn a_guest_may_stay_without_an_address_and_speaks_the_browser_s_language() {
    let door = Door::open(nobody()).await;
    for (accepted, wanted) in [(None, "ja"), (Some("en-US,en;q=0.9,ja;q=0.8"), "en"), (Some("fr"), "ja")] {
        let mut request = TestRequest::post().uri("/auth/guest").set_json(json!({}));
        if let Some(accepted) = accepted {
            request = request.insert_header(("accept-language", accepted));
        }
        let opened = door.ask(request).await;
        let user = text(&opened.body, "user_id");
        let contact = door.get(&format!("/internal/contacts/{user}"), INTERNAL_TOKEN).await;
        assert_eq!(contact.body, json!({ "email": null, "language": wanted, "name": null }), "{accepted:?}");
    }
}

#[actix_web::test]
async fn what_is_no_address_or_no_language_of_ours_is_refused_without_being_repeated() {
    let door = Door::open(nobody()).await;
    let refused = door.post("/auth/guest", json!({ "email": "mei at example.com" })).await;
    assert_eq!((refused.status, text(&refused.body, "pointer")), (StatusCode::UNPROCESSABLE_ENTITY, "/email"));
    assert!(!refused.body.to_string().contains("mei at"));
    let refused = door.post("/auth/guest", json!({ "language": "fr" })).await;
    assert_eq!((refused.status, text(&refused.body, "pointer")), (StatusCode::BAD_REQUEST, "/language"));
}

#[actix_web::test]
async fn addresses_are_for_our_own_services_only() {
    let door = Door::open(boss()).await;
    let opened = door.post("/auth/guest", json!({ "email": "mei@example.com" })).await;
    let path = format!("/internal/contacts/{}", text(&opened.body, "user_id"));
    assert_eq!(door.get(&path, text(&opened.body, "access_token")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(door.ask(TestRequest::get().uri(&path)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(door.get("/internal/contacts/usr_unknown", INTERNAL_TOKEN).await.status, StatusCode::NOT_FOUND);
    let administrator = door.get("/internal/contacts/usr_administrator", INTERNAL_TOKEN).await;
    assert_eq!(text(&administrator.body, "email"), "boss@example.com");
}

#[actix_web::test]
async fn a_guests_account_expires_and_one_that_mails_go_to_lives_longer() {
    let installation = Installation::new(1);
    let table = installation.infra.table(tables::USERS.name);
    let users = Users::new(Arc::clone(&table));
    let email = Email::parse("mei@example.com").unwrap();
    for (email, days) in [(None, 2), (Some(email), 90)] {
        let id = guest::open(&users, &installation.ports, email, Language::En).await.unwrap();
        let row = table.get(&Key::new(id.as_str(), "profile")).await.unwrap().unwrap();
        let kept = row.expires_at.unwrap().duration_since(installation.ports.clock.now());
        assert_eq!(kept.as_hours(), days * 24);
    }
}
