//! Bugs to plant, so that the simulation shows it would find them. They live in the adapters and wrappers here; the code
//! under test stays as it is.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::{Envelope, Event, EventType};
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Delivery, Disposition, FaultKind, Handler};
use shotengai_query::domain::Fold;
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// A bug that loses or doubles something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Messages are deleted before what they ask for is durable.
    AcknowledgeBeforeCommit,
    /// The answers to the entries of a `PutRecords` are not looked at.
    IgnorePartialPut,
    /// The checkpoint moves over what the topic has not acknowledged.
    CheckpointTooFar,
    /// Checkpoints are written by whoever thinks that the shard is theirs.
    LeaseWithoutEpoch,
    /// A claim on a mail is never taken over from one that died.
    EternalClaim,
    /// Events are applied to rows whatever version is missing before them.
    NoGapCheck,
    /// Order acknowledges that a payment is authorized, and takes no note of it.
    DeafToPayments,
    /// What the installation denies counts as a message's own failure.
    DeniedIsTheMessagesOwn,
    /// Whatever the relay refuses at RCPT is taken for the recipient's fault.
    EveryRefusalTheRecipients,
    /// A mail that is refused is acknowledged and leaves no dead letter.
    RefusedMailIsDone,
    /// A call that the topic refuses for one event in it is made again unchanged.
    NeverHalved,
    /// A sweeper publishes whatever the index shows, in every shard, whoever else is at it.
    SweeperNeverSkips,
    /// Every chain of reminders of an order goes on.
    ChainsNeverMerge,
    /// Orders are rejected by numbers that were read a moment ago, and nothing asks whether they still are so.
    RejectByCachedStock,
    /// Inventory takes its time with every other order, once anything has gone wrong anywhere.
    Dawdles,
    /// The topic loses some messages on their way to one of their queues.
    DropOneQueue,
    /// Nobody is told of orders that are confirmed for too long.
    NobodyTold,
    /// An append that lands late is written anew, though it stands there already.
    BlindLateAppend,
    /// Of a large transaction the last product's pieces are not written.
    LostAtTheCut,
    /// Whoever is throttled asks again at once.
    NeverBacksOff,
    /// Where change capture feeds the stream, nobody sweeps what the outbox left behind.
    LeavesMarkers,
    /// Events are written anew on their way, without what this release does not know.
    Rewrites,
    /// A claim holds for as long as its holder's clock says, however long it has stood.
    TrustsForeignClocks,
    /// Where one message of a batch has to come again, all of them do.
    FailsTogether,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::AcknowledgeBeforeCommit,
        Self::IgnorePartialPut,
        Self::CheckpointTooFar,
        Self::LeaseWithoutEpoch,
        Self::EternalClaim,
        Self::NoGapCheck,
        Self::DeafToPayments,
        Self::DeniedIsTheMessagesOwn,
        Self::EveryRefusalTheRecipients,
        Self::RefusedMailIsDone,
        Self::NeverHalved,
        Self::SweeperNeverSkips,
        Self::ChainsNeverMerge,
        Self::RejectByCachedStock,
        Self::Dawdles,
        Self::DropOneQueue,
        Self::NobodyTold,
        Self::FailsTogether,
        Self::TrustsForeignClocks,
        Self::BlindLateAppend,
        Self::LostAtTheCut,
        Self::NeverBacksOff,
        Self::LeavesMarkers,
        Self::Rewrites,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcknowledgeBeforeCommit => "acknowledge-before-commit",
            Self::IgnorePartialPut => "ignore-partial-put",
            Self::CheckpointTooFar => "checkpoint-too-far",
            Self::LeaseWithoutEpoch => "lease-without-epoch",
            Self::EternalClaim => "eternal-claim",
            Self::NoGapCheck => "no-gap-check",
            Self::DeafToPayments => "deaf-to-payments",
            Self::DeniedIsTheMessagesOwn => "denied-is-the-messages-own",
            Self::EveryRefusalTheRecipients => "every-refusal-the-recipients",
            Self::RefusedMailIsDone => "refused-mail-is-done",
            Self::NeverHalved => "never-halved",
            Self::SweeperNeverSkips => "sweeper-never-skips",
            Self::ChainsNeverMerge => "chains-never-merge",
            Self::RejectByCachedStock => "reject-by-cached-stock",
            Self::Dawdles => "dawdles",
            Self::DropOneQueue => "drop-one-queue",
            Self::NobodyTold => "nobody-told",
            Self::FailsTogether => "fails-together",
            Self::TrustsForeignClocks => "trusts-foreign-clocks",
            Self::BlindLateAppend => "blind-late-append",
            Self::LostAtTheCut => "lost-at-the-cut",
            Self::NeverBacksOff => "never-backs-off",
            Self::LeavesMarkers => "leaves-markers",
            Self::Rewrites => "rewrites",
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|bug| bug.as_str() == text).ok_or_else(|| format!("bugs are: {}", known()))
    }
}

/// [`Bug::AcknowledgeBeforeCommit`]: says `Done` and begins.
pub struct Hasty(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Hasty {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let (handler, later) = (Arc::clone(&self.0), batch.to_vec());
        tokio::spawn(async move { handler.handle(&later).await });
        vec![Disposition::Done; batch.len()]
    }
}

/// [`Bug::DeafToPayments`]: says `Done` to some and hands on the others.
pub struct Deaf(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Deaf {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let is_heard = |delivery: &Delivery| !matches!(*delivery.event, Event::PaymentAuthorized(_));
        let heard: Vec<_> = batch.iter().filter(|delivery| is_heard(delivery)).cloned().collect();
        let mut answers = self.0.handle(&heard).await.into_iter();
        let answer = |delivery| if is_heard(delivery) { answers.next() } else { Some(Disposition::Done) };
        batch.iter().map(answer).map(|answer| answer.unwrap_or(Disposition::Done)).collect()
    }
}

/// [`Bug::Dawdles`]: longer than an order may wait, and no fault of anything.
pub struct Dawdling {
    /// Inventory's own.
    pub inner: Arc<dyn Handler>,
    /// Where something has gone wrong, or not.
    pub world: Arc<World>,
}

#[async_trait]
impl Handler for Dawdling {
    fn events(&self) -> &'static [EventType] {
        self.inner.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let is_order = |delivery: &Delivery| matches!(*delivery.event, Event::OrderPlaced(_));
        if !self.world.hold_ups.is_empty() && batch.iter().any(is_order) && self.world.below(2) == 0 {
            tokio::time::sleep(self.world.plan.timeout * 2).await;
        }
        self.inner.handle(batch).await
    }
}

/// [`Bug::DeniedIsTheMessagesOwn`]: what is denied looks like any refusal for good.
pub struct Impatient(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Impatient {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let own = |answer| match answer {
            Disposition::Failed { kind: FaultKind::Denied, cause } => {
                Disposition::Failed { kind: FaultKind::Permanent, cause }
            }
            other => other,
        };
        self.0.handle(batch).await.into_iter().map(own).collect()
    }
}

/// [`Bug::RefusedMailIsDone`], [`Bug::NobodyTold`]: what is rejected for this reason is done.
pub struct Dismissive(pub Arc<dyn Handler>, pub &'static str);

#[async_trait]
impl Handler for Dismissive {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let done = |answer| match answer {
            Disposition::Reject { reason, .. } if reason == self.1 => Disposition::Done,
            other => other,
        };
        self.0.handle(batch).await.into_iter().map(done).collect()
    }
}

/// [`Bug::FailsTogether`]: a batch is done as a whole, or not at all.
pub struct Wholesale(pub Arc<dyn Handler>);

#[async_trait]
impl Handler for Wholesale {
    fn events(&self) -> &'static [EventType] {
        self.0.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let answers = self.0.handle(batch).await;
        let again = answers.iter().find(|answer| answer.comes_again()).cloned();
        again.map_or(answers, |again| vec![again; batch.len()])
    }
}

/// [`Bug::CheckpointTooFar`]: says that all records are applied, and begins.
pub struct Overreaching(pub Arc<dyn RecordHandler>);

#[async_trait]
impl RecordHandler for Overreaching {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let (bridge, later, shutdown) = (Arc::clone(&self.0), records.to_vec(), shutdown.clone());
        let shard = shard.to_owned();
        tokio::spawn(async move { bridge.handle(&shard, &later, &shutdown).await });
        records.len()
    }
}

/// [`Bug::NoGapCheck`]: every event that is newer than its row looks like the next one.
pub struct Gapless {
    /// The projector.
    pub inner: Arc<dyn Handler>,
    /// Where its rows are.
    pub world: Arc<World>,
}

impl Gapless {
    fn version(&self, id: &AggregateId) -> Version {
        let rows = &self.world.rows;
        let product = rows.products().get(id).map(Fold::version);
        let stock = rows.stock().get(id).map(Fold::version);
        let order = rows.orders().get(id).map(Fold::version);
        product.or(stock).or(order).unwrap_or_default()
    }
}

#[async_trait]
impl Handler for Gapless {
    fn events(&self) -> &'static [EventType] {
        self.inner.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let mut reached: BTreeMap<AggregateId, Version> = BTreeMap::new();
        let mut disguised = Vec::new();
        for delivery in batch {
            let id = &delivery.envelope.subject;
            let current = reached.entry(id.clone()).or_insert_with(|| self.version(id));
            let mut delivery = delivery.clone();
            if *current > Version::ZERO && delivery.envelope.aggregateversion > current.next() {
                let envelope = Envelope { aggregateversion: current.next(), ..delivery.envelope.as_ref().clone() };
                delivery.envelope = Arc::new(envelope);
            }
            *current = (*current).max(delivery.envelope.aggregateversion);
            disguised.push(delivery);
        }
        self.inner.handle(&disguised).await
    }
}
