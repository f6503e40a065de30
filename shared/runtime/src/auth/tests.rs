use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use shotengai_kernel::{ManualClock, UserId};

use super::*;

fn issuer(name: &str, clock: &Arc<ManualClock>) -> TokenIssuer {
    let pem = SecretString::from(generate_signing_key().unwrap());
    TokenIssuer::new(&pem, name, Arc::clone(clock) as _).unwrap()
}

fn subject() -> Subject {
    Subject { user_id: UserId::parse("usr_1").unwrap(), role: AccountRole::Administrator, guest: false }
}

#[tokio::test]
async fn a_token_says_who_it_is_for() {
    let clock = Arc::new(ManualClock::default());
    let issuer = issuer("shotengai", &clock);
    let verifier = TokenVerifier::fixed(&issuer.jwks(), "shotengai", clock);
    let token = issuer.issue(&subject(), Duration::from_secs(60)).unwrap();
    let claims = verifier.verify(&token).await.unwrap();
    assert_eq!((claims.sub, claims.role), (subject().user_id, AccountRole::Administrator));
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let clock = Arc::new(ManualClock::default());
    let issuer = issuer("shotengai", &clock);
    let verifier = TokenVerifier::fixed(&issuer.jwks(), "shotengai", Arc::clone(&clock) as _);
    let token = issuer.issue(&subject(), Duration::from_secs(60)).unwrap();
    clock.advance(SignedDuration::from_secs(91));
    assert_eq!(verifier.verify(&token).await, Err(TokenError::Expired));
}

#[tokio::test]
async fn another_issuer_and_another_key_are_refused() {
    let clock = Arc::new(ManualClock::default());
    let ours = issuer("shotengai", &clock);
    let theirs = issuer("shotengai", &clock);
    let verifier = TokenVerifier::fixed(&ours.jwks(), "shotengai", Arc::clone(&clock) as _);
    let token = theirs.issue(&subject(), Duration::from_secs(60)).unwrap();
    assert_eq!(verifier.verify(&token).await, Err(TokenError::Invalid));

    let elsewhere = TokenVerifier::fixed(&ours.jwks(), "elsewhere", Arc::clone(&clock) as _);
    let token = ours.issue(&subject(), Duration::from_secs(60)).unwrap();
    assert_eq!(elsewhere.verify(&token).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let clock = Arc::new(ManualClock::default());
    let ours = issuer("shotengai", &clock);
    let verifier = TokenVerifier::fixed(&ours.jwks(), "shotengai", Arc::clone(&clock) as _);
    let token = ours.issue(&subject(), Duration::from_secs(60)).unwrap();
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[2] = "";
    assert_eq!(verifier.verify(&parts.join(".")).await, Err(TokenError::Invalid));
    for garbage in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(verifier.verify(garbage).await, Err(TokenError::Invalid), "{garbage}");
    }
}

#[test]
fn what_is_no_key_is_named_without_showing_it() {
    let error = TokenIssuer::check_key(&SecretString::from("hunter2".to_owned())).unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}
