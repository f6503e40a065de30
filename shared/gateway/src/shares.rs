//! What callers hold at the same time: so much a caller, and so much all at one address together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::caller::{Caller, Counted};

/// Shares of one kind of thing.
pub struct Shares {
    held: Arc<Mutex<HashMap<Counted, u32>>>,
    bounds: [Option<u32>; 2],
}

/// What one call holds, until dropped.
#[derive(Debug)]
pub struct Share {
    held: Arc<Mutex<HashMap<Counted, u32>>>,
    of: Vec<Counted>,
}

/// Whose share is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedUp {
    /// The caller's own, of this size.
    Caller(u32),
    /// That of all at the caller's address.
    Address(u32),
}

impl Shares {
    /// So many a caller, and so many times as many for all at one address; nought is any number.
    #[must_use]
    pub fn new(a_caller: u32, callers_an_address: u32) -> Self {
        let some = |bound: u32| (bound > 0).then_some(bound);
        Self { held: Arc::default(), bounds: [some(a_caller), some(a_caller.saturating_mul(callers_an_address))] }
    }

    /// Takes one for this caller.
    ///
    /// # Errors
    /// Whose share is used up; nothing is taken then.
    pub fn take(&self, caller: &Caller) -> Result<Share, UsedUp> {
        let [a_caller, an_address] = self.bounds;
        let mut of = Vec::with_capacity(2);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut check = |who: &Counted, bound: Option<u32>, used_up: fn(u32) -> UsedUp| {
            let Some(bound) = bound else { return Ok(()) };
            if held.get(who).copied().unwrap_or_default() >= bound {
                return Err(used_up(bound));
            }
            of.push(who.clone());
            Ok(())
        };
        check(&caller.who, a_caller, UsedUp::Caller)?;
        if let Some(address) = &caller.address {
            check(address, an_address, UsedUp::Address)?;
        }
        for who in &of {
            *held.entry(who.clone()).or_default() += 1;
        }
        drop(held);
        Ok(Share { held: Arc::clone(&self.held), of })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for who in &self.of {
            if let Some(count) = held.get_mut(who) {
                *count -= 1;
                if *count == 0 {
                    held.remove(who);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use shotengai_kernel::UserId;

    use super::*;

    fn home() -> IpAddr {
        IpAddr::from([203, 0, 113, 1])
    }

    fn guest(name: &str) -> Caller {
        Caller::guest(UserId::parse(&format!("usr_{name}")).unwrap(), home())
    }

    #[test]
    fn a_caller_has_a_share_and_all_at_an_address_have_one_together() {
        let shares = Shares::new(2, 2);
        let mut held: Vec<_> = (0..2).map(|_| shares.take(&guest("a")).unwrap()).collect();
        assert_eq!(shares.take(&guest("a")).unwrap_err(), UsedUp::Caller(2));
        held.push(shares.take(&guest("b")).unwrap());
        held.push(shares.take(&Caller::at(home())).unwrap());
        assert_eq!(shares.take(&guest("c")).unwrap_err(), UsedUp::Address(4), "one more guest is no more room");
        shares.take(&Caller::at(IpAddr::from([203, 0, 113, 2]))).unwrap();
        let administrator = Caller::administrator(UserId::parse("usr_admin").unwrap());
        shares.take(&administrator).unwrap();
        held.pop();
        shares.take(&guest("c")).unwrap();
        held.clear();
        assert!(shares.held.lock().unwrap().is_empty(), "nobody is remembered who holds nothing");
    }

    #[test]
    fn nought_is_any_number() {
        let unbounded = Shares::new(0, 4);
        let _held: Vec<_> = (0..100).map(|_| unbounded.take(&Caller::at(home())).unwrap()).collect();
        let by_caller_only = Shares::new(1, 0);
        let _held: Vec<_> = ["a", "b", "c"].map(|name| by_caller_only.take(&guest(name)).unwrap()).into();
        assert_eq!(by_caller_only.take(&guest("a")).unwrap_err(), UsedUp::Caller(1));
    }
}
