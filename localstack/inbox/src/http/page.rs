//! The page for people: one file, no assets from elsewhere.

use actix_web::{HttpResponse, http::header::ContentType};

const PAGE: &str = include_str!("inbox.html");

/// The frame that shows a message inherits this: no script of the message runs, and nothing is fetched from elsewhere,
/// so opening a message tells nobody.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; \
    style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

pub(super) async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(PAGE)
}
