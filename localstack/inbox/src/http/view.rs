//! The HTML of a message as a document of its own, where Mailpit has it, too: for a frame in somebody else's page.

use std::cmp::Reverse;

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, ContentType},
    web::{Data, Path, Query},
};

use super::{
    api::{Latest, find},
    readers::Readers,
    refusal::Refusal,
};
use crate::store::InboxStore;

/// Before the message: its links open beside the frame.
const HEAD: &str = "<!DOCTYPE html><base target=\"_blank\">";

/// Nothing of a message runs, and nothing is fetched from elsewhere, so that opening it tells nobody. It has no origin
/// (`sandbox`), in a frame or not.
pub(super) async fn view(
    store: Data<InboxStore>,
    readers: Data<Readers>,
    id: Path<String>,
    latest: Query<Latest>,
) -> Result<HttpResponse, Refusal> {
    let message = find(&store, &id, &latest)?.message();
    if message.html.is_empty() {
        return Err(Refusal::NotFound);
    }
    let mut html = message.html;
    let mut inline: Vec<_> = message.inline.iter().filter(|file| !file.content_id.is_empty()).collect();
    // The longest first: one may begin like another.
    inline.sort_by_key(|file| Reverse(file.content_id.len()));
    for file in inline {
        let part = format!("/api/v1/message/{}/part/{}", message.id, file.part_id);
        html = html.replace(&format!("cid:{}", file.content_id), &part);
    }
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; base-uri 'none'; \
         form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors {}",
        readers.frames()
    );
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .body(format!("{HEAD}{html}")))
}
