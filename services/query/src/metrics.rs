//! The figures of query.

use shotengai_metrics::{Counter, Definition, Label};

/// The tables of which rows are shown.
const TABLES: [&str; 5] = ["read_products", "read_stock", "read_orders", "read_payments", "read_carts"];

/// Rows that could not be read, each time that somebody wanted them.
pub(crate) static DAMAGED: Counter<1> = Counter::new(
    "shotengai.read_model.damaged",
    "{row}",
    "Rows of the read model that could not be read, each time that somebody asked for one",
    &[Label::of("table", &TABLES)],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [DAMAGED.definition()];

/// Shows the figures that alerts look at before there is anything to count.
pub(crate) fn begin() {
    for table in TABLES {
        DAMAGED.add(0, [table.into()]);
    }
}
