//! Who watches the live tally: one who reads, and one who stops reading.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use shotengai_contracts::live::{LiveKind, LiveMessage};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// As the page asks: both rivals.
const PATH: &str = "/tally/live?products=prod_kinoko,prod_takenoko";
const WITHIN: Duration = Duration::from_secs(20);
/// The smallest receive buffer that a system may give.
const SMALL_BUFFER: u32 = 4_096;
/// A frame's head: two bytes, and two more from 126 bytes of payload on.
const fn head(payload: usize) -> usize {
    if payload < 126 { 2 } else { 4 }
}

type Socket = WebSocketStream<TcpStream>;

/// A frame as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) at: Instant,
    pub(super) bytes: usize,
}

/// What a viewer was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) frames: Vec<Frame>,
    /// Pieces sold by product: the snapshot, and every change on top.
    sold: BTreeMap<String, i64>,
    /// Why it can't be believed, or that it was dropped.
    pub(super) fault: Option<String>,
}

impl Told {
    /// All that was sold.
    pub(super) fn sold(&self) -> i64 {
        self.sold.values().sum()
    }

    fn hear(&mut self, text: &str) {
        self.frames.push(Frame { at: Instant::now(), bytes: text.len() + head(text.len()) });
        let message: LiveMessage = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(error) => return self.complain(format!("a frame that can't be read: {error}")),
        };
        let is_first = self.frames.len() == 1;
        if is_first != (message.kind == LiveKind::Snapshot) {
            self.complain(format!("frame {}: {:?}", self.frames.len(), message.kind));
        }
        for product in message.products {
            let before = self.sold.insert(product.product_id.to_string(), product.sold);
            if before.is_some_and(|before| before > product.sold) {
                self.complain(format!("{} fell from {before:?} to {}", product.product_id, product.sold));
            }
        }
    }

    fn complain(&mut self, what: String) {
        self.fault.get_or_insert(what);
    }
}

/// One who reads all that comes. Leaves when dropped.
pub(super) struct Viewer {
    told: Arc<Mutex<Told>>,
    reading: JoinHandle<()>,
}

impl Viewer {
    /// Opens, and waits for nothing more than the handshake. None where there was no place.
    pub(super) async fn open(pod: SocketAddr) -> Option<Self> {
        let socket = timeout(WITHIN, TcpStream::connect(pod)).await.expect("the pod takes connections").unwrap();
        let mut socket = handshake(pod, socket).await?;
        let told = Arc::<Mutex<Told>>::default();
        let kept = Arc::clone(&told);
        let reading = tokio::spawn(async move {
            let ended = loop {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) => locked(&kept).hear(&text),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => break format!("dropped: {other:?}"),
                }
            };
            locked(&kept).complain(ended);
        });
        Some(Self { told, reading })
    }

    /// What it was told so far.
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        locked(&self.told)
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

fn locked(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One who reads the handshake and nothing else, through a window as small as they get.
pub(super) struct Silent(Socket);

impl Silent {
    /// Opens.
    pub(super) async fn open(pod: SocketAddr) -> Option<Self> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(SMALL_BUFFER).unwrap();
        let socket = timeout(WITHIN, socket.connect(pod)).await.expect("the pod takes connections").unwrap();
        Some(Self(handshake(pod, socket).await?))
    }

    /// Reads what waits; answers whether its connection had been ended without a word, which is all that fits into it.
    pub(super) async fn is_cut_off(&mut self) -> bool {
        let until_the_end = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(_))) => return false,
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return true,
                }
            }
        };
        timeout(WITHIN, until_the_end).await.unwrap_or(false)
    }
}

/// None where the answer is that there is no place.
async fn handshake(pod: SocketAddr, socket: TcpStream) -> Option<Socket> {
    let opened = timeout(WITHIN, client_async(format!("ws://{pod}{PATH}"), socket)).await;
    match opened.expect("the pod answers") {
        Ok((socket, _)) => Some(socket),
        Err(Error::Http(answer)) if answer.status() == 503 => None,
        Err(error) => panic!("the live tally can't be opened: {error}"),
    }
}
