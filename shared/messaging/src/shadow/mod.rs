//! A shadow of an installation: what is read comes from it, what is written is caught and shown, and nothing of it changes.
//!
//! A handler that is assembled over a [`Shadow`] does what it would do now, and finds what it has written itself. So a dead
//! letter is rehearsed by its own service's code. What it looked at is remembered, which tells why it did nothing.
//!
//! - `store`: event stores. `table`: tables. `rest`: queues, topic, streams, buckets, leases.
//!
//! **What it can't tell**: what others would do meanwhile. Conditions are judged on what was read a moment before.

mod met;
mod rest;
mod store;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shotengai_contracts::Owner;
use shotengai_kernel::Version;

use self::met::Looks;
pub use self::met::{Met, Stands};
use self::rest::{ShadowBucket, ShadowLeases, ShadowQueue, ShadowStream, ShadowTopic};
use self::store::ShadowStore;
use self::table::ShadowTable;
use crate::commit::Commit;
use crate::ports::bucket::Bucket;
use crate::ports::fault::Fault;
use crate::ports::infrastructure::Infrastructure;
use crate::ports::lease::Leases;
use crate::ports::queue::Queue;
use crate::ports::store::EventStore;
use crate::ports::stream::{StreamReader, StreamWriter};
use crate::ports::table::{Key, Table};
use crate::ports::topic::Topic;

/// Something that would have been written.
#[derive(Debug, Clone, PartialEq)]
pub enum Caught {
    /// A commit of this service's.
    Commit(Owner, Commit),
    /// A row of this table was put, counted up or deleted.
    Row {
        /// The table.
        table: String,
        /// The row.
        key: Key,
        /// What would become of it: `put`, `add` or `delete`.
        how: &'static str,
    },
    /// A message, a record or an object for this, by its name; or what has left by a way that is no part of an installation.
    Sent(String),
}

/// What was caught so far. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Net(Arc<Mutex<Vec<Caught>>>);

impl Net {
    fn held(&self) -> MutexGuard<'_, Vec<Caught>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catch(&self, caught: Caught) {
        self.held().push(caught);
    }
}

/// A shadow of an installation. One for each rehearsal.
pub struct Shadow {
    of: Arc<dyn Infrastructure>,
    net: Net,
    looks: Looks,
    stores: Mutex<BTreeMap<Owner, Arc<ShadowStore>>>,
    tables: Mutex<BTreeMap<String, Arc<ShadowTable>>>,
}

impl Shadow {
    /// A shadow of this installation, in which nothing is written yet.
    #[must_use]
    pub fn of(installation: Arc<dyn Infrastructure>) -> Self {
        Self {
            of: installation,
            net: Net::default(),
            looks: Looks::default(),
            stores: Mutex::default(),
            tables: Mutex::default(),
        }
    }

    /// Notes what would have left by a way that is no part of an installation: a mail, say.
    pub fn sends(&self, what: impl Into<String>) {
        self.net.catch(Caught::Sent(what.into()));
    }

    /// What would have been written since the last time, in its order.
    #[must_use]
    pub fn take(&self) -> Vec<Caught> {
        std::mem::take(&mut *self.net.held())
    }

    /// What was looked at so far, as it stands in the installation.
    ///
    /// # Errors
    /// A [`Fault`] of an event store.
    pub async fn met(&self) -> Result<Met, Fault> {
        let mut stands = Vec::new();
        for (owner, id) in self.looks.aggregates() {
            let newest = self.of.event_store(owner).load_newest(&id, Version::new(u64::MAX), 1).await?;
            stands.extend(newest.commits.first().and_then(Stands::after));
        }
        Ok(Met { stands, rows: self.looks.rows() })
    }
}

impl Infrastructure for Shadow {
    fn event_store(&self, owner: Owner) -> Arc<dyn EventStore> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let store =
            || Arc::new(ShadowStore::new(owner, self.of.event_store(owner), self.net.clone(), self.looks.clone()));
        Arc::clone(stores.entry(owner).or_insert_with(store)) as _
    }

    fn table(&self, name: &str) -> Arc<dyn Table> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let table = || Arc::new(ShadowTable::new(name, self.of.table(name), self.net.clone(), self.looks.clone()));
        Arc::clone(tables.entry(name.to_owned()).or_insert_with(table)) as _
    }

    fn queue(&self, name: &str) -> Arc<dyn Queue> {
        Arc::new(ShadowQueue::new(name, self.net.clone()))
    }

    fn bucket(&self, name: &str) -> Arc<dyn Bucket> {
        Arc::new(ShadowBucket::new(self.of.bucket(name), self.net.clone()))
    }

    fn topic(&self) -> Arc<dyn Topic> {
        Arc::new(ShadowTopic(self.net.clone()))
    }

    fn stream_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(ShadowStream::new("the stream", self.net.clone()))
    }

    fn stream_reader(&self) -> Arc<dyn StreamReader> {
        self.of.stream_reader()
    }

    fn price_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(ShadowStream::new("the price stream", self.net.clone()))
    }

    fn price_reader(&self) -> Arc<dyn StreamReader> {
        self.of.price_reader()
    }

    fn leases(&self, group: &str) -> Arc<dyn Leases> {
        Arc::new(ShadowLeases(self.of.leases(group)))
    }

    /// What is caught is never published.
    fn marks_outbox(&self) -> bool {
        false
    }
}
