//! What stands before every route of a process.

use std::any::Any;

use actix_web::dev::{ResponseHead, ServiceRequest};
use actix_web::{HttpRequest, HttpResponse};
use futures::future::LocalBoxFuture;

use super::Problem;

/// What a gate does with a request that it has nothing against.
pub enum Entry {
    /// Lets it pass. What is here is dropped when the answer, its body included, has been sent or given up.
    Pass(Option<Box<dyn Any>>),
    /// Answers it.
    Answer(HttpResponse),
}

/// Sees every request of a process before any role does, and every answer's head before it leaves.
///
/// A role brings one along ([`crate::Role::gate`]); it then stands before the other roles of that process, too.
pub trait Gate: Send + Sync {
    /// Lets the request pass, or answers it.
    fn enter<'a>(&'a self, request: &'a ServiceRequest) -> LocalBoxFuture<'a, Result<Entry, Problem>>;

    /// May add to what an answer's head says; also of answers that [`Gate::enter`] gave.
    fn leave(&self, request: &HttpRequest, head: &mut ResponseHead);
}
