//! Any permutation and duplication of a valid history leads to the same stock, however it is cut into batches and at
//! however many processes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shotengai_contracts::topology::queues;
use shotengai_inventory::domain::Reservation;
use shotengai_kernel::{OrderId, ProductId};
use shotengai_messaging::{Delivery, Handler};
use shotengai_testing::contract::deliver_until_settled;
use shotengai_testing::contract::stories::{Fate, Story, deliveries_to, product_created};

use crate::support::Shop;

/// Enough of it for any of these histories.
const AMPLE: u32 = 1_000;

fn product(n: u32) -> ProductId {
    ProductId::parse(&format!("prod_{n}")).unwrap()
}

/// What inventory is told of up to six orders. The product that orders without luck want more of than there is, is in no
/// other order: who gets scarce pieces is a matter of who comes first.
fn history() -> impl Strategy<Value = Vec<Delivery>> {
    let lines = prop::collection::btree_map(0..3_u32, 1..5_u32, 1..=3);
    prop::collection::vec((prop::sample::select(Fate::ALL.to_vec()), lines), 1..7).prop_map(|orders| {
        let mut envelopes: Vec<_> = (0..3).map(|n| product_created(&product(n), AMPLE)).collect();
        envelopes.push(product_created(&product(3), 0));
        for (number, (fate, lines)) in (0..).zip(orders) {
            let mut lines: Vec<_> = lines.into_iter().map(|(n, pieces)| (product(n), pieces)).collect();
            if fate == Fate::OutOfStock {
                lines.push((product(3), 1));
            }
            envelopes.extend(Story::new(number, fate, &lines).envelopes());
        }
        deliveries_to(&queues::INVENTORY, &envelopes)
    })
}

fn disorder() -> impl Strategy<Value = (Vec<Delivery>, Vec<Delivery>, Vec<usize>, usize)> {
    let sizes = prop::collection::vec(1..11_usize, 0..5);
    (history(), sizes, 1..4_usize, 1..4_usize).prop_flat_map(|(history, sizes, copies, processes)| {
        let all: Vec<_> = history.iter().cycle().take(history.len() * copies).cloned().collect();
        (Just(history), Just(all).prop_shuffle(), Just(sizes), Just(processes))
    })
}

/// The numbers of every product, and every reservation as far as the saga promises it: a cancelled order holds nothing,
/// whether it was rejected, released, or came to its tombstone.
type End = (Vec<(u64, u64, u64)>, BTreeMap<OrderId, String>);

async fn end_of(messages: Vec<Delivery>, sizes: &[usize], processes: usize) -> End {
    let shop = Shop::new(1);
    let handlers: Vec<_> = (0..processes).map(|_| shop.handler()).collect();
    let handlers: Vec<&dyn Handler> = handlers.iter().map(|handler| handler.as_ref()).collect();
    let orders: Vec<OrderId> =
        messages.iter().filter_map(|message| OrderId::parse(message.envelope.subject.as_str()).ok()).collect();
    deliver_until_settled(&handlers, messages, sizes).await;
    let mut stocks = Vec::new();
    for n in 0..4 {
        let stock = shop.stock_of(&product(n)).await;
        stocks.push((stock.available, stock.reserved, stock.deducted));
    }
    let mut reservations = BTreeMap::new();
    for order in orders {
        let end = match shop.reservation(&order).await {
            Reservation::Rejected | Reservation::Released { .. } => "holds nothing".to_owned(),
            other => format!("{other:?}"),
        };
        reservations.insert(order, end);
    }
    (stocks, reservations)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_disorder_of_a_history_ends_in_the_same_stock((history, messages, sizes, processes) in disorder()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (in_order, in_disorder) = runtime.block_on(async {
            (end_of(history, &[], 1).await, end_of(messages, &sizes, processes).await)
        });
        prop_assert_eq!(in_order, in_disorder);
    }
}
