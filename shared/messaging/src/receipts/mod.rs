//! Receipts: what the work of this process costs each order.
//!
//! Work is done on behalf of **causes**: an order, several that share it, or nobody ([`Causes`], [`scope`]). Whoever makes a
//! request, writes a commit or works at something **books** it to the causes of the moment ([`book`]). What several cause
//! is shared out evenly, in millionths that add up again to the last digit ([`Amounts`]). The **ledger** keeps the accounts of the
//! last orders ([`Ledger`]); what nobody causes is a figure (`shotengai.receipt.rest`). No I/O.
//!
//! - `amounts`: what is booked, and its parts. `causes`: on whose behalf. `named`: the order that an event's text names.
//! - `ledger`: accounts, bounded.

mod amounts;
mod causes;
mod ledger;
mod named;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

pub use amounts::{Amounts, Charge, MILLION, in_millionths};
pub use causes::{Causes, scope, scope_of_answer};
pub use ledger::{Account, AccountLine, Ledger};
pub use named::{order_in, order_in_record};

/// The ledger of this process, once there is one.
static LEDGER: OnceLock<Ledger> = OnceLock::new();

/// Keeps receipts from now on. The first ledger of a process stays its ledger.
pub fn keep(ledger: Ledger) {
    // A process that is told twice was told the same.
    let _ = LEDGER.set(ledger);
}

/// The ledger of this process; none where no receipts are kept.
#[must_use]
pub fn ledger() -> Option<&'static Ledger> {
    LEDGER.get()
}

/// Books a charge to these causes. Does nothing where no receipts are kept.
pub fn book(causes: &Causes, charge: Charge) {
    if let Some(ledger) = ledger() {
        ledger.book(causes, charge);
    }
}
