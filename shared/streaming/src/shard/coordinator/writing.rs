//! What a coordinator writes of leases: takes those of shards, looks after its own, gives back what is idle, deletes what is stale.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::lease::{Lease, LeaseChange, LeaseError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Coordinator, progress_of};
use crate::lease::MEMBER_PREFIX;
use crate::shard::holding::{Holding, hold};

/// What nobody wants any more is deleted when it has stood unchanged for so many leases.
const STALE_AFTER: u32 = 10;

impl Coordinator {
    /// What the list says of the leases that are held here: whether they still are. One that was deleted is created again.
    pub(super) async fn look_after_own(&mut self, leases: &[Lease]) {
        let by_name: BTreeMap<&str, &Lease> = leases.iter().map(|lease| (lease.name.as_str(), lease)).collect();
        let consumer = Arc::clone(&self.consumer);
        let mut deleted = Vec::new();
        for (shard, (_, holding)) in &self.running {
            if holding.is_ending() || holding.is_over() {
                continue;
            }
            match by_name.get(shard.as_str()) {
                Some(lease) if lease.holder.as_ref() == Some(&consumer.owner) => holding.stands(lease),
                Some(lease) => holding.lose(lease.holder.clone()),
                None => deleted.push((shard.clone(), holding.clone())),
            }
        }
        for (shard, holding) in deleted {
            match consumer.leases.create(&shard, &consumer.owner, consumer.config.lease_duration()).await {
                Ok(lease) => {
                    tracing::error!(lease = shard, "the lease was deleted; it was created again");
                    holding.stands(&lease);
                }
                // The next look shows whose it is.
                Err(LeaseError::Conflict { .. } | LeaseError::Gone { .. }) => {}
                Err(error) => {
                    if let LeaseError::Fault(fault) = &error {
                        count_fault(fault);
                    }
                    self.warn(&shard, &error, "the shard's lease was deleted and can't be created again");
                }
            }
        }
    }

    /// Takes the leases of these shards, all at once, and starts to read those it got. None while it is no member: others
    /// would see nobody who holds them.
    pub(super) async fn take(&mut self, picked: Vec<(String, Option<Lease>)>, shutdown: &CancellationToken) {
        let Some(member) = self.membership.borrow_and_update().clone() else { return };
        let consumer = &self.consumer;
        let taking = picked.into_iter().map(|(shard, seen)| async move {
            let (holder, duration) = (consumer.owner.clone(), consumer.config.lease_duration());
            let taken = match &seen {
                None => consumer.leases.create(&shard, &holder, duration).await,
                Some(seen) => consumer.leases.change(seen, LeaseChange::TakeOver { holder, duration }).await,
            };
            (shard, seen.and_then(|seen| seen.holder), taken)
        });
        for (shard, from, taken) in join_all(taking).await {
            match taken {
                Ok(lease) => {
                    let (reader, from) = (self.consumer.name, from.as_deref().unwrap_or("nobody"));
                    tracing::info!(reader, shard, from, transitions = lease.transitions, "taken");
                    self.orphans.remove(&shard);
                    let holding = Holding::new(shutdown, &member, lease, progress_of(&mut self.progress, &shard));
                    let task = hold(Arc::clone(&self.consumer), shard.clone(), holding.clone());
                    let name = shard.clone();
                    let handle = self.tasks.spawn(async move { (name, task.await) });
                    self.running.insert(shard, (handle.id(), holding));
                }
                // Another was faster; the next look shows who.
                Err(LeaseError::Conflict { .. } | LeaseError::Gone { .. }) => {}
                Err(error) => {
                    if let LeaseError::Fault(fault) = &error {
                        count_fault(fault);
                    }
                    self.warn(&shard, &error, "the shard's lease can't be taken; trying again");
                }
            }
        }
    }

    /// Gives back leases that are this process's own and that it reads nothing by: an answer was lost, or a membership. Nobody
    /// else would take them while it is a member.
    pub(super) async fn release(&mut self, idle: Vec<Lease>) {
        for lease in idle {
            match self.consumer.leases.change(&lease, LeaseChange::Release).await {
                Ok(_) | Err(LeaseError::Conflict { .. } | LeaseError::Gone { .. }) => {}
                Err(error) => {
                    if let LeaseError::Fault(fault) = &error {
                        count_fault(fault);
                    }
                    self.warn(&lease.name, &error, "a lease that nothing is read by can't be given back; trying again");
                }
            }
        }
    }

    /// Deletes what nobody wants any more: members that died, leases of shards that are over.
    pub(super) async fn sweep(&mut self, leases: &[Lease], asked: Instant) {
        let stale_after = self.consumer.config.lease_duration() * STALE_AFTER;
        for lease in leases {
            let is_member = lease.name.starts_with(MEMBER_PREFIX);
            let unwanted = is_member || self.known.is_over(&lease.name);
            let mine = self.running.contains_key(&lease.name) || lease.name.ends_with(&self.consumer.owner);
            // A shard's lease isn't written while its holder is a member.
            let is_held = leases.iter().any(|other| {
                let member = other.name.strip_prefix(MEMBER_PREFIX);
                member.is_some() && member == lease.holder.as_deref() && !self.watch.has_run_out(other, asked)
            });
            if !unwanted
                || mine
                || is_held && !is_member
                || self.watch.unchanged_for(lease, asked) < stale_after.max(lease.duration)
            {
                continue;
            }
            match self.consumer.leases.delete(lease).await {
                Ok(()) => tracing::info!(reader = self.consumer.name, lease = lease.name, "a stale lease was deleted"),
                Err(LeaseError::Conflict { .. } | LeaseError::Gone { .. }) => {}
                Err(error) => self.warn(&lease.name, &error, "a stale lease can't be deleted"),
            }
        }
    }
}
