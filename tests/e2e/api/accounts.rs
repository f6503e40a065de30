//! Signing in, and one's own account.

use shotengai_tests::test_cluster::{ADMIN_EMAIL, ADMIN_PASSWORD};

use super::recorder::{Recorder, get, post};

pub(super) async fn record(recorder: &mut Recorder) {
    recorder.section("accounts");
    let guest = post("/auth/guest");
    recorder.asks("a guest without an address", guest.clone().json("{}")).await;
    let body = r#"{"email":"mei@example.com","language":"en"}"#;
    let told = recorder.asks("a guest with an address", guest.clone().json(body)).await;
    recorder.knows("mei", told.body["access_token"].as_str().unwrap());
    let german = guest.clone().header("accept-language", "de, en;q=0.8").json("{}");
    let told = recorder.asks("a guest whose browser prefers German and then English", german).await;
    recorder.knows("greta", told.body["access_token"].as_str().unwrap());
    recorder.asks("an address that is none", guest.clone().json(r#"{"email":"mei"}"#)).await;
    recorder.asks("an address that is too long", guest.clone().json(long_address())).await;
    recorder.asks("a language that mails are not written in", guest.clone().json(r#"{"language":"de"}"#)).await;
    recorder.asks("several faults", guest.clone().json(r#"{"email":7,"language":1,"name":"Mei"}"#)).await;
    recorder.asks("no body", guest.clone()).await;
    recorder.asks("an empty body", guest.json("")).await;

    let login = post("/auth/login");
    let right = format!(r#"{{"email":"{ADMIN_EMAIL}","password":"{ADMIN_PASSWORD}"}}"#);
    recorder.asks("the administrator", login.clone().json(right)).await;
    let wrong = format!(r#"{{"email":"{ADMIN_EMAIL}","password":"wrong"}}"#);
    recorder.asks("a wrong password", login.clone().json(wrong)).await;
    let nobody = r#"{"email":"nobody@example.com","password":"wrong"}"#;
    recorder.asks("an unknown address", login.clone().json(nobody)).await;
    recorder.asks("a missing password", login.json(r#"{"email":"nobody@example.com"}"#)).await;

    let me = get("/auth/me");
    recorder.asks("a guest without an address about themselves", me.clone().by("guest")).await;
    recorder.asks("a guest with an address about themselves", me.clone().by("mei")).await;
    recorder.asks("the language taken from the browser", me.clone().by("greta")).await;
    recorder.asks("the administrator about themselves", me.clone().by("admin")).await;
    recorder.asks("nobody about themselves", me.clone()).await;
    recorder.asks("a token that is none", me.clone().by("nonsense")).await;
    recorder.asks("another scheme", me.clone().header("authorization", "Basic YTpi")).await;
    recorder.asks("parameters", get("/auth/me?foo=1").by("guest")).await;

    recorder.asks("the keys of access tokens", get("/.well-known/jwks.json")).await;
}

fn long_address() -> String {
    format!(r#"{{"email":"{}@example.com"}}"#, "x".repeat(250))
}
