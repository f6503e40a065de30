//! Why a request is not answered, in Mailpit's plain text.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::ContentType},
};

use crate::search::SearchError;

/// A request that is not answered; the text is the body.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("call 127.0.0.1 or localhost: this inbox has no other name")]
    Host,
    #[error("404 page not found")]
    NotFound,
    #[error("Message not found")]
    Empty,
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error("the body is not understood: {0}")]
    Body(#[from] serde_json::Error),
    #[error("You may specify either IDs or a search query, not both")]
    Ambiguous,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound | Self::Empty => StatusCode::NOT_FOUND,
            Self::Search(_) | Self::Body(_) | Self::Ambiguous => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).content_type(ContentType::plaintext()).body(self.to_string())
    }
}
