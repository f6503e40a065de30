//! Sessions: refreshing, two tabs, copies, signing out.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use jiff::SignedDuration;
use serde_json::json;
use shotengai_contracts::topology::tables;
use shotengai_messaging::{Condition, Infrastructure, Key};

use crate::support::{Answer, Door, administered, boss, nobody};

const PASSWORD: &str = "kinoko and takenoko";

/// The value of a cookie that an answer sets, and its attributes.
fn cookie(answer: &Answer, name: &str) -> Option<(String, String)> {
    answer.headers.get_all("set-cookie").find_map(|header| {
        let (pair, attributes) = header.to_str().unwrap().split_once("; ")?;
        let (known, value) = pair.split_once('=')?;
        (known == name).then(|| (value.to_owned(), attributes.to_owned()))
    })
}

fn token(answer: &Answer) -> String {
    cookie(answer, "refresh_token").unwrap_or_else(|| panic!("no token: {}", answer.body)).0
}

async fn sign_in(door: &Door, email: &str, password: &str) -> Answer {
    let signed_in = door.post("/auth/login", json!({ "email": email, "password": password })).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    signed_in
}

async fn customer(door: &Door) -> Answer {
    door.post("/auth/register", json!({ "email": "mei@example.com", "password": PASSWORD })).await;
    sign_in(door, "mei@example.com", PASSWORD).await
}

async fn send(door: &Door, path: &str, token: &str) -> Answer {
    door.ask(TestRequest::post().uri(path).insert_header(("cookie", format!("refresh_token={token}")))).await
}

async fn refresh(door: &Door, token: &str) -> Answer {
    send(door, "/auth/refresh", token).await
}

#[actix_web::test]
async fn a_session_renews_access_tokens_and_no_script_sees_its_cookie() {
    let door = Door::open(nobody()).await;
    let signed_in = customer(&door).await;
    let (first, attributes) = cookie(&signed_in, "refresh_token").unwrap();
    assert_eq!(attributes, "Max-Age=2592000; Path=/auth; Secure; HttpOnly; SameSite=Strict");
    assert!(!signed_in.body.to_string().contains(&first));
    let mut shown = first;
    for _ in 0..3 {
        door.installation.advance(SignedDuration::from_mins(9));
        let renewed = refresh(&door, &shown).await;
        assert_eq!((renewed.status, &renewed.body["expires_in"]), (StatusCode::OK, &json!(600)));
        assert_eq!(renewed.body["user_id"], signed_in.body["user_id"]);
        let me = door.get("/auth/me", renewed.body["access_token"].as_str().unwrap()).await;
        assert_eq!(me.body["email"], "mei@example.com");
        let next = token(&renewed);
        assert_ne!(next, shown);
        shown = next;
    }
}

#[actix_web::test]
async fn two_tabs_that_refresh_at_once_stay_signed_in() {
    let door = Door::open(nobody()).await;
    let shown = token(&customer(&door).await);
    let (one, other) = tokio::join!(refresh(&door, &shown), refresh(&door, &shown));
    assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(token(&one), token(&other), "the same successor");
    door.installation.advance(SignedDuration::from_secs(10));
    let late = refresh(&door, &shown).await;
    assert_eq!((late.status, token(&late)), (StatusCode::OK, token(&one)), "an answer that got lost");
    assert_eq!(refresh(&door, &token(&one)).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_stolen_old_token_ends_the_family() {
    for steps in [1, 2] {
        let door = Door::open(nobody()).await;
        let stolen = token(&customer(&door).await);
        let other = token(&sign_in(&door, "mei@example.com", PASSWORD).await);
        let mut owners = stolen.clone();
        for _ in 0..steps {
            owners = token(&refresh(&door, &owners).await);
        }
        door.installation.advance(SignedDuration::from_secs(11));
        let thief = refresh(&door, &stolen).await;
        assert_eq!(thief.status, StatusCode::UNAUTHORIZED);
        assert_eq!(cookie(&thief, "refresh_token").unwrap().0, "");
        assert_eq!(refresh(&door, &owners).await.status, StatusCode::UNAUTHORIZED, "the owner signs in again");
        assert_eq!(refresh(&door, &other).await.status, StatusCode::OK, "another device's session lives on");
    }
}

#[actix_web::test]
async fn signing_out_ends_the_session_whichever_of_its_tokens_is_shown() {
    let door = Door::open(nobody()).await;
    let old = token(&customer(&door).await);
    let new = token(&refresh(&door, &old).await);
    let out = send(&door, "/auth/logout", &old).await;
    assert_eq!((out.status, cookie(&out, "refresh_token").unwrap().0.as_str()), (StatusCode::NO_CONTENT, ""));
    for token in [old, new] {
        assert_eq!(refresh(&door, &token).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(door.ask(TestRequest::post().uri("/auth/logout")).await.status, StatusCode::NO_CONTENT, "none");
}

#[actix_web::test]
async fn what_is_no_token_of_ours_renews_nothing_and_touches_no_other_row() {
    let door = Door::open(nobody()).await;
    let shown = token(&customer(&door).await);
    let parts: Vec<_> = shown.split('.').collect();
    let user = parts[0];
    for made_up in [
        String::new(),
        "x".to_owned(),
        format!("{user}.profile.x"),
        format!("{user}.{}", parts[1]),
        format!("usr_nobody.{}.{}", parts[1], parts[2]),
        format!("{user}.{}.{}.x", parts[1], parts[2]),
        format!("emails.mei@example.com.{}", parts[2]),
    ] {
        assert_eq!(refresh(&door, &made_up).await.status, StatusCode::UNAUTHORIZED, "{made_up}");
        assert_eq!(send(&door, "/auth/logout", &made_up).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(refresh(&door, &shown).await.status, StatusCode::OK);
    sign_in(&door, "mei@example.com", PASSWORD).await;
}

#[actix_web::test]
async fn a_session_that_is_not_used_ends_and_its_row_expires() {
    for (kept, settings, email, password) in [
        (SignedDuration::from_hours(30 * 24), nobody(), "mei@example.com", PASSWORD),
        (SignedDuration::from_hours(12), boss(), "boss@example.com", "swordfish"),
    ] {
        let door = Door::open(settings).await;
        customer(&door).await;
        let mut shown = token(&sign_in(&door, email, password).await);
        for _ in 0..2 {
            door.installation.advance(kept - SignedDuration::from_secs(1));
            shown = token(&refresh(&door, &shown).await);
        }
        door.installation.advance(kept);
        assert_eq!(refresh(&door, &shown).await.status, StatusCode::UNAUTHORIZED, "{email}");
    }
}

#[actix_web::test]
async fn a_session_ends_with_the_password_it_was_begun_with() {
    let door = Door::open(administered(shotengai_storefront::config::Password::Plain("tuna".into()))).await;
    let shown = token(&sign_in(&door, "boss@example.com", "tuna").await);
    let other_pod = door.beside(administered(shotengai_storefront::config::Password::Plain("tuna".into()))).await;
    let shown = token(&refresh(&other_pod, &shown).await);
    let changed = door.beside(administered(shotengai_storefront::config::Password::Plain("salmon".into()))).await;
    assert_eq!(refresh(&changed, &shown).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&other_pod, &shown).await.status, StatusCode::UNAUTHORIZED, "ended, not only refused");

    let customers = token(&customer(&door).await);
    let user = customers.split('.').next().unwrap();
    let table = door.installation.infra.table(tables::USERS.name);
    table.delete(&Key::new(user, "credentials"), Condition::Any).await.unwrap();
    assert_eq!(refresh(&door, &customers).await.status, StatusCode::UNAUTHORIZED, "the account is gone");
}

#[actix_web::test]
async fn the_table_has_no_token_that_could_be_used() {
    let door = Door::open(nobody()).await;
    let first = token(&customer(&door).await);
    let second = token(&refresh(&door, &first).await);
    let table = door.installation.infra.table(tables::USERS.name);
    let user = first.split('.').next().unwrap();
    let rows = table.list(&format!("sessions/{user}"), "", None, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    for token in [first, second] {
        let secret = token.rsplit('.').next().unwrap();
        assert!(!rows[0].doc.to_string().contains(secret) && secret.len() == 43, "256 bits");
    }
}
