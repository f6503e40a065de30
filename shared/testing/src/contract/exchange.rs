//! A store that comes back under a running process with other commits than before, or with none.

use std::convert::Infallible;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shotengai_contracts::{CatalogEvent, EventType, Metadata, Misplaced, samples};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::ports::store::EventStore;
use shotengai_messaging::{Aggregate, Aggregates, CommitWriter, Loaded, Outbox};

use super::{CountingStore, fresh};

/// Counts its events.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Counted(u64);

impl Aggregate for Counted {
    type Event = CatalogEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 4;

    fn apply(&mut self, _: &CatalogEvent) -> Result<(), Misplaced> {
        self.0 += 1;
        Ok(())
    }
}

/// What a store that comes back has kept of the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// Its own, if it has any.
    Own,
    /// Those of before.
    OfBefore,
}

/// Checks that a process which remembers an aggregate of so many commits in `before` goes on, once `after` with so many
/// other commits has taken its place and was away meanwhile, from what stands there.
///
/// # Panics
/// When it writes from memory.
pub async fn exchange_contract(
    before: (Arc<dyn EventStore>, u64),
    after: (Arc<dyn EventStore>, u64),
    snapshots: Snapshots,
    ports: &Ports,
) {
    let id = AggregateId::parse(&fresh(ports, "contract/")).expect("a plain id");
    let case = format!("{} commits instead of {}, snapshots: {snapshots:?}", after.1, before.1);
    let store = Arc::new(CountingStore::new(Arc::clone(&before.0)));
    let process = aggregates(Arc::clone(&store) as Arc<dyn EventStore>, ports);
    grow(&process, &id, before.1, ports).await;
    grow(&aggregates(Arc::clone(&after.0), ports), &id, after.1, ports).await;
    if snapshots == Snapshots::OfBefore
        && let Some(snapshot) = before.0.load_snapshot(&id).await.expect("a snapshot is loaded")
    {
        after.0.save_snapshot(&snapshot).await.expect("a snapshot is saved");
    }
    store.become_one(Arc::clone(&after.0));
    store.be_away_once();
    process.load(&id).await.expect_err("it is away");
    let others = aggregates(Arc::clone(&after.0), ports);
    for (who, process) in [("who remembers", &process), ("who begins", &others), ("who remembers, again", &process)] {
        let there = after.0.load(&id, Version::ZERO).await.expect("what stands there has no gap").len() as u64;
        let grown = grow(process, &id, 1, ports).await;
        assert_eq!((grown.version.get(), grown.state.0), (there + 1, there + 1), "{case}: {who}");
    }
}

fn aggregates(store: Arc<dyn EventStore>, ports: &Ports) -> Aggregates<Counted> {
    Aggregates::new(CommitWriter::new(store, Outbox::disabled(), ports.clone()))
}

async fn grow(of: &Aggregates<Counted>, id: &AggregateId, times: u64, ports: &Ports) -> Loaded<Counted> {
    let event = samples::event(EventType::ProductCreated).expect("a valid sample");
    let event = CatalogEvent::try_from(event).expect("one of catalog's");
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    for _ in 0..times {
        of.execute(id, &meta, |_| Ok::<_, Infallible>(vec![event.clone()])).await.expect("a commit");
    }
    of.load(id).await.expect("a load")
}
