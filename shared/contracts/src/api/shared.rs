//! Problems that any route may answer with.
//!
//! Those of one service alone stand beside its routes.

use super::ProblemType;

/// All of them, by slug.
pub const ALL: &[&ProblemType] = &[
    &BAD_REQUEST,
    &BODY_TIMEOUT,
    &BODY_TOO_LARGE,
    &FORBIDDEN,
    &FORWARDING_LOOP,
    &HOST_NOT_ALLOWED,
    &IDEMPOTENCY_KEY_REUSED,
    &INTERNAL,
    &INVALID_BODY,
    &INVALID_PARAMETER,
    &INVALID_TEXT,
    &MALFORMED_JSON,
    &METHOD_NOT_ALLOWED,
    &NOT_FOUND,
    &ORIGIN_NOT_ALLOWED,
    &OUT_OF_RANGE,
    &PRECONDITION_FAILED,
    &PRECONDITION_REQUIRED,
    &ROLE_TIMEOUT,
    &TOO_MANY_REQUESTS,
    &UNAUTHORIZED,
    &UNAVAILABLE,
    &UNSUPPORTED_MEDIA_TYPE,
];

/// 400: `bad-request`.
pub const BAD_REQUEST: ProblemType = ProblemType {
    slug: "bad-request",
    status: 400,
    title: "Bad request",
    meaning: "A header or the query string is malformed, or the body ended early.",
    cure: "Correct what `header` names or `detail` says. Repeating the same request will not help.",
};

/// 408: `body-timeout`.
pub const BODY_TIMEOUT: ProblemType = ProblemType {
    slug: "body-timeout",
    status: 408,
    title: "The body did not arrive in time",
    meaning: "The body did not arrive within `REQUEST_READ_SECONDS`. Nothing was done, and the connection is closed.",
    cure: "Send it again over a better connection, with the same Idempotency-Key.",
};

/// 413: `body-too-large`.
pub const BODY_TOO_LARGE: ProblemType = ProblemType {
    slug: "body-too-large",
    status: 413,
    title: "The body is too large",
    meaning: "The body has more than 256 KiB. The connection is closed.",
    cure: "Send less.",
};

/// 403: `forbidden`.
pub const FORBIDDEN: ProblemType = ProblemType {
    slug: "forbidden",
    status: 403,
    title: "Not allowed",
    meaning: "You are signed in, but may not do this.",
    cure: "Sign in as the administrator, where that is what the path needs.",
};

/// 508: `forwarding-loop`.
pub const FORWARDING_LOOP: ProblemType = ProblemType {
    slug: "forwarding-loop",
    status: 508,
    title: "The request came back to us",
    meaning: "The request came back to the storefront that forwarded it: an address in the server's settings is wrong.",
    cure: "Nothing on your side; report the `instance` to the operator.",
};

/// 421: `host-not-allowed`.
pub const HOST_NOT_ALLOWED: ProblemType = ProblemType {
    slug: "host-not-allowed",
    status: 421,
    title: "This is not the host that you mean",
    meaning: "`Host` names a machine that this is not: some name server led here. Only a developer's machine looks at it.",
    cure: "Call 127.0.0.1 or localhost, or start with `shotengai dev --allowed-hosts NAME`.",
};

/// 422: `idempotency-key-reused`.
pub const IDEMPOTENCY_KEY_REUSED: ProblemType = ProblemType {
    slug: "idempotency-key-reused",
    status: 422,
    title: "The Idempotency-Key was used before",
    meaning: "This Idempotency-Key was used before, with another body.",
    cure: "Use a new key for a new request. To repeat a request, send the same body, byte for byte.",
};

/// 500: `internal`.
pub const INTERNAL: ProblemType = ProblemType {
    slug: "internal",
    status: 500,
    title: "Something went wrong on our side",
    meaning: "Something went wrong on the server. Its log says what, under the id in `instance`.",
    cure: "Try again later, with the same Idempotency-Key. If it goes on, report the `instance` to the operator.",
};

/// 400: `invalid-body`.
pub const INVALID_BODY: ProblemType = ProblemType {
    slug: "invalid-body",
    status: 400,
    title: "The body is not what was expected",
    meaning: "The body is JSON, but fields are missing, unknown, given twice, of the wrong type or out of bounds.",
    cure: "`errors` names them: `pointer` says where, `detail` what is wanted.",
};

/// 400: `invalid-parameter`.
pub const INVALID_PARAMETER: ProblemType = ProblemType {
    slug: "invalid-parameter",
    status: 400,
    title: "Bad parameters",
    meaning: "Parameters of the query string are unknown, malformed, out of bounds or given twice; or the header \
              `Shotengai-Position` is, which says the same as one of them.",
    cure: "`errors` names them: `parameter` or `header` says which, `detail` what is wanted.",
};

/// 422: `invalid-text`.
pub const INVALID_TEXT: ProblemType = ProblemType {
    slug: "invalid-text",
    status: 422,
    title: "The text can't be used",
    meaning: "A text is empty, too long, or has characters that can't be shown (control characters, noncharacters).",
    cure: "Shorten or clean the text that `pointer` names.",
};

/// 400: `malformed-json`.
pub const MALFORMED_JSON: ProblemType = ProblemType {
    slug: "malformed-json",
    status: 400,
    title: "The body is not JSON",
    meaning: "The body is not JSON in UTF-8: it is empty, broken off, nested deeper than 128 levels, or has a number too large for a double.",
    cure: "Write it with a JSON library. `detail` says where reading failed.",
};

/// 405: `method-not-allowed`.
pub const METHOD_NOT_ALLOWED: ProblemType = ProblemType {
    slug: "method-not-allowed",
    status: 405,
    title: "Method not allowed",
    meaning: "This path exists, but not with this method.",
    cure: "Use a method that the header `Allow` names.",
};

/// 404: `not-found`.
pub const NOT_FOUND: ProblemType = ProblemType {
    slug: "not-found",
    status: 404,
    title: "Not found",
    meaning: "There is nothing at this path, or nothing that you may see. A malformed id is answered like an unknown one.",
    cure: "Check the path and the id, and that you are signed in as its owner.",
};

/// 403: `origin-not-allowed`.
pub const ORIGIN_NOT_ALLOWED: ProblemType = ProblemType {
    slug: "origin-not-allowed",
    status: 403,
    title: "Not for pages of this origin",
    meaning: "A page of another site asked for a WebSocket, or sent a cookie of ours. `Origin` is neither the host that was called nor in `CORS_ALLOWED_ORIGINS`.",
    cure: "Ask the operator to name the site in `CORS_ALLOWED_ORIGINS`; or to keep `Host` as it came, where a proxy rewrites it.",
};

/// 422: `out-of-range`.
pub const OUT_OF_RANGE: ProblemType = ProblemType {
    slug: "out-of-range",
    status: 422,
    title: "Out of bounds",
    meaning: "A number is below or above its bounds, or has more decimals than the currency.",
    cure: "`detail` has the bounds of the field that `pointer` names.",
};

/// 412: `precondition-failed`.
pub const PRECONDITION_FAILED: ProblemType = ProblemType {
    slug: "precondition-failed",
    status: 412,
    title: "It has changed since you read it",
    meaning: "`If-Match` names another version than the current one. Nothing was changed.",
    cure: "Read it again, look at what has changed, and send your change with the new `ETag`. `detail` has the current version.",
};

/// 428: `precondition-required`.
pub const PRECONDITION_REQUIRED: ProblemType = ProblemType {
    slug: "precondition-required",
    status: 428,
    title: "Say which version you mean",
    meaning: "This needs `If-Match`, so that nobody overwrites what they have not seen. Nothing was changed.",
    cure: "Send `If-Match` with the `ETag` of what you have read, or with the `version` that a command answered, in double quotes; `*` means any.",
};

/// 504: `role-timeout`.
pub const ROLE_TIMEOUT: ProblemType = ProblemType {
    slug: "role-timeout",
    status: 504,
    title: "No answer in time",
    meaning: "The service behind this path did not answer in time. The request may have been carried out.",
    cure: "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
};

/// 429: `too-many-requests`.
pub const TOO_MANY_REQUESTS: ProblemType = ProblemType {
    slug: "too-many-requests",
    status: 429,
    title: "Too many requests",
    meaning: "You, or everybody at your address, sent more requests, or have more in hand, than the limits allow. Nothing was done.",
    cure: "Wait for `Retry-After` seconds, then send more slowly; wait for answers before you ask for more.",
};

/// 401: `unauthorized`.
pub const UNAUTHORIZED: ProblemType = ProblemType {
    slug: "unauthorized",
    status: 401,
    title: "Sign in first",
    meaning: "The access token is missing, expired or invalid. At sign-in: the address or the password is wrong.",
    cure: "Sign in with POST /auth/guest or POST /auth/login, and send `Authorization: Bearer <access_token>`.",
};

/// 503: `unavailable`.
pub const UNAVAILABLE: ProblemType = ProblemType {
    slug: "unavailable",
    status: 503,
    title: "Try again shortly",
    meaning: "Something that the request needs does not answer or is too busy. The request may have been carried out.",
    cure: "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
};

/// 415: `unsupported-media-type`.
pub const UNSUPPORTED_MEDIA_TYPE: ProblemType = ProblemType {
    slug: "unsupported-media-type",
    status: 415,
    title: "Send application/json",
    meaning: "Bodies are `application/json` in UTF-8, uncompressed.",
    cure: "Set `Content-Type: application/json` and leave `Content-Encoding` out.",
};
