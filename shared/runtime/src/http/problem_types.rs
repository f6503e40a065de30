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
        "A header or the query string is malformed, or the body ended early.",
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
        "The order has no line. It needs at least one.",
        "Name products and quantities in `items`.",
    ),
    of(
        "forbidden",
        StatusCode::FORBIDDEN,
        "You are signed in, but may not do this.",
        "Sign in as the administrator, where that is what the path needs.",
    ),
    of(
        "forwarding-loop",
        StatusCode::LOOP_DETECTED,
        "The request came back to the storefront that forwarded it: an address in the server's settings is wrong.",
        "Nothing on your side; report the `instance` to the operator.",
    ),
    of(
        "idempotency-key-reused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used before, with another body.",
        "Use a new key for a new request. To repeat a request, send the same body, byte for byte.",
    ),
    of(
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong on the server. Its log says what, under the id in `instance`.",
        "Try again later, with the same Idempotency-Key. If it goes on, report the `instance` to the operator.",
    ),
    of(
        "invalid-body",
        StatusCode::BAD_REQUEST,
        "The body is JSON, but fields are missing, unknown, given twice, of the wrong type or out of bounds.",
        "`errors` names them: `pointer` says where, `detail` what is wanted.",
    ),
    of(
        "invalid-email",
        StatusCode::UNPROCESSABLE_ENTITY,
        "Mail can't be sent to this e-mail address.",
        "Send one such as name@example.com, or leave it out.",
    ),
    of(
        "invalid-parameter",
        StatusCode::BAD_REQUEST,
        "Parameters of the query string are unknown, malformed, out of bounds or given twice.",
        "`errors` names them: `parameter` says which, `detail` what is wanted.",
    ),
    of(
        "invalid-text",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A text is empty, too long, or has characters that can't be shown (control characters, noncharacters).",
        "Shorten or clean the text that `pointer` names.",
    ),
    of(
        "malformed-json",
        StatusCode::BAD_REQUEST,
        "The body is not JSON in UTF-8: it is empty, broken off, nested deeper than 128 levels, or has a number too large for a double.",
        "Write it with a JSON library. `detail` says where reading failed.",
    ),
    of(
        "method-not-allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "This path exists, but not with this method.",
        "Use a method that the header `Allow` names.",
    ),
    of(
        "no-such-account",
        StatusCode::NOT_FOUND,
        "There is no account with this id, or it was erased. Only the services themselves ask for accounts.",
        "Send no mail to it.",
    ),
    of(
        "not-caught-up",
        StatusCode::GATEWAY_TIMEOUT,
        "The read model did not reach the `min_version` in time. What was written is safe, but can't be read yet.",
        "Ask again after `Retry-After` seconds, or without `min_version` for what there is.",
    ),
    of(
        "not-found",
        StatusCode::NOT_FOUND,
        "There is nothing at this path, or nothing that you may see. A malformed id is answered like an unknown one.",
        "Check the path and the id, and that you are signed in as its owner.",
    ),
    of(
        "order-already-shipped",
        StatusCode::CONFLICT,
        "The order is shipped, and a shipped order can't be cancelled.",
        "Nothing by this interface; the goods have to be sent back.",
    ),
    of(
        "order-not-shippable",
        StatusCode::CONFLICT,
        "Only a paid order can be shipped.",
        "Wait until the order is `paid`. A cancelled order never will be.",
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
        "The chosen `product_id` belongs to another product, or belonged to one that was deleted.",
        "Choose another id, or change that product with PUT.",
    ),
    of(
        "role-timeout",
        StatusCode::GATEWAY_TIMEOUT,
        "The service behind this path did not answer in time. The request may have been carried out.",
        "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
    ),
    of(
        "too-many-lines",
        StatusCode::UNPROCESSABLE_ENTITY,
        "An order has at most 50 products.",
        "Split it into several orders.",
    ),
    of(
        "too-many-requests",
        StatusCode::TOO_MANY_REQUESTS,
        "You, or everybody at your address, sent more requests than the limit allows. Nothing was done.",
        "Wait for `Retry-After` seconds, then send more slowly.",
    ),
    of(
        "total-out-of-range",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The order's total has more than 15 digits of minor units.",
        "Order fewer pieces.",
    ),
    of(
        "unauthorized",
        StatusCode::UNAUTHORIZED,
        "The access token is missing, expired or invalid. At sign-in: the address or the password is wrong.",
        "Sign in with POST /auth/guest or POST /auth/login, and send `Authorization: Bearer <access_token>`.",
    ),
    of(
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "Something that the request needs does not answer or is too busy. The request may have been carried out.",
        "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
    ),
    of(
        "unknown-product",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A product in the order does not exist, or is no longer on sale.",
        "Remove the line that `pointer` names.",
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
        "This path speaks WebSocket only.",
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
        Every error that the HTTP interface answers, what it means and what a client does about it. An error is\n\
        `application/problem+json` (RFC 9457):\n\n\
        | member | |\n|---|---|\n\
        | `type` | which problem, as `/problems/<slug>`; every process explains it at that path. Decide by this |\n\
        | `title`, `status` | the problem in words, the HTTP status |\n\
        | `detail` | what is wrong this time; texts may change |\n\
        | `pointer`, `parameter` or `header` | where: a field of the body (RFC 6901), a parameter of the query, a header |\n\
        | `errors` | the same for every fault found, each with its own `detail` |\n\
        | `instance` | the request's id, also in `x-request-id` and in the server's log |\n\n\
        400: the request can't be understood. 422: it is understood, but can't be done as asked. A request whose head is\n\
        not HTTP, or arrives too slowly, is answered with 400 or 408 and no body.\n"
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
