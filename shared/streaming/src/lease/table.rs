//! Leases as rows of a [`Table`]: DynamoDB outside a cluster, memory in tests. The row's version is the token.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::lease::{Lease, LeaseChange, LeaseError, Leases};
use shotengai_messaging::ports::table::{Condition, Key, Row, Table, WriteError};

const PAGE: usize = 200;

/// The leases of one group, in rows of their own partition.
pub struct TableLeases {
    table: Arc<dyn Table>,
    partition: String,
    /// Rows that were named in the log, with the version they had.
    named: Mutex<BTreeMap<String, u64>>,
}

/// Fields that are not known are left alone: a newer process may have written them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Doc {
    holder: Option<String>,
    duration_ms: u64,
    transitions: u64,
}

impl TableLeases {
    /// The leases of `group` (such as `bridge/ec-events`).
    #[must_use]
    pub fn new(table: Arc<dyn Table>, group: &str) -> Self {
        Self { table, partition: format!("leases/{group}"), named: Mutex::new(BTreeMap::new()) }
    }

    fn key(&self, name: &str) -> Key {
        Key::new(self.partition.clone(), name)
    }

    fn listed(&self, row: Row) -> Lease {
        let Row { key, version, doc, .. } = row;
        match serde_json::from_value::<Doc>(doc) {
            Ok(doc) => lease(key.sk, version, doc),
            Err(error) => {
                let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
                if named.insert(key.sk.clone(), version) != Some(version) {
                    tracing::error!(group = self.partition, lease = key.sk, %error, "this row is no lease; it counts as free");
                }
                lease(key.sk, version, Doc { holder: None, duration_ms: 0, transitions: 0 })
            }
        }
    }

    async fn write(&self, name: &str, version: u64, doc: Doc, condition: Condition) -> Result<Lease, LeaseError> {
        let json = serde_json::to_value(&doc)
            .map_err(|error| LeaseError::Unreadable { name: name.to_owned(), why: error.to_string() })?;
        let row = Row::new(self.key(name), version, json);
        match self.table.put(&row, condition).await {
            Ok(()) => Ok(lease(name.to_owned(), version, doc)),
            // Owners are unique to a process, so equality can only be an echo of the own write.
            Err(WriteError::Condition(Some(standing))) if *standing == row => Ok(lease(name.to_owned(), version, doc)),
            Err(WriteError::Condition(None)) => Err(LeaseError::Gone { name: name.to_owned() }),
            Err(WriteError::Condition(Some(_))) => Err(LeaseError::Conflict { name: name.to_owned() }),
            Err(WriteError::Fault(fault)) => Err(fault.into()),
        }
    }
}

fn lease(name: String, version: u64, doc: Doc) -> Lease {
    Lease {
        name,
        holder: doc.holder,
        duration: Duration::from_millis(doc.duration_ms),
        transitions: doc.transitions,
        token: version.to_string(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Where a lease's versions begin: elsewhere for each holder (FNV-1a), so that one that was deleted and created again
/// by another doesn't reach a version that somebody may still hold. Below 2⁵³, with room to count.
fn first_version(holder: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    (holder.bytes().fold(0xcbf2_9ce4_8422_2325, step) >> 36 << 24) + 1
}

fn version_of(seen: &Lease) -> Result<u64, LeaseError> {
    let why = || format!("{:?} is no token of a table", seen.token);
    seen.token.parse().map_err(|_| LeaseError::Unreadable { name: seen.name.clone(), why: why() })
}

#[async_trait]
impl Leases for TableLeases {
    async fn list(&self) -> Result<Vec<Lease>, Fault> {
        let mut leases: Vec<Lease> = Vec::new();
        loop {
            let after = leases.last().map(|lease| lease.name.clone());
            let page = self.table.list(&self.partition, "", after.as_deref(), PAGE).await?;
            let full = page.len() >= PAGE;
            leases.extend(page.into_iter().map(|row| self.listed(row)));
            if !full {
                return Ok(leases);
            }
        }
    }

    async fn create(&self, name: &str, holder: &str, duration: Duration) -> Result<Lease, LeaseError> {
        let doc = Doc { holder: Some(holder.to_owned()), duration_ms: millis(duration), transitions: 0 };
        let created = self.write(name, first_version(holder), doc, Condition::Absent).await;
        match created {
            // A row that stood in the way and isn't shown.
            Err(LeaseError::Gone { name }) => Err(LeaseError::Conflict { name }),
            other => other,
        }
    }

    async fn change(&self, seen: &Lease, change: LeaseChange) -> Result<Lease, LeaseError> {
        let version = version_of(seen)?;
        let mut doc =
            Doc { holder: seen.holder.clone(), duration_ms: millis(seen.duration), transitions: seen.transitions };
        match change {
            LeaseChange::Renew => {}
            LeaseChange::Release => doc.holder = None,
            LeaseChange::TakeOver { holder, duration } => {
                doc = Doc { holder: Some(holder), duration_ms: millis(duration), transitions: doc.transitions + 1 };
            }
        }
        self.write(&seen.name, version + 1, doc, Condition::VersionIs(version)).await
    }

    async fn delete(&self, seen: &Lease) -> Result<(), LeaseError> {
        let condition = Condition::VersionIs(version_of(seen)?);
        match self.table.delete(&self.key(&seen.name), condition).await {
            Ok(()) | Err(WriteError::Condition(None)) => Ok(()),
            Err(WriteError::Condition(Some(_))) => Err(LeaseError::Conflict { name: seen.name.clone() }),
            Err(WriteError::Fault(fault)) => Err(fault.into()),
        }
    }
}
