//! A bridge as bad as the rules allow: every message three times, each copy on its own way, late and out of order.
//!
//! It reads the stream itself and sends to the queues by the table of subscriptions, not through the topic, so that each
//! queue sees an order of its own: billing may have a cancellation for seconds before inventory has the order. Nothing
//! is lost. The seed decides every draw (what is held, for how long, the shuffle), not how fast the processes
//! under test answer: a seed repeats the kind of weather, not a history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shotengai_aws::Aws;
use shotengai_contracts::topology::{SHOTENGAI, queues};
use shotengai_contracts::{Envelope, Event};
use shotengai_kernel::{Ports, Random, SeededRandom};
use shotengai_messaging::ports::queue::QUEUE_MAX_BATCH;
use shotengai_messaging::ports::stream::{ShardCursor, StartAt};
use shotengai_messaging::{Infrastructure, Message, Queue};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::intents::token_of;
use crate::stream::envelopes;
use crate::test_cluster::TestCluster;
use crate::wait::until;

/// Copies of each message, a queue.
pub const COPIES: u64 = 3;
/// An order paid with this token comes to one of inventory and billing, drawn by the seed, only once a later event of it
/// has gone there. Such an order must be cancelled, or it waits for ever. The provider knows no such token and approves.
pub const OVERTAKEN_TOKEN: &str = "tok_overtaken";
/// The pause between two rounds.
const ROUND: Duration = Duration::from_millis(40);
/// The longest a message is late as a whole, and the longest a copy is late beyond that. In time, not in rounds: a busy
/// machine has slow rounds, and must not be made slower still.
const LATE: Duration = Duration::from_millis(1200);

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
    pub fn start(cluster: &TestCluster) -> Self {
        let given = std::env::var("CHAOS_SEED").ok().map(|seed| seed.parse().expect("CHAOS_SEED is a number"));
        let seed = given.unwrap_or_else(|| Ports::system().random.next_u64());
        let (sender, progress) = watch::channel(Progress::default());
        let aws = Arc::clone(&cluster.aws);
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
    pub async fn until_quiet(&self, cluster: &TestCluster, within: Duration) {
        until("the street is quiet", within, || async {
            let before = self.progress();
            let mut waiting = Vec::new();
            for queue in SHOTENGAI.subscribed_queues() {
                let depth = cluster.aws.queue(queue.name).depth().await;
                if !depth.as_ref().is_ok_and(|depth| depth.total() == 0) {
                    waiting.push((queue.name, depth));
                }
            }
            let marked = cluster.unpublished().await;
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
    due: Instant,
    /// Whether it also waits for a later event of its aggregate to overtake it.
    gives_way: bool,
    queue: &'static str,
    subject: String,
    version: u64,
    message: Message,
}

struct Rounds {
    aws: Arc<Aws>,
    random: SeededRandom,
    cursors: Vec<ShardCursor>,
    held: Vec<Copy>,
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
        let reads = self.cursors.iter().map(|cursor| reader.read(cursor, 1000));
        let batches = join_all(reads).await;
        for (index, batch) in batches.into_iter().enumerate() {
            let batch = match batch {
                Ok(batch) => batch,
                // The cursor stays where it is; the next round reads on from it.
                Err(fault) if fault.is_retryable() => continue,
                Err(fault) => panic!("{fault}"),
            };
            self.cursors[index] = batch.next.expect("no shard closes under test");
            for record in batch.records {
                self.progress.records += 1;
                for envelope in envelopes(&record.data) {
                    let event_type = envelope.known_type().unwrap();
                    let late_queue = self.late_queue(&envelope).await;
                    for queue in SHOTENGAI.subscribed_queues().filter(|queue| queue.events().contains(&event_type)) {
                        self.take(queue.name, &envelope, late_queue == Some(queue.name));
                    }
                }
            }
        }
    }

    /// One of three messages is late as a whole, and one of three copies by itself.
    fn take(&mut self, queue: &'static str, envelope: &Envelope, gives_way: bool) {
        let most = u64::try_from(LATE.as_millis()).unwrap();
        let late = || Duration::from_millis(if self.random.below(3) == 0 { self.random.below(most) } else { 0 });
        let whole = Instant::now() + late();
        let mut attributes = BTreeMap::from([("event_type".to_owned(), envelope.event_type.clone())]);
        attributes.extend(envelope.traceparent.clone().map(|parent| ("traceparent".to_owned(), parent)));
        let message = Message { body: envelope.to_json(), attributes, delay: Duration::ZERO };
        for _ in 0..COPIES {
            self.held.push(Copy {
                due: whole + late(),
                gives_way,
                queue,
                subject: envelope.subject.to_string(),
                version: envelope.aggregateversion.get(),
                message: message.clone(),
            });
        }
    }

    /// Which of the two that decide about an order hears of this event only when it is old news.
    async fn late_queue(&self, envelope: &Envelope) -> Option<&'static str> {
        let Event::OrderPlaced(placed) = envelope.event().unwrap() else { return None };
        let token = token_of(self.aws.as_ref(), &placed).await?;
        let queue = || if self.random.below(2) == 0 { queues::INVENTORY.name } else { queues::BILLING.name };
        (token.expose() == OVERTAKEN_TOKEN).then(queue)
    }

    async fn send_what_is_due(&mut self) {
        let now = Instant::now();
        let is_due = |copy: &Copy| {
            let newest = self.newest.get(&(copy.queue, copy.subject.clone()));
            copy.due <= now && (!copy.gives_way || newest.is_some_and(|newest| *newest > copy.version))
        };
        let (mut due, held) = std::mem::take(&mut self.held).into_iter().partition::<Vec<_>, _>(is_due);
        self.held = held;
        for place in (1..due.len()).rev() {
            let other = self.random.below(u64::try_from(place).unwrap() + 1);
            due.swap(place, usize::try_from(other).unwrap());
        }
        let mut queues: BTreeMap<&'static str, Vec<Message>> = BTreeMap::new();
        for copy in due {
            self.note(&copy);
            queues.entry(copy.queue).or_default().push(copy.message);
        }
        let sends = queues.into_iter().map(|(name, messages)| {
            let queue = self.aws.queue(name);
            async move {
                for batch in messages.chunks(QUEUE_MAX_BATCH) {
                    send(queue.as_ref(), batch.to_vec()).await;
                }
                u64::try_from(messages.len()).unwrap()
            }
        });
        self.progress.sent += join_all(sends).await.into_iter().sum::<u64>();
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

/// Sends until each is acknowledged; after a lost answer there may be a fourth copy.
async fn send(queue: &dyn Queue, mut messages: Vec<Message>) {
    while !messages.is_empty() {
        match queue.send(&messages).await {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                messages.retain(|_| answers.next().is_none_or(|answer| answer.is_err()));
            }
            Err(fault) => assert!(fault.is_retryable(), "{fault}"),
        }
    }
}
