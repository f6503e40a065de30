//! The figures of query.

use shotengai_metrics::{Counter, Definition, Gauge, Label};

/// The tables of which rows are shown.
const TABLES: [&str; 5] = ["read_products", "read_stock", "read_orders", "read_payments", "read_carts"];

/// Rows that could not be read, each time that somebody wanted them.
pub(crate) static DAMAGED: Counter<1> = Counter::new(
    "shotengai.read_model.damaged",
    "{row}",
    "Rows of the read model that could not be read, each time that somebody asked for one",
    &[Label::of("table", &TABLES)],
);

/// Products whose words for search are of an older version of their row, or of an older folding.
pub(crate) static WORDS_BEHIND: Gauge<0> = Gauge::new(
    "shotengai.search.words.behind",
    "{product}",
    "Products of another release that are still to be made searchable, as the process knows that is at it",
    &[],
);

/// Products that were made searchable.
pub(crate) static WORDS_FILLED: Counter<0> = Counter::new(
    "shotengai.search.words.filled",
    "{product}",
    "Products of another release that were made searchable",
    &[],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [DAMAGED.definition(), WORDS_BEHIND.definition(), WORDS_FILLED.definition()];

/// Shows the figures that alerts look at before there is anything to count.
pub(crate) fn begin() {
    for table in TABLES {
        DAMAGED.add(0, [table.into()]);
    }
}
