//! Gathering of what an order's explanation is made of. Bounded, and by one at a time: it reads what the bridge and the dead
//! letters' queues are asked by others, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::api::ops::street::Unknown;
use shotengai_contracts::{Header, Owner, aggregates};
use shotengai_kernel::{AggregateId, EventId, OrderId, PaymentId, Version};
use shotengai_messaging::{Commit, EventStore, Fault, Infrastructure, StartAt, StreamReader};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use super::awaited::Awaited;
use super::facts::{Fact, Facts};
use crate::shards::ShardState;
use crate::steps::tail::Texts;

/// The most commits of one aggregate that are read. An order with all its refunds has about a hundred.
const COMMITS: usize = 500;
/// Records of a shard that are looked through for a message: the bridge wants its part of what a shard gives.
const RECORDS: usize = 200;
/// How long a read of a shard may take.
const READ_WITHIN: Duration = Duration::from_secs(2);
/// How long somebody waits for those who ask at the same time.
const TURN_WITHIN: Duration = Duration::from_secs(4);

/// Reads orders where they are kept, and looks for their messages.
pub(crate) struct Gather {
    orders: Arc<dyn EventStore>,
    stock: Arc<dyn EventStore>,
    payments: Arc<dyn EventStore>,
    reader: Arc<dyn StreamReader>,
    texts: Texts,
    /// Whether change capture feeds the stream.
    pub(crate) is_captured: bool,
    turn: Mutex<()>,
}

/// An order as it is kept.
pub(crate) struct Kept {
    pub(crate) facts: Facts,
    commits: Vec<(Owner, Commit)>,
}

/// What was found in the stream before the bridge.
#[derive(Default)]
pub(crate) struct Ahead {
    pub(crate) found: BTreeMap<EventId, String>,
    /// Whether all that lies there was looked through.
    pub(crate) is_whole: bool,
}

impl Gather {
    /// Reads the stores and the stream of this installation. Neither readiness nor anything else waits for them.
    pub(crate) fn new(infra: &dyn Infrastructure, texts: Texts) -> Self {
        Self {
            orders: infra.event_store(Owner::Order),
            stock: infra.event_store(Owner::Inventory),
            payments: infra.event_store(Owner::Billing),
            reader: infra.stream_reader(),
            texts,
            is_captured: !infra.marks_outbox(),
            turn: Mutex::default(),
        }
    }

    /// The order with its stock and its payment. Consistent, but not of one moment.
    ///
    /// # Errors
    /// A [`Fault`] of a store.
    pub(crate) async fn kept(&self, id: &OrderId) -> Result<Kept, Fault> {
        let (reservation, payment) = (aggregates::reservation(id), AggregateId::from(&PaymentId::of_order(id)));
        let order = AggregateId::from(id);
        let (order, reservation, payment) = futures::try_join!(
            self.orders.load_some(&order, Version::ZERO, COMMITS),
            self.stock.load_some(&reservation, Version::ZERO, COMMITS),
            self.payments.load_some(&payment, Version::ZERO, COMMITS),
        )?;
        let mut unread = 0;
        let mut read = |commits: &[Commit]| -> Vec<Fact> {
            let envelopes: Vec<_> = commits.iter().flat_map(|commit| commit.events.iter()).collect();
            let facts: Vec<_> = envelopes.iter().filter_map(|envelope| Fact::of(envelope)).collect();
            unread += envelopes.len() - facts.len();
            facts
        };
        let (of_order, of_stock, of_payment) =
            (read(&order.commits), read(&reservation.commits), read(&payment.commits));
        let facts = Facts { order: of_order, reservation: of_stock, payment: of_payment, unread };
        let of = |owner, commits: Vec<Commit>| commits.into_iter().map(move |commit| (owner, commit));
        let commits = of(Owner::Order, order.commits)
            .chain(of(Owner::Inventory, reservation.commits))
            .chain(of(Owner::Billing, payment.commits));
        Ok(Kept { facts, commits: commits.collect() })
    }

    /// A turn to look where others do; none where they take too long.
    pub(crate) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        timeout(TURN_WITHIN, self.turn.lock()).await.ok()
    }

    /// Which of the messages are in a commit that has its marker.
    pub(crate) async fn marked(&self, kept: &Kept, awaited: &[Awaited<'_>]) -> Result<BTreeSet<EventId>, Fault> {
        let mut marked = BTreeSet::new();
        for (owner, commit) in &kept.commits {
            let held: Vec<_> =
                messages(awaited).filter(|id| commit.events.iter().any(|event| event.id == *id)).collect();
            if held.is_empty() {
                continue;
            }
            let store = match owner {
                Owner::Inventory => &self.stock,
                Owner::Billing => &self.payments,
                Owner::Order | Owner::Catalog => &self.orders,
            };
            if store.marked(std::slice::from_ref(commit)).await?.contains(&true) {
                marked.extend(held);
            }
        }
        Ok(marked)
    }

    /// Looks for the messages among what lies in the stream before the bridge.
    pub(crate) async fn ahead(&self, shards: &[ShardState], awaited: &[Awaited<'_>]) -> Ahead {
        let wanted: BTreeSet<EventId> = messages(awaited).collect();
        let lagging = shards.iter().filter(|shard| !shard.ended && shard.fault.is_none() && shard.lag_ms > Some(0));
        let reads = join_all(lagging.map(|shard| async {
            let read = timeout(READ_WITHIN, self.read(shard, &wanted)).await;
            (shard.shard.clone(), read.ok().and_then(Result::ok))
        }))
        .await;
        let mut ahead = Ahead { is_whole: shards.iter().all(|shard| shard.fault.is_none()), ..Ahead::default() };
        for (shard, read) in reads {
            let (found, is_whole) = read.unwrap_or_default();
            ahead.is_whole &= is_whole;
            ahead.found.extend(found.into_iter().map(|id| (id, shard.clone())));
        }
        ahead
    }

    /// Those of the wanted that lie in a shard behind its checkpoint, and whether all of it was read.
    async fn read(&self, shard: &ShardState, wanted: &BTreeSet<EventId>) -> Result<(Vec<EventId>, bool), Fault> {
        let start = shard.position.clone().map_or(StartAt::Oldest, StartAt::After);
        let cursor = self.reader.cursor(&shard.shard, &start).await?;
        let batch = self.reader.read(&cursor, RECORDS).await?;
        let texts = batch.records.iter().flat_map(|record| (self.texts)(&record.data));
        let ids = texts.filter_map(|text| Header::read(text.as_bytes()).ok().map(|header| header.id));
        Ok((ids.filter(|id| wanted.contains(id)).collect(), batch.next.is_none() || batch.behind_ms == 0))
    }
}

/// The messages that may still be on their way.
fn messages<'a>(awaited: &'a [Awaited<'_>]) -> impl Iterator<Item = EventId> + 'a {
    awaited.iter().filter(|awaited| awaited.asked.is_none()).map(|awaited| awaited.message.id)
}

/// Shards that nobody holds while others are held. Where none is held, leases are kept elsewhere, or no bridge is there: the
/// processes tell.
pub(crate) fn unheld(shards: &[ShardState]) -> BTreeSet<String> {
    let open = || shards.iter().filter(|shard| !shard.ended);
    if open().all(|shard| shard.held_by.is_none()) {
        return BTreeSet::new();
    }
    open().filter(|shard| shard.held_by.is_none()).map(|shard| shard.shard.clone()).collect()
}

/// A part that could not be looked at.
pub(crate) fn unknown(part: &str, why: impl ToString) -> Unknown {
    Unknown { part: part.to_owned(), why: why.to_string() }
}
