//! The figures of ops. [`DEFINITIONS`] lists them.

use shotengai_metrics::{Definition, Gauge, Label};

/// Messages in a dead-letter queue.
pub(crate) static LETTERS: Gauge<1> = Gauge::new(
    "shotengai.dead_letters.waiting",
    "{message}",
    "Messages that a dead-letter queue holds, whoever put them there; looked at each minute",
    &[Label::each("queue", "dead-letter queue")],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [LETTERS.definition()];
