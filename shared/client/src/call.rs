//! One request and its answer.

use std::fmt::Display;
use std::marker::PhantomData;
use std::time::Duration;

use reqwest::header::{HeaderName, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shotengai_contracts::api::parameter::IDEMPOTENCY_KEY;
use shotengai_contracts::api::{self, Route};

use crate::CallError;

/// A server of the interface, and who calls it. Clone is cheap.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<SecretString>,
}

/// A request before it is sent: to a route that takes `B` and answers `A`.
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Call<B, A> {
    request: RequestBuilder,
    types: PhantomData<fn(B) -> A>,
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<A> {
    /// The status.
    pub status: StatusCode,
    /// `Location`, if there is one.
    pub location: Option<String>,
    /// The body.
    pub body: A,
}

impl Client {
    /// Calls the server at this base URL, as nobody.
    #[must_use]
    pub fn new(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned(), token: None }
    }

    /// The same, with this bearer token.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// The base URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A call of a route without an id in its path.
    pub fn call<W, B, A>(&self, route: Route<W, (), B, A>) -> Call<B, A> {
        self.start(route.spec().method, route.spec().path)
    }

    /// A call of a route about one thing.
    pub fn call_of<W, P: Display, B, A>(&self, route: Route<W, P, B, A>, id: &P) -> Call<B, A> {
        self.start(route.spec().method, &route.path_of(id))
    }

    fn start<B, A>(&self, method: api::Method, path: &str) -> Call<B, A> {
        let method = match method {
            api::Method::Get => Method::GET,
            api::Method::Post => Method::POST,
            api::Method::Put => Method::PUT,
            api::Method::Delete => Method::DELETE,
        };
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        Call { request, types: PhantomData }
    }
}

impl<B, A> Call<B, A> {
    fn with(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { request: change(self.request), types: PhantomData }
    }

    /// With this parameter in the query string.
    pub fn query(self, name: &str, value: impl Display) -> Self {
        self.with(|request| request.query(&[(name, value.to_string())]))
    }

    /// With this `Idempotency-Key`: however often it is sent, it is done once.
    pub fn key(self, key: &str) -> Self {
        self.with(|request| request.header(IDEMPOTENCY_KEY.name, key))
    }

    /// With this header.
    pub fn header(self, name: &HeaderName, value: &str) -> Self {
        self.with(|request| request.header(name, value))
    }

    /// Waits no longer than this.
    pub fn within(self, timeout: Duration) -> Self {
        self.with(|request| request.timeout(timeout))
    }

    /// With this body.
    pub fn body(self, body: &B) -> Self
    where
        B: Serialize,
    {
        self.with(|request| request.json(body))
    }

    /// Sends it.
    ///
    /// # Errors
    /// [`CallError`] when there is no answer, a refusal, or one that is no `A`.
    pub async fn send(self) -> Result<Answered<A>, CallError>
    where
        A: DeserializeOwned,
    {
        let response = self.request.send().await.map_err(CallError::unanswered)?;
        let status = response.status();
        if !status.is_success() {
            return Err(CallError::refused(response).await);
        }
        let location = location(&response);
        let bytes = response.bytes().await.map_err(CallError::unanswered)?;
        match serde_json::from_slice(&bytes) {
            Ok(body) => Ok(Answered { status, location, body }),
            // The error's text may quote the body, which may be anybody's personal data.
            Err(_) => Err(CallError::Unreadable { status }),
        }
    }
}

fn location(response: &Response) -> Option<String> {
    Some(response.headers().get(LOCATION)?.to_str().ok()?.to_owned())
}
