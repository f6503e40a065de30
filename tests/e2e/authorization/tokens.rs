//! Tokens that must get nobody in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use shotengai_kernel::Ports;
use shotengai_runtime::TokenIssuer;
use shotengai_runtime::auth::generate_signing_key;
use shotengai_tests::shop::Person;
use shotengai_tests::test_cluster::TestCluster;

/// A token, and what is wrong with it.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) token: String,
}

/// Whoever makes them: they know the street's key where that makes the lie a better one.
pub(super) struct Forger {
    key: SecretString,
    kid: String,
    public: String,
    user_id: String,
    now: i64,
}

impl Forger {
    pub(super) fn new(cluster: &TestCluster, of: &Person) -> Self {
        let (key, ports) = (cluster.signing_key(), Ports::system());
        let jwks = TokenIssuer::new(&key, "shotengai", ports.clock.clone()).unwrap().jwks();
        let public = serde_json::to_value(&jwks.keys[0]).unwrap();
        let text = |name: &str| public[name].as_str().unwrap().to_owned();
        Self {
            kid: text("kid"),
            public: text("x"),
            key,
            user_id: of.user_id.clone(),
            now: ports.clock.now().as_second(),
        }
    }

    /// Everything that an administrator's token says.
    fn claims(&self) -> Value {
        json!({
            "iss": "shotengai", "sub": self.user_id, "exp": self.now + 600, "iat": self.now, "role": "administrator",
            "guest": false,
        })
    }

    fn signed(&self, change: &Value) -> String {
        self.signed_by(&self.key, change)
    }

    fn signed_by(&self, key: &SecretString, change: &Value) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        encode(&header, &claims, &EncodingKey::from_ed_pem(key.expose_secret().as_bytes()).unwrap()).unwrap()
    }

    /// Signed as the street's own are, and good but for what `change` says: that none changes nothing is seen by it.
    pub(super) fn good(&self) -> String {
        self.signed(&json!({}))
    }

    fn unsigned(&self) -> String {
        let header = json!({ "alg": "none", "typ": "JWT", "kid": self.kid }).to_string();
        let [header, claims] = [header, self.claims().to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{claims}.")
    }

    /// The public key is known to everybody: it must not do as the secret of an HMAC.
    fn by_hmac(&self) -> String {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.kid.clone());
        let public = URL_SAFE_NO_PAD.decode(&self.public).unwrap();
        encode(&header, &self.claims(), &EncodingKey::from_secret(&public)).unwrap()
    }

    pub(super) fn bad_tokens(&self) -> Vec<Named> {
        let elsewhere = generate_signing_key().unwrap();
        [
            ("expired", self.signed(&json!({ "exp": self.now - 60 }))),
            ("wrong key", self.signed_by(&elsewhere, &json!({}))),
            ("alg none", self.unsigned()),
            ("HS256 by the public key", self.by_hmac()),
            ("other audience", self.signed(&json!({ "aud": "another-shop" }))),
            ("other issuer", self.signed(&json!({ "iss": "https://issuer.example" }))),
        ]
        .map(|(name, token)| Named { name, token })
        .into()
    }
}
