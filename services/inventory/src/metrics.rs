//! The figures of stock, counted when what was decided is committed. [`DEFINITIONS`] lists them.

use shotengai_contracts::Event;
use shotengai_metrics::{Counter, Definition, Label};

const OUTCOMES: [&str; 4] = ["reserved", "rejected", "released", "deducted"];

/// Reservations, by what became of them.
static RESERVATIONS: Counter<1> = Counter::new(
    "shop.stock.reservations",
    "{order}",
    "Orders whose stock was reserved, rejected because there was not enough (oversell refused), released or deducted",
    &[Label::of("outcome", &OUTCOMES)],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [RESERVATIONS.definition()];

/// Shows all series before there is anything to count.
pub(crate) fn show() {
    for outcome in OUTCOMES {
        RESERVATIONS.add(0, [outcome.into()]);
    }
}

/// Counts what an event that was committed says. A release without lines is an order that was cancelled before it was
/// seen here: nothing had been reserved.
pub(crate) fn count(event: &Event) {
    let outcome = match event {
        Event::StockReserved(_) => "reserved",
        Event::StockRejected(_) => "rejected",
        Event::StockReleased(released) if !released.lines.is_empty() => "released",
        Event::StockDeducted(_) => "deducted",
        _ => return,
    };
    RESERVATIONS.add(1, [outcome.into()]);
}
