//! Requests byte by byte: for what no HTTP client would send.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Far above any answer's time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What came back.
#[derive(Debug)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// Status line and headers, as they came.
    pub head: String,
    /// Whatever followed.
    pub body: Vec<u8>,
}

impl RawAnswer {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {head:?}"));
        Self { status, head, body: bytes.get(end + 4..).unwrap_or_default().to_vec() }
    }

    /// A header's value; its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Connects to `http://host:port`.
pub async fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Everything that comes until the server closes.
pub async fn read_all(stream: &mut TcpStream) -> RawAnswer {
    let mut bytes = Vec::new();
    // A server that has said no may reset what still travels towards it; what came before that counts.
    let _reset = timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await.expect("the server closes the connection");
    RawAnswer::of(&bytes)
}

/// Sends these bytes and reads until the server closes: the head should ask for that.
pub async fn exchange(base: &str, request: &[u8]) -> RawAnswer {
    let mut stream = connect(base).await;
    // The server may have answered before it has read everything.
    let _refused = stream.write_all(request).await;
    read_all(&mut stream).await
}

/// Sends `start`, then `drop` again and again until the server answers; how long that took.
pub async fn drip(base: &str, start: &[u8], drop: &[u8]) -> (RawAnswer, Duration) {
    let mut stream = connect(base).await;
    let began = Instant::now();
    stream.write_all(start).await.unwrap();
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 4096];
    while began.elapsed() < TIMEOUT {
        // Not a wait for something to have happened: the pace of a slow client.
        match timeout(Duration::from_millis(100), stream.read(&mut chunk)).await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(read)) => bytes.extend_from_slice(&chunk[..read]),
            Err(_) if bytes.is_empty() => {
                let _refused = stream.write_all(drop).await;
            }
            Err(_) => {}
        }
    }
    (RawAnswer::of(&bytes), began.elapsed())
}
