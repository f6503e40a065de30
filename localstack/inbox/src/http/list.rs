//! The list: paging, searching, marking and deleting.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Query},
};
use serde::Deserialize;

use super::{ok, refusal::Refusal};
use crate::store::InboxStore;

const DEFAULT_LIMIT: usize = 50;

/// Numbers are read as text: what is not a number counts as absent, as in Mailpit.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Paging {
    start: Option<String>,
    limit: Option<String>,
    query: Option<String>,
}

impl Paging {
    fn start(&self) -> usize {
        self.start.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn limit(&self) -> usize {
        self.limit.as_deref().and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_LIMIT)
    }

    fn query(&self) -> &str {
        self.query.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Selection {
    #[serde(rename = "IDs", alias = "ids", alias = "Ids")]
    ids: Option<Vec<String>>,
    #[serde(rename = "Read", alias = "read")]
    read: bool,
    #[serde(rename = "Search", alias = "search")]
    search: String,
}

impl Selection {
    /// No body selects everything, as in Mailpit.
    fn parse(body: &Bytes) -> Result<Self, Refusal> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        Ok(serde_json::from_slice(body)?)
    }

    /// An empty list means every message, as in Mailpit.
    fn ids(&self) -> Option<&[String]> {
        self.ids.as_deref().filter(|ids| !ids.is_empty())
    }
}

pub(super) async fn list(store: Data<InboxStore>, paging: Query<Paging>) -> HttpResponse {
    HttpResponse::Ok().json(store.list(paging.start(), paging.limit()))
}

pub(super) async fn search(store: Data<InboxStore>, paging: Query<Paging>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(store.search(paging.query(), paging.start(), paging.limit())?))
}

pub(super) async fn delete_search(store: Data<InboxStore>, paging: Query<Paging>) -> Result<HttpResponse, Refusal> {
    store.delete(Some(&store.matching_ids(paging.query())?));
    Ok(ok())
}

/// Unlike Mailpit, a body that cannot be read deletes nothing.
pub(super) async fn delete(store: Data<InboxStore>, body: Bytes) -> Result<HttpResponse, Refusal> {
    store.delete(Selection::parse(&body)?.ids());
    Ok(ok())
}

pub(super) async fn set_read(store: Data<InboxStore>, body: Bytes) -> Result<HttpResponse, Refusal> {
    let selection = Selection::parse(&body)?;
    match (selection.ids(), selection.search.as_str()) {
        (ids, "") => store.set_read(ids, selection.read),
        (Some(_), _) => return Err(Refusal::Ambiguous),
        (None, query) => store.set_read(Some(&store.matching_ids(query)?), selection.read),
    }
    Ok(ok())
}
