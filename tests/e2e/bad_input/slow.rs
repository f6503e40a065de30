//! Clients that hold a connection without ever getting to the point.

use std::time::Duration;

use shotengai_tests::raw::{drip, exchange};
use tokio::time::Instant;

use super::{Edge, READ_SECONDS, Reply, Who};

/// After its answer the server lingers a second, so that the answer is not lost; the rest is for a busy machine.
const CLOSED_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn cut_off(edge: &Edge) {
    let bound = Duration::from_secs(READ_SECONDS.parse().unwrap());
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        edge.guest.token
    );
    let counted = format!("{head}Content-Length: 10000\r\n\r\n{{");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n");
    let refused = chunked.replacen("Bearer ", "Bearer x", 1);
    let served = async {
        let began = Instant::now();
        while began.elapsed() < bound {
            let reply = edge.send(reqwest::Method::GET, "/products", Who::Nobody, &[], Vec::new()).await;
            assert_eq!(reply.status, 200, "others are served meanwhile");
        }
    };
    let (counted, chunked, refused, slow_head, ()) = tokio::join!(
        drip(&edge.base, counted.as_bytes(), b" "),
        drip(&edge.base, chunked.as_bytes(), b"1\r\n \r\n"),
        drip(&edge.base, refused.as_bytes(), b"1\r\n \r\n"),
        drip(&edge.base, b"GET /products HTTP/1.1\r\n", b"X-A: b\r\n"),
        served
    );
    for (answer, took) in [&counted, &chunked] {
        edge.refused(&Reply::raw("a slow body", answer), 408, "body-timeout");
        assert!((bound..bound + CLOSED_WITHIN).contains(took), "{took:?} until the connection was closed");
    }
    // Nobody reads this body, however long it comes.
    edge.refused(&Reply::raw("a stranger's body", &refused.0), 401, "unauthorized");
    assert!(refused.1 < CLOSED_WITHIN, "{:?}", refused.1);
    // Before there is a request there is nobody to make a problem of it.
    assert_eq!((slow_head.0.status, slow_head.0.body.len()), (408, 0), "{:?}", slow_head.0);
    for broken in ["hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\0 HTTP/1.1\r\n\r\n"] {
        assert_eq!(exchange(&edge.base, broken.as_bytes()).await.status, 400, "{broken:?}");
    }
}
