//! The same over HTTP, for processes of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::{CutOff, FakeCluster};

/// A cluster that listens. It ends when dropped, with all its connections.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on a free loopback port.
    pub async fn start(cluster: Arc<FakeCluster>) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), cluster).await
    }

    /// Listens on this address: where one that was dropped had been, for instance.
    pub async fn start_at(address: SocketAddr, cluster: Arc<FakeCluster>) -> Self {
        let listener = TcpListener::bind(address).await.expect("the address is free");
        let address = listener.local_addr().expect("an address");
        Self { address, task: tokio::spawn(accept(listener, cluster)) }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig that leads here, to this namespace. JSON, which is YAML too.
    #[must_use]
    pub fn kubeconfig(&self, namespace: &str) -> String {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "fake", "user": {"token": "not-checked"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake", "namespace": namespace}}],
        })
        .to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, cluster: Arc<FakeCluster>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let cluster = Arc::clone(&cluster);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&cluster), request));
            // An error is a client that went, or a call that was to be cut off.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(cluster: Arc<FakeCluster>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, CutOff> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| CutOff)?.to_bytes();
    let path_and_query = head.uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(cluster.answer(&head.method, path_and_query, &body).await?.map(Full::new))
}
