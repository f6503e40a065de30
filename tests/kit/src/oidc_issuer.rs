//! OpenID Connect: an issuer of its own, on a port of its own.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use shotengai_kernel::Timestamp;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Audience that its tokens name.
pub const AUDIENCE: &str = "shop";

/// A key pair of RSA, made once: that takes its time.
static RSA: LazyLock<EncodingKey> = LazyLock::new(rsa);

fn rsa() -> EncodingKey {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

/// An issuer. Its tokens live for ten minutes.
pub struct Issuer {
    /// Its name, as tokens have it.
    pub url: String,
    now: Timestamp,
    published: Arc<Published>,
    folder: TempDir,
}

struct Published {
    configuration: Mutex<Value>,
    keys: Mutex<Value>,
    away: AtomicBool,
    asked: AtomicU32,
}

impl Issuer {
    /// Speaks plain HTTP. Its tokens are of that moment.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn open(now: Timestamp) -> Self {
        Self::listening(None, now).await
    }

    /// Speaks TLS. Its certificate is of an authority that only [`Issuer::authority`] knows.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn encrypted(now: Timestamp) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let issuer = Self::listening(Some(TlsAcceptor::from(Arc::new(config))), now).await;
        std::fs::write(issuer.authority(), authority.pem()).unwrap();
        issuer
    }

    async fn listening(tls: Option<TlsAcceptor>, now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        // With a slash at its end, as many have one.
        let url = format!("{scheme}://localhost:{port}/");
        let published = Arc::new(Published {
            configuration: Mutex::new(json!({ "issuer": url, "jwks_uri": format!("{url}keys") })),
            keys: Mutex::new(json!({ "keys": [public(Algorithm::RS256, "one")] })),
            away: AtomicBool::new(false),
            asked: AtomicU32::new(0),
        });
        let serving = Arc::clone(&published);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (tls, serving) = (tls.clone(), Arc::clone(&serving));
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            // A client that doesn't trust us ends here.
                            if let Ok(client) = tls.accept(client).await {
                                serving.answer(client).await;
                            }
                        }
                        None => serving.answer(client).await,
                    }
                });
            }
        });
        Self { url, now, published, folder: tempfile::tempdir().unwrap() }
    }

    /// The file with the certificate of its authority.
    #[must_use]
    pub fn authority(&self) -> std::path::PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Publishes these keys from now on.
    ///
    /// # Panics
    /// When another test thread has.
    pub fn publish(&self, keys: &Value) {
        *self.published.keys.lock().unwrap() = keys.clone();
    }

    /// Answers this where it is discovered.
    ///
    /// # Panics
    /// When another test thread has.
    pub fn configure(&self, configuration: &Value) {
        *self.published.configuration.lock().unwrap() = configuration.clone();
    }

    /// Answers 503 to everything, or no longer.
    pub fn leave(&self, away: bool) {
        self.published.away.store(away, Ordering::Relaxed);
    }

    /// Answers of its so far.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.published.asked.load(Ordering::Relaxed)
    }

    /// Claims of a customer's token.
    #[must_use]
    pub fn claims(&self, subject: &str) -> Value {
        let now = self.now.as_second();
        json!({ "iss": self.url, "aud": [AUDIENCE, "elsewhere"], "sub": subject, "exp": now + 600, "iat": now })
    }

    /// A token of this subject.
    #[must_use]
    pub fn token(&self, subject: &str) -> String {
        self.signed(&json!({}), subject)
    }

    /// A token of this subject with other claims.
    ///
    /// # Panics
    /// When they are no object.
    #[must_use]
    pub fn signed(&self, change: &Value, subject: &str) -> String {
        let mut claims = self.claims(subject);
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        sign(Algorithm::RS256, Some("one"), &claims)
    }
}

impl Published {
    async fn answer(&self, mut client: impl AsyncRead + AsyncWrite + Unpin) {
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                if client.read_buf(&mut head).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            self.asked.fetch_add(1, Ordering::Relaxed);
            let document = match head.starts_with(b"GET /keys ") {
                true => self.keys.lock().unwrap().to_string(),
                false if head.starts_with(b"GET /.well-known/openid-configuration ") => {
                    self.configuration.lock().unwrap().to_string()
                }
                false => panic!("nobody asks for {}", String::from_utf8_lossy(&head)),
            };
            let status = if self.away.load(Ordering::Relaxed) { "503 Service Unavailable" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{document}", document.len());
            if client.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// A token with these claims and this key id, by the key that every issuer here has.
///
/// # Panics
/// When it can't be signed so.
#[must_use]
pub fn sign(algorithm: Algorithm, kid: Option<&str>, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    encode(&header, claims, &RSA).unwrap()
}

/// The same by another key.
///
/// # Panics
/// When it can't be signed so.
#[must_use]
pub fn sign_by_another(claims: &Value) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("one".to_owned());
    encode(&header, claims, &rsa()).unwrap()
}

/// Its public half under this id, as published.
///
/// # Panics
/// When it has none for that algorithm.
#[must_use]
pub fn public(algorithm: Algorithm, kid: &str) -> Value {
    let mut key = serde_json::to_value(Jwk::from_encoding_key(&RSA, algorithm).unwrap()).unwrap();
    key["kid"] = json!(kid);
    key["use"] = json!("sig");
    key
}
