//! The billing role: payments, intent first.
//!
//! - [`domain`]: what comes next for a payment; pure.
//! - [`provider`]: the port to whoever moves the money, and the built-in ledger behind it.
//! - [`settle`]: follows an instruction to its end.
//! - [`consumers`]: orders' events as instructions. [`http`]: the ledger, for operators and tests.

pub mod config;
pub mod consumers;
pub mod domain;
pub mod http;
pub mod provider;
pub mod settle;

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::{Aggregates, Consumer, ConsumerConfig, Probe};
use shotengai_runtime::{Check, Context, Role};

pub use config::BillingSettings;
use consumers::OrderEvents;
use provider::{Ledger, PaymentProvider};
use settle::Payments;

/// Wires the role.
///
/// # Errors
/// Never yet; roles that connect while they are built can fail.
#[expect(clippy::unused_async, reason = "every role is built the same way")]
pub async fn build(context: &Context, settings: BillingSettings) -> anyhow::Result<Role> {
    let queue = queues::BILLING;
    let sourcing = context.event_sourcing(Owner::Billing);
    let ledger = Ledger::new(context.infra.table(tables::BILLING_LEDGER.name));
    let payments = Arc::new(Payments::new(Aggregates::new(sourcing.writer.clone()), Arc::new(ledger.clone())));
    let provider: Arc<dyn PaymentProvider> = Arc::new(ledger.clone());
    let provider = Probe::new("payment provider", move || {
        let provider = Arc::clone(&provider);
        async move { provider.ping().await }
    });
    let store = Probe::store("dynamodb", sourcing.writer.store());
    let consuming = ConsumerConfig {
        concurrency: settings.billing_concurrency.get(),
        ..context.consumer_config(queue.service.as_str())
    };
    let consumer = Consumer::new(
        consuming.probing(&store).probing(&provider),
        context.infra.queue(queue.name),
        context.infra.queue(&queue.dead_letters()),
        Arc::new(OrderEvents::new(payments)),
        context.ports.clone(),
    );
    Ok(Role::new(queue.service.as_str())
        .routes(move |routes| http::routes(routes, &ledger))
        .worker(consumer.worker())
        .workers(sourcing.workers)
        .check(Check::of(&store))
        .check(Check::of(&provider)))
}
