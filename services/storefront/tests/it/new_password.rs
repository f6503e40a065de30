//! Changing one's password.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::{Answer, Door, boss, nobody};

const OLD: &str = "kinoko and takenoko";
const NEW: &str = "takenoko and kinoko";

async fn login(door: &Door, email: &str, password: &str) -> Answer {
    door.post("/auth/login", json!({ "email": email, "password": password })).await
}

fn access(answer: &Answer) -> &str {
    answer.body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {}", answer.body))
}

/// A `Cookie` header with the refresh token that an answer sets.
fn session(answer: &Answer) -> (&'static str, String) {
    let mut set = answer.headers.get_all("set-cookie").map(|header| header.to_str().unwrap());
    let token = set.find(|header| header.starts_with("refresh_token=")).unwrap();
    ("cookie", token.split(';').next().unwrap().to_owned())
}

async fn refreshed(door: &Door, session: (&'static str, String)) -> StatusCode {
    door.ask(TestRequest::post().uri("/auth/refresh").insert_header(session)).await.status
}

async fn change(door: &Door, token: &str, from: &str, to: &str) -> Answer {
    let body = json!({ "password": from, "new_password": to });
    door.ask_by(TestRequest::post().uri("/auth/password").set_json(body), token).await
}

async fn registered(door: &Door) -> Answer {
    door.post("/auth/register", json!({ "email": "mei@example.com", "password": OLD })).await;
    login(door, "mei@example.com", OLD).await
}

#[actix_web::test]
async fn a_new_password_holds_and_ends_every_session_but_the_one_that_it_begins() {
    let door = Door::open(nobody()).await;
    let (here, elsewhere) = (registered(&door).await, login(&door, "mei@example.com", OLD).await);
    let changed = change(&door, access(&here), OLD, NEW).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.body["user_id"], here.body["user_id"]);
    assert_eq!(login(&door, "mei@example.com", OLD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(login(&door, "mei@example.com", NEW).await.status, StatusCode::OK);
    for before in [&here, &elsewhere] {
        assert_eq!(refreshed(&door, session(before)).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(refreshed(&door, session(&changed)).await, StatusCode::OK);
}

#[actix_web::test]
async fn of_two_changes_at_once_one_holds() {
    let door = Door::open(nobody()).await;
    let mei = registered(&door).await;
    let (one, other) = tokio::join!(
        change(&door, access(&mei), OLD, "the password of one"),
        change(&door, access(&mei), OLD, "the password of another")
    );
    let (one, other) = (one.status == StatusCode::OK, other.status == StatusCode::OK);
    assert!(one ^ other, "{one} {other}");
    let holds = if one { "the password of one" } else { "the password of another" };
    assert_eq!(login(&door, "mei@example.com", holds).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn what_changes_no_password_is_refused_and_named() {
    let door = Door::open(boss()).await;
    let mei = registered(&door).await;
    let guest = door.post("/auth/guest", json!({ "email": "guest@example.com" })).await;
    let admin = login(&door, "boss@example.com", "swordfish").await;
    let cases = [
        (&mei, "tuna", NEW, 422, "wrong-password", "/password"),
        (&mei, OLD, "tuna", 422, "unsafe-password", "/new_password"),
        (&mei, OLD, "mei@example.com", 422, "unsafe-password", "/new_password"),
        (&guest, OLD, NEW, 409, "no-password", ""),
        (&admin, "swordfish", NEW, 409, "no-password", ""),
    ];
    for (who, from, to, status, slug, pointer) in cases {
        let answer = change(&door, access(who), from, to).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.body["type"], format!("/problems/{slug}"));
        if !pointer.is_empty() {
            let told = &answer.body["pointer"];
            assert_eq!(told, &Value::from(pointer), "{}", answer.body);
        }
    }
    assert_eq!(login(&door, "mei@example.com", OLD).await.status, StatusCode::OK, "it is as it was");
    let path = format!("/customers/{}", mei.body["user_id"].as_str().unwrap());
    door.ask_by(TestRequest::delete().uri(&path), access(&mei)).await;
    assert_eq!(change(&door, access(&mei), OLD, NEW).await.status, StatusCode::NOT_FOUND, "it was erased");
}

#[actix_web::test]
async fn who_finds_an_open_session_does_not_guess_its_password_here() {
    let door = Door::open(nobody()).await;
    let mei = registered(&door).await;
    let mut statuses = Vec::new();
    for n in 0..7 {
        statuses.push(change(&door, access(&mei), &format!("a guess {n}"), NEW).await.status.as_u16());
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429]);
}
