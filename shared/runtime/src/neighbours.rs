//! Calls to other services: `GET` of a path under `/internal`, which no door and no ingress leads to.
//!
//! A port, so that a role's client for a neighbour keeps its own parsing and the simulation can answer without HTTP.
//! Nothing is retried here: whoever asks knows what an answer is worth to it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shotengai_contracts::api::{Internal, ProblemType, Route};
use shotengai_contracts::topology::Service;
use shotengai_messaging::{Fault, FaultKind};

use crate::http::with_trace;

/// A question to another service.
#[derive(Debug, Clone, Copy)]
pub struct InternalCall<'a> {
    /// Who is asked.
    pub service: Service,
    /// The path, `/internal/…`, escaped.
    pub path: &'a str,
    /// What faults of it are called in logs and metrics.
    pub operation: &'static str,
    /// How long the whole answer may take.
    pub timeout: Duration,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its body. May hold personal data: not for logs.
    pub body: Vec<u8>,
}

impl InternalAnswer {
    /// The fault that a status means which its reader has no use for. A 404 that is no problem of a type which the
    /// neighbour promised is not about what was asked for: another server answers there, or a proxy stands between.
    #[must_use]
    pub fn refusal(&self, operation: &'static str) -> Fault {
        let kind = match self.status {
            StatusCode::TOO_MANY_REQUESTS => FaultKind::Throttled,
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::MISDIRECTED_REQUEST => FaultKind::Denied,
            // It sends us elsewhere: to a page to sign in at, say.
            status if status.is_redirection() => FaultKind::Denied,
            status if status.is_server_error() => FaultKind::Transient,
            _ => FaultKind::Permanent,
        };
        Fault::new(kind, operation, format!("it answered {}", self.status))
    }

    /// Whether it is a problem of this type.
    #[must_use]
    pub fn is(&self, of: &ProblemType) -> bool {
        let problem = serde_json::from_slice::<Typed>(&self.body);
        problem.is_ok_and(|problem| problem.r#type.rsplit('/').next() == Some(of.slug))
    }
}

/// All of a problem that its reader goes by; it may say more or less beside.
#[derive(Deserialize)]
struct Typed {
    r#type: String,
}

/// Asks other services.
#[async_trait]
pub trait Neighbours: Send + Sync {
    /// Asks once.
    ///
    /// # Errors
    /// A transient [`Fault`] when no whole answer came in time, a denied one when nobody knows where the service is.
    async fn get(&self, call: InternalCall<'_>) -> Result<InternalAnswer, Fault>;
}

/// One other service. Cheap to clone.
#[derive(Clone)]
pub struct Neighbour {
    service: Service,
    neighbours: Arc<dyn Neighbours>,
}

impl Neighbour {
    /// The service, as these answer for it.
    #[must_use]
    pub fn new(service: Service, neighbours: Arc<dyn Neighbours>) -> Self {
        Self { service, neighbours }
    }

    /// Asks it for `path` once.
    ///
    /// # Errors
    /// As [`Neighbours::get`].
    pub async fn get(&self, operation: &'static str, path: &str, timeout: Duration) -> Result<InternalAnswer, Fault> {
        self.neighbours.get(InternalCall { service: self.service, path, operation, timeout }).await
    }

    /// Asks it once about one thing, by a route of the interface: what the route promises, or whatever else it answered.
    ///
    /// # Errors
    /// As [`Neighbours::get`]; a permanent [`Fault`] when a good answer is not what the route promises. The fault doesn't
    /// quote it: it may be personal data.
    pub async fn ask<P: Display, A: DeserializeOwned>(
        &self,
        operation: &'static str,
        route: Route<Internal, P, (), A>,
        id: &P,
        timeout: Duration,
    ) -> Result<Result<A, InternalAnswer>, Fault> {
        let answer = self.get(operation, &route.path_of(id), timeout).await?;
        if answer.status != StatusCode::OK {
            return Ok(Err(answer));
        }
        let read = serde_json::from_slice(&answer.body);
        read.map(Ok).map_err(|_| Fault::new(FaultKind::Permanent, operation, "its answer can't be read"))
    }
}

/// Other services over HTTP, with the token that services share and the current trace.
pub struct HttpNeighbours {
    http: reqwest::Client,
    token: SecretString,
    addresses: BTreeMap<Service, String>,
}

impl HttpNeighbours {
    /// The services at these base URLs.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        token: SecretString,
        addresses: impl IntoIterator<Item = (Service, String)>,
    ) -> Self {
        let tidy = |(service, url): (Service, String)| (service, url.trim_end_matches('/').to_owned());
        Self { http, token, addresses: addresses.into_iter().map(tidy).collect() }
    }
}

#[async_trait]
impl Neighbours for HttpNeighbours {
    async fn get(&self, call: InternalCall<'_>) -> Result<InternalAnswer, Fault> {
        let Some(base) = self.addresses.get(&call.service) else { return Err(nowhere(&call)) };
        // Paths name people: no URL in an error.
        let away = |error: reqwest::Error| Fault::new(FaultKind::Transient, call.operation, error.without_url());
        let request = self.http.get(format!("{base}{}", call.path)).timeout(call.timeout);
        let response = with_trace(request.bearer_auth(self.token.expose_secret())).send().await.map_err(away)?;
        let status = response.status();
        let body = response.bytes().await.map_err(away)?.to_vec();
        Ok(InternalAnswer { status, body })
    }
}

/// Nobody else is there: for roles that ask nobody, in tests and tools.
pub struct NoNeighbours;

#[async_trait]
impl Neighbours for NoNeighbours {
    async fn get(&self, call: InternalCall<'_>) -> Result<InternalAnswer, Fault> {
        Err(nowhere(&call))
    }
}

fn nowhere(call: &InternalCall<'_>) -> Fault {
    Fault::new(FaultKind::Denied, call.operation, format!("no address of {} is known", call.service))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: StatusCode) -> FaultKind {
        InternalAnswer { status, body: Vec::new() }.refusal("test").kind()
    }

    #[test]
    fn a_status_says_whose_fault_it_is() {
        assert_eq!(refusal(StatusCode::SERVICE_UNAVAILABLE), FaultKind::Transient);
        assert_eq!(refusal(StatusCode::TOO_MANY_REQUESTS), FaultKind::Throttled);
        for status in [StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND, StatusCode::FOUND] {
            assert_eq!(refusal(status), FaultKind::Denied, "{status}");
        }
        assert_eq!(refusal(StatusCode::UNPROCESSABLE_ENTITY), FaultKind::Permanent);
    }

    #[tokio::test]
    async fn a_service_without_an_address_is_named() {
        let neighbours = HttpNeighbours::new(crate::direct_http().build().unwrap(), SecretString::from("t"), []);
        let timeout = Duration::from_secs(1);
        let call = InternalCall { service: Service::CATALOG, path: "/internal/x", operation: "catalog.X", timeout };
        let fault = neighbours.get(call).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Denied);
        assert!(fault.to_string().contains("catalog"), "{fault}");
    }
}
