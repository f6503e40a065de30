//! Any permutation and duplication of a valid history gives the same totals and the same chart, at however many processes.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use shotengai_contracts::Event;
use shotengai_contracts::topology::queues;
use shotengai_kernel::ProductId;
use shotengai_messaging::{Delivery, Disposition, Handler};
use shotengai_tally::domain::chart::Series;
use shotengai_tally::domain::standings::Standings;
use shotengai_tally::minutes::Minutes;
use shotengai_testing::contract::deliver_until_settled;
use shotengai_testing::contract::stories::{Fate, Story, deliveries_to};

use crate::support::{Street, delivery, id, paid};

/// What tally is told of up to eight orders. Their products keep their names: with several processes the newest name is not
/// promised.
fn history() -> impl Strategy<Value = Vec<Delivery>> {
    let lines = prop::collection::btree_map(0..3_u32, 1..5_u32, 1..=3);
    prop::collection::vec((prop::sample::select(Fate::ALL.to_vec()), lines), 1..9).prop_map(|orders| {
        let mut envelopes = Vec::new();
        for (number, (fate, lines)) in (0..).zip(orders) {
            let line = |(n, pieces)| (ProductId::parse(&format!("prod_{n}")).unwrap(), pieces);
            let lines: Vec<_> = lines.into_iter().map(line).collect();
            envelopes.extend(Story::new(number, fate, &lines).envelopes());
        }
        deliveries_to(&queues::TALLY, &envelopes)
    })
}

fn disorder() -> impl Strategy<Value = (Vec<Delivery>, Vec<Delivery>, Vec<usize>, usize)> {
    let sizes = prop::collection::vec(1..11_usize, 0..5);
    (history(), sizes, 1..4_usize, 1..4_usize).prop_flat_map(|(history, sizes, copies, processes)| {
        let all: Vec<_> = history.iter().cycle().take(history.len() * copies).cloned().collect();
        (Just(history), Just(all).prop_shuffle(), Just(sizes), Just(processes))
    })
}

/// Totals and chart, ten minutes after the first order was placed.
async fn board_after(messages: Vec<Delivery>, sizes: &[usize], processes: usize) -> (Standings, Series) {
    let street = Street::new(1);
    street.advance(600);
    let handlers: Vec<_> = (0..processes).map(|_| street.handler()).collect();
    let handlers: Vec<&dyn Handler> = handlers.iter().map(|handler| handler.as_ref()).collect();
    deliver_until_settled(&handlers, messages, sizes).await;
    let charts = Minutes::new(street.counters.clone(), Arc::clone(&street.clock));
    (street.counters.standings().await.unwrap(), charts.chart(60).await.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_disorder_of_a_history_is_counted_the_same((history, messages, sizes, processes) in disorder()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (in_order, in_disorder) = runtime.block_on(async {
            (board_after(history, &[], 1).await, board_after(messages, &sizes, processes).await)
        });
        prop_assert_eq!(in_order, in_disorder);
    }
}

#[tokio::test]
async fn the_newest_name_stays_in_whatever_order_the_sales_come() {
    let street = Street::new(1);
    for (n, order) in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].into_iter().enumerate() {
        let product = format!("prod_{n}");
        let sales: Vec<_> = ["old", "new", "old"]
            .into_iter()
            .zip(0..)
            .map(|(name, minute)| {
                delivery(&paid_as(n * 3 + minute, &product, name), street.clock.now() + minutes(minute))
            })
            .collect();
        let handler = street.handler();
        for place in order {
            assert_eq!(handler.handle(&[sales[place].clone()]).await, [Disposition::Done]);
        }
        let standings = street.counters.standings().await.unwrap();
        assert_eq!(standings.0[&id(&product)].name, "old", "{order:?}");
    }
}

/// The sale of one piece under this name.
fn paid_as(order: usize, product: &str, name: &str) -> Event {
    let Event::OrderPaid(mut event) = paid(order, &[(product, 1)]) else { unreachable!() };
    name.clone_into(&mut event.items[0].name);
    event.into()
}

fn minutes(minutes: usize) -> SignedDuration {
    SignedDuration::from_mins(i64::try_from(minutes).unwrap())
}
