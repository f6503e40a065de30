//! The figures of calls to AWS. [`DEFINITIONS`] lists them.

use shotengai_metrics::{AmountCounter, Counter, Definition, Label};

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

/// Units that calls are paid by.
pub(crate) static UNITS: AmountCounter<3> = AmountCounter::new(
    "shotengai.aws.units",
    "{unit}",
    "Units that successful calls to AWS are paid by: capacity of DynamoDB, 25 KiB of a record of Kinesis, 64 KiB of a request of SNS or SQS",
    &[
        Label::each("rpc.service", "service of AWS that is used"),
        Label::each("rpc.method", "operation of AWS that is used"),
        Label::of("unit", &["read", "write", "payload", "request"]),
    ],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 2] = [REQUESTS.definition(), UNITS.definition()];
