//! Answers and refusals in Kubernetes' words.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};

/// A status and a JSON body.
pub(crate) struct Answer {
    code: StatusCode,
    body: Value,
}

impl Answer {
    pub(crate) const fn new(code: StatusCode, body: Value) -> Self {
        Self { code, body }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        Response::builder()
            .status(self.code)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(self.body.to_string()))
            .expect("a response")
    }
}

/// A `Status` object that says why not.
pub(crate) fn status(code: StatusCode, reason: &str, message: &str) -> Answer {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code.as_u16(),
    });
    Answer::new(code, body)
}

pub(crate) fn conflict(resource: &str, name: &str, why: &str) -> Answer {
    let message = format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}");
    status(StatusCode::CONFLICT, "Conflict", &message)
}

pub(crate) fn not_found(resource: &str, name: &str) -> Answer {
    status(StatusCode::NOT_FOUND, "NotFound", &format!("{resource} \"{name}\" not found"))
}

pub(crate) fn invalid(resource: &str, name: &str, why: &str) -> Answer {
    status(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", &format!("{resource} \"{name}\" is invalid: {why}"))
}

pub(crate) fn bad_request(why: &str) -> Answer {
    status(StatusCode::BAD_REQUEST, "BadRequest", why)
}
