//! The page about problems: what each type means and what to do about it.
//!
//! A problem's `type` is the path at which each process explains it. `docs/problems.md` is this page too.

use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use shotengai_contracts::api::problem::{GET_PROBLEM, LIST_PROBLEMS};
use shotengai_contracts::api::{INTERNAL, Interface, ProblemType, problems};

use super::{PathId, Problem, Routes};

/// One type for people, as Markdown.
fn describe(problem: &ProblemType) -> String {
    let ProblemType { slug, status, meaning, cure, .. } = problem;
    let status = StatusCode::from_u16(*status).map_or_else(|_| status.to_string(), |status| status.to_string());
    format!("## {slug}\n\n{status}. {meaning}\n\n*What to do:* {cure}\n")
}

/// The page about these types; `docs/problems.md` is this text.
#[must_use]
pub fn describe_problems(types: &[&ProblemType]) -> String {
    let mut page = "# Problems\n\n\
        Every error that the HTTP interface answers, what it means and what a client does about it. An error is\n\
        `application/problem+json` (RFC 9457):\n\n\
        | member | |\n|---|---|\n\
        | `type` | which problem, as `/problems/<slug>`; every process explains it at that path. Decide by this |\n\
        | `title`, `status` | the problem in words, the HTTP status |\n\
        | `detail` | what is wrong this time; texts may change |\n\
        | `pointer`, `parameter` or `header` | where: a field of the body (RFC 6901), a parameter of the query, a header |\n\
        | `errors` | the same for every fault found, each with its own `detail` |\n\
        | `instance` | the request's id, also in `x-request-id` and in the server's log |\n\
        | others | what a type's text below names |\n\n\
        400: the request can't be understood. 422: it is understood, but can't be done as asked. A request whose head is\n\
        not HTTP, or arrives too slowly, is answered with 400 or 408 and no body.\n"
        .to_owned();
    for problem in types {
        let _infallible = write!(page, "\n{}", describe(problem));
    }
    page
}

type Types = Arc<[&'static ProblemType]>;

/// `GET /problems` and `GET /problems/{id}`: the interface's types, and those of the routes registered so far.
pub(super) fn routes(routes: &mut Routes, interface: &Interface) {
    let own = routes.endpoints().iter().flat_map(|route| route.spec().problems.iter().copied());
    let public: Vec<_> = interface.routes().collect();
    let mut types: Vec<_> = problems(public.iter().chain(INTERNAL)).into_iter().chain(own).collect();
    types.sort_by_key(|problem| problem.slug);
    types.dedup_by_key(|problem| problem.slug);
    routes.data(web::Data::new(Types::from(types)));
    routes.raw(LIST_PROBLEMS, all).raw(GET_PROBLEM, one);
}

async fn all(types: web::Data<Types>) -> HttpResponse {
    page(describe_problems(&types))
}

async fn one(slug: PathId<String>, types: web::Data<Types>) -> Result<HttpResponse, Problem> {
    let known = types.iter().find(|known| known.slug == slug.as_str());
    known.map(|known| page(describe(known))).ok_or_else(|| Problem::not_found("there is no such type of problem"))
}

/// Markdown that browsers show instead of saving it.
fn page(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text)
}
