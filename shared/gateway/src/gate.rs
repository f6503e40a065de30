//! Checks before every request of the process, whoever answers it.

use std::sync::Arc;

use actix_web::dev::{ResponseHead, ServiceRequest};
use actix_web::http::header::{
    AUTHORIZATION, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use futures::future::LocalBoxFuture;
use shotengai_contracts::api::{Interface, RateLimit, shared};
use shotengai_runtime::{Gate, Problem, TokenVerifier};

use crate::client::{Client, Trust, counted};
use crate::cors::Origins;
use crate::hosts::Hosts;
use crate::limits::{Counted, Limit};
use crate::settings::DoorSettings;

/// Answers are data, not pages: nothing in them may load anything, or be framed. A page brings a policy of its own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The gate of a process that is the street's door.
pub struct FrontGate {
    /// What may be called.
    pub interface: Interface,
    /// Checks who is calling.
    pub tokens: Arc<TokenVerifier>,
    /// Proxies of ours before us.
    pub trust: Trust,
    /// Of all calls.
    pub calls: Option<Limit>,
    /// Of calls that hand out access tokens, by address.
    pub sign_ins: Option<Limit>,
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
            trust: settings.trust,
            calls: Limit::per_second(settings.rate_limit_per_second, settings.rate_limit_burst),
            sign_ins: Limit::per_minute(settings.sign_in_limit_per_minute),
            origins: settings.origins.clone(),
            hosts: settings.hosts.clone(),
            transport: settings.transport.clone(),
        }
    }

    async fn check(&self, request: &ServiceRequest) -> Result<Option<HttpResponse>, Problem> {
        self.hosts.check(request.headers())?;
        self.origins.check_socket(request.headers())?;
        if let Some(answer) = self.origins.preflight(request.method(), request.headers()) {
            return Ok(Some(answer));
        }
        // As the router will read it.
        let path = request.match_info().as_str();
        // Our own services ask here, all from few addresses, and show a secret.
        if path.starts_with("/internal/") {
            return Ok(None);
        }
        let client = Client::of(request.headers(), request.peer_addr().map(|peer| peer.ip()), self.trust);
        let address = Counted::Address(counted(client.address()));
        if let Some(limit) = &self.sign_ins
            && self.hands_out_tokens(request.method().as_str(), path)
        {
            limit.take(address.clone()).map_err(too_many)?;
        }
        if let Some(limit) = &self.calls {
            let user = self.user(request.headers()).await;
            limit.take(user.unwrap_or(address)).map_err(too_many)?;
        }
        Ok(None)
    }

    /// Such routes have no id in their path.
    fn hands_out_tokens(&self, method: &str, path: &str) -> bool {
        let mut strict = self.interface.specs().filter(|spec| spec.rate_limit == RateLimit::SignIns);
        strict.any(|spec| spec.method.as_str() == method && spec.path == path)
    }

    async fn user(&self, headers: &HeaderMap) -> Option<Counted> {
        let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        Some(Counted::User(self.tokens.verify(token.trim()).await.ok()?.sub))
    }
}

fn too_many(wait: u32) -> Problem {
    Problem::of(&shared::TOO_MANY_REQUESTS).detail(format!("the next one in {wait} s")).header(RETRY_AFTER, wait)
}

impl Gate for FrontGate {
    fn enter<'a>(&'a self, request: &'a ServiceRequest) -> LocalBoxFuture<'a, Result<Option<HttpResponse>, Problem>> {
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
