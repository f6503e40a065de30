//! Clients that hold a connection without ever getting to the point.

use std::time::Duration;

use shotengai_tests::raw::{drip, exchange};
use tokio::time::Instant;

use super::{Edge, READ_SECONDS, Reply, Who};

pub(super) async fn cut_off(edge: &Edge) {
    let bound = Duration::from_secs(READ_SECONDS.parse().unwrap());
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        edge.guest.token
    );
    let counted = format!("{head}Content-Length: 10000\r\n\r\n{{");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n");
    let served = async {
        let began = Instant::now();
        while began.elapsed() < bound {
            let reply = edge.send(reqwest::Method::GET, "/products", Who::Nobody, &[], Vec::new()).await;
            assert_eq!(reply.status, 200, "others are served meanwhile");
        }
    };
    let (counted, chunked, slow_head, ()) = tokio::join!(
        drip(&edge.base, counted.as_bytes(), b" "),
        drip(&edge.base, chunked.as_bytes(), b"1\r\n \r\n"),
        drip(&edge.base, b"GET /products HTTP/1.1\r\n", b"X-A: b\r\n"),
        served
    );
    for (answer, took) in [&counted, &chunked] {
        edge.refused(&Reply::raw("a slow body", answer), 408, "body-timeout");
        assert!(*took >= bound, "{took:?}");
    }
    // Before there is a request there is nobody to make a problem of it.
    assert_eq!((slow_head.0.status, slow_head.0.body.len()), (408, 0), "{:?}", slow_head.0);
    for broken in ["hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\0 HTTP/1.1\r\n\r\n"] {
        assert_eq!(exchange(&edge.base, broken.as_bytes()).await.status, 400, "{broken:?}");
    }
}
