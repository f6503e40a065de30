//! What a list of leases says: who lives, what is free, what is whose.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_messaging::ports::lease::Lease;
use tokio::time::Instant;

use crate::lease::MEMBER_PREFIX;
use crate::lease::share::share_of;
use crate::lease::watch::LeaseWatch;

/// A look at the group.
pub(super) struct View<'a> {
    me: &'a str,
    /// How many shards each live member holds.
    held: BTreeMap<String, usize>,
    /// Shards that nobody holds any more, with their leases where they have one.
    pub(super) free: Vec<(&'a str, Option<&'a Lease>)>,
    /// The leases of shards that are held by one who is no member.
    pub(super) strangers: Vec<&'a Lease>,
}

impl<'a> View<'a> {
    /// The view of a list asked for at `asked`, by `me`, who reads `mine` and gives up nothing of that.
    pub(super) fn of(
        leases: &'a [Lease],
        watch: &LeaseWatch,
        asked: Instant,
        me: &'a str,
        readable: &'a BTreeSet<String>,
        mine: &BTreeSet<String>,
    ) -> Self {
        // One that leaves has no holder any more, and is there until it has given back what it held.
        let present = leases.iter().filter(|lease| !watch.has_run_out(lease, asked));
        let present =
            present.filter_map(|lease| Some((lease.name.strip_prefix(MEMBER_PREFIX)?, lease.holder.is_some())));
        let present: BTreeMap<&str, bool> = present.collect();
        // A shard's lease lives as long as its holder. One that was written a moment ago lives by itself: then its
        // holder may be of a release that renews each.
        let lives = |lease: &&Lease| {
            lease
                .holder
                .as_ref()
                .is_some_and(|holder| present.contains_key(holder.as_str()) || !watch.has_run_out(lease, asked))
        };
        let members = present.iter().filter(|(_, stays)| **stays).map(|(member, _)| *member);
        let mut held: BTreeMap<String, usize> = members.map(|member| (member.to_owned(), 0)).collect();
        held.insert(me.to_owned(), mine.intersection(readable).count());
        let by_name: BTreeMap<&str, &Lease> = leases.iter().map(|lease| (lease.name.as_str(), lease)).collect();
        let (mut free, mut strangers) = (Vec::new(), Vec::new());
        for shard in readable.iter().filter(|shard| !mine.contains(*shard)) {
            let lease = by_name.get(shard.as_str()).copied();
            match lease.filter(lives).and_then(|lease| lease.holder.as_deref()) {
                // Of an earlier run, or its answer was lost.
                None => free.push((shard.as_str(), lease)),
                Some(holder) if holder == me => free.push((shard.as_str(), lease)),
                Some(holder) => match held.get_mut(holder) {
                    Some(count) => *count += 1,
                    None => strangers.extend(lease),
                },
            }
        }
        Self { me, held, free, strangers }
    }

    /// Whether nobody else lives, and nothing is left to take.
    pub(super) fn is_alone(&self) -> bool {
        self.held.len() == 1 && self.free.is_empty() && self.strangers.is_empty()
    }

    /// How many shards should be one's own. What strangers hold is not there to be shared.
    pub(super) fn share(&self) -> usize {
        let shared: usize = self.held.values().sum::<usize>() + self.free.len();
        share_of(self.me, &self.held, shared)
    }
}
