use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::aggregates;
use shotengai_inventory::domain::{Reservation, Stock};
use shotengai_messaging::{Delivery, Disposition};
use shotengai_testing::memory::InjectedFault;

use crate::support::{Shop, order, product};

#[tokio::test]
async fn a_batch_is_decided_together_and_every_event_names_its_own_cause() {
    let shop = Shop::new(1);
    let batch = [shop.created(10), shop.placed(&order(1), 4), shop.placed(&order(2), 7), shop.cancelled(&order(1), 4)];
    assert_eq!(shop.handler().handle(&batch).await, vec![Disposition::Done; 4]);

    assert_eq!(shop.stock().await, Stock { available: 10, reserved: 0, deducted: 0 });
    assert_eq!(shop.reservation(&order(2)).await, Reservation::Rejected);
    assert_eq!(shop.envelopes(&aggregates::stock(&product())).await.len(), 1, "one sum for the whole batch");
    let causes: Vec<_> = shop.envelopes(&aggregates::reservation(&order(1))).await;
    let causes: Vec<_> = causes.iter().map(|envelope| (envelope.causationid, envelope.correlationid)).collect();
    let caused_by = |n: usize| (batch[n].envelope.id.uuid(), batch[n].envelope.correlationid);
    assert_eq!(causes, [caused_by(1), caused_by(3)]);
}

#[tokio::test]
async fn a_doubled_product_and_order_count_once() {
    let shop = Shop::new(2);
    let (created, placed) = (shop.created(10), shop.placed(&order(1), 4));
    let batch = [placed.clone(), created.clone(), placed.clone(), created.clone()];
    let first = shop.handler().handle(&batch).await;
    assert!(matches!(first[0], Disposition::Retry { .. }), "the order came before its product: {first:?}");
    assert_eq!(shop.handler().handle(&batch).await, vec![Disposition::Done; 4]);
    assert_eq!(shop.stock().await, Stock { available: 6, reserved: 4, deducted: 0 });
}

#[tokio::test(start_paused = true)]
async fn processes_that_sell_the_same_pieces_at_once_sell_each_piece_once() {
    let shop = Shop::new(3);
    shop.handler().handle(&[shop.created(10)]).await;
    let handlers: Vec<_> = (0..3).map(|_| shop.handler()).collect();
    let batches: Vec<Vec<_>> =
        (0..3).map(|process| (0..10).map(|n| shop.placed(&order(process * 10 + n), 1)).collect()).collect();
    let rounds = join_all(handlers.iter().zip(&batches).map(|(handler, batch)| handler.handle(batch))).await;
    assert!(rounds.iter().flatten().all(|disposition| *disposition == Disposition::Done), "{rounds:?}");

    assert_eq!(shop.stock().await, Stock { available: 0, reserved: 10, deducted: 0 });
    let mut reserved = 0;
    for n in 0..30 {
        match shop.reservation(&order(n)).await {
            Reservation::Reserved { .. } => reserved += 1,
            other => assert_eq!(other, Reservation::Rejected),
        }
    }
    assert_eq!(reserved, 10);
}

#[tokio::test(start_paused = true)]
async fn processes_that_hear_of_the_same_cancellation_at_once_release_once_and_none_takes_it_for_a_contradiction() {
    for seed in 0..50 {
        let shop = Shop::new(seed);
        let handlers: Vec<_> = (0..3).map(|_| shop.handler()).collect();
        handlers[0].handle(&[shop.created(10), shop.placed(&order(1), 4)]).await;
        let cancelled = [shop.cancelled(&order(1), 4)];
        // Each begins some turns late, so that they meet in different places.
        let rounds = join_all(handlers.iter().map(|handler| {
            let (cancelled, late) = (&cancelled, shop.ports.random.below(12));
            async move {
                for _ in 0..late {
                    tokio::task::yield_now().await;
                }
                handler.handle(cancelled).await
            }
        }))
        .await;
        assert!(rounds.iter().flatten().all(|disposition| *disposition == Disposition::Done), "{seed}: {rounds:?}");
        assert_eq!(shop.stock().await, Stock { available: 10, reserved: 0, deducted: 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_not_rejected_for_pieces_that_came_back_before_its_rejection_was_written() {
    let shop = Shop::new(7);
    let handlers = [shop.handler(), shop.handler()];
    handlers[0].handle(&[shop.created(5), shop.placed(&order(1), 4)]).await;
    let (placed, cancelled) = ([shop.placed(&order(2), 3)], [shop.cancelled(&order(1), 4)]);
    shop.faults.breaks("store.append", InjectedFault::Delay(Duration::from_secs(2)));
    let cancelling = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        handlers[1].handle(&cancelled).await
    };
    let (one, other) = tokio::join!(handlers[0].handle(&placed), cancelling);
    assert_eq!([one, other].concat(), vec![Disposition::Done; 2]);
    assert!(matches!(shop.reservation(&order(2)).await, Reservation::Reserved { .. }));
    assert_eq!(shop.stock().await, Stock { available: 2, reserved: 3, deducted: 0 });
}

#[tokio::test]
async fn a_lost_answer_is_not_a_second_reservation() {
    let shop = Shop::new(4);
    let handler = shop.handler();
    handler.handle(&[shop.created(10)]).await;
    let placed = [shop.placed(&order(1), 4)];
    shop.faults.breaks("store.append", InjectedFault::LoseAnswer);
    assert!(handler.handle(&placed).await.iter().all(Disposition::comes_again));
    assert_eq!(handler.handle(&placed).await, [Disposition::Done]);
    assert_eq!(shop.stock().await, Stock { available: 6, reserved: 4, deducted: 0 });
}

#[tokio::test]
async fn a_product_with_more_pieces_than_can_be_counted_is_rejected_alone() {
    let shop = Shop::new(5);
    let dispositions = shop.handler().handle(&[shop.created(2_000_000), shop.created(3)]).await;
    assert!(matches!(dispositions[..], [Disposition::Reject { reason: "bad_data", .. }, Disposition::Done]));
}

#[tokio::test]
async fn an_order_that_waits_for_its_product_outlasts_an_outage_of_the_stream_within_its_attempts() {
    let shop = Shop::new(6);
    let mut waited = Duration::ZERO;
    for receive_count in 1..40 {
        let placed = Delivery { receive_count, ..shop.placed(&order(1), 4) };
        let answers = shop.handler().handle(&[placed]).await;
        let [Disposition::Retry { after: Some(after), .. }] = &answers[..] else { panic!("{answers:?}") };
        assert!(*after <= Duration::from_secs(600), "{after:?} is long to wait for what has come");
        assert!(receive_count > 4 || *after <= Duration::from_secs(4), "{after:?} is long for what is a little late");
        waited += *after;
    }
    assert!(waited > Duration::from_secs(3600), "{waited:?}");
}

#[tokio::test]
async fn pieces_of_a_refund_are_sold_again_once_whatever_comes_first() {
    for first in [false, true] {
        let shop = Shop::new(8);
        shop.handler().handle(&[shop.created(10), shop.placed(&order(1), 4)]).await;
        let (shipped, refunded) = (shop.shipped(&order(1), 4), shop.refunded(&order(1), 1, 2, 1));
        let batch = if first { [refunded.clone(), shipped, refunded] } else { [shipped, refunded.clone(), refunded] };
        assert_eq!(shop.handler().handle(&batch).await, vec![Disposition::Done; 3]);
        assert_eq!(shop.stock().await, Stock { available: 8, reserved: 0, deducted: 4 });
        // Two refunds of one order are two returns; one without pieces to sell is none.
        let more = [shop.refunded(&order(1), 2, 1, 0), shop.refunded(&order(1), 3, 0, 1)];
        assert_eq!(shop.handler().handle(&more).await, vec![Disposition::Done; 2]);
        assert_eq!(shop.stock().await, Stock { available: 9, reserved: 0, deducted: 4 });
    }
}
