//! The figures of catalog.

use shotengai_metrics::{Counter, Definition, Label};

/// Records of the price stream, by what became of them.
pub(crate) static PRICES: Counter<1> = Counter::new(
    "shotengai.prices.records",
    "{record}",
    "Records of the price stream that were read, by what became of them",
    &[Label::of("outcome", &["applied", "superseded", "set_aside"])],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [PRICES.definition()];
