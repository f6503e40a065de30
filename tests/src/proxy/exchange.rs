//! A request as rules see it.

use std::borrow::Cow;

use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Uri};
use serde_json::Value;

/// A request that came to the proxy.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// `dynamodb`, `kinesis`, `sns`, `sqs` or `s3`; empty for what is no AWS request.
    pub service: String,
    /// `PutItem`, `PublishBatch`, …; the method where the request names none.
    pub operation: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// How errors are written.
    pub protocol: Protocol,
}

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson 1.0 and 1.1: DynamoDB, Kinesis, SQS.
    Json,
    /// awsQuery: SNS.
    Query,
    /// restXml: S3.
    Xml,
    /// The shop's own: problem+json.
    Problem,
}

impl Exchange {
    pub(crate) fn new(parts: &Parts, body: Bytes) -> Self {
        let headers = parts.headers.clone();
        let target = header(&headers, "x-amz-target").and_then(|target| target.split_once('.'));
        let signed_for = header(&headers, AUTHORIZATION.as_str()).and_then(signing_service);
        let signed_for = signed_for.or_else(|| parts.uri.query().and_then(signing_service_of_address));
        let form = header(&headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("form-urlencoded"));
        let asked = form.then(|| action_of(&body)).flatten();
        let protocol = match (&target, &asked, &signed_for) {
            (Some(_), ..) => Protocol::Json,
            (None, Some(_), _) => Protocol::Query,
            (None, None, Some(_)) => Protocol::Xml,
            (None, None, None) => Protocol::Problem,
        };
        let operation = target.map(|(_, operation)| operation.to_owned()).or(asked);
        let service = target.and_then(|(version, _)| service_of(version)).or(signed_for).unwrap_or_default().to_owned();
        Self {
            operation: operation.unwrap_or_else(|| parts.method.to_string()),
            method: parts.method.clone(),
            path: path_of(&parts.uri),
            service,
            headers,
            body,
            protocol,
        }
    }

    /// Whether it is this operation of this service.
    #[must_use]
    pub fn is(&self, service: &str, operation: &str) -> bool {
        self.service == service && self.operation == operation
    }

    /// Whether it puts single items: alone, or with others in one request.
    #[must_use]
    pub fn is_put(&self) -> bool {
        self.is("dynamodb", "PutItem") || self.is("dynamodb", "BatchExecuteStatement") && self.mentions("INSERT INTO")
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Whether the body has these words. Never true of text that JSON or a form writes with escapes.
    #[must_use]
    pub fn mentions(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn path_of(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`
fn signing_service(authorization: &str) -> Option<&str> {
    authorization.split_once("Credential=")?.1.split('/').nth(3)
}

/// `X-Amz-Credential=<key>%2F<date>%2F<region>%2F<service>%2Faws4_request`, of an address that was signed for somebody.
fn signing_service_of_address(query: &str) -> Option<&str> {
    let credential = query.split('&').find_map(|field| field.strip_prefix("X-Amz-Credential="))?;
    credential.split("%2F").nth(3)
}

/// The service of `x-amz-target`'s first half, such as `DynamoDB_20120810`.
fn service_of(version: &str) -> Option<&'static str> {
    match version.split('_').next()? {
        "DynamoDB" => Some("dynamodb"),
        "Kinesis" => Some("kinesis"),
        "AmazonSQS" => Some("sqs"),
        _ => None,
    }
}

fn action_of(body: &[u8]) -> Option<String> {
    let form = std::str::from_utf8(body).ok()?;
    form.split('&').find_map(|field| field.strip_prefix("Action=")).map(str::to_owned)
}
