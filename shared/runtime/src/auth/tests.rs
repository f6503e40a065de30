use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use shotengai_kernel::{ManualClock, UserId};

use super::*;

const ISSUER: &str = "shotengai";

fn issuer(pem: &SecretString, clock: &Arc<ManualClock>) -> TokenIssuer {
    TokenIssuer::new(pem, ISSUER, Arc::clone(clock) as _).unwrap()
}

fn ed25519(clock: &Arc<ManualClock>) -> TokenIssuer {
    issuer(&generate_signing_key().unwrap(), clock)
}

fn administrator() -> Subject {
    Subject::administrator(UserId::parse("usr_1").unwrap())
}

async fn verdict(verifier: &TokenVerifier, token: &str) -> Result<AccountRole, AuthError> {
    verifier.verify(token).await.map(|claims| claims.role)
}

#[tokio::test]
async fn a_token_says_who_bears_it() {
    let clock = Arc::new(ManualClock::default());
    let issuer = ed25519(&clock);
    let verifier = TokenVerifier::fixed(&issuer.jwks(), ISSUER, clock);
    let token = issuer.issue(&administrator().named("Hana"), Duration::from_secs(60)).unwrap();
    let claims = verifier.verify(&token).await.unwrap();
    assert_eq!((claims.sub, claims.role, claims.guest), (administrator().user_id, AccountRole::Administrator, false));
    assert_eq!(claims.name.as_deref(), Some("Hana"));
}

#[tokio::test]
async fn a_p256_key_signs_too() {
    let clock = Arc::new(ManualClock::default());
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der = pair.to_pkcs8v1().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let issuer = issuer(&SecretString::from(pem), &clock);
    let verifier = TokenVerifier::fixed(&issuer.jwks(), ISSUER, clock);
    let token = issuer.issue(&administrator(), Duration::from_secs(60)).unwrap();
    assert_eq!(verdict(&verifier, &token).await, Ok(AccountRole::Administrator));
}

#[tokio::test]
async fn expired_tokens_and_those_of_others_are_refused() {
    let clock = Arc::new(ManualClock::default());
    let (ours, theirs) = (ed25519(&clock), ed25519(&clock));
    let verifier = TokenVerifier::fixed(&ours.jwks(), ISSUER, Arc::clone(&clock) as _);
    let elsewhere = TokenVerifier::fixed(&ours.jwks(), "elsewhere", Arc::clone(&clock) as _);
    let life = Duration::from_secs(60);
    let token = ours.issue(&administrator(), life).unwrap();
    assert_eq!(verdict(&elsewhere, &token).await, Err(AuthError::Invalid));
    assert_eq!(verdict(&verifier, &theirs.issue(&administrator(), life).unwrap()).await, Err(AuthError::Invalid));
    clock.advance(SignedDuration::from_secs(70));
    assert_eq!(verdict(&verifier, &token).await, Err(AuthError::Invalid));
}

#[tokio::test]
async fn the_header_of_a_token_does_not_choose_how_it_is_checked() {
    let clock = Arc::new(ManualClock::default());
    let ours = ed25519(&clock);
    let verifier = TokenVerifier::fixed(&ours.jwks(), ISSUER, Arc::clone(&clock) as _);
    let token = ours.issue(&administrator(), Duration::from_secs(60)).unwrap();
    let kid = ours.jwks().keys[0].common.key_id.clone().unwrap();
    let [_, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("no JWT") };
    for algorithm in ["none", "HS256", "ES256"] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}","kid":"{kid}"}}"#));
        for signature in ["", signature] {
            let forged = format!("{header}.{payload}.{signature}");
            assert_eq!(verdict(&verifier, &forged).await, Err(AuthError::Invalid), "{algorithm}");
        }
    }
    assert_eq!(verdict(&verifier, "no.token.").await, Err(AuthError::Invalid));
}

fn several(keys: &[&SecretString]) -> SecretString {
    keys.iter().map(|key| key.expose_secret()).collect::<Vec<_>>().join("\n").into()
}

#[tokio::test]
async fn a_key_is_exchanged_for_another_without_a_gap() {
    let clock = Arc::new(ManualClock::default());
    let (old, new) = (generate_signing_key().unwrap(), generate_signing_key().unwrap());
    let life = Duration::from_secs(60);
    let stages = [several(&[&old]), several(&[&old, &new]), several(&[&new, &old]), several(&[&new])];
    let stages = stages.map(|pem| issuer(&pem, &clock));
    let verifiers = stages.each_ref().map(|stage| TokenVerifier::fixed(&stage.jwks(), ISSUER, Arc::clone(&clock) as _));
    assert_eq!(stages.each_ref().map(|stage| stage.jwks().keys.len()), [1, 2, 2, 1]);
    for (at, verifier) in verifiers.iter().enumerate() {
        for (from, stage) in stages.iter().enumerate() {
            let good = verdict(verifier, &stage.issue(&administrator(), life).unwrap()).await.is_ok();
            // Who knows the keys of one stage takes the tokens of the one before and of the one after.
            assert!(good || at.abs_diff(from) > 1, "keys of stage {at}, token of stage {from}");
        }
    }
    let first = stages[0].issue(&administrator(), life).unwrap();
    assert_eq!(verdict(&verifiers[3], &first).await, Err(AuthError::Invalid), "a key that is taken out is forgotten");
}

#[test]
fn one_bad_key_among_several_is_refused() {
    let good = generate_signing_key().unwrap();
    for bad in ["", "  ", "hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"] {
        let pem = several(&[&good, &bad.into()]);
        assert_eq!(TokenIssuer::check_key(&pem).is_ok(), bad.trim().is_empty(), "{bad:?}");
    }
    assert_eq!(TokenIssuer::check_key(&SecretString::from(" \n")), Err(KeyError::Unusable));
}

#[test]
fn what_is_no_key_is_refused_without_quoting_it() {
    let error = TokenIssuer::check_key(&SecretString::from("hunter2")).unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}

mod remote {
    use std::net::TcpListener;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use actix_web::dev::ServerHandle;
    use actix_web::{App, HttpResponse, HttpServer, web};

    use super::*;

    /// What the key endpoint answers, and how often it was asked.
    #[derive(Default)]
    struct Endpoint {
        jwks: Mutex<Option<serde_json::Value>>,
        asked: AtomicU32,
    }

    async fn answer(endpoint: web::Data<Endpoint>) -> HttpResponse {
        endpoint.asked.fetch_add(1, Ordering::Relaxed);
        let jwks = endpoint.jwks.lock().unwrap().clone();
        jwks.map_or_else(|| HttpResponse::ServiceUnavailable().finish(), |jwks| HttpResponse::Ok().json(jwks))
    }

    /// Lets time pass for timers, and then go on by itself: sockets need it to.
    async fn pass(time: Duration) {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    }

    fn serve(endpoint: &web::Data<Endpoint>) -> (String, ServerHandle) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let served = endpoint.clone();
        let server = HttpServer::new(move || App::new().app_data(served.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        (url, handle)
    }

    #[tokio::test]
    async fn a_look_goes_on_where_whoever_asked_is_gone() {
        let clock = Arc::new(ManualClock::default());
        let ours = ed25519(&clock);
        let endpoint = web::Data::new(Endpoint::default());
        *endpoint.jwks.lock().unwrap() = Some(serde_json::to_value(ours.jwks()).unwrap());
        let (url, handle) = serve(&endpoint);
        let token = ours.issue(&administrator(), Duration::from_secs(60)).unwrap();
        let verifier =
            TokenVerifier::remote(&url, ISSUER, crate::direct_http().build().unwrap(), Arc::clone(&clock) as _);
        for _ in 0..3 {
            assert!(futures::poll!(Box::pin(verifier.verify(&token))).is_pending(), "gone before the answer");
        }
        assert_eq!(verdict(&verifier, &token).await, Ok(AccountRole::Administrator));
        assert_eq!(endpoint.asked.load(Ordering::Relaxed), 1);
        handle.stop(false).await;
    }

    #[tokio::test]
    async fn known_keys_go_on_working_and_unknown_ones_are_not_asked_for_again_and_again() {
        let clock = Arc::new(ManualClock::default());
        let (ours, unknown) = (ed25519(&clock), ed25519(&clock));
        let endpoint = web::Data::new(Endpoint::default());
        let (url, handle) = serve(&endpoint);

        let token = ours.issue(&administrator(), Duration::from_secs(60)).unwrap();
        let verifier =
            TokenVerifier::remote(&url, ISSUER, crate::direct_http().build().unwrap(), Arc::clone(&clock) as _);
        assert_eq!(verdict(&verifier, &token).await, Err(AuthError::Unavailable), "no keys were ever had");
        *endpoint.jwks.lock().unwrap() = Some(serde_json::to_value(ours.jwks()).unwrap());
        let met = async {
            while verdict(&verifier, &token).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), met).await.unwrap();

        let asked = endpoint.asked.load(Ordering::Relaxed);
        let stranger = unknown.issue(&administrator(), Duration::from_secs(60)).unwrap();
        for _ in 0..20 {
            assert_eq!(verdict(&verifier, &stranger).await, Err(AuthError::Invalid));
        }
        assert_eq!(endpoint.asked.load(Ordering::Relaxed), asked, "asked again although it just was");
        for (passed, again) in [(20, 0), (11, 1), (20, 1), (11, 2)] {
            pass(Duration::from_secs(passed)).await;
            for _ in 0..3 {
                assert_eq!(verdict(&verifier, &stranger).await, Err(AuthError::Invalid));
            }
            assert_eq!(endpoint.asked.load(Ordering::Relaxed) - asked, again, "every 30 s at the most");
        }
        handle.stop(false).await;
        assert_eq!(verdict(&verifier, &token).await, Ok(AccountRole::Administrator));
    }
}
