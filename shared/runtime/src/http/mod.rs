//! The HTTP shell: handlers answer `Result<HttpResponse, Problem>` and take extractors; everything around is here.
//!
//! [`Routes`] merges what roles serve · [`Gate`] stands before all of it · [`Problem`] is every error's form · [`JsonBody`], [`PathId`], [`RequestMeta`],
//! [`Caller`], [`AdminCaller`], [`InternalCaller`] are the extractors · [`HttpState`] is what they need.

mod body;
mod caller;
mod faults;
mod gate;
mod idempotency;
mod json;
mod meta;
mod middleware;
mod outbound;
mod path;
mod problem;
mod problem_types;
mod routes;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod unread;

pub use body::{BODY_LIMIT, JsonBody};
pub use caller::{AdminCaller, Caller, InternalCaller};
pub use gate::Gate;
pub use idempotency::IdempotencyKey;
pub use meta::{REQUEST_ID_HEADER, RequestMeta, request_id};
pub use outbound::with_trace;
pub use path::PathId;
pub use problem::{Named, Problem};
pub use problem_types::{PROBLEM_TYPES, ProblemType, describe_problems};
pub use routes::Routes;
pub use server::{HttpListener, HttpServing, POOL_IDLE, app};
pub use state::HttpState;
