//! Bodies that nobody reads to their end.
//!
//! actix lets go of a connection whose request was answered before its body was read; but when the body comes in chunks
//! and its reader is gone, it goes on reading for as long as the client likes to send, with no bound at all. As long as
//! the reader is there it closes. So the reader of a chunked body is kept until the answer has been sent.

use std::any::Any;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use futures::Stream;

/// The body of a request that is being answered.
pub(super) struct Reader {
    _payload: Rc<RefCell<Payload>>,
}

impl Reader {
    /// Of this request, if its body comes in chunks.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        request.headers().contains_key(TRANSFER_ENCODING).then(|| {
            let payload = Rc::new(RefCell::new(request.take_payload()));
            request.set_payload(Payload::Stream { payload: Box::pin(Shared(Rc::clone(&payload))) });
            Self { _payload: payload }
        })
    }
}

/// Keeps something until the answer has been sent or given up.
pub(super) fn keep(what: impl Any, answer: ServiceResponse) -> ServiceResponse {
    answer.map_body(|_, body| BoxBody::new(Kept { body, _what: Box::new(what) }))
}

struct Shared(Rc<RefCell<Payload>>);

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

struct Kept {
    body: BoxBody,
    _what: Box<dyn Any>,
}

impl MessageBody for Kept {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
