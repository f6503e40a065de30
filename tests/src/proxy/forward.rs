//! The other side of the proxy.

use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, EXPECT, HeaderMap, TRANSFER_ENCODING};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::Exchange;
use super::action::Answered;

/// Below the servers' own, so that nothing is written into a connection that is being closed.
const POOL_IDLE: Duration = Duration::from_secs(10);

pub(super) struct Upstream {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Upstream {
    pub(super) fn new(base: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .build(connector);
        Self { base: base.trim_end_matches('/').to_owned(), client }
    }

    /// The upstream's answer. Where there is none, the sender gets none either.
    pub(super) async fn forward(&self, exchange: Exchange) -> Answered {
        let Exchange { method, path, mut headers, body, .. } = exchange;
        drop_hops(&mut headers);
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.base).parse().map_err(io::Error::other)?;
        *request.headers_mut() = headers;
        let (mut parts, body) = self.client.request(request).await.map_err(io::Error::other)?.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        drop_hops(&mut parts.headers);
        Ok(Response::from_parts(parts, Full::from(body)))
    }
}

/// What is said to the next hop alone. Bodies are whole here, so their length says where they end.
fn drop_hops(headers: &mut HeaderMap) {
    for name in [CONNECTION, EXPECT, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}
