//! Host names by which browsers may reach the shop: a check against DNS rebinding.
//!
//! A page can have the name of its own site resolved to this machine. The browser then takes the shop for that site, CORS
//! asks nothing, and the page may call whatever it likes. Only the header `Host` still tells, as a script can't set it.
//! Whoever calls by an address, and not by a name, was led here by no DNS server.

use std::net::IpAddr;

use actix_web::http::header::{HOST, HeaderMap};
use actix_web::http::uri::Authority;
use shotengai_contracts::api::shared;
use shotengai_runtime::Problem;

/// Names that requests may have in `Host`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hosts {
    /// Any; for a process behind an ingress or a load balancer, which looks at names itself.
    #[default]
    Any,
    /// This machine's, addresses, and these names.
    OfThisMachine(Vec<String>),
}

impl Hosts {
    /// The names of this machine and those of a list with commas.
    ///
    /// # Errors
    /// The form that a name has to have, in words.
    pub fn of_this_machine(more: &str) -> Result<Self, String> {
        let names = more.split(',').map(str::trim).filter(|name| !name.is_empty());
        let checked = names.map(|name| match name.parse::<Authority>() {
            Ok(authority) if authority.host() == name && !name.contains('*') => Ok(plain(name)),
            _ => Err("must be host names such as shop.test, without ports, with commas between".to_owned()),
        });
        Ok(Self::OfThisMachine(checked.collect::<Result<_, _>>()?))
    }

    /// Names beside this machine's own that are allowed; none where any is.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Any => &[],
            Self::OfThisMachine(more) => more,
        }
    }

    /// Refuses a request for a host that is not in the list.
    ///
    /// # Errors
    /// `host-not-allowed`, where `Host` is missing, unreadable or names another.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Self::OfThisMachine(more) = self else { return Ok(()) };
        let authority = headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
        let allowed = authority.is_some_and(|authority| {
            let name = plain(authority.host());
            is_of_this_machine(&name) || more.contains(&name)
        });
        if allowed { Ok(()) } else { Err(Problem::of(&shared::HOST_NOT_ALLOWED).at_header("host")) }
    }
}

/// In small letters and without the dot of the root.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Names that no DNS server is asked for (RFC 6761), and addresses.
fn is_of_this_machine(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn allows(hosts: &Hosts, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        hosts.check(&headers).is_ok()
    }

    #[test]
    fn a_name_that_a_dns_server_could_have_led_here_is_refused() {
        let hosts = Hosts::of_this_machine("shop.test, Other.Test").unwrap();
        let ours = ["127.0.0.1:8080", "localhost", "LOCALHOST:8080", "shop.localhost", "[::1]:8080", "192.0.2.7:1"];
        for host in ours.into_iter().chain(["shop.test", "shop.test:8080", "shop.test.:8080", "other.test"]) {
            assert!(allows(&hosts, host), "{host}");
        }
        let others =
            ["evil.example", "evil.example:8080", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example"];
        for host in others.into_iter().chain(["evil.shop.test", "shop.test evil.example", "", "[::1", "0x7f000001"]) {
            assert!(!allows(&hosts, host), "{host}");
        }
        assert!(hosts.check(&HeaderMap::new()).is_err(), "no host at all");
        assert!(allows(&Hosts::Any, "evil.example") && Hosts::Any.check(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn names_are_taken_without_ports_and_patterns() {
        assert_eq!(Hosts::of_this_machine(""), Ok(Hosts::OfThisMachine(Vec::new())));
        for bad in ["shop.test:8080", "http://shop.test", "*", "*.test", "shop test", "user@shop.test"] {
            assert!(Hosts::of_this_machine(bad).is_err(), "{bad}");
        }
    }
}
