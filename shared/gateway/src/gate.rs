//! Checks before every request of the process, whoever answers it.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use actix_web::dev::{ResponseHead, ServiceRequest};
use actix_web::http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures::future::LocalBoxFuture;
use shotengai_contracts::api::Interface;
use shotengai_contracts::api::route::Spec;
use shotengai_runtime::http::{Entry, Recognized, access_token, declared_length};
use shotengai_runtime::{Gate, InternalCaller, Problem, TokenVerifier};

use crate::admission::{self, Admission};
use crate::caller::{Caller, counted};
use crate::client::{Client, Trust};
use crate::cors::Origins;
use crate::exchange::TokenExchange;
use crate::hosts::Hosts;
use crate::settings::DoorSettings;

/// Answers are data, not pages: nothing in them may load anything, or be framed. A page brings a policy of its own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The address by which the client of a request is counted, for handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address of a request's client; of whoever connected, where no gate has said it.
    #[must_use]
    pub fn of(request: &HttpRequest) -> IpAddr {
        let known = request.extensions().get::<Self>().map(|address| address.0);
        let peer = || request.peer_addr().map(|peer| counted(peer.ip()));
        known.or_else(peer).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
    }
}

/// The gate of a process that is the street's door.
pub struct FrontGate {
    /// What may be called.
    pub interface: Interface,
    /// Checks who is calling.
    pub tokens: Arc<TokenVerifier>,
    /// Takes another issuer's access tokens.
    pub exchange: Option<Arc<dyn TokenExchange>>,
    /// Proxies of ours before us.
    pub trust: Trust,
    /// Who may hold what.
    pub admission: Admission,
    /// Whose scripts may read answers.
    pub origins: Origins,
    /// By which names browsers may come.
    pub hosts: Hosts,
    /// What tells browsers to come by TLS only.
    pub transport: Option<HeaderValue>,
}

impl FrontGate {
    /// The gate of these settings before the routes of `interface`; `tokens` tells who is calling.
    #[must_use]
    pub fn new(interface: Interface, tokens: Arc<TokenVerifier>, settings: &DoorSettings) -> Self {
        Self {
            interface,
            tokens,
            exchange: None,
            trust: settings.trust,
            admission: Admission::new(settings),
            origins: settings.origins.clone(),
            hosts: settings.hosts.clone(),
            transport: settings.transport.clone(),
        }
    }

    async fn check(&self, request: &ServiceRequest) -> Result<Entry, Problem> {
        self.hosts.check(request.headers())?;
        self.origins.check_socket(request.headers())?;
        if let Some(answer) = self.origins.preflight(request.method(), request.headers()) {
            return Ok(Entry::Answer(answer));
        }
        // As the router will read it.
        let path = request.match_info().as_str();
        let spec = admission::route(&self.interface, request.method(), path);
        // Where there is no such route that is the answer, and nobody reads the body.
        if spec.is_some() && request.method().is_safe() {
            refuse_body(request.headers())?;
        }
        let client = Client::of(request.headers(), request.peer_addr().map(|peer| peer.ip()), self.trust);
        let stranger = Caller::at(client.address());
        if path.starts_with("/internal/") {
            // Our own services ask here, all from few addresses, and show a secret.
            if InternalCaller::extract(request.request()).await.is_ok() {
                return Ok(Entry::Pass(None));
            }
            self.admission.guess(&stranger)?;
        }
        let caller = self.bearer(request, &client).await.unwrap_or_else(|| stranger.clone());
        if spec.is_some_and(Spec::reads_cookies) {
            self.origins.check_cookies(request.headers())?;
        }
        request.extensions_mut().insert(ClientAddress(counted(client.address())));
        let class = admission::class(spec, request.query_string(), request.headers());
        let held = self.admission.admit(spec, class, &caller, &stranger)?;
        Ok(Entry::Pass(Some(Box::new(held))))
    }

    async fn bearer(&self, request: &ServiceRequest, client: &Client) -> Option<Caller> {
        let token = access_token(request.headers())?;
        let exchanged = match &self.exchange {
            Some(exchange) => exchange.exchange(token).await,
            None => None,
        };
        let outcome = match exchanged {
            Some(Ok(exchanged)) => {
                let claims = exchanged.claims.clone();
                request.extensions_mut().insert(exchanged);
                Ok(claims)
            }
            Some(Err(error)) => {
                request.extensions_mut().insert(Recognized(Err(error)));
                return None;
            }
            // Where a token of ours can't be checked here, who is behind the door may know its key.
            None => self.tokens.verify(token).await,
        };
        let claims = outcome.ok()?;
        request.extensions_mut().insert(Recognized(Ok(claims.clone())));
        Some(Caller::bearer(claims, client.address()))
    }
}

/// What reads has nothing to say in a body (RFC 9110, 9.3.1); somebody would have to wait for it.
fn refuse_body(headers: &HeaderMap) -> Result<(), Problem> {
    if declared_length(headers) == Some(0) {
        return Ok(());
    }
    let header = if headers.contains_key(TRANSFER_ENCODING) { TRANSFER_ENCODING } else { CONTENT_LENGTH };
    Err(Problem::bad_request("this method takes no body").at_header(header.as_str()))
}

impl Gate for FrontGate {
    fn enter<'a>(&'a self, request: &'a ServiceRequest) -> LocalBoxFuture<'a, Result<Entry, Problem>> {
        Box::pin(self.check(request))
    }

    fn leave(&self, request: &HttpRequest, head: &mut ResponseHead) {
        let headers = head.headers_mut();
        self.origins.mark(request.headers(), headers);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
        if let Some(transport) = &self.transport {
            headers.insert(STRICT_TRANSPORT_SECURITY, transport.clone());
        }
    }
}
