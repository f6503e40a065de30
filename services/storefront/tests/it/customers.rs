//! Customers: registering, signing in, and their list.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_contracts::topology::tables;
use shotengai_messaging::{Infrastructure, Key};
use tokio::time::Instant;

use crate::support::{Answer, Door, INTERNAL_TOKEN, boss, nobody};

const PASSWORD: &str = "kinoko and takenoko";

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_else(|| panic!("{field} in {body}"))
}

fn wish(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD })
}

async fn login(door: &Door, email: &str, password: &str) -> Answer {
    door.post("/auth/login", json!({ "email": email, "password": password })).await
}

#[actix_web::test]
async fn who_registers_signs_in_by_address_however_it_is_written() {
    let door = Door::open(nobody()).await;
    let mut body = wish("Mei@BÜCHER.example");
    body["name"] = json!(" Mei ");
    let request = TestRequest::post().uri("/auth/register").insert_header(("accept-language", "en"));
    let registered = door.ask(request.set_json(body)).await;
    assert_eq!((registered.status, &registered.body), (StatusCode::ACCEPTED, &Value::Null));
    assert_eq!(registered.headers.get("cache-control").unwrap(), "no-store");
    for email in ["mei@bücher.example", "MEI@xn--bcher-kva.example"] {
        let signed_in = login(&door, email, PASSWORD).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
        let me = door.get("/auth/me", text(&signed_in.body, "access_token")).await;
        let wanted = json!({
            "user_id": signed_in.body["user_id"], "role": "customer", "guest": false, "email": "Mei@BÜCHER.example",
            "name": "Mei", "language": "en",
        });
        assert_eq!(me.body, wanted);
        let contact = door.get(&format!("/internal/contacts/{}", text(&me.body, "user_id")), INTERNAL_TOKEN).await;
        assert_eq!(contact.body, json!({ "email": "Mei@BÜCHER.example", "language": "en", "name": "Mei" }));
    }
    assert_eq!(login(&door, "mei@bücher.example", "kinoko and takenoko ").await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_guest_who_registers_stays_who_they_are() {
    let door = Door::open(nobody()).await;
    let guest = door.post("/auth/guest", json!({ "email": "old@example.com", "language": "en" })).await;
    let token = text(&guest.body, "access_token");
    let register = || TestRequest::post().uri("/auth/register").set_json(wish("mei@example.com"));
    assert_eq!(door.ask_by(register(), token).await.status, StatusCode::ACCEPTED);
    let signed_in = login(&door, "mei@example.com", PASSWORD).await;
    assert_eq!(signed_in.body["user_id"], guest.body["user_id"]);
    let me = door.get("/auth/me", token).await;
    assert_eq!((&me.body["guest"], &me.body["email"]), (&json!(false), &json!("mei@example.com")));
    assert_eq!(me.body["language"], "en", "the guest's own");
    let table = door.installation.infra.table(tables::USERS.name);
    let row = table.get(&Key::new(text(&guest.body, "user_id"), "profile")).await.unwrap().unwrap();
    assert_eq!(row.expires_at, None, "customers stay");

    let again = door.ask_by(register(), token).await;
    assert_eq!((again.status, text(&again.body, "type")), (StatusCode::CONFLICT, "/problems/already-registered"));
    assert_eq!(door.ask_by(register(), "nonsense").await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_guest_whose_wish_is_for_a_taken_address_stays_a_guest_and_hears_nothing_of_it() {
    let door = Door::open(boss()).await;
    door.post("/auth/register", wish("mei@example.com")).await;
    let guest = door.post("/auth/guest", json!({})).await;
    let token = text(&guest.body, "access_token");
    for taken in ["MEI@example.com", "boss@example.com"] {
        let request = TestRequest::post().uri("/auth/register");
        let answer = door.ask_by(request.set_json(json!({ "email": taken, "password": "another one" })), token).await;
        assert_eq!((answer.status, answer.body), (StatusCode::ACCEPTED, Value::Null));
        assert_eq!(door.get("/auth/me", token).await.body["guest"], true);
        assert_eq!(login(&door, taken, "another one").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(login(&door, "mei@example.com", PASSWORD).await.status, StatusCode::OK, "the owner's stays");
    assert_eq!(login(&door, "boss@example.com", "swordfish").await.body["user_id"], "usr_administrator");
}

#[actix_web::test]
async fn two_who_register_one_address_at_once_get_one_account() {
    let door = Door::open(nobody()).await;
    let with = |password: &str| json!({ "email": "mei@example.com", "password": password });
    let (one, other) = tokio::join!(
        door.post("/auth/register", with("password of one")),
        door.post("/auth/register", with("of another"))
    );
    assert_eq!((one.status, other.status), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
    let one = login(&door, "mei@example.com", "password of one").await.status;
    let other = login(&door, "mei@example.com", "of another").await.status;
    assert!((one == StatusCode::OK) ^ (other == StatusCode::OK), "{one} {other}");
}

#[actix_web::test]
async fn what_can_be_no_account_is_refused_and_the_password_is_not_repeated() {
    let door = Door::open(nobody()).await;
    for (change, status, pointer, problem) in [
        (json!({ "email": "mei" }), 422, "/email", "invalid-email"),
        (json!({ "password": "tuna" }), 422, "/password", "unsafe-password"),
        (json!({ "password": "Password1" }), 422, "/password", "unsafe-password"),
        (json!({ "password": "mei@example.com" }), 422, "/password", "unsafe-password"),
        (json!({ "name": "" }), 422, "/name", "invalid-text"),
        (json!({ "name": "Mei\u{202e}" }), 422, "/name", "invalid-text"),
        (json!({ "role": "administrator" }), 400, "/role", "invalid-body"),
    ] {
        let mut body = wish("mei@example.com");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = door.post("/auth/register", body).await;
        assert_eq!((refused.status.as_u16(), text(&refused.body, "pointer")), (status, pointer), "{}", refused.body);
        assert_eq!(text(&refused.body, "type"), format!("/problems/{problem}"));
        let told = refused.body.to_string();
        assert!(!told.contains("tuna") && !told.contains("Password1") && !told.contains(PASSWORD), "{told}");
    }
    assert_eq!(login(&door, "mei@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}

/// By answer and by time. Ten of each, one after the other: the quickest and the slowest of both kinds lie together.
#[actix_web::test]
async fn neither_login_nor_register_tells_whether_an_address_has_an_account() {
    let door = Door::open(nobody()).await;
    door.post("/auth/register", wish("known@example.com")).await;
    for (path, password) in [("/auth/login", "not the password"), ("/auth/register", "not the password")] {
        let (mut answers, mut times) = (Vec::new(), [Vec::new(), Vec::new()]);
        for round in 0_u8..10 {
            let unknown = format!("unknown{round}@example.com");
            for (kind, email) in ["known@example.com", &unknown].into_iter().enumerate() {
                let started = Instant::now();
                // Each from elsewhere: who guesses often at one address is slowed down.
                let request = TestRequest::post().uri(path).peer_addr(([203, 0, 113, round], 1).into());
                let mut answer = door.ask(request.set_json(json!({ "email": email, "password": password }))).await;
                times[kind].push(started.elapsed());
                if let Some(body) = answer.body.as_object_mut() {
                    body.remove("instance");
                }
                let headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
                answers.push((answer.status, headers.len(), answer.body));
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let middle = |times: &mut Vec<Duration>| {
            times.sort();
            times[times.len() / 2]
        };
        let (known, unknown) = (middle(&mut times[0]), middle(&mut times[1]));
        println!("{path}: known {known:?}, unknown {unknown:?}");
        assert!(known.abs_diff(unknown) < Duration::from_millis(60), "{path}: {known:?} and {unknown:?}");
    }
}

#[actix_web::test]
async fn the_administrator_lists_customers_by_address_in_pages() {
    let door = Door::open(boss()).await;
    for name in ["carol", "alice", "bob", "alina", "al"] {
        door.post("/auth/register", wish(&format!("{name}@example.com"))).await;
    }
    door.post("/auth/guest", json!({ "email": "aguest@example.com" })).await;
    let signed_in = login(&door, "boss@example.com", "swordfish").await;
    let token = text(&signed_in.body, "access_token");
    for (prefix, wanted) in [
        ("", vec!["al@", "alice@", "alina@", "bob@", "carol@"]),
        ("email=AL&", vec!["al@", "alice@", "alina@"]),
        ("email=al%40example&", vec!["al@"]),
        ("email=x&", vec![]),
    ] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = door.get(&format!("/customers?{prefix}limit=2{cursor}"), token).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            let items = page.body["items"].as_array().unwrap();
            found.extend(items.iter().map(|item| text(item, "email").replace("example.com", "")));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            assert!(items.len() == 2 && !next.contains("example"), "{next}");
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, wanted, "{prefix}");
    }
    for bad in ["cursor=1.x", "cursor=alice@example.com", "limit=0", "email=a&email=b", "name=x"] {
        assert_eq!(door.get(&format!("/customers?{bad}"), token).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let customer = login(&door, "bob@example.com", PASSWORD).await;
    assert_eq!(door.get("/customers", text(&customer.body, "access_token")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(door.ask(TestRequest::get().uri("/customers")).await.status, StatusCode::UNAUTHORIZED);
}
