//! Admission: who may hold what, for how long. One rule for every route.
//!
//! Whatever a call uses is bounded for its caller, for all at the caller's address together, and for everybody together
//! (by those who have it: `upstream`, `tunnel`, the budget for bodies, query's waits), and ends by itself after a time.
//! `docs/limits.md` has the figures.

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, RETRY_AFTER, UPGRADE};
use actix_web::web;
use shotengai_contracts::api::page::MIN_VERSION;
use shotengai_contracts::api::route::{Holds, Spec};
use shotengai_contracts::api::{self, Interface, RateLimit, shared};
use shotengai_runtime::Problem;
use shotengai_runtime::http::POSITION_HEADER;

use crate::caller::Caller;
use crate::limits::Limit;
use crate::settings::DoorSettings;
use crate::shares::{Share, Shares, UsedUp};

/// Of what a caller, or a role, may have in hand, one in so many may wait.
pub(crate) const WAIT_OF: u32 = 4;
/// What `Upgrade` names.
pub const WEB_SOCKET: &str = "websocket";

/// What a call holds while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A place, for as long as the work takes.
    Work,
    /// A place among those that wait.
    Wait,
    /// A WebSocket.
    Socket,
}

/// The class of a call of this route. What is no route is refused soon, and is work.
#[must_use]
pub fn class(spec: Option<&Spec>, query: &str, headers: &HeaderMap) -> Class {
    match spec.map(Spec::holds) {
        Some(Holds::PlaceOrWait) if asks_for_a_version(query) || headers.contains_key(POSITION_HEADER) => Class::Wait,
        Some(Holds::Connection) if wants_a_web_socket(headers) => Class::Socket,
        _ => Class::Work,
    }
}

/// Whether the client asks for a WebSocket.
#[must_use]
pub fn wants_a_web_socket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(WEB_SOCKET.as_bytes()))
}

fn asks_for_a_version(query: &str) -> bool {
    // As the role will read it; what can't be read is refused there.
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
    pairs.is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == MIN_VERSION.name))
}

/// The route that a request is for.
#[must_use]
pub fn route(interface: &Interface, method: &Method, path: &str) -> Option<&'static Spec> {
    let method = match *method {
        Method::GET | Method::HEAD => api::Method::Get,
        Method::POST => api::Method::Post,
        Method::PUT => api::Method::Put,
        Method::DELETE => api::Method::Delete,
        _ => return None,
    };
    interface.find(method, path)
}

/// How much each caller may have.
pub struct Admission {
    calls: Option<Limit>,
    calls_of_addresses: Option<Limit>,
    sign_ins: Option<Limit>,
    work: Shares,
    waits: Shares,
    sockets: Shares,
}

/// What an admitted call holds.
pub type Held = Vec<Share>;

impl Admission {
    /// Admission by these settings.
    #[must_use]
    pub fn new(settings: &DoorSettings) -> Self {
        let (times, in_hand) = (settings.address_callers, settings.caller_concurrency);
        let waits = in_hand.div_ceil(WAIT_OF);
        let calls = |times: u32| {
            let of = |calls: u32| calls.saturating_mul(times);
            Limit::per_second(of(settings.rate_limit_per_second), of(settings.rate_limit_burst))
        };
        Self {
            calls: calls(1),
            calls_of_addresses: calls(times),
            sign_ins: Limit::per_minute(settings.sign_in_limit_per_minute),
            work: Shares::new(in_hand, times),
            waits: Shares::new(waits, times),
            sockets: Shares::new(settings.caller_websockets, times),
        }
    }

    /// Counts a guess at a secret: a sign-in, or a token of our own services that is not theirs. By address, whoever asks.
    ///
    /// # Errors
    /// A [`Problem`]: 429.
    pub fn guess(&self, caller: &Caller) -> Result<(), Problem> {
        let by_address = caller.address.as_ref().unwrap_or(&caller.who);
        self.sign_ins.as_ref().map_or(Ok(()), |limit| limit.take(by_address.clone())).map_err(too_many)
    }

    /// Admits a call of this route, or says how long to wait.
    ///
    /// # Errors
    /// A [`Problem`]: 429.
    pub fn admit(
        &self,
        spec: Option<&Spec>,
        class: Class,
        caller: &Caller,
        stranger: &Caller,
    ) -> Result<Held, Problem> {
        if spec.is_some_and(|spec| spec.rate_limit == RateLimit::SignIns) {
            self.guess(stranger)?;
        }
        if let (Some(limit), Some(address)) = (&self.calls_of_addresses, &caller.address) {
            limit.take(address.clone()).map_err(too_many)?;
        }
        if let Some(limit) = &self.calls {
            limit.take(caller.who.clone()).map_err(too_many)?;
        }
        // A WebSocket is nothing that gets done: it would take the place of work for as long as somebody watches.
        let shares: &[(&Shares, &str)] = match class {
            Class::Work => &[(&self.work, "requests")],
            Class::Wait => &[(&self.work, "requests"), (&self.waits, "waiting reads")],
            Class::Socket => &[(&self.sockets, "WebSockets")],
        };
        shares
            .iter()
            .map(|(shares, what)| shares.take(caller).map_err(|used_up| holds_too_many(used_up, what)))
            .collect()
    }
}

/// The refusal of one call too many; the next one may come after so many seconds.
#[must_use]
pub fn too_many(wait: u32) -> Problem {
    Problem::of(&shared::TOO_MANY_REQUESTS).detail(format!("the next one in {wait} s")).header(RETRY_AFTER, wait)
}

fn holds_too_many(used_up: UsedUp, what: &str) -> Problem {
    let detail = match used_up {
        UsedUp::Caller(bound) => format!("you have {bound} {what} in hand, which is the most"),
        UsedUp::Address(bound) => format!("all at your address have {bound} {what} in hand, which is the most"),
    };
    Problem::of(&shared::TOO_MANY_REQUESTS).detail(detail).header(RETRY_AFTER, 1)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_read_waits_only_where_it_asks_for_a_version_however_it_is_written() {
        let interface = Interface::default();
        let at = |method, path| route(&interface, &method, path);
        let none = HeaderMap::new();
        for query in ["min_version=prod_1:1", "limit=1&min%5Fversion=prod_1:1", "min_version="] {
            assert_eq!(class(at(Method::GET, "/products"), query, &none), Class::Wait, "{query}");
            assert_eq!(class(at(Method::HEAD, "/orders/ord_1"), query, &none), Class::Wait, "{query}");
            assert_eq!(class(at(Method::GET, "/tally"), query, &none), Class::Work, "a route without it");
            assert_eq!(class(None, query, &none), Class::Work);
        }
        for query in ["", "limit=1", "xmin_version=1"] {
            assert_eq!(class(at(Method::GET, "/products"), query, &none), Class::Work, "{query}");
        }
        let mut position = HeaderMap::new();
        position.insert(POSITION_HEADER, HeaderValue::from_static("prod_1:1"));
        assert_eq!(class(at(Method::GET, "/products"), "", &position), Class::Wait, "by the header");
        assert_eq!(class(at(Method::GET, "/tally"), "", &position), Class::Work, "a route without it");
        let mut upgrade = HeaderMap::new();
        upgrade.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
        assert_eq!(class(at(Method::GET, "/tally/live"), "", &upgrade), Class::Socket);
        assert_eq!(class(at(Method::GET, "/tally/live"), "", &none), Class::Work, "which is refused");
        assert_eq!(class(at(Method::GET, "/tally"), "", &upgrade), Class::Work, "no WebSocket is to be had there");
    }
}
