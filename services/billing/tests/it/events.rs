use shotengai_billing::domain::{Payment, ShopRefunds};
use shotengai_billing::provider::Operation::{Authorize, Capture, Refund, Void};
use shotengai_contracts::EventType;
use shotengai_contracts::payment::{IntentKey, PaymentToken};
use shotengai_messaging::FaultKind;
use shotengai_testing::memory::InjectedFault;

use crate::support::{Till, order, placed, total};

#[tokio::test]
async fn an_order_is_authorized_then_captured_intent_first() {
    let till = Till::new(1);
    till.deliver(till.placed_with("tok_visa").await).await;
    assert_eq!(till.payment().await, Payment::Authorized { amount: total() });
    till.deliver(till.confirmed()).await;
    let events = [EventType::PaymentAuthorized, EventType::CaptureStarted, EventType::PaymentCaptured];
    assert_eq!(till.events().await, events);
    assert_eq!(till.operations().await, [Authorize, Capture]);
}

#[tokio::test]
async fn a_confirmation_waits_for_the_authorization() {
    let till = Till::new(2);
    let dispositions = till.handler().handle(&[till.confirmed()]).await;
    assert!(dispositions.len() == 1 && dispositions[0].comes_again(), "{dispositions:?}");
    assert!(till.events().await.is_empty() && till.operations().await.is_empty());
}

#[tokio::test]
async fn a_capture_whose_answer_is_lost_is_asked_for_again_and_charged_once() {
    for fault in [InjectedFault::LoseAnswer, InjectedFault::Refuse(FaultKind::Transient)] {
        let till = Till::new(3);
        till.deliver(till.placed()).await;
        till.faults.breaks("table.put", fault);
        let confirmed = till.confirmed();
        let dispositions = till.handler().handle(std::slice::from_ref(&confirmed)).await;
        assert!(dispositions.len() == 1 && dispositions[0].comes_again(), "{dispositions:?}");
        assert_eq!(till.payment().await, Payment::CaptureStarted { amount: total() });
        till.deliver(confirmed).await;
        assert_eq!(till.payment().await, Payment::Captured { amount: total(), refunds: ShopRefunds::default() });
        assert_eq!(till.operations().await, [Authorize, Capture]);
    }
}

#[tokio::test]
async fn a_cancel_that_finds_a_capture_under_way_finishes_and_refunds_it() {
    let till = Till::new(4);
    till.deliver(till.placed()).await;
    till.faults.breaks("table.put", InjectedFault::LoseAnswer);
    till.handler().handle(&[till.confirmed()]).await;
    till.deliver(till.cancelled()).await;
    assert_eq!(till.payment().await, Payment::Refunded);
    assert_eq!(till.operations().await, [Authorize, Capture, Refund]);
}

#[tokio::test]
async fn a_result_that_could_not_be_committed_is_committed_by_the_next_delivery() {
    let till = Till::new(5);
    let placed = till.placed();
    till.faults.breaks("store.append", InjectedFault::Refuse(FaultKind::Throttled));
    till.handler().handle(std::slice::from_ref(&placed)).await;
    assert_eq!((till.payment().await, till.operations().await), (Payment::Open, vec![Authorize]));
    till.deliver(placed).await;
    assert_eq!(
        (till.payment().await, till.operations().await),
        (Payment::Authorized { amount: total() }, vec![Authorize])
    );
}

#[tokio::test]
async fn a_declined_order_is_never_held() {
    let till = Till::new(6);
    till.deliver(till.placed_with("tok_declined").await).await;
    till.deliver(till.cancelled()).await;
    assert_eq!((till.payment().await, till.operations().await), (Payment::Declined, vec![Authorize]));
    assert_eq!(till.events().await, [EventType::PaymentDeclined]);
}

#[tokio::test]
async fn workers_that_capture_and_cancel_at_once_end_in_one_net_outcome() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let till = Till::new(seed);
        let mut deliveries =
            vec![till.placed(), till.confirmed(), till.cancelled(), till.confirmed(), till.cancelled()];
        for last in (1..deliveries.len()).rev() {
            let bound = u64::try_from(last + 1).unwrap();
            deliveries.swap(last, usize::try_from(till.ports.random.below(bound)).unwrap());
        }
        till.deliver_together(deliveries).await;
        let record: Vec<_> = till.operations().await;
        let entries = till.ledger.entries(&crate::support::payment_id()).await.unwrap();
        let did = |operation| {
            entries.iter().any(|entry| {
                entry.operation == operation
                    && matches!(entry.answer, shotengai_billing::provider::Answer::Approved { .. })
            })
        };
        assert!(!(did(Capture) && did(Void)), "{seed}: {record:?}");
        assert_eq!(did(Capture), did(Refund), "{seed}: {record:?}");
        assert_eq!(did(Authorize), did(Void) || did(Capture), "{seed}: {record:?}");
        let end = till.payment().await;
        assert_eq!(end == Payment::Refunded, did(Refund), "{seed}: {end:?}");
        seen.insert(format!("{end:?}"));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["Forestalled", "Refunded", "Voided"], "every ending was met");
}

#[tokio::test]
async fn an_order_whose_intent_is_gone_is_declined_for_that_and_nothing_is_asked_of_its_means_of_payment() {
    let till = Till::new(7);
    till.deliver(till.placed_long_ago()).await;
    assert_eq!((till.payment().await, till.operations().await), (Payment::Declined, vec![Void]));
    assert_eq!(till.decline_reasons().await, ["payment_intent_missing"]);
    // Whatever comes later, by whomever, holds nothing: a hold is asked for once more, and declined.
    till.deliver(till.placed_with("tok_visa").await).await;
    till.deliver(till.cancelled()).await;
    assert_eq!((till.payment().await, till.operations().await), (Payment::Declined, vec![Void, Authorize]));
}

#[tokio::test]
async fn a_copy_of_an_order_whose_intent_is_gone_lets_go_of_nothing_that_is_held() {
    let till = Till::new(12);
    till.deliver(till.placed_with("tok_visa").await).await;
    till.forget_intents().await;
    till.deliver(till.delivery(placed(true))).await;
    assert_eq!(
        (till.payment().await, till.operations().await),
        (Payment::Authorized { amount: total() }, vec![Authorize])
    );
}

#[tokio::test]
async fn a_hold_whose_result_was_never_committed_is_given_up_when_the_intent_is_gone() {
    let till = Till::new(8);
    let placed = till.placed_with("tok_visa").await;
    till.faults.breaks("store.append", InjectedFault::Refuse(FaultKind::Throttled));
    till.handler().handle(std::slice::from_ref(&placed)).await;
    assert_eq!((till.payment().await, till.operations().await), (Payment::Open, vec![Authorize]));
    till.forget_intents().await;
    till.deliver(placed).await;
    assert_eq!((till.payment().await, till.operations().await), (Payment::Declined, vec![Authorize, Void]));
}

#[tokio::test]
async fn an_intent_that_can_not_be_read_now_is_waited_for() {
    let till = Till::new(9);
    let placed = till.placed_with("tok_declined").await;
    till.faults.breaks("table.get", InjectedFault::Refuse(FaultKind::Transient));
    let dispositions = till.handler().handle(std::slice::from_ref(&placed)).await;
    assert_eq!(dispositions[0].outcome(), "unavailable", "{dispositions:?}");
    assert!(till.events().await.is_empty() && till.operations().await.is_empty());
    till.deliver(placed).await;
    assert_eq!(till.decline_reasons().await, ["card_declined"]);
}

#[tokio::test]
async fn an_order_that_was_placed_before_events_left_the_token_out_is_paid_by_the_token_in_its_event() {
    for (seed, token, end) in [
        (10, Some("tok_declined"), Payment::Declined),
        (11, Some("tok_visa"), Payment::Authorized { amount: total() }),
        (12, None, Payment::Authorized { amount: total() }),
    ] {
        let till = Till::new(seed);
        till.deliver(till.placed_before(token)).await;
        assert_eq!((till.payment().await, till.operations().await), (end, vec![Authorize]), "{token:?}");
    }
}

#[tokio::test]
async fn the_token_of_another_request_with_the_same_key_is_not_taken() {
    let till = Till::new(13);
    let placed = till.placed_with("tok_visa").await;
    let other = IntentKey { order_id: order(), fingerprint: "cd".repeat(32) };
    till.intend(&other, PaymentToken::parse("tok_declined").unwrap()).await;
    till.deliver(placed).await;
    assert_eq!(till.payment().await, Payment::Authorized { amount: total() });
}
