//! Guessed passwords: who guesses is slowed down, the owner gets in.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;

use crate::support::{Answer, Door, nobody};

const PASSWORD: &str = "kinoko and takenoko";
const ATTACKER: &str = "203.0.113.66:1000";
const OWNER: &str = "198.51.100.7:1000";

fn login(peer: &str, email: &str, password: &str) -> TestRequest {
    let body = json!({ "email": email, "password": password });
    TestRequest::post().uri("/auth/login").peer_addr(peer.parse().unwrap()).set_json(body)
}

fn device(answer: &Answer) -> Option<String> {
    let headers = answer.headers.get_all("set-cookie").map(|header| header.to_str().unwrap());
    headers
        .into_iter()
        .find_map(|header| header.starts_with("device=").then(|| header.split(';').next().unwrap().to_owned()))
}

#[actix_web::test]
async fn a_thousand_wrong_passwords_are_slowed_and_the_owner_still_gets_in() {
    let door = Door::open(nobody()).await;
    for email in ["mei@example.com", "hana@example.com"] {
        door.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await;
    }
    let first = door.ask(login(ATTACKER, "mei@example.com", PASSWORD)).await;
    let known = device(&first).unwrap();

    let (mut checked, mut slowed) = (0, 0);
    for guess in 0..1_000 {
        // Other ways to write the address are the same account.
        let email = if guess % 2 == 0 { "mei@example.com" } else { "MEI@example.com" };
        let answer = door.ask(login(ATTACKER, email, &format!("guess {guess}"))).await;
        match answer.status {
            StatusCode::UNAUTHORIZED => checked += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                let wait: u32 = answer.headers.get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
                assert!((1..=6).contains(&wait), "{wait}");
                slowed += 1;
            }
            other => panic!("{other} {}", answer.body),
        }
    }
    println!("checked {checked}, slowed {slowed}");
    assert!((5..=60).contains(&checked) && checked + slowed == 1_000, "{checked} {slowed}");

    // At a moment from which on nothing is checked for some seconds, however slow this machine is.
    let waits = async {
        loop {
            let answer = door.ask(login(ATTACKER, "mei@example.com", "guess")).await;
            let wait = answer.headers.get("retry-after").and_then(|wait| wait.to_str().ok()?.parse::<u32>().ok());
            if wait.is_some_and(|wait| wait >= 5) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waits).await.unwrap();
    let right = door.ask(login(ATTACKER, "mei@example.com", PASSWORD)).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "the right one among them would tell");
    assert_eq!(door.ask(login(OWNER, "mei@example.com", PASSWORD)).await.status, StatusCode::OK, "another address");
    let same = login(ATTACKER, "mei@example.com", PASSWORD).insert_header(("cookie", known.clone()));
    let same = door.ask(same).await;
    assert_eq!((same.status, device(&same)), (StatusCode::OK, None), "a device that signed in before");
    assert_eq!(door.ask(login(ATTACKER, "hana@example.com", PASSWORD)).await.status, StatusCode::OK, "a neighbour");

    let others = login(ATTACKER, "hana@example.com", "wrong").insert_header(("cookie", known));
    assert_eq!(door.ask(others).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_device_that_guesses_is_slowed_too_and_a_made_up_one_is_no_device() {
    let door = Door::open(nobody()).await;
    door.post("/auth/register", json!({ "email": "mei@example.com", "password": PASSWORD })).await;
    let known = device(&door.ask(login(OWNER, "mei@example.com", PASSWORD)).await).unwrap();
    for cookie in [known.clone(), format!("{known}x"), "device=x.y".to_owned()] {
        let mut statuses = Vec::new();
        for _ in 0..6 {
            let guess = login(ATTACKER, "mei@example.com", "wrong").insert_header(("cookie", cookie.clone()));
            statuses.push(door.ask(guess).await.status);
        }
        let slowed = statuses.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
        assert!(slowed >= 1, "{cookie}: {statuses:?}");
    }
    let mut own = Vec::new();
    for _ in 0..20 {
        own.push(door.ask(login(OWNER, "mei@example.com", PASSWORD)).await.status);
    }
    assert!(own.iter().all(|status| *status == StatusCode::OK), "one's own sign-ins don't count: {own:?}");
}
