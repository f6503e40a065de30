//! Sites whose scripts may use the shop (CORS), and open its WebSockets. Credentials are never
//! allowed: cookies are for the shop's own pages.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, COOKIE, HOST, HeaderMap,
    HeaderValue, ORIGIN, UPGRADE, VARY,
};
use actix_web::http::uri::Authority;
use reqwest::Url;
use shotengai_contracts::api::shared;
use shotengai_runtime::Problem;

const METHODS: &str = "GET, HEAD, POST, PUT, DELETE";
const HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, shotengai-position, x-request-id, traceparent, tracestate";
const EXPOSED: &str = "etag, location, retry-after, shotengai-position, x-request-id";
const MAX_AGE: &str = "600";

/// Origins whose scripts may read our answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Everybody's.
    Any,
    /// These; often none.
    These(Vec<String>),
}

impl Origins {
    /// From a list with commas, or `*`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(list: &str) -> Result<Self, String> {
        let origins: Vec<_> = list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
        if origins == ["*"] {
            return Ok(Self::Any);
        }
        let checked = origins.into_iter().map(|origin| match Url::parse(origin) {
            // As browsers write it, or it would never be equal to what they send.
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == origin => {
                Ok(origin.to_owned())
            }
            _ => Err("must be * or origins such as https://shop.example, with commas between".to_owned()),
        });
        Ok(Self::These(checked.collect::<Result<_, _>>()?))
    }

    /// The list as it is written elsewhere: `*` alone for any.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        match self {
            Self::Any => vec!["*".to_owned()],
            Self::These(list) => list.clone(),
        }
    }

    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match self {
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::These(list) => list.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone()),
        }
    }

    /// The answer to a browser's question whether it may ask, if it is one and it may.
    #[must_use]
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<HttpResponse> {
        if *method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        self.allowed(headers.get(ORIGIN)?)?;
        let mut answer = HttpResponse::NoContent();
        answer.insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        answer.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, HEADERS));
        Some(answer.insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE)).finish())
    }

    /// Refuses a WebSocket to a page of another site. A browser asks nobody before it opens one, since CORS is not about
    /// them; it only says whose page it is. A client that says nothing is no page.
    ///
    /// # Errors
    /// `origin-not-allowed`.
    pub fn check_socket(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(origin) = headers.get(ORIGIN).filter(|_| headers.contains_key(UPGRADE)) else { return Ok(()) };
        if self.allowed(origin).is_some() || headers.get(HOST).is_some_and(|host| is_of(origin, host)) {
            return Ok(());
        }
        Err(Problem::of(&shared::ORIGIN_NOT_ALLOWED).at_header("origin"))
    }

    /// Refuses a cookie that a page of another site has had sent. `SameSite` keeps browsers from it; this keeps those that
    /// don't know it, and other hosts of one site. Whoever may read everything (`*`) may not do that.
    ///
    /// # Errors
    /// `origin-not-allowed`.
    pub fn check_cookies(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(origin) = headers.get(ORIGIN).filter(|_| headers.contains_key(COOKIE)) else { return Ok(()) };
        let named = matches!(self, Self::These(_)) && self.allowed(origin).is_some();
        if named || headers.get(HOST).is_some_and(|host| is_of(origin, host)) {
            return Ok(());
        }
        Err(Problem::of(&shared::ORIGIN_NOT_ALLOWED).at_header("origin"))
    }

    /// Says on an answer who may read it.
    pub fn mark(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        if let Self::These(list) = self {
            if list.is_empty() {
                return;
            }
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = asked.get(ORIGIN).and_then(|origin| self.allowed(origin)) {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Whether a page of `origin` came from `host`, by TLS or not: that may end before us.
fn is_of(origin: &HeaderValue, host: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    let host = Authority::try_from(host.as_bytes()).ok();
    origin.zip(host).is_some_and(|(origin, host)| {
        let usual = if origin.scheme() == "https" { 443 } else { 80 };
        origin.host_str().is_some_and(|name| name.eq_ignore_ascii_case(host.host()))
            && origin.port().unwrap_or(usual) == host.port_u16().unwrap_or(usual)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(origins: &Origins, origin: Option<&str>, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        origins.check_socket(&headers).is_ok()
    }

    #[test]
    fn a_websocket_is_opened_to_the_shops_own_pages_and_to_those_of_named_sites() {
        let named = Origins::parse("https://other.example").unwrap();
        for (origin, host) in [
            ("https://shop.example", "shop.example"),
            ("https://shop.example", "shop.example:443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("https://other.example", "shop.example"),
        ] {
            assert!(socket(&named, Some(origin), host), "{origin} to {host}");
        }
        assert!(socket(&named, None, "shop.example"), "no page at all");
        for (origin, host) in [
            ("https://evil.example", "shop.example"),
            ("https://shop.example.evil.example", "shop.example"),
            ("http://127.0.0.1:3000", "127.0.0.1:8080"),
            ("null", "shop.example"),
            ("", "shop.example"),
        ] {
            assert!(!socket(&named, Some(origin), host), "{origin} to {host}");
        }
        assert!(socket(&Origins::Any, Some("https://evil.example"), "shop.example"));
    }

    #[test]
    fn a_cookie_comes_from_the_shops_own_pages_and_those_of_named_sites() {
        let check = |origins: &Origins, origin: &'static str, cookie: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("shop.example"));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            if cookie {
                headers.insert(COOKIE, HeaderValue::from_static("refresh_token=x"));
            }
            origins.check_cookies(&headers).is_ok()
        };
        let named = Origins::parse("https://other.example").unwrap();
        for (origins, origin, cookie, wanted) in [
            (&named, "https://shop.example", true, true),
            (&named, "https://other.example", true, true),
            (&named, "https://evil.example", true, false),
            (&named, "https://evil.shop.example", true, false),
            (&named, "null", true, false),
            (&named, "https://evil.example", false, true),
            (&Origins::Any, "https://evil.example", true, false),
            (&Origins::Any, "https://shop.example", true, true),
        ] {
            assert_eq!(check(origins, origin, cookie), wanted, "{origin} {cookie}");
        }
        assert!(named.check_cookies(&HeaderMap::new()).is_ok(), "no page at all");
    }

    #[test]
    fn origins_are_taken_as_browsers_write_them() {
        let list = Origins::parse("https://shop.example, http://localhost:3000").unwrap();
        assert!(list.allowed(&HeaderValue::from_static("https://shop.example")).is_some());
        assert!(list.allowed(&HeaderValue::from_static("https://shop.example.evil")).is_none());
        assert_eq!(Origins::parse("").unwrap(), Origins::These(Vec::new()));
        assert_eq!(Origins::parse("*").unwrap(), Origins::Any);
        for bad in ["shop.example", "https://shop.example/", "https://Shop.example", "ftp://x", "*, https://a.example"]
        {
            assert!(Origins::parse(bad).is_err(), "{bad}");
        }
    }
}
