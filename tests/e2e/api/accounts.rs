//! Signing in, and one's own account.

use shotengai_tests::test_cluster::{ADMIN_EMAIL, ADMIN_PASSWORD};

use reqwest::Method;

use super::recorder::{Recorder, ask, get, post};

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

    let register = post("/auth/register");
    let hana = r#"{"email":"hana@example.com","password":"kinoko and takenoko","name":"Hana","language":"en"}"#;
    recorder.asks("an account", register.clone().json(hana)).await;
    recorder.asks("an account at an address that has one", register.clone().json(hana)).await;
    let common = r#"{"email":"hana@example.com","password":"Password1"}"#;
    recorder.asks("a password that everybody tries", register.clone().json(common)).await;
    let short = r#"{"email":"hana@example.com","password":"tuna"}"#;
    recorder.asks("a password that is too short", register.clone().json(short)).await;
    let unreadable = r#"{"email":"hana@example.com","password":"kinoko and takenoko","name":"\u0000"}"#;
    recorder.asks("a name that can't be read", register.clone().json(unreadable)).await;
    let told = recorder
        .asks(
            "a customer signs in",
            post("/auth/login").json(r#"{"email":"Hana@Example.com","password":"kinoko and takenoko"}"#),
        )
        .await;
    recorder.knows("hana", told.body["access_token"].as_str().unwrap());
    recorder.knows("hana's session", told.cookie.as_ref().unwrap());
    let hanas = format!("/customers/{}", told.body["user_id"].as_str().unwrap());
    recorder.asks("a refresh", post("/auth/refresh").session("hana's session")).await;
    recorder.asks("an account for somebody who has one", register.json(hana).by("hana")).await;
    let password = post("/auth/password");
    let change =
        |from: &str, to: &str| password.clone().json(format!(r#"{{"password":"{from}","new_password":"{to}"}}"#));
    let (old, new) = ("kinoko and takenoko", "takenoko and kinoko");
    recorder.asks("another password, by a wrong one", change("kinoko", new).by("hana")).await;
    recorder.asks("another password that everybody tries", change(old, "Password1").by("hana")).await;
    recorder.asks("another password, for a guest", change(old, new).by("mei")).await;
    let told = recorder.asks("another password", change(old, new).by("hana")).await;
    recorder.knows("hana", told.body["access_token"].as_str().unwrap());
    recorder
        .asks("a refresh of a session that the change ended", post("/auth/refresh").session("hana's session"))
        .await;
    recorder.asks("a refresh without a session", post("/auth/refresh")).await;
    let nonsense = post("/auth/refresh").header("cookie", "refresh_token=nonsense");
    recorder.asks("a refresh by a cookie that is none of ours", nonsense.clone()).await;
    recorder.asks("a cookie that another site's page sends", nonsense.header("origin", "https://evil.example")).await;
    recorder.asks("signing out without a session", post("/auth/logout")).await;
    recorder.asks("customers", get("/customers?email=HANA&limit=1").by("admin")).await;
    recorder.asks("a cursor that is none", get("/customers?cursor=1.x").by("admin")).await;
    recorder.asks("customers, for a customer", get("/customers").by("hana")).await;
    recorder.asks("somebody else's account is not erased", ask(Method::DELETE, "/customers/usr_1").by("hana")).await;

    let me = get("/auth/me");
    recorder.asks("a customer about themselves", me.clone().by("hana")).await;
    recorder.asks("one's own account is erased", ask(Method::DELETE, hanas).by("hana")).await;
    recorder.asks("an account that is no longer there", me.clone().by("hana")).await;
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
