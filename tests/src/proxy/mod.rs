//! A reverse proxy inside the test's process: between a role and its AWS, or between a client and the shop.
//!
//! It forwards everything unchanged except what a [`Rule`] matches. The newest rule is asked first and the first that
//! matches decides. HTTP/1.1, whole bodies; no WebSockets.
//!
//! - [`exchange`]: what a rule sees of a request. [`rule`]: rules and what tests do with them.
//! - [`action`]: what can happen to an exchange. [`aws_error`]: AWS's errors as each protocol writes them.

pub mod action;
pub mod aws_error;
pub mod exchange;
mod forward;
pub mod rule;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use action::Action;
pub use exchange::Exchange;
pub use rule::{Rule, RuleHandle};

use forward::Upstream;
use rule::Standing;

/// A running proxy. It ends when dropped, with all its connections.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

pub(crate) struct Shared {
    upstream: Upstream,
    rules: Mutex<Vec<Arc<Standing>>>,
    seen: Mutex<BTreeMap<String, u64>>,
}

impl Proxy {
    /// Listens on a free loopback port and forwards to this base URL.
    pub async fn start(upstream: &str) -> Self {
        Self::listen(upstream)
    }

    /// The same, without waiting for anything.
    #[must_use]
    pub fn listen(upstream: &str) -> Self {
        let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        listener.set_nonblocking(true).expect("a socket that is waited for by the runtime");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let address = listener.local_addr().expect("the port");
        let shared =
            Arc::new(Shared { upstream: Upstream::new(upstream), rules: Mutex::default(), seen: Mutex::default() });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, server }
    }

    /// Its base URL: what takes the upstream's place.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a rule before all others.
    pub fn rule(&self, rule: Rule) -> RuleHandle {
        let standing = Arc::new(Standing::new(rule));
        self.shared.lock_rules().push(Arc::clone(&standing));
        RuleHandle::new(standing)
    }

    /// How many requests have come so far, by `service.operation`, such as `dynamodb.PutItem`.
    #[must_use]
    pub fn seen(&self) -> BTreeMap<String, u64> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn lock_rules(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Standing>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, exchange: &Exchange) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.entry(format!("{}.{}", exchange.service, exchange.operation)).or_default() += 1;
    }

    /// The rule that decides about an exchange, and what it wants.
    fn decide(&self, exchange: &Exchange) -> Option<(Arc<Standing>, Action)> {
        let mut rules = self.lock_rules();
        rules.retain(|rule| rule.stands());
        rules.iter().rev().find_map(|rule| rule.decide(exchange).map(|action| (Arc::clone(rule), action)))
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).unwrap_or_default();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| action::perform(Arc::clone(&shared), request));
            // An error is a client that went, or an action that cut it off.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
