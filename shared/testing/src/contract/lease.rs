//! The leases: one holder, tokens that move, what is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::lease::{Lease, LeaseChange, LeaseError, Leases};

use super::fresh;

const LASTS: Duration = Duration::from_secs(15);

/// Checks the leases of a group. Others may use it.
///
/// # Panics
/// When the leases break a promise.
pub async fn lease_contract(leases: Arc<dyn Leases>, ports: &Ports) {
    let case = Case { leases, ports: ports.clone() };
    case.a_lease_is_listed_as_it_was_created().await;
    case.a_lease_that_is_there_is_not_created_again().await;
    case.a_renewal_moves_the_token_and_nothing_else().await;
    case.of_two_who_saw_the_same_one_changes_it().await;
    case.a_lease_goes_from_hand_to_hand().await;
    case.a_deleted_lease_is_gone().await;
    case.a_lease_that_was_created_again_knows_no_old_token().await;
    case.many_are_listed_by_name().await;
    case.of_many_takers_one_has_it().await;
}

struct Case {
    leases: Arc<dyn Leases>,
    ports: Ports,
}

fn take_over(holder: &str) -> LeaseChange {
    LeaseChange::TakeOver { holder: holder.to_owned(), duration: LASTS }
}

fn conflicts<T>(outcome: Result<T, LeaseError>) -> bool {
    matches!(outcome, Err(LeaseError::Conflict { .. }))
}

fn is_gone<T>(outcome: Result<T, LeaseError>) -> bool {
    matches!(outcome, Err(LeaseError::Gone { .. }))
}

impl Case {
    /// As shards and members are called.
    fn name(&self) -> String {
        fresh(&self.ports, "member/Lease_1-")
    }

    async fn created(&self, name: &str, holder: &str) -> Lease {
        self.leases.create(name, holder, LASTS).await.expect("there is none of that name")
    }

    async fn changed(&self, seen: &Lease, change: LeaseChange) -> Lease {
        self.leases.change(seen, change).await.expect("nobody else is at it")
    }

    async fn listed(&self, name: &str) -> Option<Lease> {
        let mut all = self.leases.list().await.expect("leases are listed");
        all.retain(|lease| lease.name == name);
        assert!(all.len() <= 1, "a name stands there once");
        all.pop()
    }

    async fn a_lease_is_listed_as_it_was_created(&self) {
        let name = self.name();
        assert_eq!(self.listed(&name).await, None, "there is none at first");
        let created = self.created(&name, "one").await;
        assert_eq!((created.name.as_str(), created.holder.as_deref()), (name.as_str(), Some("one")));
        assert_eq!((created.duration, created.transitions), (LASTS, 0));
        assert_eq!(self.listed(&name).await, Some(created));
    }

    async fn a_lease_that_is_there_is_not_created_again(&self) {
        let created = self.created(&self.name(), "one").await;
        assert!(conflicts(self.leases.create(&created.name, "other", LASTS).await), "it is held");
        let free = self.changed(&created, LeaseChange::Release).await;
        assert!(conflicts(self.leases.create(&free.name, "other", LASTS).await), "it is there, though free");
        assert_eq!(self.listed(&free.name).await, Some(free), "a refused creation changes nothing");
    }

    async fn a_renewal_moves_the_token_and_nothing_else(&self) {
        let created = self.created(&self.name(), "one").await;
        let mut tokens = BTreeSet::from([created.token.clone()]);
        let mut now = created.clone();
        for _ in 0..12 {
            now = self.changed(&now, LeaseChange::Renew).await;
            assert!(tokens.insert(now.token.clone()), "a token is used once");
            assert_eq!(Lease { token: created.token.clone(), ..now.clone() }, created);
        }
        assert_eq!(self.listed(&now.name).await, Some(now));
    }

    async fn of_two_who_saw_the_same_one_changes_it(&self) {
        let seen = self.created(&self.name(), "one").await;
        let taken = self.changed(&seen, take_over("other")).await;
        for late in [LeaseChange::Renew, take_over("third"), LeaseChange::Release] {
            assert!(conflicts(self.leases.change(&seen, late.clone()).await), "the token moved: {late:?}");
        }
        assert!(conflicts(self.leases.delete(&seen).await), "the token moved");
        assert_eq!(self.listed(&seen.name).await, Some(taken), "what is refused changes nothing");
    }

    async fn a_lease_goes_from_hand_to_hand(&self) {
        let one = self.created(&self.name(), "one").await;
        let free = self.changed(&one, LeaseChange::Release).await;
        assert_eq!((free.holder.as_deref(), free.transitions), (None, 0));
        assert_eq!(self.listed(&free.name).await.as_ref(), Some(&free), "a released lease stays");
        let longer = LeaseChange::TakeOver { holder: "other".to_owned(), duration: LASTS * 2 };
        let other = self.changed(&free, longer).await;
        assert_eq!((other.holder.as_deref(), other.duration, other.transitions), (Some("other"), LASTS * 2, 1));
        let anew = self.changed(&other, take_over("other")).await;
        assert_eq!((anew.holder.as_deref(), anew.duration, anew.transitions), (Some("other"), LASTS, 2));
        assert_eq!(self.listed(&one.name).await, Some(anew));
    }

    async fn a_deleted_lease_is_gone(&self) {
        let lease = self.created(&self.name(), "one").await;
        self.leases.delete(&lease).await.expect("nobody else is at it");
        assert_eq!(self.listed(&lease.name).await, None);
        for change in [LeaseChange::Renew, take_over("other"), LeaseChange::Release] {
            assert!(is_gone(self.leases.change(&lease, change.clone()).await), "there is nothing left: {change:?}");
        }
        self.leases.delete(&lease).await.expect("one that is gone already is fine");
    }

    async fn a_lease_that_was_created_again_knows_no_old_token(&self) {
        let old = self.created(&self.name(), "one").await;
        self.leases.delete(&old).await.expect("nobody else is at it");
        let new = self.created(&old.name, "other").await;
        assert!(conflicts(self.leases.change(&old, LeaseChange::Renew).await), "an old token");
        assert!(conflicts(self.leases.delete(&old).await), "an old token");
        assert_eq!(self.listed(&new.name).await, Some(new));
    }

    async fn many_are_listed_by_name(&self) {
        let prefix = self.name();
        let names: Vec<_> = (0..30).map(|n| format!("{prefix}-{n:02}")).collect();
        futures::future::join_all(names.iter().rev().map(|name| self.created(name, "one"))).await;
        let all = self.leases.list().await.expect("leases are listed");
        let all: Vec<_> = all.into_iter().map(|lease| lease.name).collect();
        assert!(all.is_sorted(), "{all:?}");
        assert_eq!(all.into_iter().filter(|name| name.starts_with(&prefix)).collect::<Vec<_>>(), names);
    }

    async fn of_many_takers_one_has_it(&self) {
        let seen = self.created(&self.name(), "one").await;
        let takers: Vec<_> = (0..8).map(|n| format!("taker-{n}")).collect();
        let outcomes =
            futures::future::join_all(takers.iter().map(|taker| self.leases.change(&seen, take_over(taker)))).await;
        let (taken, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert!(refused.into_iter().all(conflicts), "the others are told that another was faster");
        assert_eq!(taken.len(), 1, "one has it");
        assert_eq!(self.listed(&seen.name).await, taken.into_iter().next().and_then(Result::ok));
    }
}
