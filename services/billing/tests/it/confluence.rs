//! Any permutation and duplication of a valid history leaves the same money with the provider, at however many processes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shotengai_billing::domain::Payment;
use shotengai_billing::provider::{Answer, Entry, Operation};
use shotengai_contracts::payment::{IntentKey, PaymentToken};
use shotengai_contracts::topology::queues;
use shotengai_kernel::{OrderId, PaymentId, ProductId};
use shotengai_messaging::{Delivery, Handler};
use shotengai_testing::contract::deliver_until_settled;
use shotengai_testing::contract::stories::{Fate, Story, deliveries_to};

use crate::support::Till;

/// Messages to billing, and rows that order left for it, of up to six orders.
type History = (Vec<(IntentKey, PaymentToken)>, Vec<Delivery>);

fn history() -> impl Strategy<Value = History> {
    let order = (prop::sample::select(Fate::ALL.to_vec()), 1..5_u32);
    prop::collection::vec(order, 1..7).prop_map(|orders| {
        let lines = |pieces| [(ProductId::parse("prod_kinoko").unwrap(), pieces)];
        let stories = (0..).zip(orders).map(|(number, (fate, pieces))| Story::new(number, fate, &lines(pieces)));
        let stories: Vec<_> = stories.collect();
        let envelopes: Vec<_> = stories.iter().flat_map(Story::envelopes).collect();
        (stories.iter().filter_map(Story::intent).collect(), deliveries_to(&queues::BILLING, &envelopes))
    })
}

fn disorder() -> impl Strategy<Value = (History, Vec<Delivery>, Vec<usize>, usize)> {
    let sizes = prop::collection::vec(1..11_usize, 0..5);
    (history(), sizes, 1..4_usize, 1..4_usize).prop_flat_map(|(history, sizes, copies, processes)| {
        let all: Vec<_> = history.1.iter().cycle().take(history.1.len() * copies).cloned().collect();
        (Just(history), Just(all).prop_shuffle(), Just(sizes), Just(processes))
    })
}

/// Amounts that the provider holds and has taken, in yen.
fn net(record: &[Entry]) -> (i64, i64) {
    let did = |operation| {
        let of = |entry: &&Entry| entry.operation == operation && matches!(entry.answer, Answer::Approved { .. });
        record.iter().filter(of).map(|entry| entry.amount.minor()).sum::<i64>()
    };
    let (authorized, captured) = (did(Operation::Authorize), did(Operation::Capture));
    (authorized - captured - did(Operation::Void), captured - did(Operation::Refund))
}

/// An order's money and its payment. A cancelled order's payment has one of several ends, after which nothing can
/// happen: which one depends on who came first.
async fn end_of(
    (intents, messages): History,
    sizes: &[usize],
    processes: usize,
) -> BTreeMap<OrderId, ((i64, i64), String)> {
    let till = Till::new(1);
    for (key, token) in intents {
        till.intend(&key, token).await;
    }
    let handlers: Vec<_> = (0..processes).map(|_| till.handler()).collect();
    let handlers: Vec<&dyn Handler> = handlers.iter().map(|handler| handler.as_ref()).collect();
    let orders: Vec<OrderId> =
        messages.iter().filter_map(|message| OrderId::parse(message.envelope.subject.as_str()).ok()).collect();
    deliver_until_settled(&handlers, messages, sizes).await;
    let mut ends = BTreeMap::new();
    for order in orders {
        let payment = PaymentId::of_order(&order);
        let record = till.ledger.entries(&payment).await.unwrap();
        let end = match till.payment_of(&payment).await {
            Payment::Declined | Payment::Voided | Payment::Forestalled | Payment::Refunded => "let go".to_owned(),
            // The refund before the cancellation has given all of it back.
            Payment::Captured { amount, refunds } if refunds.left_of(amount).minor() == 0 => "let go".to_owned(),
            other => format!("{other:?}"),
        };
        ends.insert(order, (net(&record), end));
    }
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_disorder_of_a_history_costs_the_same((history, messages, sizes, processes) in disorder()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (in_order, in_disorder) = runtime.block_on(async {
            let intents = history.0.clone();
            (end_of(history, &[], 1).await, end_of((intents, messages), &sizes, processes).await)
        });
        prop_assert_eq!(in_order, in_disorder);
    }
}
