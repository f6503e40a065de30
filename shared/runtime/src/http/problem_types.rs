//! Every type of problem that the street answers with: what it means and what to do about it.
//!
//! A problem's `type` is the path at which each pod explains it. `docs/problems.md` is this table too; tests keep
//! table, document and code together.

use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};

use super::{Problem, Routes};

/// Where problem types are explained; a type's slug follows after a slash.
pub(super) const PROBLEMS: &str = "/problems";

/// A type of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemType {
    /// The last part of its URI; stable.
    pub slug: &'static str,
    /// The status it comes with.
    pub status: StatusCode,
    /// What has happened.
    pub meaning: &'static str,
    /// What the client can do.
    pub cure: &'static str,
}

const fn of(slug: &'static str, status: StatusCode, meaning: &'static str, cure: &'static str) -> ProblemType {
    ProblemType { slug, status, meaning, cure }
}

/// All types, by slug.
pub const PROBLEM_TYPES: &[ProblemType] = &[
    of(
        "bad-request",
        StatusCode::BAD_REQUEST,
        "A header or the query string can't be used, or the body broke off.",
        "Correct what `header` names or `detail` says. Repeating the same request will not help.",
    ),
    of(
        "body-timeout",
        StatusCode::REQUEST_TIMEOUT,
        "The body did not arrive within `REQUEST_READ_SECONDS`. Nothing was done, and the connection is closed.",
        "Send it again over a better connection, with the same Idempotency-Key.",
    ),
    of(
        "body-too-large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body has more than 256 KiB. The connection is closed.",
        "Send less.",
    ),
    of(
        "empty-order",
        StatusCode::UNPROCESSABLE_ENTITY,
        "An order has one line at least; this one has none.",
        "Name products and quantities in `items`.",
    ),
    of("forbidden", StatusCode::FORBIDDEN, "The caller is known and may not do this.", "Sign in as somebody who may."),
    of(
        "forwarding-loop",
        StatusCode::LOOP_DETECTED,
        "The request came back to the door that forwarded it: an address in our settings leads to a storefront.",
        "Nothing; tell us the `instance`.",
    ),
    of(
        "idempotency-key-reused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used before, for another request.",
        "A new wish needs a new key; a repeated wish needs the same body, byte for byte.",
    ),
    of(
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong on our side. What, is in the log under the id in `instance`.",
        "Try again later, with the same Idempotency-Key. If it stays, tell us the `instance`.",
    ),
    of(
        "invalid-body",
        StatusCode::BAD_REQUEST,
        "The body is JSON, but fields are missing, unknown, doubled, of another type or out of their bounds.",
        "`errors` names them: `pointer` says where, `detail` what is wanted.",
    ),
    of(
        "invalid-email",
        StatusCode::UNPROCESSABLE_ENTITY,
        "This is no e-mail address that mail can be sent to.",
        "Send one such as name@example.com, or leave it out.",
    ),
    of(
        "invalid-parameter",
        StatusCode::BAD_REQUEST,
        "Parameters of the query string are out of their bounds, malformed or doubled.",
        "`errors` names them: `parameter` says which, `detail` what is wanted.",
    ),
    of(
        "invalid-text",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A text is empty, too long, or has characters that are not for reading (control characters, noncharacters).",
        "Shorten or clean the text that `pointer` names.",
    ),
    of(
        "malformed-json",
        StatusCode::BAD_REQUEST,
        "The body is not JSON in UTF-8: broken, empty, nested deeper than 128 levels, or with a number that no double holds.",
        "Let a JSON library write it. `detail` says where it stopped making sense.",
    ),
    of(
        "method-not-allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "There is something at this path, but it doesn't take this method.",
        "Use one that `Allow` names.",
    ),
    of(
        "no-such-account",
        StatusCode::NOT_FOUND,
        "There is no account of this id, or no longer. Only our own services ask.",
        "Send nothing to it.",
    ),
    of(
        "not-caught-up",
        StatusCode::GATEWAY_TIMEOUT,
        "The read model didn't reach the asked `min_version` in time. What was written is safe; it only doesn't show yet.",
        "Ask again after `Retry-After`, or without `min_version` for what there is.",
    ),
    of(
        "not-found",
        StatusCode::NOT_FOUND,
        "Nothing is there, or nothing that this caller may see. Text that is no id names nothing.",
        "Check path and id.",
    ),
    of(
        "order-already-shipped",
        StatusCode::CONFLICT,
        "What has left the house can't be cancelled any more.",
        "Nothing here; it has to be sent back.",
    ),
    of(
        "order-not-shippable",
        StatusCode::CONFLICT,
        "Only a paid order can be shipped.",
        "Wait until it is paid. A cancelled one never will be.",
    ),
    of(
        "out-of-range",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A number is below or above its bounds, or has more decimals than the currency.",
        "`detail` has the bounds of the field that `pointer` names.",
    ),
    of(
        "product-exists",
        StatusCode::CONFLICT,
        "Another product has the chosen id.",
        "Choose another, or change that product.",
    ),
    of(
        "role-timeout",
        StatusCode::GATEWAY_TIMEOUT,
        "The service that this is for did not answer in time. What was asked may have been done.",
        "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
    ),
    of(
        "too-many-lines",
        StatusCode::UNPROCESSABLE_ENTITY,
        "An order has at most 50 products.",
        "Make two orders of it.",
    ),
    of(
        "too-many-requests",
        StatusCode::TOO_MANY_REQUESTS,
        "You, or everybody at your address, sent more requests than the limit allows. Nothing was done.",
        "Wait for `Retry-After` seconds, then go on more slowly.",
    ),
    of(
        "total-out-of-range",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The order's total is larger than an amount can be.",
        "Order fewer pieces.",
    ),
    of(
        "unauthorized",
        StatusCode::UNAUTHORIZED,
        "No access token came along, or it is expired, forged or not ours. At sign-in: address or password are wrong.",
        "Sign in and send `Authorization: Bearer <access_token>`.",
    ),
    of(
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "Something that this needs doesn't answer or is too busy. It may or may not have been done.",
        "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
    ),
    of(
        "unknown-product",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A product in the order is not for sale, or not any more.",
        "Take the line out that `pointer` names.",
    ),
    of(
        "unsupported-media-type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "Bodies are `application/json` in UTF-8, uncompressed.",
        "Set `Content-Type: application/json` and leave `Content-Encoding` out.",
    ),
    of(
        "upgrade-required",
        StatusCode::UPGRADE_REQUIRED,
        "This path is a WebSocket.",
        "Connect with a WebSocket client.",
    ),
];

impl ProblemType {
    /// For people, as Markdown.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { slug, status, meaning, cure } = self;
        format!("## {slug}\n\n{status}. {meaning}\n\n*What to do:* {cure}\n")
    }
}

/// The page about all types; `docs/problems.md` is this text.
#[must_use]
pub fn describe_problems() -> String {
    let mut page = "# Problems\n\n\
        Every error is `application/problem+json` (RFC 9457):\n\n\
        | member | |\n|---|---|\n\
        | `type` | what kind, `/problems/<slug>`; every pod explains it at that path. Switch on this |\n\
        | `title`, `status` | the kind in words, the HTTP status |\n\
        | `detail` | what is wrong this time; texts may change |\n\
        | `pointer`, `parameter` or `header` | where: a field of the body (RFC 6901), a parameter of the query, a header |\n\
        | `errors` | the same of every fault found, each with its own `detail` |\n\
        | `instance` | the request's id, also in `x-request-id`; it finds the log lines |\n\n\
        400 is about the request by itself, 422 about what it asks for. Values sent are never repeated in an answer.\n\
        A request whose head is no HTTP, or arrives too slowly, is answered with 400 or 408 and no body.\n"
        .to_owned();
    for problem in PROBLEM_TYPES {
        let _infallible = write!(page, "\n{}", problem.describe());
    }
    page
}

/// `GET /problems` and `GET /problems/{slug}`.
pub(super) fn routes(routes: &mut Routes) {
    routes.get(PROBLEMS, all).get(&format!("{PROBLEMS}/{{slug}}"), one);
}

async fn all() -> HttpResponse {
    page(describe_problems())
}

async fn one(slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let known = PROBLEM_TYPES.iter().find(|known| known.slug == slug.as_str());
    known.map(|known| page(known.describe())).ok_or_else(|| Problem::not_found("there is no such type of problem"))
}

/// Markdown that browsers show instead of saving it.
fn page(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text)
}
