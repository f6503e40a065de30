//! Since when a lease stands unchanged, by this process's own watch. Nobody's clock is compared with another's.

use std::collections::BTreeSet;
use std::time::Duration;

use shotengai_messaging::Watch;
use shotengai_messaging::ports::lease::Lease;
use tokio::time::Instant;

/// What was seen of a group's leases.
#[derive(Debug, Default)]
pub(crate) struct LeaseWatch {
    tokens: Watch<String, String>,
}

impl LeaseWatch {
    /// Notes a list that had arrived in full at `arrived`. What is not in it is forgotten.
    pub(crate) fn observe(&mut self, leases: &[Lease], arrived: Instant) {
        let names: BTreeSet<&str> = leases.iter().map(|lease| lease.name.as_str()).collect();
        self.tokens.retain(|name, _| names.contains(name.as_str()));
        for lease in leases {
            self.tokens.observe(lease.name.clone(), lease.token.clone(), arrived, arrived);
        }
    }

    /// How long a lease had stood unchanged at `at`: the time at which the list that shows it was *asked for*, since it
    /// may have changed while the answer was under way.
    pub(crate) fn unchanged_for(&self, lease: &Lease, at: Instant) -> Duration {
        self.tokens.unchanged_for(&lease.name, &lease.token, at)
    }

    /// Whether a lease had run out at `at`. One that was given back has not: it is free.
    pub(crate) fn has_run_out(&self, lease: &Lease, at: Instant) -> bool {
        self.unchanged_for(lease, at) >= lease.duration
    }

    /// When the first of these would run out, of those that had not at `at`.
    pub(crate) fn next_end<'a>(&self, leases: impl Iterator<Item = &'a Lease>, at: Instant) -> Option<Instant> {
        let end = |lease: &Lease| self.tokens.since(&lease.name).and_then(|since| since.checked_add(lease.duration));
        leases.filter_map(end).filter(|end| *end > at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(token: &str) -> Lease {
        Lease {
            name: "shard".to_owned(),
            holder: Some("one".to_owned()),
            duration: Duration::from_secs(10),
            transitions: 0,
            token: token.to_owned(),
        }
    }

    #[test]
    fn a_lease_runs_out_once_its_token_has_stood_for_its_duration() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut watch = LeaseWatch::default();
        watch.observe(&[lease("a")], at(0));
        watch.observe(&[lease("a")], at(6));
        assert!(!watch.has_run_out(&lease("a"), at(9)));
        assert!(watch.has_run_out(&lease("a"), at(10)));
        assert_eq!(watch.next_end([lease("a")].iter(), at(9)), Some(at(10)));
        assert_eq!(watch.next_end([lease("a")].iter(), at(10)), None);
        watch.observe(&[lease("b")], at(10));
        assert!(!watch.has_run_out(&lease("b"), at(19)), "a new token begins anew");
        assert!(!watch.has_run_out(&lease("a"), at(99)), "a token that is not the last one seen says nothing");
        watch.observe(&[], at(20));
        watch.observe(&[lease("b")], at(21));
        assert!(!watch.has_run_out(&lease("b"), at(30)), "what was away begins anew");
    }
}
