//! One HTTP question to a server on loopback.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Whether `GET path` on this port answers 200 with a body that contains `needle`.
pub(crate) async fn answers(port: u16, path: &str, needle: &str) -> bool {
    matches!(get(port, path).await, Ok(answer) if answer.starts_with("HTTP/1.1 200") && answer.contains(needle))
}

async fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(1024 * 1024).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
