//! Access tokens of another issuer.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use jiff::SignedDuration;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use shotengai_kernel::{Clock, ManualClock, Timestamp};
use shotengai_kit::Installation;
use shotengai_kit::oidc_issuer::{AUDIENCE, Issuer, public, sign, sign_by_another};
use shotengai_runtime::auth::KeyEndpoint;
use shotengai_storefront::config::{OidcSettings, StorefrontSettings};
use shotengai_storefront::oidc::discovery::Discovery;

use crate::support::{Door, INTERNAL_TOKEN, boss, nobody};

/// The time of every installation at its beginning.
fn beginning() -> Timestamp {
    ManualClock::default().now()
}

/// In seconds since 1970.
fn now() -> i64 {
    beginning().as_second()
}

fn settings(issuer: &Issuer) -> OidcSettings {
    OidcSettings {
        issuer: issuer.url.clone(),
        audience: AUDIENCE.to_owned(),
        ca_file: None,
        role_claim: "realm_access.roles".to_owned(),
        admin_role: Some("boss".to_owned()),
    }
}

async fn door(oidc: OidcSettings) -> Door {
    let settings = StorefrontSettings { oidc: Some(oidc), ..nobody() };
    Door::gated(Arc::new(Installation::new(1)), settings).await
}

async fn me(door: &Door, token: &str) -> (StatusCode, Value) {
    let answer = door.get("/auth/me", token).await;
    (answer.status, answer.body)
}

#[actix_web::test]
async fn who_comes_with_another_issuers_token_has_an_account_from_the_first_call_on() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    let person = json!({ "email": "Hana@例え.jp", "email_verified": true, "name": "Hana", "locale": "en-GB" });
    let (status, first) = me(&door, &issuer.signed(&person, "1")).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let id = first["user_id"].clone();
    let wanted = json!({
        "user_id": id, "role": "customer", "guest": false, "email": "Hana@例え.jp", "name": "Hana", "language": "en",
    });
    assert_eq!(first, wanted);
    // A token that says less takes nothing away; another person is another account.
    assert_eq!(me(&door, &issuer.token("1")).await.1, wanted);
    assert_ne!(me(&door, &issuer.token("2")).await.1["user_id"], id);
    // Mails find the address, and another process knows the same person.
    let beside =
        Door::gated(Arc::clone(&door.installation), StorefrontSettings { oidc: Some(settings(&issuer)), ..nobody() });
    let beside = beside.await;
    let contact = beside.get(&format!("/internal/contacts/{}", id.as_str().unwrap()), INTERNAL_TOKEN).await;
    assert_eq!(contact.body, json!({ "email": "Hana@例え.jp", "language": "en", "name": "Hana" }));
    let moved = json!({ "email": "mei@example.com", "email_verified": true });
    let (_, moved) = me(&beside, &issuer.signed(&moved, "1")).await;
    assert_eq!((&moved["user_id"], &moved["email"]), (&id, &json!("mei@example.com")));
}

#[actix_web::test]
async fn an_address_that_is_written_otherwise_is_the_same_and_stands_in_the_list_once() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    let boss = issuer.signed(&json!({ "realm_access": { "roles": ["boss"] } }), "9");
    for email in ["Hana@example.com", "hana@example.com", "hana@EXAMPLE.com"] {
        let claims = json!({ "email": email, "email_verified": true });
        let (status, body) = me(&door, &issuer.signed(&claims, "1")).await;
        assert_eq!((status, &body["email"]), (StatusCode::OK, &json!(email)), "{body}");
        let listed = door.get("/customers?email=hana", &boss).await.body;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    }
}

#[actix_web::test]
async fn first_calls_at_once_open_one_account() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    let other =
        Door::gated(Arc::clone(&door.installation), StorefrontSettings { oidc: Some(settings(&issuer)), ..nobody() })
            .await;
    let names = |name: &str| json!({ "name": name, "locale": "en_US" });
    let tokens: Vec<_> = ["Hana", "Mei", "Hana"].map(|name| issuer.signed(&names(name), "1")).into();
    let calls = tokens.iter().flat_map(|token| [me(&door, token), me(&other, token)]);
    let all = futures::future::join_all(calls).await;
    assert!(all.iter().all(|(status, me)| *status == StatusCode::OK && me["language"] == "en"), "{all:?}");
    let ids: std::collections::BTreeSet<_> = all.iter().map(|(_, me)| me["user_id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[actix_web::test]
async fn a_role_is_the_tokens_that_is_shown() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    let boss = issuer.signed(&json!({ "realm_access": { "roles": ["boss"] } }), "1");
    for (token, role, status) in
        [(&boss, "administrator", 200), (&issuer.token("1"), "customer", 403), (&boss, "administrator", 200)]
    {
        assert_eq!(me(&door, token).await.1["role"], role);
        assert_eq!(door.get("/customers", token).await.status.as_u16(), status);
    }
}

#[actix_web::test]
async fn while_the_issuer_is_away_an_unknown_key_may_be_a_good_one() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    assert_eq!(me(&door, &issuer.token("1")).await.0, StatusCode::OK);
    let unknown = sign(Algorithm::RS256, Some("two"), &issuer.claims("1"));
    assert_eq!(me(&door, &unknown).await.0, StatusCode::UNAUTHORIZED, "the keys are of this moment");
    issuer.leave(true);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(31)).await;
    tokio::time::resume();
    for _ in 0..3 {
        assert_eq!(me(&door, &unknown).await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(me(&door, &issuer.token("2")).await.0, StatusCode::OK, "a known one is known");
}

#[actix_web::test]
async fn every_kind_of_key_that_is_accepted_signs() {
    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256] {
        let issuer = Issuer::open(beginning()).await;
        issuer.publish(&json!({ "keys": [public(algorithm, "one")] }));
        let door = door(settings(&issuer)).await;
        let token = sign(algorithm, Some("one"), &issuer.claims("1"));
        assert_eq!(me(&door, &token).await.0, StatusCode::OK, "{algorithm:?}");
    }
}

#[actix_web::test]
async fn a_role_there_makes_an_administrator_here_who_lists_and_erases_its_customers() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    let address = |email: &str| json!({ "email": email, "email_verified": true });
    for (subject, email) in [("1", "hana@example.com"), ("2", "hana@example.com"), ("3", "mei@example.com")] {
        assert_eq!(me(&door, &issuer.signed(&address(email), subject)).await.0, StatusCode::OK);
    }
    let list = |token: String| {
        let door = &door;
        async move { door.get("/customers?email=hana", &token).await }
    };
    assert_eq!(list(issuer.token("1")).await.status, StatusCode::FORBIDDEN);
    let admin = issuer.signed(&json!({ "realm_access": { "roles": ["boss"] } }), "9");
    let listed = list(admin.clone()).await.body;
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{listed}");
    let erased = items[0]["user_id"].as_str().unwrap();
    let request = TestRequest::delete().uri(&format!("/customers/{erased}"));
    assert_eq!(door.ask_by(request, &admin).await.status, StatusCode::NO_CONTENT);
    let rest = list(admin.clone()).await.body;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1, "{rest}");
    // Whoever comes again is a new customer, who can't be told to be the one of before.
    door.installation.advance(SignedDuration::from_secs(61));
    let again: Vec<_> = [me(&door, &issuer.token("1")).await, me(&door, &issuer.token("2")).await].into();
    let ids: Vec<_> = again.iter().map(|(_, me)| me["user_id"].as_str().unwrap()).collect();
    assert!(!ids.contains(&erased), "{ids:?}");
}

#[actix_web::test]
async fn whatever_is_wrong_with_a_token_it_gets_nobody_in() {
    let issuer = Issuer::open(beginning()).await;
    let door = door(settings(&issuer)).await;
    let claims = issuer.claims("1");
    let changed = |change: Value| issuer.signed(&change, "1");
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        sign(Algorithm::RS256, Some("one"), &claims)
    };
    let good = issuer.token("1");
    let parts: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("no JWT") };
    let others = issuer.token("2");
    let others = others.split('.').nth(1).unwrap();
    for (what, token) in [
        ("another key", sign_by_another(&claims)),
        ("another audience", changed(json!({ "aud": "elsewhere" }))),
        ("no audience", without("aud")),
        ("another issuer", changed(json!({ "iss": "http://localhost:1/" }))),
        ("no slash", changed(json!({ "iss": issuer.url.trim_end_matches('/') }))),
        ("expired", changed(json!({ "exp": now() - 10 }))),
        ("no end", without("exp")),
        ("not yet", changed(json!({ "nbf": now() + 60 }))),
        ("nobody", without("sub")),
        ("another algorithm", sign(Algorithm::RS512, Some("one"), &claims)),
        ("another key id", sign(Algorithm::RS256, Some("two"), &claims)),
        ("no signature", format!("{header}.{payload}.")),
        ("another payload", format!("{header}.{others}.{signature}")),
    ] {
        let (status, body) = me(&door, &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}: {body}");
    }
    assert_eq!(me(&door, &issuer.token("1")).await.0, StatusCode::OK);
    // Our own tokens go on being good.
    let guest = door.post("/auth/guest", json!({})).await.body;
    assert_eq!(me(&door, guest["access_token"].as_str().unwrap()).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_set_of_one_key_needs_no_key_id_and_one_of_two_does() {
    let issuer = Issuer::open(beginning()).await;
    let mut nameless = public(Algorithm::RS256, "");
    nameless.as_object_mut().unwrap().remove("kid");
    issuer.publish(&json!({ "keys": [nameless, { "kty": "oct", "k": "c2VjcmV0" }] }));
    let one = door(settings(&issuer)).await;
    let token = sign(Algorithm::RS256, None, &issuer.claims("1"));
    assert_eq!(me(&one, &token).await.0, StatusCode::OK);
    issuer.publish(&json!({ "keys": [public(Algorithm::RS256, "one"), public(Algorithm::RS256, "two")] }));
    let two = door(settings(&issuer)).await;
    assert_eq!(me(&two, &token).await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn while_the_issuer_is_away_only_its_own_new_callers_wait() {
    let issuer = Issuer::open(beginning()).await;
    issuer.leave(true);
    let door = door(settings(&issuer)).await;
    let (status, body) = me(&door, &issuer.token("1")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    let guest = door.post("/auth/guest", json!({})).await.body;
    assert_eq!(me(&door, guest["access_token"].as_str().unwrap()).await.0, StatusCode::OK);
    issuer.leave(false);
    let known = async {
        while me(&door, &issuer.token("1")).await.0 != StatusCode::OK {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), known).await.unwrap();
    let asked = issuer.asked();
    issuer.leave(true);
    assert_eq!(me(&door, &issuer.token("3")).await.0, StatusCode::OK, "its keys are known");
    assert_eq!(issuer.asked(), asked, "and not asked for at each call");
}

#[actix_web::test]
async fn an_address_that_is_taken_or_unverified_gives_nobody_anothers_account() {
    let issuer = Issuer::open(beginning()).await;
    let settings = StorefrontSettings { oidc: Some(settings(&issuer)), ..boss() };
    let door = Door::gated(Arc::new(Installation::new(1)), settings).await;
    door.post("/auth/register", json!({ "email": "hana@example.com", "password": "kinoko and takenoko" })).await;
    let login = json!({ "email": "hana@example.com", "password": "kinoko and takenoko" });
    let ours = door.post("/auth/login", login).await.body["user_id"].clone();
    for verified in [true, false] {
        let claims = json!({ "email": "hana@example.com", "email_verified": verified });
        let (_, theirs) = me(&door, &issuer.signed(&claims, &format!("verified {verified}"))).await;
        assert_ne!(theirs["user_id"], ours);
        assert_eq!(theirs["email"].is_string(), verified, "{theirs}");
    }
    let boss = json!({ "email": "boss@example.com", "email_verified": true });
    assert_eq!(me(&door, &issuer.signed(&boss, "boss")).await.1["role"], "customer");
}

#[actix_web::test]
async fn keys_come_by_tls_from_whom_the_file_trusts_and_from_the_issuer_alone() {
    let issuer = Issuer::encrypted(beginning()).await;
    let fetch = |file: Option<String>| {
        let discovery = Discovery::new(&issuer.url, file.as_deref());
        async move { discovery?.fetch().await }
    };
    let error = |outcome: anyhow::Result<_>| match outcome {
        Ok(_) => panic!("it is trusted"),
        Err(error) => format!("{error:#}"),
    };
    let strange = error(fetch(None).await);
    assert!(strange.contains("can't be reached"), "{strange}");
    let authority = issuer.authority().display().to_string();
    assert_eq!(fetch(Some(authority.clone())).await.unwrap().keys.len(), 1);
    let missing = error(fetch(Some("/nowhere.pem".to_owned())).await);
    assert!(missing.starts_with("OIDC_CA_FILE /nowhere.pem can't be used"), "{missing}");
    for (configuration, wanted) in [
        (json!({ "issuer": "https://localhost/", "jwks_uri": format!("{}keys", issuer.url) }), "names another issuer"),
        (json!({ "issuer": issuer.url, "jwks_uri": "http://localhost/keys" }), "don't come by TLS"),
        (json!({ "issuer": issuer.url }), "is not what it should be"),
    ] {
        issuer.configure(&configuration);
        let refused = error(fetch(Some(authority.clone())).await);
        assert!(refused.contains(wanted), "{refused}");
    }
}
