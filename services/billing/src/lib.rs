//! The billing role: payments, intent first.
//!
//! - [`domain`]: what comes next for a payment; pure.
//! - [`provider`]: the port to whoever moves the money, and the built-in ledger behind it.
//! - [`settle`]: follows an instruction to its end.
//! - [`intents`]: how orders are to be paid, as order was told.
//! - [`metrics`]: what is earned and given back.
//! - [`consumers`]: orders' events as instructions. [`http`]: the ledger, for operators and tests.

pub mod config;
pub mod consumers;
pub mod domain;
pub mod http;
pub mod intents;
pub mod metrics;
pub mod provider;
pub mod settle;

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::Aggregates;
use shotengai_runtime::{Consuming, Deps, Role};

pub use config::{BillingArgs, BillingSettings};
use consumers::OrderEvents;
use intents::Intents;
use provider::Ledger;
use settle::Payments;

/// The role, and what can be asked of it within a process.
pub struct BillingRole {
    /// The built-in provider's book.
    pub ledger: Ledger,
    /// Role, as a process runs it.
    pub role: Role,
}

/// Assembles the role, with the built-in provider.
#[must_use]
pub fn assemble(mut deps: Deps, settings: &BillingSettings) -> BillingRole {
    metrics::show(deps.settings().currency);
    let payments = Aggregates::new(deps.events(Owner::Billing).counting(|event, _| metrics::count(event)));
    let ledger = Ledger::new(deps.grouped_table(&tables::BILLING_LEDGER));
    let payments = Arc::new(Payments::new(payments, Arc::new(ledger.clone())));
    let intents = Intents::new(deps.grouped_table(&tables::PAYMENT_INTENTS));
    let consuming = Consuming::default().batches(settings.billing_concurrency.get());
    let served = ledger.clone();
    let role = Role::new(deps)
        .consume(&queues::BILLING, OrderEvents::new(payments, intents), consuming)
        .routes(move |routes| http::routes(routes, &served));
    BillingRole { ledger, role }
}
