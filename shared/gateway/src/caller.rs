//! By whom calls are counted.
//!
//! Anybody becomes a guest for nothing, as often as they like. So a guest counts twice: as themselves, and with all others at
//! their address, which has a few callers' worth. Who is nobody is their address. An administrator had to show a password, here or to another issuer that we trust, and
//! counts as themselves alone.

use std::net::{IpAddr, Ipv6Addr};

use shotengai_kernel::UserId;
use shotengai_runtime::auth::{AccountRole, Claims};

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Somebody who is signed in, wherever they are.
    User(UserId),
    /// Whoever at this address is not signed in.
    Address(IpAddr),
    /// All at this address.
    Everybody(IpAddr),
    /// Whoever tries passwords of an account at an address. What stands for the account is not its address.
    Account {
        /// The account.
        account: String,
        /// Where.
        address: IpAddr,
    },
    /// A device that has signed in before.
    Device(String),
    /// All those for whom there is no more room.
    Crowd,
}

/// A caller, and the address that they share with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who they are.
    pub who: Counted,
    /// Everybody at their address, where they count among these.
    pub address: Option<Counted>,
}

impl Caller {
    /// Somebody at this address who is not signed in.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        let address = counted(address);
        Self { who: Counted::Address(address), address: Some(Counted::Everybody(address)) }
    }

    /// A guest at this address.
    #[must_use]
    pub fn guest(user: UserId, address: IpAddr) -> Self {
        Self { who: Counted::User(user), address: Some(Counted::Everybody(counted(address))) }
    }

    /// An administrator, wherever they are.
    #[must_use]
    pub const fn administrator(user: UserId) -> Self {
        Self { who: Counted::User(user), address: None }
    }

    /// The bearer of a token, at this address.
    #[must_use]
    pub fn bearer(claims: Claims, address: IpAddr) -> Self {
        match claims.role {
            AccountRole::Administrator => Self::administrator(claims.sub),
            AccountRole::Customer => Self::guest(claims.sub, address),
        }
    }
}

/// The address by which calls are counted. An IPv6 customer has at least a /64 to choose addresses from.
#[must_use]
pub fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_customer_are_counted_together() {
        let one = counted("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(one, counted("2001:db8:1:2:ffff::1".parse().unwrap()));
        assert_ne!(one, counted("2001:db8:1:3::1".parse().unwrap()));
    }
}
