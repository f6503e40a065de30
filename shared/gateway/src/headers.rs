//! Headers that are forwarded, in either direction.
//!
//! actix stands on an older version of the `http` crate than hyper, so names and values are copied from one to the other.

use actix_web::http::header as old;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VIA,
};
use shotengai_messaging::trace::TRACEPARENT;
use uuid::Uuid;

use crate::client::Client;

/// How we sign what we forward. A request that comes with it has been here before.
const SIGNATURE: &str = "1.1 shotengai";

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// For one connection only (RFC 9110, 7.6.1), whether or not `Connection` names them.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    hyper::header::PROXY_AUTHENTICATE,
    hyper::header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Written anew for the role, or not its business.
const OURS: [HeaderName; 9] = [
    HOST,
    CONTENT_LENGTH,
    EXPECT,
    FORWARDED,
    FORWARDED_FOR,
    FORWARDED_HOST,
    FORWARDED_PROTO,
    REQUEST_ID,
    HeaderName::from_static(TRACEPARENT),
];

/// Whether a request has been forwarded by a door already.
#[must_use]
pub fn has_been_here(headers: &old::HeaderMap) -> bool {
    headers.get_all(old::VIA).any(|via| {
        let via = String::from_utf8_lossy(via.as_bytes()).into_owned();
        via.split(',').any(|hop| hop.trim().eq_ignore_ascii_case(SIGNATURE))
    })
}

/// The head that a role gets.
#[must_use]
pub fn onward(came: &old::HeaderMap, client: &Client, request_id: Option<Uuid>, trace: Option<String>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(came.len() + 6);
    for (name, value) in came {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_str().as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
        {
            headers.append(name, value);
        }
    }
    drop_hop_by_hop(&mut headers);
    for name in &OURS {
        headers.remove(name);
    }
    set(&mut headers, FORWARDED_FOR, Some(client.forwarded_for()));
    set(&mut headers, FORWARDED_PROTO, Some(client.proto));
    if let Some(host) = client.host.as_ref().and_then(|host| HeaderValue::from_bytes(host.as_bytes()).ok()) {
        headers.insert(FORWARDED_HOST, host);
    }
    set(&mut headers, REQUEST_ID, request_id.map(|id| id.to_string()));
    set(&mut headers, HeaderName::from_static(TRACEPARENT), trace);
    headers.append(VIA, HeaderValue::from_static(SIGNATURE));
    headers
}

/// The head that the client gets. Its length and the request's id are written anew.
pub fn homeward(mut came: HeaderMap, answer: &mut actix_web::HttpResponseBuilder) {
    drop_hop_by_hop(&mut came);
    came.remove(CONTENT_LENGTH);
    came.remove(REQUEST_ID);
    for (name, value) in &came {
        if let (Ok(name), Ok(value)) =
            (old::HeaderName::from_bytes(name.as_str().as_bytes()), old::HeaderValue::from_bytes(value.as_bytes()))
        {
            answer.append_header((name, value));
        }
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<impl AsRef<str>>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value.as_ref()).ok()) {
        headers.insert(name, value);
    }
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Trust;

    fn came(pairs: &[(&'static str, &'static str)]) -> old::HeaderMap {
        let mut headers = old::HeaderMap::new();
        for (name, value) in pairs {
            headers.append(old::HeaderName::from_static(name), old::HeaderValue::from_static(value));
        }
        headers
    }

    fn sent(came: &old::HeaderMap) -> HeaderMap {
        let client = Client::of(came, Some("10.0.0.1".parse().unwrap()), Trust(0));
        onward(came, &client, None, Some("00-a-b-01".to_owned()))
    }

    #[test]
    fn what_is_for_one_connection_stays_there_also_what_connection_names() {
        let headers = sent(&came(&[
            ("connection", "keep-alive, X-Secret"),
            ("connection", "x-forwarded-for"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic eA=="),
            ("idempotency-key", "k"),
        ]));
        for gone in ["connection", "x-secret", "te", "upgrade", "proxy-authorization"] {
            assert!(!headers.contains_key(gone), "{gone}");
        }
        assert_eq!(headers["idempotency-key"], "k");
        assert_eq!(headers["x-forwarded-for"], "10.0.0.1", "written after what Connection names was dropped");
    }

    #[test]
    fn what_we_say_about_a_client_is_not_what_it_says_about_itself() {
        let headers = sent(&came(&[
            ("host", "shop.example"),
            ("forwarded", "for=1.1.1.1"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-proto", "https"),
            ("traceparent", "00-x-y-01"),
            ("content-length", "3"),
        ]));
        assert_eq!(headers["x-forwarded-for"], "10.0.0.1");
        assert_eq!(
            (&headers["x-forwarded-proto"], &headers["x-forwarded-host"]),
            (&"http".parse().unwrap(), &"shop.example".parse().unwrap())
        );
        assert_eq!(headers["traceparent"], "00-a-b-01");
        assert!(!headers.contains_key("host") && !headers.contains_key("forwarded"));
        assert!(!headers.contains_key("content-length"));
    }

    #[test]
    fn a_request_that_was_here_is_known_by_our_signature() {
        assert!(!has_been_here(&came(&[("via", "1.1 proxy")])));
        assert!(has_been_here(&came(&[("via", "1.1 proxy, 1.1 Shotengai")])));
    }
}
