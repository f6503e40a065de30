//! Both servers of one inbox, bound and then run.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use actix_web::dev::ServerHandle;
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;

use crate::{
    config::InboxConfig,
    error::{InboxError, Listener},
    http,
    smtp::{self, Limits},
    store::InboxStore,
};

/// A local mail sink whose messages are read over HTTP. Several may run in one process; they share nothing.
#[derive(Debug)]
pub struct Inbox {
    smtp: TcpListener,
    smtp_addr: SocketAddr,
    http: TcpListener,
    http_addr: SocketAddr,
    limits: Limits,
    shown_by: Vec<String>,
    store: InboxStore,
}

impl Inbox {
    /// Binds both ports. From here on clients can connect; they are answered once [`Inbox::run`] runs.
    ///
    /// # Errors
    /// If a port is in use or an address cannot be bound, and the error names which; or outside a Tokio runtime.
    pub fn bind(config: InboxConfig) -> Result<Self, InboxError> {
        let (smtp, smtp_addr) = bind(Listener::Smtp, config.smtp)?;
        let (http, http_addr) = bind(Listener::Http, config.http)?;
        let store = InboxStore::new(&config);
        let limits = Limits { max_message_bytes: config.max_message_bytes, max_connections: config.max_connections };
        Ok(Self { smtp, smtp_addr, http, http_addr, limits, shown_by: config.shown_by, store })
    }

    /// Where mail is accepted, with the port that was found for port 0.
    #[must_use]
    pub fn smtp_addr(&self) -> SocketAddr {
        self.smtp_addr
    }

    /// Where the API and the page are served, with the port that was found for port 0.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// The messages, for reading in the same process while the inbox runs and after.
    #[must_use]
    pub fn store(&self) -> InboxStore {
        self.store.clone()
    }

    /// Serves until `shutdown` is cancelled. Messages on their way then have half a second to finish; HTTP requests
    /// end at once. Dropping the future instead stops both servers without waiting.
    ///
    /// # Errors
    /// If the HTTP server cannot start or fails while serving; SMTP then stops too.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), InboxError> {
        let failed = |listener| move |source| InboxError::Serve { listener, source };
        let stopping = shutdown.child_token();
        let smtp = tokio::net::TcpListener::from_std(self.smtp).map_err(failed(Listener::Smtp))?;
        let server = http::server(self.http, self.store.clone(), self.shown_by).map_err(failed(Listener::Http))?;
        let web = StopOnDrop(server.handle());
        // A task of its own: the server only hears "stop" while it is polled, even when this future is dropped.
        let serving = tokio::spawn(server);
        tracing::info!(smtp = %self.smtp_addr, http = %self.http_addr, "the inbox is open");

        let mail = smtp::serve(smtp, self.store, self.limits, stopping.clone());
        let pages = async {
            let outcome = serving.await;
            stopping.cancel();
            outcome.unwrap_or_else(|fault| Err(io::Error::other(fault)))
        };
        let stop = async {
            stopping.cancelled().await;
            web.0.stop(false).await;
        };
        let ((), pages, ()) = tokio::join!(mail, pages, stop);
        pages.map_err(failed(Listener::Http))
    }
}

struct StopOnDrop(ServerHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        // The command is sent by the call itself; the future only waits for its end.
        drop(self.0.stop(false));
    }
}

/// Connections that may wait to be accepted; the system may allow fewer. Generous, because a client whose connection
/// overflows it believes to be connected and waits for a greeting that never comes.
const BACKLOG: u32 = 1_024;

fn bind(listener: Listener, address: SocketAddr) -> Result<(TcpListener, SocketAddr), InboxError> {
    let refused = |source| InboxError::bind(listener, address, source);
    let socket = listen(address).map_err(refused)?;
    let address = socket.local_addr().map_err(refused)?;
    Ok((socket, address))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    // Only a runtime's sockets let the backlog be chosen; without a runtime they would panic.
    tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Or else a restart would wait a minute for the connections of the run before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
