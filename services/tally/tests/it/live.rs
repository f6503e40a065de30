//! The public paths over a real socket: what clients see while orders are counted.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, HttpServer};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use shotengai_contracts::events::OrderStage;
use shotengai_runtime::http::Routes;
use shotengai_tally::TallySettings;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{Street, cancelled, paid};

pub(crate) type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The role's paths on a port of their own, and its workers, in threads of their own (`threads::busy`).
pub(crate) struct Pod {
    address: SocketAddr,
    shutdown: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
    _guard: DropGuard,
}

fn open(street: &Street, clients: usize) -> Pod {
    open_as(street, clients, 10)
}

/// A pod for so many clients, which reads the counters each `poll_ms`.
pub(crate) fn open_as(street: &Street, clients: usize, poll_ms: u64) -> Pod {
    let role = street.role(&TallySettings { tally_poll_ms: poll_ms, tally_max_clients: clients });
    let shutdown = CancellationToken::new();
    let (told, opened) = std::sync::mpsc::channel();
    let (workers, table, ending) = (role.workers, role.routes, shutdown.clone());
    let run = move || async move {
        for worker in workers {
            let ending = ending.clone();
            tokio::spawn(async move { worker.run(ending).await });
        }
        let server = HttpServer::new(move || {
            let mut routes = Routes::default();
            table(&mut routes);
            App::new().configure(|config| routes.apply(config))
        });
        // Of the drain nothing is left to wait for when the clients have been sent away.
        let server = server.workers(1).disable_signals().shutdown_timeout(2).bind(("127.0.0.1", 0)).unwrap();
        told.send(server.addrs()[0]).unwrap();
        let server = server.run();
        let handle = server.handle();
        let server = tokio::spawn(server);
        ending.cancelled().await;
        handle.stop(true).await;
        server.await.unwrap().unwrap();
    };
    let thread = std::thread::Builder::new().name("tally-pod".to_owned());
    let thread = thread.spawn(|| actix_web::rt::System::new().block_on(run())).unwrap();
    let address = opened.recv().unwrap();
    Pod { address, thread: Some(thread), _guard: shutdown.clone().drop_guard(), shutdown }
}

impl Pod {
    /// Drains it, and waits until its threads are gone.
    pub(crate) fn end(mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// A client, if there is a place for one.
    pub(crate) async fn try_watch(&self, query: &str) -> Option<Client> {
        let url = format!("ws://{}/tally/live{query}", self.address);
        timeout(TIMEOUT, connect_async(url)).await.unwrap().ok().map(|(client, _)| client)
    }

    pub(crate) async fn watch(&self, query: &str) -> Client {
        let url = format!("ws://{}/tally/live{query}", self.address);
        timeout(TIMEOUT, connect_async(url)).await.unwrap().unwrap().0
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: tally\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(TIMEOUT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))
    }
}

/// A client whose window is as small as they get, and who reads nothing but the handshake.
pub(crate) async fn with_small_window(pod: &Pod) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(pod.address).await.unwrap();
    let url = format!("ws://{}/tally/live", pod.address);
    timeout(TIMEOUT, client_async(url, stream)).await.unwrap().unwrap().0
}

pub(crate) async fn next(client: &mut Client) -> Value {
    loop {
        match timeout(TIMEOUT, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Follows a client until it has been told of this many sold and returned pieces of the product.
async fn until(client: &mut Client, product: &str, sold: i64, returned: i64) {
    loop {
        let told = next(client).await;
        assert_eq!(told["type"], "change");
        let products = told["products"].as_array().unwrap();
        if products.iter().any(|p| p["product_id"] == product && p["sold"] == sold && p["returned"] == returned) {
            return;
        }
    }
}

#[tokio::test]
async fn clients_see_a_snapshot_and_then_every_change_of_what_they_asked_for() {
    let street = Street::new(1);
    street.count(&[paid(1, &[("prod_kinoko", 2)])]).await;
    let pod = open(&street, 10);
    let mut all = pod.watch("").await;
    let mut one = pod.watch("?products=prod_takenoko").await;
    let snapshot = next(&mut all).await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["products"][0]["sold"], 2);
    assert_eq!(next(&mut one).await["products"], serde_json::json!([]));

    street.count(&[paid(2, &[("prod_kinoko", 1)])]).await;
    until(&mut all, "prod_kinoko", 3, 0).await;
    street.count(&[cancelled(2, &[("prod_kinoko", 1)], OrderStage::Paid), paid(3, &[("prod_takenoko", 5)])]).await;
    until(&mut all, "prod_kinoko", 3, 1).await;
    let change = next(&mut one).await;
    assert_eq!(change["products"].as_array().unwrap().len(), 1);
    assert_eq!(change["products"][0]["sold"], 5);

    let (status, totals) = pod.get("/tally?minutes=60").await;
    assert_eq!(status, 200);
    let kinoko = &totals["products"][0];
    assert_eq!((&kinoko["sold"], &kinoko["returned"], &kinoko["net"]), (&3.into(), &1.into(), &2.into()));
    assert_eq!(kinoko["minutes"][0]["sold"], 3);
}

#[tokio::test]
async fn a_client_that_comes_after_a_pause_is_told_what_is_true_then() {
    let street = Street::new(2);
    let pod = open(&street, 10);
    for sold in 1..=3 {
        // Nobody watches while the order is counted.
        let mut client = pod.watch("").await;
        assert_eq!(next(&mut client).await["type"], "snapshot");
        client.close(None).await.unwrap();
        street.count(&[paid(sold, &[("prod_a", 1)])]).await;
        let mut client = pod.watch("").await;
        let mut told = next(&mut client).await;
        // The reader may have been on its last round: then the truth follows as a change.
        while told["products"][0]["sold"] != sold {
            told = next(&mut client).await;
        }
    }
}

#[tokio::test]
async fn clients_are_sent_away_when_the_pod_drains() {
    let street = Street::new(3);
    let pod = open(&street, 10);
    let mut client = pod.watch("").await;
    next(&mut client).await;
    client.send(Message::Ping("x".into())).await.unwrap();
    pod.shutdown.cancel();
    loop {
        match timeout(TIMEOUT, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Close(reason) => {
                assert_eq!(reason.unwrap().code, CloseCode::Away);
                return;
            }
            Message::Pong(_) | Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn bad_questions_are_refused() {
    let street = Street::new(4);
    let pod = open(&street, 0);
    for path in ["/tally?minutes=0", "/tally?minutes=1441", "/tally?minutes=x", "/tally?hours=1"] {
        assert_eq!(pod.get(path).await.0, 400, "{path}");
    }
    assert_eq!(pod.get("/tally/live?products=../x").await.0, 400);
    assert_eq!(pod.get("/tally/live").await.0, 426);
    assert!(connect_async(format!("ws://{}/tally/live", pod.address)).await.is_err(), "no place was left");
}
