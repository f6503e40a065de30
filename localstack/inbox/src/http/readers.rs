//! Pages of other origins that may read mail here, and show it in a frame: those of the street that the mail is of.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, ORIGIN, VARY},
    middleware::Next,
    web::Data,
};

/// Their origins, such as `http://127.0.0.1:8080`.
pub(super) struct Readers(Vec<String>);

impl Readers {
    pub(super) fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// Sources of a policy's `frame-ancestors`: who may show a message in a frame.
    pub(super) fn frames(&self) -> String {
        if self.0.is_empty() { "'none'".to_owned() } else { self.0.join(" ") }
    }

    fn is_one(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|known| known.as_bytes() == origin.as_bytes())
    }
}

/// Lets browsers hand answers to pages of those origins. Only what needs no question before it is so asked: they read, and mark as
/// read by it, but change and delete nothing.
pub(super) async fn may_read(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let readers = request.app_data::<Data<Readers>>();
    let origin = request.headers().get(ORIGIN).filter(|origin| readers.is_some_and(|readers| readers.is_one(origin)));
    let origin = origin.cloned();
    let mut answer = next.call(request).await?;
    answer.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    Ok(answer)
}
