//! OpenID Connect discovery: from an issuer's name to its keys.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shotengai_runtime::auth::KeyEndpoint;
use shotengai_runtime::tls::client_config;
use tokio::time::timeout;

/// Of both requests together.
const WITHIN: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 1 << 20;

/// An issuer's key set. Follows no redirects and takes no proxy: what it hears decides who may come in.
pub struct Discovery {
    issuer: String,
    http: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    /// The keys of this issuer. Trusts the certificates of a file, if one is named, instead of the system's.
    ///
    /// # Errors
    /// When the file can't be used.
    pub fn new(issuer: &str, ca_file: Option<&str>) -> anyhow::Result<Self> {
        let (tls, _) = client_config(ca_file, "OIDC_CA_FILE")?;
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self { issuer: issuer.to_owned(), http: Client::builder(TokioExecutor::new()).build(connector) })
    }

    async fn keys(&self) -> anyhow::Result<JwkSet> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let found: Configuration = self.get(&url).await?;
        // Or whoever answers there could lead us to keys of another.
        ensure!(found.issuer == self.issuer, "{url} names another issuer: OIDC_ISSUER must be written as it is there");
        let secure = |url: &str| url.starts_with("https://");
        ensure!(secure(&found.jwks_uri) || !secure(&self.issuer), "{url} names keys that don't come by TLS");
        self.get(&found.jwks_uri).await
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> anyhow::Result<T> {
        let request = Request::get(url).header("accept", "application/json").body(Empty::new());
        let answer = self.http.request(request.with_context(|| format!("{url} is no URL"))?).await;
        let answer = answer.with_context(|| format!("{url} can't be reached"))?;
        ensure!(answer.status() == StatusCode::OK, "{url} answers {}", answer.status());
        let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
        let body = body.map_err(anyhow::Error::from_boxed).with_context(|| format!("{url} can't be read"))?;
        serde_json::from_slice(&body.to_bytes()).with_context(|| format!("{url} is not what it should be"))
    }
}

#[async_trait]
impl KeyEndpoint for Discovery {
    async fn fetch(&self) -> anyhow::Result<JwkSet> {
        timeout(WITHIN, self.keys()).await.context("the issuer takes too long")?
    }
}
