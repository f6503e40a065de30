//! Who is at the other end.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{
    HOST, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO,
};

/// How many proxies of our own stand before us. What they say about the client is believed, what is further out is not:
/// anybody can write that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust(pub usize);

/// Client address and scheme, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address, then those of the proxies that we believe, without the one that connected to us.
    pub chain: Vec<IpAddr>,
    /// `http` or `https`, as the client spoke.
    pub proto: &'static str,
    /// The host that the client asked for.
    pub host: Option<HeaderValue>,
}

impl Client {
    /// The client of a request that `peer` sent.
    #[must_use]
    pub fn of(headers: &HeaderMap, peer: Option<IpAddr>, trust: Trust) -> Self {
        // Only a socket that is no TCP socket has no peer.
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).to_canonical();
        let mut chain = Vec::new();
        if trust.0 > 0 {
            let values = headers.get_all(X_FORWARDED_FOR).filter_map(|value| value.to_str().ok());
            // One that is no address makes everything before it unbelievable.
            for text in values.flat_map(|value| value.split(',')) {
                match address(text.trim()) {
                    Some(address) => chain.push(address),
                    None => chain.clear(),
                }
            }
        }
        chain.push(peer);
        let believed = chain.len().saturating_sub(trust.0 + 1);
        let told = |name: HeaderName| if trust.0 > 0 { headers.get(name) } else { None };
        let https = told(X_FORWARDED_PROTO).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"https"));
        Self {
            chain: chain.split_off(believed),
            proto: if https { "https" } else { "http" },
            host: told(X_FORWARDED_HOST).or_else(|| headers.get(HOST)).cloned(),
        }
    }

    /// The client's own address.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.chain.first().copied().unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
    }

    /// What `X-Forwarded-For` says from here on.
    #[must_use]
    pub fn forwarded_for(&self) -> String {
        self.chain.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// An address as a chain has it: bare, or with a port behind it, and then in brackets if it is of IPv6 (RFC 7239, 6).
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(forwarded: &[&str], hops: usize) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("https"));
        Client::of(&headers, Some("10.0.0.1".parse().unwrap()), Trust(hops))
    }

    #[test]
    fn without_proxies_of_ours_nothing_is_believed() {
        let seen = client(&["1.1.1.1"], 0);
        assert_eq!((seen.forwarded_for().as_str(), seen.proto), ("10.0.0.1", "http"));
    }

    #[test]
    fn behind_proxies_the_client_is_who_the_outermost_of_ours_saw() {
        let seen = client(&["6.6.6.6, 2.2.2.2"], 1);
        assert_eq!((seen.address().to_string().as_str(), seen.proto), ("2.2.2.2", "https"));
        assert_eq!(seen.forwarded_for(), "2.2.2.2, 10.0.0.1");
        let seen = client(&["6.6.6.6, 2.2.2.2", "3.3.3.3"], 2);
        assert_eq!(seen.forwarded_for(), "2.2.2.2, 3.3.3.3, 10.0.0.1");
    }

    #[test]
    fn a_chain_shorter_than_our_proxies_ends_with_what_there_is() {
        assert_eq!(client(&[], 3).forwarded_for(), "10.0.0.1");
        assert_eq!(client(&["unknown, 2.2.2.2"], 3).forwarded_for(), "2.2.2.2, 10.0.0.1");
    }

    #[test]
    fn an_address_may_have_a_port_and_brackets() {
        for (text, wanted) in [
            ("203.0.113.1:5678", "203.0.113.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[::ffff:203.0.113.1]:1", "203.0.113.1"),
        ] {
            assert_eq!(client(&["6.6.6.6", text], 1).address().to_string(), wanted, "{text}");
        }
        for text in ["203.0.113.1:", "203.0.113.1:x", "[203.0.113.1", "[]:1", ":1", "", "_hidden"] {
            assert_eq!(client(&["6.6.6.6", text], 1).address().to_string(), "10.0.0.1", "{text}");
        }
    }
}
