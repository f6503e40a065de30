//! JSON bodies.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::Problem;

/// The largest body taken, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How long a body may take to arrive: a client that trickles must not hold a connection for ever.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A JSON body of type `T`, and the bytes as they were sent (for fingerprints).
///
/// 415 without `application/json`, 413 above [`BODY_LIMIT`], 408 when it doesn't arrive, 400 with a pointer when it is
/// not a `T`.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// What was sent.
    pub value: T,
    /// As it was sent.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = is_json(request);
        // The application sets the extractor's limit to `BODY_LIMIT`.
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            if !json {
                let title = "Send application/json";
                return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", title));
            }
            let raw = match tokio::time::timeout(BODY_TIMEOUT, bytes).await {
                Ok(read) => read.map_err(|error| unreadable(&error))?,
                Err(_) => {
                    let title = "The body did not arrive in time";
                    return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-timeout", title));
                }
            };
            let value = parse(&raw)?;
            Ok(Self { value, raw })
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn unreadable(error: &actix_web::Error) -> Problem {
    if error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The body is too large")
            .detail(format!("at most {BODY_LIMIT} bytes"));
    }
    Problem::bad_request("the body could not be read")
}

fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(raw);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        invalid(error.inner()).pointer(pointer)
    })?;
    json.end().map_err(|error| invalid(&error))?;
    Ok(value)
}

fn invalid(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not what was expected").detail(error.to_string())
}

/// The path in RFC 6901's form; the whole document is the empty pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // A variant's name is no step into the document, and an unknown one leads nowhere.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        items: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        quantity: u32,
    }

    fn refusal(body: &str) -> String {
        format!("{:?}", parse::<Order>(body.as_bytes()).unwrap_err())
    }

    #[test]
    fn the_pointer_names_the_field_at_fault() {
        assert!(refusal(r#"{"items":[{"quantity":1},{"quantity":-1}]}"#).contains("\"/items/1/quantity\""));
        assert!(refusal(r#"{"items":[{"amount":1}]}"#).contains("\"/items/0/amount\""));
    }

    #[test]
    fn what_follows_the_document_is_refused() {
        assert!(refusal(r#"{"items":[]} x"#).contains("invalid-body"));
        assert_eq!(parse::<Order>(br#"{"items":[{"quantity":3}]}"#).unwrap().items[0].quantity, 3);
    }
}
