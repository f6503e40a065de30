//! Errors as AWS writes them, so that the SDK judges them as it would the real ones.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use serde_json::json;

use super::Exchange;
use super::exchange::Protocol;

/// What an AWS service complains of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Its own failure.
    ServerError,
    /// Too many requests.
    Throttle,
    /// A caller without the right.
    AccessDenied,
}

/// Status and code that a service has for a trouble.
#[must_use]
pub fn code(service: &str, trouble: Trouble) -> (u16, &'static str) {
    match (service, trouble) {
        ("dynamodb", Trouble::ServerError) => (500, "InternalServerError"),
        ("dynamodb" | "kinesis", Trouble::Throttle) => (400, "ProvisionedThroughputExceededException"),
        ("dynamodb" | "kinesis", Trouble::AccessDenied) => (400, "AccessDeniedException"),
        ("sns", Trouble::ServerError) => (500, "InternalError"),
        ("sns", Trouble::Throttle) => (429, "Throttled"),
        ("sns", Trouble::AccessDenied) => (403, "AuthorizationError"),
        ("sqs", Trouble::Throttle) => (400, "RequestThrottled"),
        ("s3", Trouble::ServerError) => (500, "InternalError"),
        ("s3", Trouble::Throttle) => (503, "SlowDown"),
        (_, Trouble::ServerError) => (500, "InternalFailure"),
        (_, Trouble::Throttle) => (429, "TooManyRequests"),
        (_, Trouble::AccessDenied) => (403, "AccessDenied"),
    }
}

/// The answer to an exchange, in its protocol.
#[must_use]
pub fn answer(trouble: Trouble, exchange: &Exchange) -> Response<Full<Bytes>> {
    const MESSAGE: &str = "by a rule of the proxy";
    let (status, code) = code(&exchange.service, trouble);
    let (kind, body) = match exchange.protocol {
        Protocol::Json => {
            let name_space = match exchange.service.as_str() {
                "dynamodb" => "com.amazonaws.dynamodb.v20120810#",
                "sqs" => "com.amazonaws.sqs#",
                _ => "",
            };
            let body = json!({"__type": format!("{name_space}{code}"), "message": MESSAGE}).to_string();
            ("application/x-amz-json-1.0", body)
        }
        Protocol::Query => {
            let blame = if status < 500 { "Sender" } else { "Receiver" };
            let error = format!("<Error><Type>{blame}</Type><Code>{code}</Code><Message>{MESSAGE}</Message></Error>");
            ("text/xml", format!("<ErrorResponse>{error}<RequestId>proxy</RequestId></ErrorResponse>"))
        }
        Protocol::Xml => ("application/xml", format!("<Error><Code>{code}</Code><Message>{MESSAGE}</Message></Error>")),
        Protocol::Problem => {
            ("application/problem+json", json!({"status": status, "title": code, "detail": MESSAGE}).to_string())
        }
    };
    let answer = Response::builder().status(status).header(CONTENT_TYPE, kind).body(Full::from(body));
    answer.expect("a status and a header that HTTP knows")
}
