//! A role that answers byte by byte what a test says, and remembers what it was sent.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What it does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Sends this and closes the connection.
    Say(String),
    /// Closes the connection without a word.
    Close,
    /// Never answers.
    Hang,
    /// Sends the first, waits to be notified, sends the second and closes.
    InTwo(String, Arc<Notify>, String),
}

/// A running fake. It ends with the test's runtime.
pub struct FakeRole {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl FakeRole {
    /// Answers each request by its head, which comes in small letters.
    pub async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("the port"));
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let kept = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                connections.spawn(async move {
                    // A client that goes away ends it.
                    let _gone = converse(stream, &kept, |head| answer(head)).await;
                });
            }
        });
        Self { url, seen }
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The heads of all requests so far, in small letters; a door's question whether it is there is none.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    answer: impl Fn(&str) -> Reply,
) -> std::io::Result<()> {
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut chunk).await? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if head.starts_with("get /problems/") {
        return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    while bytes.len() < end + 4 + length.unwrap_or_default() {
        match stream.read(&mut chunk).await? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
    while head.contains("\r\ntransfer-encoding: chunked") && !bytes.ends_with(b"\r\n0\r\n\r\n") {
        match stream.read(&mut chunk).await? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
    match answer(&head) {
        Reply::Say(text) => stream.write_all(text.as_bytes()).await,
        Reply::Close => Ok(()),
        // Until the other side gives up.
        Reply::Hang => stream.read(&mut chunk).await.map(drop),
        Reply::InTwo(first, more, second) => {
            stream.write_all(first.as_bytes()).await?;
            more.notified().await;
            stream.write_all(second.as_bytes()).await
        }
    }
}

/// An answer of 200 with this body.
#[must_use]
pub fn ok(body: &str) -> Reply {
    Reply::Say(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
}
