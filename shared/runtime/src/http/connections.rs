//! Connections that are kept open between requests: only so many.
//!
//! actix bounds the time of a connection's first head only. A client that trickles a later one, or sends none, keeps the
//! connection and up to 128 KiB of memory for as long as it likes (silence alone ends after the keep-alive). So once this
//! many are open, an answer ends its connection, and the next head is a first one again.

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpRequest;
use actix_web::dev::Extensions;

/// So many connections of a process are kept between requests.
pub(super) const KEPT: usize = 512;

/// The connections of a process. WebSockets are none of them any more.
#[derive(Debug, Default, Clone)]
pub(super) struct Connections(Arc<AtomicUsize>);

/// One of them, until it closes.
struct Open {
    all: Arc<AtomicUsize>,
    counts: Cell<bool>,
}

impl Open {
    fn leave(&self) {
        if self.counts.replace(false) {
            self.all.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Connections {
    /// Notes a connection that was just accepted.
    pub(super) fn note(&self, _: &dyn Any, data: &mut Extensions) {
        self.0.fetch_add(1, Ordering::Relaxed);
        data.insert(Rc::new(Open { all: Arc::clone(&self.0), counts: Cell::new(true) }));
    }
}

/// Whether the connection that this request came by may be kept after its answer.
pub(super) fn may_be_kept(request: &HttpRequest) -> bool {
    request.conn_data::<Rc<Open>>().is_none_or(|open| open.all.load(Ordering::Relaxed) <= KEPT)
}

/// Notes that a connection is a WebSocket now, which ends by its own rules.
pub(super) fn upgraded(request: &HttpRequest) {
    if let Some(open) = request.conn_data::<Rc<Open>>() {
        open.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::SecretString;
    use shotengai_kernel::{ManualClock, Ports};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::auth::TokenVerifier;
    use crate::http::{HttpListener, HttpServing, HttpState};

    /// Whether the connection is to be closed after this answer.
    async fn is_closed(stream: &mut TcpStream) -> bool {
        stream.write_all(b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            assert_eq!(stream.read(&mut byte).await.unwrap(), 1);
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap().contains("connection: close")
    }

    #[actix_web::test]
    async fn so_many_connections_are_kept_and_more_end_with_their_answer() {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let keys = serde_json::from_str(r#"{"keys": []}"#).unwrap();
        let tokens = TokenVerifier::fixed(&keys, "x", ports.clock.clone());
        let state = HttpState::new(ports, Arc::new(tokens), &SecretString::from("internal"));
        let listener = HttpListener::bind(([127, 0, 0, 1], 0).into(), "--addr").unwrap();
        let address = listener.address();
        let serving = HttpServing::new(listener, Arc::new(state), Vec::new(), 1, Duration::ZERO).unwrap();
        actix_web::rt::spawn(serving.server);
        let mut open = Vec::new();
        for number in 1..=KEPT {
            let mut stream = TcpStream::connect(address).await.unwrap();
            assert!(!is_closed(&mut stream).await, "{number}");
            open.push(stream);
        }
        assert!(is_closed(&mut TcpStream::connect(address).await.unwrap()).await);
        open.truncate(KEPT / 2);
        let within = Duration::from_secs(20);
        let again = async {
            // It takes a moment until the server has seen that they are gone.
            while is_closed(&mut TcpStream::connect(address).await.unwrap()).await {}
        };
        tokio::time::timeout(within, again).await.expect("there is room again");
        serving.handle.stop(false).await;
    }
}
