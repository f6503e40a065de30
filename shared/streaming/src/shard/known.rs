//! The stream's shards, and which of them can be read.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::stream::{Shard, StreamReader};

use crate::checkpoint::{CheckpointError, Checkpoints};

/// What was last known of the stream's shards.
#[derive(Debug, Default)]
pub(super) struct Known {
    shards: Vec<Shard>,
    /// Whether the list was ever read.
    is_listed: bool,
    /// Closed and read to their end. Nothing becomes unread again.
    ended: BTreeSet<String>,
    /// Their checkpoint rows can't be read.
    unreadable: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum KnownError {
    #[error("the stream's shards can't be listed: {0}")]
    Stream(Fault),
    #[error("the checkpoints can't be read: {0}")]
    Checkpoints(CheckpointError),
}

impl Known {
    /// Reads the list, and the checkpoints of shards that may have ended; answers the shards that have left the list.
    /// What it says of shards in `reading` is left to their readers.
    pub(super) async fn refresh(
        &mut self,
        reader: &dyn StreamReader,
        checkpoints: &Checkpoints,
        reading: &BTreeSet<String>,
    ) -> Result<Vec<String>, KnownError> {
        let shards = reader.shards().await.map_err(KnownError::Stream)?;
        let mut unreadable = BTreeMap::new();
        for Shard { id, .. } in &shards {
            if self.ended.contains(id) || reading.contains(id) {
                continue;
            }
            match checkpoints.read(id).await {
                Ok(Some(checkpoint)) if checkpoint.ended => self.ended(id),
                Ok(_) => {}
                // One shard's row must not keep the others from being read.
                Err(error @ CheckpointError::Unreadable { .. }) => {
                    unreadable.insert(id.clone(), error.to_string());
                }
                Err(error) => return Err(KnownError::Checkpoints(error)),
            }
        }
        let left = |shard: &&Shard| !shards.iter().any(|listed| listed.id == shard.id);
        let gone: Vec<_> = self.shards.iter().filter(left).map(|shard| shard.id.clone()).collect();
        for id in &gone {
            self.ended.remove(id);
        }
        self.shards = shards;
        self.is_listed = true;
        self.unreadable = unreadable;
        Ok(gone)
    }

    /// A shard is closed and read to its end.
    pub(super) fn ended(&mut self, id: &str) {
        self.ended.insert(id.to_owned());
    }

    /// Whether the list has this shard, read or not.
    pub(super) fn lists(&self, id: &str) -> bool {
        self.shards.iter().any(|shard| shard.id == id)
    }

    /// Whether nobody will read this shard any more.
    pub(super) fn is_over(&self, id: &str) -> bool {
        self.is_listed && (!self.lists(id) || self.ended.contains(id))
    }

    /// Shards that are left alone, and why.
    pub(super) const fn unreadable(&self) -> &BTreeMap<String, String> {
        &self.unreadable
    }

    /// Shards that can be read: not to their end yet, their listed parents to theirs.
    pub(super) fn readable(&self) -> BTreeSet<String> {
        let done = |parent: &String| !self.lists(parent) || self.ended.contains(parent);
        let can = |shard: &&Shard| !self.ended.contains(&shard.id) && !self.unreadable.contains_key(&shard.id);
        let ready = self.shards.iter().filter(can).filter(|shard| shard.parents.iter().all(done));
        ready.map(|shard| shard.id.clone()).collect()
    }
}
