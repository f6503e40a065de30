//! The two rivals: one row, which an administrator replaces at the version that was read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shotengai_contracts::api::rivals::{ChooseRivals, DEFAULT_RIVALS, Rivals};
use shotengai_kernel::Ports;
use shotengai_kernel::{Precondition, ProductId, Version};
use shotengai_messaging::{Condition, Contest, Fault, FaultKind, Row, SharedRead, Table, WriteError};
use tokio::time::Instant;

use crate::domain::rows;

/// Meetings with other changes in a row before the request is to come again.
const MAX_MEETINGS: u32 = 4;
const OPERATION: &str = "tally.rivals";

/// What stands in the row.
#[derive(Serialize, Deserialize)]
struct Stored {
    first: ProductId,
    second: ProductId,
}

/// Why the rivals were not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChosen {
    /// Both are one product.
    #[error("first and second are the same product")]
    Alike,
    /// They have another version than the change is meant for.
    #[error("the rivals are at version {0}")]
    Changed(Version),
    /// The table failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The rivals of an installation. Many may ask: the table sees one reading at a time.
pub struct Rivalry {
    table: Arc<dyn Table>,
    ports: Ports,
    shared: SharedRead<Rivals>,
}

impl Rivalry {
    /// The rivals in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, ports: Ports) -> Self {
        Self { table, ports, shared: SharedRead::default() }
    }

    /// The two; the default ones, of version 0, where nobody has chosen. Never older than the question.
    ///
    /// # Errors
    /// A [`Fault`] of the table; who shared the reading shares it.
    pub async fn read(&self) -> Result<Arc<Rivals>, Fault> {
        self.shared.since(Instant::now(), async || self.stored().await).await
    }

    async fn stored(&self) -> Result<Rivals, Fault> {
        let unreadable = |_| Fault::new(FaultKind::Permanent, OPERATION, "the row of the rivals can't be read");
        let Some(row) = self.table.get(&rows::rivals()).await? else { return default_rivals() };
        let Stored { first, second } = serde_json::from_value(row.doc).map_err(unreadable)?;
        Ok(Rivals { first, second, version: Version::new(row.version) })
    }

    /// Makes these two the rivals, if they are what the change is meant for.
    ///
    /// # Errors
    /// [`NotChosen`].
    pub async fn choose(&self, wanted: &ChooseRivals, at: &Precondition) -> Result<Rivals, NotChosen> {
        if wanted.first == wanted.second {
            return Err(NotChosen::Alike);
        }
        let mut contest = Contest::of(MAX_MEETINGS);
        loop {
            let current = self.stored().await?;
            // Also the request whose answer was lost: it finds what it wanted.
            if (&current.first, &current.second) == (&wanted.first, &wanted.second) {
                return Ok(current);
            }
            if !at.holds(current.version) {
                return Err(NotChosen::Changed(current.version));
            }
            let next = Rivals {
                first: wanted.first.clone(),
                second: wanted.second.clone(),
                version: Version::new(current.version.get() + 1),
            };
            let stored = Stored { first: next.first.clone(), second: next.second.clone() };
            let doc = serde_json::to_value(stored)
                .map_err(|_| Fault::new(FaultKind::Permanent, OPERATION, "the rivals can't be written"))?;
            let condition = match current.version.get() {
                0 => Condition::Absent,
                version => Condition::VersionIs(version),
            };
            match self.table.put(&Row::new(rows::rivals(), next.version.get(), doc), condition).await {
                Ok(()) => return Ok(next),
                Err(WriteError::Condition(_)) if contest.lose(self.ports.random.as_ref()).await => {}
                Err(WriteError::Condition(_)) => {
                    return Err(Fault::new(FaultKind::Transient, OPERATION, "others change the rivals, too").into());
                }
                Err(WriteError::Fault(fault)) => return Err(fault.into()),
            }
        }
    }
}

fn default_rivals() -> Result<Rivals, Fault> {
    let [first, second] = DEFAULT_RIVALS.map(ProductId::parse);
    let bad = |_| Fault::new(FaultKind::Permanent, OPERATION, "the default rivals are no product ids");
    Ok(Rivals { first: first.map_err(bad)?, second: second.map_err(bad)?, version: Version::ZERO })
}
