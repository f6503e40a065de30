//! Orders move the counters, each once, whatever the messages do.

use std::sync::Arc;

use shotengai_contracts::api::tally::MinuteTally;
use shotengai_contracts::events::{Event, OrderStage};
use shotengai_kernel::{Random, SeededRandom};
use shotengai_messaging::Disposition;
use shotengai_tally::domain::rows::minute_of;
use shotengai_tally::minutes::Minutes;

use crate::support::{Street, cancelled, cancelled_after, delivery, id, paid, refunded};

#[tokio::test]
async fn an_order_counts_once_however_often_it_comes() {
    let street = Street::new(1);
    let order = paid(1, &[("prod_kinoko", 2), ("prod_takenoko", 1)]);
    street.count(&[order.clone(), order.clone(), order.clone()]).await;
    street.count(&[order.clone(), paid(2, &[("prod_kinoko", 3)]), order]).await;
    assert_eq!(street.of("prod_kinoko").await, (5, 0, 2));
    assert_eq!(street.of("prod_takenoko").await, (1, 0, 1));
    assert_eq!(street.counters.standings().await.unwrap().0[&id("prod_kinoko")].name, "name of prod_kinoko");
}

#[tokio::test]
async fn an_order_that_is_redriven_or_published_again_years_later_is_not_counted_again() {
    let street = Street::new(6);
    let history = [
        paid(1, &[("prod_kinoko", 2)]),
        paid(2, &[("prod_kinoko", 5)]),
        cancelled(2, &[("prod_kinoko", 5)], OrderStage::Paid),
    ];
    street.count(&history).await;
    assert_eq!(street.of("prod_kinoko").await, (7, 5, 2));
    for years in [1, 3] {
        street.advance(years * 365 * 24 * 3600);
        street.drop_expired();
        street.count(&history).await;
        assert_eq!(street.of("prod_kinoko").await, (7, 5, 2));
    }
}

#[tokio::test]
async fn only_what_had_been_paid_is_returned() {
    let street = Street::new(2);
    street
        .count(&[
            cancelled(1, &[("prod_kinoko", 2)], OrderStage::Paid),
            cancelled(2, &[("prod_kinoko", 9)], OrderStage::Pending),
            cancelled(3, &[("prod_kinoko", 9)], OrderStage::Confirmed),
            paid(1, &[("prod_kinoko", 2)]),
        ])
        .await;
    assert_eq!(street.of("prod_kinoko").await, (2, 2, 1));
}

#[tokio::test]
async fn refunded_pieces_are_returned_once_a_refund_and_never_more_than_were_sold() {
    let lines = [("prod_kinoko", 3), ("prod_takenoko", 2)];
    let (first, second): ((u128, &[_]), (u128, &[_])) = ((1, &[("prod_kinoko", 2)]), (2, &[("prod_kinoko", 1)]));
    let street = Street::new(7);
    let refund = refunded(1, &lines, first, OrderStage::Shipped);
    street.count(&[refund.clone(), paid(1, &lines), refund.clone()]).await;
    street
        .count(&[refunded(1, &lines, second, OrderStage::Shipped), refunded(1, &lines, (3, &[]), OrderStage::Paid)])
        .await;
    assert_eq!(street.of("prod_kinoko").await, (3, 3, 1));
    assert_eq!(street.of("prod_takenoko").await, (2, 0, 1));

    // A cancellation returns what was not refunded before, whichever comes first.
    for (order, is_paid, stage) in [(2, true, OrderStage::Paid), (3, false, OrderStage::Cancelled)] {
        let street = Street::new(8);
        let refund = refunded(order, &lines, first, stage);
        let cancelled = cancelled_after(order, &lines, first, is_paid);
        street.count(&[cancelled.clone(), paid(order, &lines), refund, cancelled]).await;
        assert_eq!(street.of("prod_kinoko").await, (3, 3, 1), "paid before: {is_paid}");
        assert_eq!(street.of("prod_takenoko").await, (2, 2, 1), "paid before: {is_paid}");
    }
}

#[tokio::test]
async fn any_order_and_any_repetition_of_a_history_gives_the_same_tally() {
    let history: Vec<Event> = (0..12)
        .flat_map(|order| {
            let pieces = u32::try_from(order).unwrap() + 1;
            let lines = &[("prod_a", pieces), ("prod_b", 2)][..1 + order % 2];
            let mut events = vec![paid(order, lines)];
            if order % 3 == 0 {
                events.push(cancelled(order, lines, OrderStage::Paid));
            }
            events
        })
        .collect();
    for seed in 0..20 {
        let street = Street::new(seed);
        let random = SeededRandom::new(seed);
        let mut messages: Vec<Event> = history.iter().cycle().take(history.len() * 3).cloned().collect();
        for last in (1..messages.len()).rev() {
            messages.swap(last, usize::try_from(random.below(u64::try_from(last).unwrap() + 1)).unwrap());
        }
        for batch in messages.chunks(10) {
            street.count(batch).await;
        }
        assert_eq!(street.of("prod_a").await, (78, 1 + 4 + 7 + 10, 12), "seed {seed}");
        assert_eq!(street.of("prod_b").await, (12, 4, 6), "seed {seed}");
    }
}

#[tokio::test]
async fn processes_that_count_the_same_orders_at_once_count_them_once() {
    let street = Street::new(3);
    let handlers: Vec<_> = (0..4).map(|_| street.handler()).collect();
    let batch: Vec<_> = (0..10).map(|order| street.delivery(&paid(order, &[("prod_a", 1)]))).collect();
    let answers = futures::future::join_all(handlers.iter().map(|handler| handler.handle(&batch))).await;
    assert!(answers.concat().iter().all(|answer| *answer == Disposition::Done), "{answers:?}");
    assert_eq!(street.of("prod_a").await, (10, 0, 10));
}

#[tokio::test]
async fn an_order_of_fifty_products_is_counted() {
    let street = Street::new(4);
    let names: Vec<String> = (0..50).map(|product| format!("prod_{product}")).collect();
    let lines: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    street.count(&(0..10).map(|order| paid(order, &lines)).collect::<Vec<_>>()).await;
    assert_eq!(street.of("prod_49").await, (10, 0, 10));
}

#[tokio::test]
async fn a_chart_shows_each_sale_in_the_minute_it_was_paid() {
    let street = Street::new(5);
    let early = street.clock.now();
    street.advance(180);
    let late = street.clock.now();
    let batch = [
        delivery(&paid(1, &[("prod_a", 1)]), early),
        delivery(&paid(2, &[("prod_a", 2)]), late),
        delivery(&cancelled(1, &[("prod_a", 1)], OrderStage::Paid), late),
    ];
    assert_eq!(street.handler().handle(&batch).await, vec![Disposition::Done; 3]);
    let minute = |time, sold, returned| MinuteTally { minute: minute_of(time), sold, returned };
    let charts = Minutes::new(street.counters.clone(), Arc::clone(&street.clock));
    let all = charts.chart(60).await.unwrap();
    assert_eq!(all[&id("prod_a")], [minute(early, 1, 0), minute(late, 2, 1)]);
    let last = charts.chart(3).await.unwrap();
    assert_eq!(last[&id("prod_a")], [minute(late, 2, 1)]);
}
