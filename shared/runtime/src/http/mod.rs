//! The HTTP shell: handlers take extractors and answer an [`Answer`]; everything around is here.
//!
//! [`Routes`] merges what roles serve, each route a constant of `contracts::api` that [`typed`] holds its handler against ·
//! [`Gate`] stands before all of it · [`Reply`] is a good answer, [`Problem`] every error's form · [`JsonBody`],
//! [`OptionalBody`], [`PathId`], [`IdempotencyKey`], [`IfMatch`], [`RequestMeta`], [`Caller`], [`AdminCaller`], [`InternalCaller`] are the extractors ·
//! [`HttpState`] is what they need.

mod body;
mod budget;
mod caller;
mod connections;
mod documents;
mod entity_tag;
mod faults;
mod gate;
mod idempotency;
mod if_match;
mod json;
pub mod live;
mod meta;
mod middleware;
mod outbound;
mod parameters;
mod path;
mod problem;
mod problem_types;
mod query;
mod receipts;
mod reply;
mod routes;
mod server;
mod state;
#[cfg(test)]
mod tests;
pub mod typed;
mod unread;

pub use body::{BODY_LIMIT, JsonBody, OptionalBody, declared_length};
pub use budget::{BodyBudget, BodyRoom};
pub use caller::{AdminCaller, Caller, InternalCaller, Recognized, TOKEN_PROTOCOL, TokenReader, access_token};
pub use entity_tag::versioned_tag;
pub use gate::{Entry, Gate};
pub use idempotency::IdempotencyKey;
pub use if_match::IfMatch;
pub use meta::{REQUEST_ID_HEADER, RequestMeta, request_id};
pub use outbound::with_trace;
pub use path::{PathId, SecondId};
pub use problem::{Named, Problem};
pub use problem_types::describe_problems;
pub use query::QueryParameters;
pub use receipts::metered;
pub use reply::{Answer, POSITION_HEADER, Reply};
pub use routes::Routes;
pub use server::{HttpListener, HttpServing, POOL_IDLE, app};
pub use state::HttpState;
