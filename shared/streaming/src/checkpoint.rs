//! How far each shard has been read, fenced by an epoch.
//!
//! The epoch lives in the checkpoint row: a new owner raises it, and from then on only its writes succeed. So at most
//! one owner can checkpoint, whatever clocks, leases or frozen processes do; reading twice is harmless.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::lease::Leases;
use shotengai_messaging::ports::table::{Condition, Key, Row, Table, WriteError};

use crate::lease::table::TableLeases;

/// A shard's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Counts owners.
    pub epoch: u64,
    /// Who claimed it last.
    pub owner: String,
    /// The last position applied; none before the first.
    pub position: Option<String>,
    /// Whether the shard is closed and read to its end.
    pub ended: bool,
    /// Rises with every save, so that an echo of the own save is known.
    pub beat: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Doc {
    owner: String,
    position: Option<String>,
    ended: bool,
    beat: u64,
}

/// Why a checkpoint was not claimed or saved.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Another owner has claimed the shard: stop reading it.
    #[error("another owner has claimed shard {shard}")]
    Fenced {
        /// The shard.
        shard: String,
    },
    /// The row is not a checkpoint; an operator has to look.
    #[error("the checkpoint row of shard {shard} can't be read: {source}")]
    Unreadable {
        /// The shard.
        shard: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The table failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The checkpoints of one reader of one stream.
#[derive(Clone)]
pub struct Checkpoints {
    table: Arc<dyn Table>,
    partition: String,
}

impl Checkpoints {
    /// The checkpoints of `reader` (such as `bridge`) on `stream`.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, reader: &str, stream: &str) -> Self {
        Self { table, partition: format!("{reader}/{stream}") }
    }

    /// Leases of the same name, in the same table.
    #[must_use]
    pub fn leases(&self) -> Arc<dyn Leases> {
        Arc::new(TableLeases::new(Arc::clone(&self.table), &self.partition))
    }

    fn key(&self, shard: &str) -> Key {
        Key::new(self.partition.clone(), shard)
    }

    /// The checkpoint as it stands.
    ///
    /// # Errors
    /// [`CheckpointError::Unreadable`] and [`CheckpointError::Fault`].
    pub async fn read(&self, shard: &str) -> Result<Option<Checkpoint>, CheckpointError> {
        let Some(row) = self.table.get(&self.key(shard)).await? else { return Ok(None) };
        let doc: Doc = serde_json::from_value(row.doc)
            .map_err(|source| CheckpointError::Unreadable { shard: shard.to_owned(), source })?;
        Ok(Some(Checkpoint {
            epoch: row.version,
            owner: doc.owner,
            position: doc.position,
            ended: doc.ended,
            beat: doc.beat,
        }))
    }

    /// Makes `owner` the only one who can save from now on.
    ///
    /// # Errors
    /// [`CheckpointError::Fenced`] when another claimed it at the same time.
    pub async fn claim(&self, shard: &str, owner: &str) -> Result<Checkpoint, CheckpointError> {
        let known = self.read(shard).await?;
        let condition = known.as_ref().map_or(Condition::Absent, |known| Condition::VersionIs(known.epoch));
        let claimed = match known {
            Some(known) => Checkpoint { epoch: known.epoch + 1, owner: owner.to_owned(), ..known },
            None => Checkpoint { epoch: 1, owner: owner.to_owned(), position: None, ended: false, beat: 0 },
        };
        self.write(shard, &claimed, condition).await?;
        Ok(claimed)
    }

    /// Saves under the epoch of the claim.
    ///
    /// # Errors
    /// [`CheckpointError::Fenced`] when another has claimed the shard since.
    pub async fn save(&self, shard: &str, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        self.write(shard, checkpoint, Condition::VersionIs(checkpoint.epoch)).await
    }

    async fn write(&self, shard: &str, checkpoint: &Checkpoint, condition: Condition) -> Result<(), CheckpointError> {
        let doc = serde_json::json!({
            "owner": checkpoint.owner,
            "position": checkpoint.position,
            "ended": checkpoint.ended,
            "beat": checkpoint.beat,
        });
        match self.table.put(&Row::new(self.key(shard), checkpoint.epoch, doc), condition).await {
            Ok(()) => Ok(()),
            // Our own repeated claim, whose first answer was lost.
            Err(WriteError::Condition(Some(row))) if is_own(&row, checkpoint) => Ok(()),
            Err(WriteError::Condition(_)) => Err(CheckpointError::Fenced { shard: shard.to_owned() }),
            Err(WriteError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Owners are unique to a process and each save has a beat of its own, so equality can only be an echo.
fn is_own(row: &Row, checkpoint: &Checkpoint) -> bool {
    let says = |name: &str| row.doc.get(name).cloned().unwrap_or_default();
    row.version == checkpoint.epoch && says("owner") == checkpoint.owner.as_str() && says("beat") == checkpoint.beat
}
