//! The local AWS.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
};

use shotengai_street::{MiniStack, MiniStackConfig, StreetError, port_in_use};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use crate::support::{alive, eventually, venv};

fn config(folder: &Path, port: u16) -> MiniStackConfig {
    MiniStackConfig { venv: venv(), state_dir: folder.to_owned(), port }
}

/// The answer to a call of SQS with this body.
async fn sqs(port: u16, operation: &str, body: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{operation}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
    answer
}

async fn list_queues(port: u16) -> String {
    ask(port, &format!("Host: 127.0.0.1:{port}\r\n")).await
}

/// The answer to a call with these headers beside its own.
async fn ask(port: u16, headers: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 2\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.ListQueues\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn ministack_answers_when_it_has_started_and_is_gone_when_it_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Instant::now();
    let ministack = MiniStack::start(&config(folder.path(), 0)).await.unwrap();
    println!("MiniStack started in {:?}", asked.elapsed());
    let (pid, port) = (ministack.pid(), ministack.port());
    assert_eq!(ministack.endpoint_url(), format!("http://127.0.0.1:{port}"));
    let answer = list_queues(port).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // A connection that stays open must not hold up the end.
    let _idle = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let asked = Instant::now();
    ministack.stop().await.unwrap();
    println!("MiniStack stopped in {:?}", asked.elapsed());
    assert!(!alive(pid) && !port_in_use(port));
}

#[tokio::test]
async fn who_waits_for_a_message_gets_it_as_soon_as_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let ministack = MiniStack::start(&config(folder.path(), 0)).await.unwrap();
    let port = ministack.port();
    sqs(port, "CreateQueue", r#"{"QueueName": "letters"}"#).await;
    let queue = format!("http://127.0.0.1:{port}/000000000000/letters");
    let mut delays = Vec::new();
    for _ in 0..20 {
        let receive = format!(r#"{{"QueueUrl": "{queue}", "WaitTimeSeconds": 10}}"#);
        let waiting = tokio::spawn(async move { (sqs(port, "ReceiveMessage", &receive).await, Instant::now()) });
        // Once this is answered, the receive has looked for the first time.
        list_queues(port).await;
        let sent = Instant::now();
        sqs(port, "SendMessage", &format!(r#"{{"QueueUrl": "{queue}", "MessageBody": "hello"}}"#)).await;
        let (answer, at) = waiting.await.unwrap();
        assert!(answer.contains("hello"), "{answer}");
        delays.push(at - sent);
    }
    // It looks every 100 ms by itself. Other work on this machine may hold most of them up, and not all.
    let shortest = delays.iter().min().unwrap();
    assert!(shortest.as_millis() < 50, "{delays:?}");
    ministack.stop().await.unwrap();
}

#[tokio::test]
async fn no_page_of_another_site_can_use_ministack() {
    let folder = tempfile::tempdir().unwrap();
    let ministack = MiniStack::start(&config(folder.path(), 0)).await.unwrap();
    let port = ministack.port();
    for (host, more) in [
        (format!("127.0.0.1:{port}"), ""),
        (format!("localhost:{port}"), ""),
        (format!("[::1]:{port}"), "Sec-Fetch-Site: none\r\n"),
        (format!("127.0.0.1:{port}"), "Origin: http://127.0.0.1:8080\r\nSec-Fetch-Site: same-site\r\n"),
        (format!("127.0.0.1:{port}"), "Origin: http://localhost:8080\r\nSec-Fetch-Site: cross-site\r\n"),
    ] {
        let answer = ask(port, &format!("Host: {host}\r\n{more}")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host} {more}: {answer}");
    }
    for (host, more) in [
        (format!("evil.example:{port}"), ""),
        (format!("localhost.evil.example:{port}"), ""),
        (format!("127.0.0.1:{port}"), "Origin: https://evil.example\r\n"),
        (format!("127.0.0.1:{port}"), "Origin: https://localhost.evil.example\r\n"),
        (format!("127.0.0.1:{port}"), "Origin: null\r\n"),
        (format!("127.0.0.1:{port}"), "Sec-Fetch-Site: cross-site\r\n"),
    ] {
        let answer = ask(port, &format!("Host: {host}\r\n{more}")).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{host} {more}: {answer}");
        assert!(!answer.to_lowercase().contains("access-control"), "{host} {more}: {answer}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named_before_anything_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = MiniStack::start(&config(folder.path(), port)).await.unwrap_err();
    assert!(matches!(&error, StreetError::PortInUse { port: named, .. } if *named == port));
    assert_eq!(
        error.to_string(),
        format!("port {port}, wanted for the local AWS (MiniStack), is in use by another program")
    );
}

#[tokio::test]
async fn several_may_start_at_once_each_in_its_own_folder() {
    let folders: [_; 3] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let configs = [0, 1, 2].map(|one: usize| config(folders[one].path(), 0));
    let (one, two, three) =
        tokio::join!(MiniStack::start(&configs[0]), MiniStack::start(&configs[1]), MiniStack::start(&configs[2]));
    let ports = [one.unwrap(), two.unwrap(), three.unwrap()].map(|ministack| ministack.port());
    assert!(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
    eventually("all dropped ones are gone", || !ports.iter().any(|port| port_in_use(*port))).await;
}

#[tokio::test]
async fn a_folder_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let first = MiniStack::start(&config(folder.path(), 0)).await.unwrap();
    let same_port = MiniStack::start(&config(folder.path(), first.port())).await.unwrap_err();
    assert!(matches!(same_port, StreetError::PortInUse { .. }));
    let same_folder = MiniStack::start(&config(folder.path(), 0)).await.unwrap_err();
    assert!(matches!(same_folder, StreetError::FolderInUse { .. }));
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    // An environment whose interpreter is real and whose packages are missing.
    let broken = folder.path().join("venv");
    std::fs::create_dir_all(broken.join("bin")).unwrap();
    std::os::unix::fs::symlink(
        std::fs::canonicalize(venv().join("bin").join("python")).unwrap(),
        broken.join("bin").join("python"),
    )
    .unwrap();
    std::fs::write(broken.join("requirements.installed"), "").unwrap();
    let broken = MiniStackConfig { venv: broken, ..config(&folder.path().join("state"), 0) };
    let error = MiniStack::start(&broken).await.unwrap_err();
    assert!(error.to_string().contains("No module named 'ministack'"), "{error}");
}
