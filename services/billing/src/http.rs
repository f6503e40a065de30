//! Billing's HTTP: what the built-in provider did, for operators and tests. Not for customers.

use actix_web::web;
use shotengai_contracts::api;
use shotengai_contracts::api::internal::{Ledger as LedgerPage, LedgerEntry, LedgerOutcome};
use shotengai_kernel::{OrderId, PaymentId};
use shotengai_runtime::Routes;
use shotengai_runtime::http::{Answer, InternalCaller, PathId, Reply};

use crate::provider::{self, Entry, Ledger};

/// Adds billing's routes.
pub fn routes(routes: &mut Routes, ledger: &Ledger) {
    routes.data(web::Data::new(ledger.clone()));
    routes.route(api::INTERNAL_LEDGER, entries);
}

async fn entries(_: InternalCaller, order: PathId<OrderId>, ledger: web::Data<Ledger>) -> Answer<LedgerPage> {
    let order_id = order.0;
    let payment_id = PaymentId::of_order(&order_id);
    let entries = ledger.entries(&payment_id).await?.into_iter().map(shown).collect();
    Ok(Reply::ok(LedgerPage { order_id, payment_id, entries }))
}

fn shown(entry: Entry) -> LedgerEntry {
    let Entry { operation, refund, amount, answer } = entry;
    let outcome = match answer {
        provider::Answer::Approved { reference } => LedgerOutcome::Approved { reference },
        provider::Answer::Declined { reason } => LedgerOutcome::Declined { reason },
    };
    let operation = operation.as_str().to_owned();
    LedgerEntry { operation, refund_id: refund, amount: amount.to_major_number(), currency: amount.currency(), outcome }
}
