//! The figures of the bridge.

use shotengai_metrics::{Counter, Definition, Gauge, Label};

/// Records that the bridge passed on or set aside.
pub(crate) static BRIDGED: Counter<1> = Counter::new(
    "shotengai.bridge.records",
    "{record}",
    "Records of the stream that the bridge passed on or set aside",
    &[Label::of("outcome", &["published", "set_aside"])],
);

/// Commits of ten minutes, half an hour ago, that change capture has not brought by now.
pub(crate) static CAPTURE_MISSING: Gauge<0> = Gauge::new(
    "shotengai.bridge.capture.missing",
    "{commit}",
    "Commits, half an hour old, that change capture has not brought",
    &[],
);

/// Commits that change capture has lost and the reconciler has published.
pub(crate) static RECONCILED: Counter<0> = Counter::new(
    "shotengai.bridge.capture.reconciled",
    "{commit}",
    "Commits that change capture lost and the reconciler published",
    &[],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] =
    [BRIDGED.definition(), CAPTURE_MISSING.definition(), RECONCILED.definition()];
