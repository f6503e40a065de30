//! Any permutation and duplication of a valid history sends the same mails, one of a kind, at however many processes.

use std::sync::Arc;

use proptest::prelude::*;
use shotengai_contracts::topology::queues;
use shotengai_kernel::ProductId;
use shotengai_messaging::{Delivery, Handler};
use shotengai_notification::Mailer;
use shotengai_testing::contract::deliver_until_settled;
use shotengai_testing::contract::stories::{Fate, Story, deliveries_to};

use crate::support::Harness;

/// What notification is told of up to six orders, all of the one customer whom the harness knows.
fn history() -> impl Strategy<Value = Vec<Delivery>> {
    let order = (prop::sample::select(Fate::ALL.to_vec()), 1..5_u32);
    prop::collection::vec(order, 1..7).prop_map(|orders| {
        let lines = |pieces| [(ProductId::parse("prod_kinoko").unwrap(), pieces)];
        let stories = (0..).zip(orders).map(|(number, (fate, pieces))| Story::new(number, fate, &lines(pieces)));
        let envelopes: Vec<_> = stories.flat_map(|story| story.envelopes()).collect();
        deliveries_to(&queues::NOTIFICATION, &envelopes)
    })
}

fn disorder() -> impl Strategy<Value = (Vec<Delivery>, Vec<Delivery>, Vec<usize>, usize)> {
    let sizes = prop::collection::vec(1..11_usize, 0..5);
    (history(), sizes, 1..4_usize, 1..4_usize).prop_flat_map(|(history, sizes, copies, processes)| {
        let all: Vec<_> = history.iter().cycle().take(history.len() * copies).cloned().collect();
        (Just(history), Just(all).prop_shuffle(), Just(sizes), Just(processes))
    })
}

/// The mails that left, by Message-ID, with what they said.
async fn mails_after(messages: Vec<Delivery>, sizes: &[usize], processes: usize) -> Vec<(String, String)> {
    let street = Harness::new();
    let mailer = || Arc::clone(&street.mailer) as Arc<dyn Mailer>;
    let handlers: Vec<_> = (0..processes).map(|_| street.handler(mailer())).collect();
    let handlers: Vec<&dyn Handler> = handlers.iter().map(|handler| handler.as_ref()).collect();
    deliver_until_settled(&handlers, messages, sizes).await;
    let sent = street.mailer.sent.lock().unwrap();
    let mut mails: Vec<_> = sent.iter().map(|mail| (mail.message_id.clone(), mail.content.text.clone())).collect();
    mails.sort();
    mails
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_disorder_of_a_history_sends_the_same_mails((history, messages, sizes, processes) in disorder()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let kinds = history.len();
        let (in_order, in_disorder) = runtime.block_on(async {
            (mails_after(history, &[], 1).await, mails_after(messages, &sizes, processes).await)
        });
        prop_assert_eq!(in_order.len(), kinds, "one of each kind");
        prop_assert_eq!(in_order, in_disorder);
    }
}
