//! The figures of the bridge.

use shotengai_metrics::{Counter, Definition, Label};

/// Records that the bridge passed on or set aside.
pub(crate) static BRIDGED: Counter<1> = Counter::new(
    "shotengai.bridge.records",
    "{record}",
    "Records of the stream that the bridge passed on or set aside",
    &[Label::of("outcome", &["published", "set_aside"])],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [BRIDGED.definition()];
