//! The figures of calls to AWS. [`DEFINITIONS`] lists them.

use shotengai_metrics::{Counter, Definition, Label};

/// Requests to AWS, each attempt counted.
pub(crate) static REQUESTS: Counter<3> = Counter::new(
    "shotengai.aws.requests",
    "{request}",
    "Requests to AWS, each attempt counted",
    &[
        Label::each("rpc.service", "service of AWS that is used"),
        Label::each("rpc.method", "operation of AWS that is used"),
        Label::of("outcome", &["ok", "throttled", "refused", "failed"]),
    ],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [REQUESTS.definition()];
