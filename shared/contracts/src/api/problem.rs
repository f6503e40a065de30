//! Problems: errors as clients see them (RFC 9457).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::route::Media;
use super::{Anyone, Route};
use crate::topology::Service;

/// All types, explained.
pub const LIST_PROBLEMS: Route<Anyone, (), (), ()> = Route::get(PROBLEMS_PATH, Service::STOREFRONT, "listProblems")
    .about("problems", "Every type of problem, explained", "Markdown.")
    .media(Media::Text);

/// One type, explained. Each process of the street answers both.
pub const GET_PROBLEM: Route<Anyone, String, (), ()> = Route::get("/problems/{id}", Service::STOREFRONT, "getProblem")
    .about("problems", "One type of problem, explained", "Where `type` of a problem leads. Markdown.")
    .media(Media::Text);

/// Where problem types are explained; a type's slug follows after a slash.
pub const PROBLEMS_PATH: &str = "/problems";

/// A type of problem. Whoever answers with it declares it, beside the routes that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemType {
    /// The last part of its URI, in kebab-case; stable: clients switch on it.
    pub slug: &'static str,
    /// The status it comes with.
    pub status: u16,
    /// The kind in words.
    pub title: &'static str,
    /// What has happened.
    pub meaning: &'static str,
    /// What the client can do.
    pub cure: &'static str,
}

impl ProblemType {
    /// Its URI: a path of the server that answers.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{PROBLEMS_PATH}/{}", self.slug)
    }
}

/// An error. Switch on `type`; texts may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What kind: `/problems/<slug>`, a path of this server that explains it.
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub detail: Option<String>,
    /// The field of the body at fault (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub pointer: Option<String>,
    /// The parameter of the query string at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub parameter: Option<String>,
    /// The header of the request at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub header: Option<String>,
    /// The same of every fault found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemPart>,
    /// The request's id, also in `x-request-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub instance: Option<String>,
}

/// One fault of many: where it is, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemPart {
    /// The field of the body at fault (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub pointer: Option<String>,
    /// The parameter of the query string at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub parameter: Option<String>,
    /// The header of the request at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub header: Option<String>,
    /// What is wrong there.
    pub detail: String,
}

impl Problem {
    /// Whether it is of this type. Whatever stands before the path doesn't count.
    #[must_use]
    pub fn is(&self, of: &ProblemType) -> bool {
        self.r#type.rsplit('/').next() == Some(of.slug)
    }
}
