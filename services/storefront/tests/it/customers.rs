//! Customers: registering, signing in, and their list.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_contracts::topology::tables;
use shotengai_kit::Installation;
use shotengai_messaging::{Infrastructure, Key};
use shotengai_testing::memory::{FaultInjector, InjectedFault};
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

/// By answer and by time. The machine may be busy, so the middle times of both kinds have some tries to lie together.
#[actix_web::test]
async fn neither_login_nor_register_tells_whether_an_address_has_an_account() {
    let door = Door::open(nobody()).await;
    door.post("/auth/register", wish("known@example.com")).await;
    for path in ["/auth/login", "/auth/register"] {
        let mut tried = Vec::new();
        for attempt in 0_u8..6 {
            let (known, unknown) = middle_times(&door, path, attempt).await;
            println!("{path}: known {known:?}, unknown {unknown:?}");
            tried.push((known, unknown));
            if known.abs_diff(unknown) < Duration::from_millis(60) {
                break;
            }
        }
        let (known, unknown) = tried[tried.len() - 1];
        assert!(known.abs_diff(unknown) < Duration::from_millis(60), "{path}: {tried:?}");
    }
}

async fn middle_times(door: &Door, path: &str, attempt: u8) -> (Duration, Duration) {
    let (mut answers, mut times) = (Vec::new(), [Vec::new(), Vec::new()]);
    for round in 0_u8..10 {
        let unknown = format!("unknown.{attempt}.{round}@example.com");
        for (kind, email) in ["known@example.com", &unknown].into_iter().enumerate() {
            let started = Instant::now();
            // Each from elsewhere: who guesses often at one address is slowed down.
            let request = TestRequest::post().uri(path).peer_addr(([203, 0, attempt, round], 1).into());
            let body = json!({ "email": email, "password": "not the password" });
            let mut answer = door.ask(request.set_json(body)).await;
            times[kind].push(started.elapsed());
            if let Some(body) = answer.body.as_object_mut() {
                body.remove("instance");
            }
            answers.push((answer.status, answer.headers.keys().count(), answer.body));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    for times in &mut times {
        times.sort();
    }
    (times[0][5], times[1][5])
}

/// Notes what a table is asked.
#[derive(Default)]
struct Asked(Mutex<Vec<&'static str>>);

impl FaultInjector for Asked {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        self.0.lock().unwrap().push(operation);
        None
    }
}

#[actix_web::test]
async fn a_known_address_and_an_unknown_one_ask_the_table_the_same() {
    let asked = Arc::new(Asked::default());
    let door = Door::over(Arc::new(Installation::with_faults(1, Arc::clone(&asked) as _)), nobody()).await;
    door.post("/auth/register", wish("known@example.com")).await;
    for path in ["/auth/login", "/auth/register"] {
        let mut both = Vec::new();
        for email in ["known@example.com", "unknown@example.com"] {
            asked.0.lock().unwrap().clear();
            door.post(path, json!({ "email": email, "password": "not the password" })).await;
            both.push(asked.0.lock().unwrap().clone());
        }
        assert!(both[0] == both[1] && !both[0].is_empty(), "{path}: {both:?}");
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

#[actix_web::test]
async fn an_account_is_erased_by_its_owner_or_the_administrator_and_by_nobody_else() {
    let door = Door::open(boss()).await;
    let token_of =
        async |email: &str, password: &str| text(&login(&door, email, password).await.body, "access_token").to_owned();
    let admin = token_of("boss@example.com", "swordfish").await;
    for by_owner in [true, false] {
        for email in ["mei@example.com", "hana@example.com"] {
            door.post("/auth/register", wish(email)).await;
        }
        let (mei, hana) = (token_of("mei@example.com", PASSWORD).await, token_of("hana@example.com", PASSWORD).await);
        let user = text(&door.get("/auth/me", &mei).await.body, "user_id").to_owned();
        let erase = || TestRequest::delete().uri(&format!("/customers/{user}"));
        assert_eq!(door.ask_by(erase(), &hana).await.status, StatusCode::NOT_FOUND);
        assert_eq!(door.ask(erase()).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(door.get("/auth/me", &mei).await.status, StatusCode::OK, "nothing happened");

        for _ in 0..2 {
            let erased = door.ask_by(erase(), if by_owner { &mei } else { &admin }).await;
            assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
        }
        assert_eq!(door.get("/auth/me", &mei).await.status, StatusCode::NOT_FOUND);
        assert_eq!(login(&door, "mei@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let contact = door.get(&format!("/internal/contacts/{user}"), INTERNAL_TOKEN).await;
        assert_eq!(text(&contact.body, "type"), "/problems/no-such-account");
        let rows: Vec<_> = door.installation.infra.memory_table(tables::USERS.name).all();
        let left: Vec<_> =
            rows.iter().filter(|row| format!("{row:?}").contains("mei@") || row.key.pk.contains(&user)).collect();
        assert!(left.is_empty() && rows.iter().any(|row| row.key.sk == "hana@example.com"), "{left:?}");
        let back = door.ask_by(TestRequest::post().uri("/auth/register").set_json(wish("mei@example.com")), &mei).await;
        assert_eq!(back.status, StatusCode::UNAUTHORIZED, "an erased account does not come back");
    }
    let administrators = TestRequest::delete().uri("/customers/usr_administrator");
    assert_eq!(door.ask_by(administrators, &admin).await.status, StatusCode::NOT_FOUND);
}
