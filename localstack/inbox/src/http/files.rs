//! The source of a message and the files within it.

use actix_web::{
    HttpResponse,
    http::header::{
        CONTENT_SECURITY_POLICY, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
    },
    web::{Data, Path, Query},
};
use serde::Deserialize;

use super::{
    api::{Latest, find},
    refusal::Refusal,
};
use crate::{mail, store::InboxStore};

/// Types that a browser shows and nothing in them runs. Whatever else a mail brings is saved and not opened.
const SHOWN_TYPES: [&str; 6] = ["text/plain", "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
/// And if something ran it would be nobody's, and reach nothing.
const POLICY: &str = "default-src 'none'; sandbox";

#[derive(Debug, Deserialize)]
pub(super) struct Download {
    dl: Option<String>,
}

pub(super) async fn raw(
    store: Data<InboxStore>,
    id: Path<String>,
    latest: Query<Latest>,
    download: Query<Download>,
) -> Result<HttpResponse, Refusal> {
    let stored = find(&store, &id, &latest)?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/plain; charset=utf-8");
    if download.dl.as_deref() == Some("1") {
        answer.insert_header(ContentDisposition::attachment(format!("{}.eml", stored.message().id)));
    }
    Ok(answer.body(stored.source.clone()))
}

pub(super) async fn part(
    store: Data<InboxStore>,
    path: Path<(String, String)>,
    latest: Query<Latest>,
) -> Result<HttpResponse, Refusal> {
    let (id, part) = path.into_inner();
    let stored = find(&store, &id, &latest)?;
    let file = mail::file(&stored.source, &part).ok_or(Refusal::NotFound)?;
    let kind = file.summary.content_type.to_ascii_lowercase();
    let is_shown = SHOWN_TYPES.contains(&kind.as_str());
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: file.summary.file_name.into_bytes(),
    };
    let disposition = ContentDisposition {
        disposition: if is_shown { DispositionType::Inline } else { DispositionType::Attachment },
        parameters: vec![DispositionParam::FilenameExt(name)],
    };
    Ok(HttpResponse::Ok()
        .content_type(if is_shown { &kind } else { "application/octet-stream" })
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header(disposition)
        .body(file.content))
}
