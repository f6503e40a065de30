//! A Kubernetes Service as its clients see it: one address, whose new connections go to the endpoints in turn.
//!
//! Like kube-proxy it knows nothing of HTTP: a connection stays with the endpoint it was opened to, whatever becomes of
//! that, and with no endpoint left a connection is refused (here: closed at once).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// One address in front of some processes. Ends when dropped, with all its connections.
pub struct Service {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    endpoints: Mutex<Vec<SocketAddr>>,
    /// Cancelled, and replaced, to end the connections that there are.
    alive: Mutex<CancellationToken>,
}

impl Service {
    /// Without endpoints.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let address = listener.local_addr().expect("the port");
        let shared = Arc::<Shared>::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, server }
    }

    /// With this one endpoint.
    pub async fn before(endpoint: SocketAddr) -> Self {
        let service = Self::start().await;
        service.add(endpoint);
        service
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it gets its share of new connections.
    pub fn add(&self, endpoint: SocketAddr) {
        self.lock().push(endpoint);
    }

    /// From now on it gets no new connection; those it has go on.
    pub fn remove(&self, endpoint: SocketAddr) {
        self.lock().retain(|known| *known != endpoint);
    }

    /// All endpoints and all connections are gone, as when a host is lost.
    pub fn cut(&self) {
        self.lock().clear();
        std::mem::take(&mut *locked(&self.shared.alive)).cancel();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        locked(&self.shared.endpoints)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let next = AtomicUsize::new(0);
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let alive = locked(&shared.alive).clone();
        let endpoint = {
            let endpoints = locked(&shared.endpoints);
            let turn = next.fetch_add(1, Ordering::Relaxed);
            turn.checked_rem(endpoints.len()).map(|place| endpoints[place])
        };
        let Some(endpoint) = endpoint else { continue };
        connections.spawn(alive.run_until_cancelled_owned(async move {
            if let Ok(mut server) = TcpStream::connect(endpoint).await {
                // Either side may end it in any way; that is what is passed on.
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        }));
    }
}
