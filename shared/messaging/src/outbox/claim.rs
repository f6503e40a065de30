//! Claims on outbox shards: of the processes of a service, one at a time sweeps a shard.
//!
//! A claim is a note of the event store. Whoever writes it first has the shard, renews it while there is work and gives it
//! back after. One whose holder died is taken over once it has stood unchanged for the lease, by the taker's own watch.
//! A claim saves copies and fences nothing: a holder that was frozen publishes what it had at hand when it wakes.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::ports::fault::Fault;
use crate::ports::store::{EventStore, Note};
use crate::watch::Watch;

/// How long a claim stands that nobody renews.
pub(super) const CLAIM_LEASE: Duration = Duration::from_secs(30);

/// What a process has seen of one shard's claim.
#[derive(Debug, Default)]
pub(super) struct Claim {
    /// The version that stood there, and since when.
    seen: Watch<(), u64>,
    /// Ours, and when we last wrote it.
    held: Option<(u64, Instant)>,
}

impl Claim {
    /// Takes the shard, or renews it where it is ours; false while it is another's.
    pub(super) async fn take(&mut self, store: &dyn EventStore, name: &str, holder: &str) -> Result<bool, Fault> {
        if let Some((version, at)) = self.held
            && at.elapsed() < CLAIM_LEASE / 3
        {
            tracing::trace!(name, version, "still held");
            return Ok(true);
        }
        let asked = Instant::now();
        let standing = store.note(name).await?;
        let version = standing.as_ref().map(|note| note.version);
        if let Some(note) = &standing {
            let unchanged_for = self.seen.observe((), note.version, asked, Instant::now());
            let other = note.doc.get("holder").and_then(|it| it.as_str()).is_some_and(|it| it != holder);
            if other && unchanged_for < CLAIM_LEASE {
                self.held = None;
                return Ok(false);
            }
        }
        self.held = None;
        self.write(store, name, version, json!({ "holder": holder })).await
    }

    /// Gives the shard back, if it is ours. What fails runs out.
    pub(super) async fn give_back(&mut self, store: &dyn EventStore, name: &str) {
        let Some((version, _)) = self.held.take() else { return };
        if let Err(fault) = self.write(store, name, Some(version), json!({ "holder": null })).await {
            crate::metrics::count_fault(&fault);
        }
        self.held = None;
    }

    async fn write(
        &mut self,
        store: &dyn EventStore,
        name: &str,
        replacing: Option<u64>,
        doc: serde_json::Value,
    ) -> Result<bool, Fault> {
        let note = Note { version: replacing.unwrap_or_default().saturating_add(1), doc };
        let asked = Instant::now();
        let ours = store.put_note(name, &note, replacing).await?;
        self.held = ours.then_some((note.version, asked));
        Ok(ours)
    }
}
