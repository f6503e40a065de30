//! A bridge as bad as the rules allow: every message three times, each copy on its own way, late and out of order.
//!
//! It reads the stream itself and sends to the queues by the table of subscriptions, not through the topic, so that each
//! queue sees an order of its own: billing may have a cancellation for seconds before inventory has the order. Nothing
//! is lost. The seed decides every draw (what is held, for how many rounds, the shuffle), not how fast the processes
//! under test answer: a seed repeats the kind of weather, not a history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use shotengai_aws::Aws;
use shotengai_contracts::{Envelope, EventType, QUEUES};
use shotengai_kernel::{Ports, Random, SeededRandom};
use shotengai_messaging::ports::stream::{ShardCursor, StartAt};
use shotengai_messaging::{Infrastructure, OutgoingMessage};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::street::Street;
use crate::wait::until;

/// Copies of each message, a queue.
pub const COPIES: u64 = 3;
/// The pause between two rounds.
const ROUND: Duration = Duration::from_millis(40);
/// The longest a message is held as a whole, and the longest a copy is held beyond that, in rounds.
const HELD: u64 = 30;
/// How long a new order is kept from one of inventory and billing unless a later event of it came by before, in rounds:
/// longer than most cancellations need.
const KEPT_BACK: u64 = 2 * HELD;

/// How far it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rounds ended.
    pub rounds: u64,
    /// Records read.
    pub records: u64,
    /// Copies sent.
    pub sent: u64,
    /// Copies held for later rounds.
    pub held: u64,
    /// Messages whose first copy came to a queue after that of a later event of the same aggregate.
    pub overtaken: u64,
}

/// The bridge, running until dropped.
pub struct ChaoticBridge {
    seed: u64,
    progress: watch::Receiver<Progress>,
    task: JoinHandle<()>,
}

impl ChaoticBridge {
    /// Starts it on a street whose processes have no `bridge`, with `CHAOS_SEED` or a seed of its own.
    #[must_use]
    pub fn start(street: &Street) -> Self {
        let given = std::env::var("CHAOS_SEED").ok().map(|seed| seed.parse().expect("CHAOS_SEED is a number"));
        let seed = given.unwrap_or_else(|| Ports::system().random.next_u64());
        let (sender, progress) = watch::channel(Progress::default());
        let aws = Arc::clone(&street.aws);
        let task = tokio::spawn(async move { Rounds::new(aws, seed).await.run(&sender).await });
        Self { seed, progress, task }
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Waits until nothing moves any more: every queue empty and settled, every commit in the stream, every copy sent.
    /// Nobody may send commands meanwhile.
    pub async fn until_quiet(&self, street: &Street, within: Duration) {
        until("the street is quiet", within, || async {
            let before = self.progress();
            let mut waiting = Vec::new();
            for queue in QUEUES {
                let depth = street.aws.queue(queue.name).depth().await.unwrap();
                if depth.total() > 0 {
                    waiting.push((queue.name, depth));
                }
            }
            let marked = street.unpublished().await;
            // Two rounds: one may have read before the last marker went.
            let rounds = self.progress().rounds + 2;
            let after = *self.progress.clone().wait_for(|now| now.rounds >= rounds).await.expect("the bridge goes on");
            let is_quiet = waiting.is_empty() && marked == 0 && after.held == 0;
            // What was sent between the looks may have filled a queue that was seen empty.
            if is_quiet && after.sent == before.sent { Ok(()) } else { Err((waiting, marked, after)) }
        })
        .await;
    }
}

impl Drop for ChaoticBridge {
    fn drop(&mut self) {
        self.task.abort();
        if std::thread::panicking() {
            eprintln!("--- the bridge's seed: CHAOS_SEED={} {:?} ---", self.seed, self.progress());
        }
    }
}

/// A copy of a message on its way to a queue.
struct Copy {
    /// The round in which it is sent at the latest.
    due: u64,
    /// Whether it waits for a later event of its aggregate to overtake it.
    gives_way: bool,
    queue: &'static str,
    subject: String,
    version: u64,
    message: OutgoingMessage,
}

struct Rounds {
    aws: Arc<Aws>,
    random: SeededRandom,
    cursors: Vec<ShardCursor>,
    held: Vec<Copy>,
    late_queues: BTreeMap<String, &'static str>,
    /// The newest version that each queue has seen of each aggregate, and each (queue, aggregate, version) seen.
    newest: BTreeMap<(&'static str, String), u64>,
    seen: BTreeSet<(&'static str, String, u64)>,
    progress: Progress,
}

impl Rounds {
    async fn new(aws: Arc<Aws>, seed: u64) -> Self {
        let reader = aws.stream_reader();
        let mut cursors = Vec::new();
        for shard in reader.shards().await.unwrap() {
            cursors.push(reader.cursor(&shard.id, &StartAt::Oldest).await.unwrap());
        }
        let random = SeededRandom::new(seed);
        Self {
            aws,
            random,
            cursors,
            held: Vec::new(),
            late_queues: BTreeMap::new(),
            newest: BTreeMap::new(),
            seen: BTreeSet::new(),
            progress: Progress::default(),
        }
    }

    async fn run(mut self, progress: &watch::Sender<Progress>) {
        loop {
            self.read().await;
            self.send_what_is_due().await;
            self.progress.rounds += 1;
            self.progress.held = u64::try_from(self.held.len()).unwrap();
            progress.send_replace(self.progress);
            tokio::time::sleep(ROUND).await;
        }
    }

    async fn read(&mut self) {
        let reader = self.aws.stream_reader();
        for index in 0..self.cursors.len() {
            let batch = reader.read(&self.cursors[index], 1000).await.unwrap();
            self.cursors[index] = batch.next.expect("no shard closes under test");
            for record in batch.records {
                self.progress.records += 1;
                let envelope = Envelope::from_json(&record.data).unwrap();
                let event_type = envelope.known_type().unwrap();
                for queue in QUEUES.iter().filter(|queue| queue.events.contains(&event_type)) {
                    self.take(queue.name, &envelope, event_type);
                }
            }
        }
    }

    /// One of three messages is late as a whole, and one of three copies by itself.
    fn take(&mut self, queue: &'static str, envelope: &Envelope, event_type: EventType) {
        let late = |random: &SeededRandom| if random.below(3) == 0 { random.below(HELD) } else { random.below(3) };
        let gives_way = event_type == EventType::OrderPlaced && queue == self.late_queue(envelope);
        let whole = self.progress.rounds + if gives_way { KEPT_BACK } else { late(&self.random) };
        let mut attributes = BTreeMap::from([("event_type".to_owned(), event_type.as_str().to_owned())]);
        attributes.extend(envelope.traceparent.clone().map(|parent| ("traceparent".to_owned(), parent)));
        let message = OutgoingMessage { body: envelope.to_json(), attributes, delay: Duration::ZERO };
        for _ in 0..COPIES {
            self.held.push(Copy {
                due: whole + late(&self.random),
                gives_way,
                queue,
                subject: envelope.subject.to_string(),
                version: envelope.aggregateversion.get(),
                message: message.clone(),
            });
        }
    }

    /// Which of the two that decide about an order hears of it late; drawn once an order.
    fn late_queue(&mut self, envelope: &Envelope) -> &'static str {
        let queues = ["inventory-queue", "billing-queue"];
        let drawn = usize::try_from(self.random.below(2)).unwrap();
        self.late_queues.entry(envelope.subject.to_string()).or_insert(queues[drawn])
    }

    async fn send_what_is_due(&mut self) {
        let round = self.progress.rounds;
        let is_overtaken = |copy: &Copy| {
            let newest = self.newest.get(&(copy.queue, copy.subject.clone()));
            copy.gives_way && newest.is_some_and(|newest| *newest > copy.version)
        };
        let (mut due, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition::<Vec<_>, _>(|copy| copy.due <= round || is_overtaken(copy));
        self.held = held;
        for place in (1..due.len()).rev() {
            let other = self.random.below(u64::try_from(place).unwrap() + 1);
            due.swap(place, usize::try_from(other).unwrap());
        }
        let mut queues: BTreeMap<&'static str, Vec<OutgoingMessage>> = BTreeMap::new();
        for copy in due {
            self.note(&copy);
            queues.entry(copy.queue).or_default().push(copy.message);
        }
        for (name, messages) in queues {
            let queue = self.aws.queue(name);
            for batch in messages.chunks(10) {
                for answer in queue.send(batch).await.unwrap() {
                    answer.unwrap();
                    self.progress.sent += 1;
                }
            }
        }
    }

    fn note(&mut self, copy: &Copy) {
        if !self.seen.insert((copy.queue, copy.subject.clone(), copy.version)) {
            return;
        }
        let newest = self.newest.entry((copy.queue, copy.subject.clone())).or_default();
        if copy.version < *newest {
            self.progress.overtaken += 1;
        }
        *newest = copy.version.max(*newest);
    }
}
