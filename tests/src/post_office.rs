//! Decides which worker of a queue gets which message, and when.
//!
//! The office receives the queue in the workers' place and hands a message, with its real receipt, to a worker whose
//! receives come through a proxy. The worker settles it itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use shotengai_messaging::{Queue, RawDelivery, Receipt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::proxy::{Action, Exchange, Proxy, Rule};
use crate::wait::until;

/// Longer than any test: only who receives or recalls a letter makes it come again.
const KEPT: Duration = Duration::from_secs(600);
/// Shorter than the SDK's patience with a long poll.
const POLL: Duration = Duration::from_secs(5);
const WITHIN: Duration = Duration::from_secs(60);

/// A message of the queue.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The order it is about.
    pub order: String,
    /// Its event's type.
    pub event_type: String,
    raw: RawDelivery,
}

/// A worker's place in the office.
pub struct Desk {
    inbox: UnboundedSender<Letter>,
    handed: Mutex<BTreeSet<Receipt>>,
}

/// The queue, received in its workers' place. Ends when dropped.
pub struct PostOffice {
    queue: Arc<dyn Queue>,
    sorting: Arc<Mutex<Sorting>>,
    receiving: JoinHandle<()>,
}

#[derive(Default)]
struct Sorting {
    parked: Vec<Letter>,
    forwarded: BTreeMap<String, Arc<Desk>>,
}

impl Letter {
    fn read(raw: RawDelivery) -> Self {
        let envelope: Value = serde_json::from_str(&raw.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self { order: text(&envelope["data"]["order_id"]), event_type: text(&envelope["type"]), raw }
    }

    /// Whether an exchange of the worker that got it settles it, one way or the other.
    #[must_use]
    pub fn is_settled_by(&self, exchange: &Exchange) -> bool {
        let settles = ["DeleteMessageBatch", "ChangeMessageVisibilityBatch"].contains(&exchange.operation.as_str());
        settles && exchange.mentions(&self.raw.receipt.0)
    }

    fn as_received(&self) -> Value {
        let attributes: BTreeMap<_, _> = self
            .raw
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), json!({"DataType": "String", "StringValue": value})))
            .collect();
        json!({
            "MessageId": self.raw.message_id,
            "ReceiptHandle": self.raw.receipt.0,
            "Body": self.raw.body,
            "Attributes": {"ApproximateReceiveCount": self.raw.receive_count.to_string()},
            "MessageAttributes": attributes,
        })
    }
}

impl Desk {
    /// Hands a letter to the worker. A letter can be handed to several: a message that was delivered twice.
    pub fn hand(&self, letter: &Letter) {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).insert(letter.raw.receipt.clone());
        let _ = self.inbox.send(letter.clone());
    }
}

impl PostOffice {
    /// Starts to receive the queue.
    #[must_use]
    pub fn open(queue: Arc<dyn Queue>) -> Self {
        let sorting = Arc::<Mutex<Sorting>>::default();
        let receiving = tokio::spawn(receive(Arc::clone(&queue), Arc::clone(&sorting)));
        Self { queue, sorting, receiving }
    }

    /// A desk for the worker behind this proxy: it receives what is handed to the desk and nothing else.
    #[must_use]
    pub fn desk(&self, proxy: &Proxy) -> Arc<Desk> {
        let (inbox, letters) = unbounded_channel();
        let letters = Arc::new(tokio::sync::Mutex::new(letters));
        let receives = Rule::when(|exchange| exchange.is("sqs", "ReceiveMessage"));
        proxy.rule(receives.act(Action::ask(move |_| answer(Arc::clone(&letters)))));
        Arc::new(Desk { inbox, handed: Mutex::default() })
    }

    /// Waits until the letter of this type about this order is there.
    pub async fn until_there(&self, order: &str, event_type: &str) {
        until(&format!("{event_type} of {order} is there"), WITHIN, || async {
            let sorting = self.sorting.lock().unwrap_or_else(PoisonError::into_inner);
            let there = sorting.parked.iter().any(|it| it.order == order && it.event_type == event_type);
            there.then_some(()).ok_or("it has not come")
        })
        .await;
    }

    /// Takes the letter of this type about this order, once it is there.
    pub async fn letter(&self, order: &str, event_type: &str) -> Letter {
        until(&format!("{event_type} of {order} comes"), WITHIN, || async {
            let mut sorting = self.sorting.lock().unwrap_or_else(PoisonError::into_inner);
            let found = sorting.parked.iter().position(|it| it.order == order && it.event_type == event_type);
            found.map(|place| sorting.parked.remove(place)).ok_or("it has not come")
        })
        .await
    }

    /// From now on everything about this order goes to this desk, what is waiting included.
    pub fn forward(&self, order: &str, desk: &Arc<Desk>) {
        let mut sorting = self.sorting.lock().unwrap_or_else(PoisonError::into_inner);
        sorting.forwarded.insert(order.to_owned(), Arc::clone(desk));
        let (ours, others) = std::mem::take(&mut sorting.parked).into_iter().partition(|it| it.order == order);
        sorting.parked = others;
        Vec::into_iter(ours).for_each(|letter| desk.hand(&letter));
    }

    /// What a dead worker held comes again now, as it would when its time of invisibility ran out.
    pub async fn recall(&self, desk: &Desk) {
        let held = std::mem::take(&mut *desk.handed.lock().unwrap_or_else(PoisonError::into_inner));
        let held: Vec<_> = held.into_iter().map(|receipt| (receipt, Duration::ZERO)).collect();
        for chunk in held.chunks(10) {
            // What was deleted before has no receipt any more.
            self.queue.change_visibility(chunk).await.unwrap_or_else(|fault| panic!("{fault}"));
        }
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        self.receiving.abort();
    }
}

async fn receive(queue: Arc<dyn Queue>, sorting: Arc<Mutex<Sorting>>) {
    loop {
        let received = queue.receive(10, Duration::from_secs(2), KEPT).await;
        let received = received.unwrap_or_else(|fault| panic!("{}: {fault}", queue.name()));
        let mut sorting = sorting.lock().unwrap_or_else(PoisonError::into_inner);
        for letter in received.into_iter().map(Letter::read) {
            match sorting.forwarded.get(&letter.order) {
                Some(desk) => desk.hand(&letter),
                None => sorting.parked.push(letter),
            }
        }
    }
}

/// One letter a receive, so that one that is held up holds up no other.
fn answer(letters: Arc<tokio::sync::Mutex<UnboundedReceiver<Letter>>>) -> BoxFuture<'static, Action> {
    Box::pin(async move {
        let letter = tokio::time::timeout(POLL, async { letters.lock().await.recv().await }).await.ok().flatten();
        let messages: Vec<_> = letter.iter().map(Letter::as_received).collect();
        let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())];
        Action::Answer { status: 200, body: json!({"Messages": messages}).to_string(), headers }
    })
}
