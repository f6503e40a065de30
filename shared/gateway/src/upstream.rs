//! The way to one role.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use anyhow::Context as _;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry::Value;
use shotengai_metrics::NONE;
use shotengai_runtime::http::POOL_IDLE;
use shotengai_runtime::metrics::METHOD;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::admission::{Class, WAIT_OF};
use crate::body::{Body, Sent, whole};
use crate::failure::{Failure, Fate};
use crate::metrics::{ACTIVE_REQUESTS, REQUEST_DURATION};

/// Of name, address and handshake together: a role that takes longer is as good as away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A tunnel says little, and a role's node that is gone says nothing: after this silence it is asked, and given up when it
/// doesn't answer three times.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_BETWEEN: Duration = Duration::from_secs(5);
const KEEP_ALIVE_TIMES: u32 = 3;
const POOL_MAX_IDLE: usize = 64;
/// Between an attempt that reached nobody and the only other one: a pod that is being replaced has a successor by then.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections to all roles.
pub type Connections = Client<TimeoutConnector<HttpConnector>, Sent>;

/// What a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Until the answer's head is there.
    pub head: Duration,
    /// Until the answer is there.
    pub whole: Duration,
    /// Requests of one role in hand at the same time; a quarter as many more may wait.
    pub at_once: usize,
}

/// One role, from here.
pub struct Upstream {
    name: &'static str,
    authority: Authority,
    prefix: String,
    client: Connections,
    bounds: Bounds,
    places: Arc<Semaphore>,
    /// Of those that wait, so that they keep nobody out who doesn't.
    waiting_places: Arc<Semaphore>,
}

/// A request for a role.
pub struct Outgoing {
    /// Its method.
    pub method: Method,
    /// Path and query, as the client wrote them.
    pub target: String,
    /// Its head.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Body,
    /// What it holds while the role has it.
    pub class: Class,
}

/// An answer's head; the body is still to come.
pub struct Answered {
    /// The answer.
    pub response: Response<Incoming>,
    /// Kept until the answer has gone through.
    pub permit: Permit,
    /// When it must have gone through.
    pub deadline: Instant,
}

/// One of the requests that a role may have in hand.
pub struct Permit {
    _permit: OwnedSemaphorePermit,
    role: &'static str,
}

impl Drop for Permit {
    fn drop(&mut self) {
        ACTIVE_REQUESTS.add(-1, [self.role.into()]);
    }
}

/// Connections that are kept and used again. HTTP/1.1; no environment's proxy comes between.
#[must_use]
pub fn client() -> Connections {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.set_keepalive(Some(KEEP_ALIVE));
    http.set_keepalive_interval(Some(KEEP_ALIVE_BETWEEN));
    http.set_keepalive_retries(Some(KEEP_ALIVE_TIMES));
    let mut connector = TimeoutConnector::new(http);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(POOL_MAX_IDLE)
        .build(connector)
}

impl Upstream {
    /// The role `name` at the base URL `url`.
    ///
    /// # Errors
    /// When the URL can't be used.
    pub fn new(name: &'static str, url: &str, client: Connections, bounds: Bounds) -> anyhow::Result<Self> {
        let base: Uri = url.parse().with_context(|| format!("the address of {name}"))?;
        let authority = base.authority().cloned().with_context(|| format!("the address of {name} has no host"))?;
        Ok(Self {
            name,
            authority,
            prefix: base.path().trim_end_matches('/').to_owned(),
            client,
            bounds,
            places: Arc::new(Semaphore::new(bounds.at_once)),
            waiting_places: Arc::new(Semaphore::new(bounds.at_once.div_ceil(WAIT_OF as usize))),
        })
    }

    /// The role's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Sends a request and waits for the answer's head.
    ///
    /// It is sent a second time only if nobody could be connected to, or, for what changes nothing (GET, HEAD), if the
    /// connection ended before an answer. Nothing that a role may have got is repeated otherwise.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answered, Failure> {
        let started = Instant::now();
        let method = METHOD.admit(outgoing.method.as_str()).to_owned();
        let outcome = self.bounded(outgoing, started).await;
        let (status, error) = match &outcome {
            Ok(answered) => told(answered.response.status()),
            Err(failure) => (NONE.into(), failure.name().into()),
        };
        REQUEST_DURATION.record(started.elapsed().as_secs_f64(), [method.into(), self.name.into(), status, error]);
        outcome
    }

    async fn bounded(&self, outgoing: Outgoing, started: Instant) -> Result<Answered, Failure> {
        let places = if outgoing.class == Class::Wait { &self.waiting_places } else { &self.places };
        let permit = Arc::clone(places).try_acquire_owned().map_err(|_| Failure::Full)?;
        ACTIVE_REQUESTS.add(1, [self.name.into()]);
        let permit = Permit { _permit: permit, role: self.name };
        let sending = self.with_retry(outgoing);
        let response = timeout_at(started + self.bounds.head, sending).await.unwrap_or(Err(Failure::Slow))?;
        Ok(Answered { response, permit, deadline: started + self.bounds.whole })
    }

    async fn with_retry(&self, outgoing: Outgoing) -> Result<Response<Incoming>, Failure> {
        let Outgoing { method, target, headers, body, class: _ } = outgoing;
        let request = |body: Sent| self.request(&method, &target, &headers, body);
        let bytes = match body {
            Body::Streaming { body, fate } => {
                let outcome = self.once(request(body)?).await;
                return outcome.map_err(|failure| fate.get().map_or(failure, |fate| Failure::Body(*fate)));
            }
            Body::Whole(bytes) => bytes,
        };
        let harmless = method == Method::GET || method == Method::HEAD;
        match self.once(request(whole(bytes.clone()))?).await {
            Err(failure) if failure == Failure::Unreachable || (harmless && failure == Failure::Cut) => {
                tokio::time::sleep(PAUSE).await;
                self.once(request(whole(bytes))?).await
            }
            outcome => outcome,
        }
    }

    async fn once(&self, request: Request<Sent>) -> Result<Response<Incoming>, Failure> {
        self.client.request(request).await.map_err(|error| {
            tracing::debug!(role = self.name, %error, "no answer");
            if error.is_connect() { Failure::Unreachable } else { Failure::Cut }
        })
    }

    fn request(
        &self,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        body: Sent,
    ) -> Result<Request<Sent>, Failure> {
        let path: PathAndQuery = format!("{}{target}", self.prefix).parse().map_err(|_| Failure::Body(Fate::Broken))?;
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone()).path_and_query(path).build();
        let mut request = Request::new(body);
        *request.uri_mut() = uri.map_err(|_| Failure::Body(Fate::Broken))?;
        request.method_mut().clone_from(method);
        request.headers_mut().clone_from(headers);
        Ok(request)
    }

    /// Whether it answers at all: every process explains its problems.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn ping(&self) -> Result<(), String> {
        let request = self.request(&Method::GET, "/problems/not-found", &HeaderMap::new(), whole(Bytes::new()));
        let answer = self.once(request.map_err(|failure| failure.to_string())?).await;
        answer.map(drop).map_err(|failure| failure.to_string())
    }
}

/// An answer's status, and the error that it is.
fn told(status: StatusCode) -> (Value, Value) {
    let is_error = status.is_client_error() || status.is_server_error();
    let error = if is_error { status.as_str().to_owned().into() } else { NONE.into() };
    (i64::from(status.as_u16()).into(), error)
}
