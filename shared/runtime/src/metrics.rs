//! The figures that every process has: requests, workers, dependencies. [`DEFINITIONS`] lists them.
//!
//! Those of HTTP are OpenTelemetry's, with its names, units and labels.

use shotengai_metrics::{Counter, Definition, Gauge, Histogram, Label};

/// Seconds; from a cache hit to the slowest request a client would wait for.
pub const DURATION_BOUNDARIES: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The methods that the conventions know; a caller may write any other.
pub const METHOD: Label =
    Label::of("http.request.method", &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);

/// The status of an answer; nothing where there was none.
pub const STATUS: Label = Label::each("http.response.status_code", "status of an answer");

/// Time to answer a request.
pub(crate) static REQUEST_DURATION: Histogram<5> = Histogram::new(
    "http.server.request.duration",
    "s",
    "Time to answer a request",
    &[
        METHOD,
        Label::each("http.route", "route; left away where none matched"),
        STATUS,
        Label::each("error.type", "status from 500; left away for others"),
        Label::of("url.scheme", &["http"]),
    ],
    &DURATION_BOUNDARIES,
);

/// Workers that ended before they were told to.
pub(crate) static WORKER_RESTARTS: Counter<1> = Counter::new(
    "shotengai.worker.restarts",
    "{restart}",
    "Workers that ended before they were told to, and were started again",
    &[Label::each("worker", "background worker of a role")],
);

/// 1 after a good answer of a dependency, 0 after a bad one or none.
pub(crate) static DEPENDENCY_UP: Gauge<1> = Gauge::new(
    "shotengai.dependency.up",
    "",
    "1 after a good answer of a dependency, 0 after a bad one or none",
    &[Label::each("dependency", "dependency of a role, as /readyz names them")],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] =
    [REQUEST_DURATION.definition(), DEPENDENCY_UP.definition(), WORKER_RESTARTS.definition()];
