//! Refunds by the shop over the built-in provider: paid once each, whatever is lost on the way.

use shotengai_billing::domain::Payment;
use shotengai_billing::provider::{Answer, Operation};
use shotengai_contracts::EventType::{
    CaptureStarted, PaymentAuthorized, PaymentCaptured, PaymentRefunded, RefundStarted, ShopRefundDeclined,
    ShopRefundPaid, ShopRefundStarted,
};
use shotengai_kernel::RefundId;
use shotengai_messaging::FaultKind;
use shotengai_testing::memory::InjectedFault;

use crate::support::{Till, payment_id, refund_id};

async fn paid(seed: u64, token: &str) -> Till {
    let till = Till::new(seed);
    till.deliver(till.placed_with(token).await).await;
    till.deliver(till.confirmed()).await;
    till
}

/// Amounts that the provider gave back, and for which refund.
async fn given_back(till: &Till) -> Vec<(Option<RefundId>, i64)> {
    let entries = till.ledger.entries(&payment_id()).await.unwrap();
    let approved = entries.into_iter().filter(|entry| matches!(entry.answer, Answer::Approved { .. }));
    let refunds = approved.filter(|entry| entry.operation == Operation::Refund);
    refunds.map(|entry| (entry.refund, entry.amount.minor())).collect()
}

#[tokio::test]
async fn refunds_are_paid_intent_first_and_a_cancel_gives_back_the_rest() {
    let till = paid(1, "tok_visa").await;
    for (number, amount) in [(1, 100), (2, 50), (1, 100)] {
        till.deliver(till.refund(number, amount)).await;
    }
    till.deliver(till.cancelled_after(&[(1, 100), (2, 50)])).await;
    let events = [PaymentAuthorized, CaptureStarted, PaymentCaptured, ShopRefundStarted, ShopRefundPaid];
    let more = [ShopRefundStarted, ShopRefundPaid, RefundStarted, PaymentRefunded];
    assert_eq!(till.events().await, [events.as_slice(), more.as_slice()].concat());
    let rest = (None, 250);
    assert_eq!(given_back(&till).await, [(Some(refund_id(1)), 100), (Some(refund_id(2)), 50), rest]);
    assert_eq!(till.payment().await, Payment::Refunded);
}

#[tokio::test]
async fn a_cancel_that_overtakes_a_refund_pays_it_first() {
    let till = paid(2, "tok_visa").await;
    till.deliver(till.cancelled_after(&[(1, 100)])).await;
    till.deliver(till.refund(1, 100)).await;
    assert_eq!(given_back(&till).await, [(Some(refund_id(1)), 100), (None, 300)]);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_paid_once() {
    for fault in ["table.put", "store.append"] {
        let till = paid(3, "tok_visa").await;
        till.faults.breaks(fault, InjectedFault::LoseAnswer);
        till.handler().handle(&[till.refund(1, 100)]).await;
        till.faults.breaks(fault, InjectedFault::Refuse(FaultKind::Throttled));
        till.handler().handle(&[till.refund(1, 100)]).await;
        till.deliver(till.refund(1, 100)).await;
        assert_eq!(given_back(&till).await, [(Some(refund_id(1)), 100)], "{fault}");
        let paid = till.events().await.into_iter().filter(|event| *event == ShopRefundPaid).count();
        assert_eq!(paid, 1, "{fault}");
    }
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_is_an_answer_and_no_retry() {
    let till = paid(4, "tok_refund_declined").await;
    till.deliver(till.refund(1, 100)).await;
    till.deliver(till.refund(1, 100)).await;
    assert_eq!(till.events().await[3..], [ShopRefundStarted, ShopRefundDeclined]);
    assert!(given_back(&till).await.is_empty());
}

#[tokio::test]
async fn workers_that_refund_and_cancel_at_once_leave_nothing_taken() {
    for seed in 0..100 {
        let till = paid(seed, "tok_visa").await;
        let wishes = [(1, 100), (2, 300)];
        let cancelled = || till.cancelled_after(&wishes);
        let refund = |(number, amount)| till.refund(number, amount);
        let deliveries = vec![refund(wishes[0]), cancelled(), refund(wishes[1]), cancelled(), refund(wishes[0])];
        till.deliver_together(deliveries).await;
        let mut given = given_back(&till).await;
        given.sort();
        assert_eq!(given, [(Some(refund_id(1)), 100), (Some(refund_id(2)), 300)], "{seed}");
    }
}

#[tokio::test]
async fn a_payment_with_as_many_refunds_as_there_may_be_is_let_go_in_one_go() {
    let till = paid(5, "tok_visa").await;
    let wishes: Vec<_> = (1..=20).map(|number| (number, 10)).collect();
    let answers = till.handler().handle(&[till.cancelled_after(&wishes)]).await;
    assert_eq!(answers, [shotengai_messaging::Disposition::Done]);
    assert_eq!(given_back(&till).await.len(), 21);
    assert_eq!(till.payment().await, Payment::Refunded);
}
