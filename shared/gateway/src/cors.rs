//! Which other sites' scripts may use the shop (CORS). No cookies are involved, so credentials are never allowed.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue,
    ORIGIN, VARY,
};

const METHODS: &str = "GET, HEAD, POST, PUT, DELETE";
const HEADERS: &str = "authorization, content-type, idempotency-key, x-request-id, traceparent, tracestate";
const EXPOSED: &str = "location, retry-after, x-request-id";
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
        let checked = origins.into_iter().map(|origin| match reqwest::Url::parse(origin) {
            // As browsers write it, or it would never be equal to what they send.
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == origin => {
                Ok(origin.to_owned())
            }
            _ => Err("must be * or origins such as https://shop.example, with commas between".to_owned()),
        });
        Ok(Self::These(checked.collect::<Result<_, _>>()?))
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

#[cfg(test)]
mod tests {
    use super::*;

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
