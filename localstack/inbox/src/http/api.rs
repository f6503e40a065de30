//! One message, and the inbox itself.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use serde_json::json;

use super::refusal::Refusal;
use crate::{
    headers,
    store::{InboxStore, Stored},
};

/// Narrows what `latest` means.
#[derive(Debug, Deserialize)]
pub(super) struct Latest {
    query: Option<String>,
}

/// The message of this id, where `latest` is the newest one.
pub(super) fn find(store: &InboxStore, id: &str, latest: &Latest) -> Result<Arc<Stored>, Refusal> {
    if id != "latest" {
        return store.stored(id).ok_or(Refusal::NotFound);
    }
    let query = latest.query.as_deref().filter(|query| !query.trim().is_empty());
    store.latest(query)?.ok_or(Refusal::Empty)
}

/// Reading a message marks it as read, as in Mailpit.
pub(super) async fn message(
    store: Data<InboxStore>,
    id: Path<String>,
    latest: Query<Latest>,
) -> Result<HttpResponse, Refusal> {
    let message = find(&store, &id, &latest)?.message();
    store.set_read(Some(std::slice::from_ref(&message.id)), true);
    Ok(HttpResponse::Ok().json(message))
}

pub(super) async fn headers(
    store: Data<InboxStore>,
    id: Path<String>,
    latest: Query<Latest>,
) -> Result<HttpResponse, Refusal> {
    let stored = find(&store, &id, &latest)?;
    Ok(HttpResponse::Ok().json(headers::grouped(&stored.source)))
}

/// Mailpit's answer, with 0 for the process's memory, which is not measured.
pub(super) async fn info(store: Data<InboxStore>) -> HttpResponse {
    let now = store.statistics();
    HttpResponse::Ok().json(json!({
        "Version": concat!("shotengai-inbox v", env!("CARGO_PKG_VERSION")),
        "LatestVersion": "disabled",
        "Database": "memory",
        "DatabaseSize": now.bytes,
        "Messages": now.messages,
        "Unread": now.unread,
        "Tags": {},
        "RuntimeStats": {
            "Uptime": now.uptime.as_secs(),
            "Memory": 0,
            "MessagesDeleted": now.removed,
            "SMTPAccepted": now.accepted,
            "SMTPAcceptedSize": now.accepted_bytes,
            "SMTPRejected": now.rejected,
            "SMTPIgnored": 0,
        },
    }))
}
