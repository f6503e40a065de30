//! Serves roles' routes.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpServer, web};
use anyhow::Context as _;

use super::body::BODY_LIMIT;
use super::connections::Connections;
use super::middleware::observe;
use super::{HttpState, Routes};
use crate::role::RouteTable;

/// Longer than a load balancer's 60 s, so that it is never us who closes under a request on its way.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long our own clients keep a connection that nobody uses. Below the servers' keep-alive, and below what a server waits
/// for the first request of a connection (`REQUEST_READ_SECONDS`): a client may open one more than it then needs, and
/// a request that goes into it as it is given up is answered 408.
pub const POOL_IDLE: Duration = Duration::from_secs(4);
const MAX_CONNECTIONS: usize = 10_000;
const BLOCKING_THREADS: usize = 2;

/// An address taken, before anything is served on it.
#[derive(Debug)]
pub struct HttpListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl HttpListener {
    /// Takes `address`; port 0 takes a free one. `flag` is the setting to name when that fails.
    ///
    /// # Errors
    /// When the address is in use or not this machine's; the message names address and flag.
    pub fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .with_context(|| format!("can't listen on {address}; choose another address with {flag}"))?;
        let address = listener.local_addr().context("a listener without an address")?;
        Ok(Self { listener, address })
    }

    /// The address taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn into_inner(self) -> TcpListener {
        self.listener
    }
}

/// A server that is ready to run.
pub struct HttpServing {
    /// Runs it when awaited; ends after [`HttpServing::handle`] stopped it.
    pub server: Server,
    /// Stops it.
    pub handle: ServerHandle,
}

impl HttpServing {
    /// Serves these routes with `threads` threads. After a graceful stop, requests in hand have `drain` to finish.
    ///
    /// # Errors
    /// When the listener can't be used.
    pub fn new(
        listener: HttpListener,
        state: Arc<HttpState>,
        routes: Vec<RouteTable>,
        threads: usize,
        drain: Duration,
    ) -> anyhow::Result<Self> {
        let read_timeout = state.read_timeout();
        let state = web::Data::from(state);
        let connections = Connections::default();
        let server = HttpServer::new(move || app(state.clone(), &routes))
            .on_connect(move |socket, data| connections.note(socket, data))
            .workers(threads.max(1))
            .worker_max_blocking_threads(BLOCKING_THREADS)
            .max_connections(MAX_CONNECTIONS)
            .client_request_timeout(read_timeout)
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(drain.as_secs())
            .disable_signals()
            .listen(listener.listener)
            .context("the HTTP listener can't be used")?
            .run();
        let handle = server.handle();
        Ok(Self { server, handle })
    }
}

/// The application that serves these routes; tests call it without a socket (`actix_web::test::init_service`).
pub fn app(
    state: web::Data<HttpState>,
    routes: &[RouteTable],
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let mut merged = Routes::default();
    for table in routes {
        table(&mut merged);
    }
    super::receipts::routes(&mut merged);
    super::problem_types::routes(&mut merged, &state.interface);
    super::documents::routes(&mut merged, &state.interface);
    App::new()
        .app_data(state)
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .configure(|config| merged.apply(config))
        .wrap(from_fn(observe))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn clients_give_up_a_connection_before_servers_do() {
        let first_request = Duration::from_secs(Settings::local("internal".into()).http.request_read_seconds);
        assert!(POOL_IDLE * 2 <= first_request.min(KEEP_ALIVE));
    }
}
