//! The figures of requests that are forwarded. [`DEFINITIONS`] lists them.

use shotengai_metrics::{Definition, Histogram, Label, UpDownCounter};
use shotengai_runtime::metrics::{DURATION_BOUNDARIES, METHOD, STATUS};

const PEER: Label = Label::each("service.peer.name", "role behind the gateway");

/// Time until a role's answer began, or until it was given up.
pub(super) static REQUEST_DURATION: Histogram<4> = Histogram::new(
    "http.client.request.duration",
    "s",
    "Time until the answer of a role behind the gateway began, or until it was given up",
    &[
        METHOD,
        PEER,
        STATUS,
        Label::each("error.type", "status from 400, or why there was none: unreachable, cut, slow, full, body"),
    ],
    &DURATION_BOUNDARIES,
);

/// Requests that a role has in hand.
pub(super) static ACTIVE_REQUESTS: UpDownCounter<1> = UpDownCounter::new(
    "http.client.active_requests",
    "{request}",
    "Requests that a role behind the gateway has in hand",
    &[PEER],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 2] = [REQUEST_DURATION.definition(), ACTIVE_REQUESTS.definition()];
