//! What is awaited, by what happened.

use super::*;

#[test]
fn an_order_that_nobody_placed_is_not_explained() {
    assert_eq!(explain(&order(), &Facts::default(), &well()), None);
}

#[test]
fn orders_that_are_done_with_are_answered_too() {
    use EventType::{
        OrderCancelled, OrderPaid, OrderPlaced, OrderShipped, PaymentCaptured, PaymentDeclined, PaymentRefunded,
        PaymentVoided, StockDeducted, StockRejected, StockReleased, StockReserved,
    };
    let done = [
        (facts(&[(OrderPlaced, 0), (OrderPaid, 5)], &[(StockReserved, 1)], &[(PaymentCaptured, 4)]), OrderStage::Paid),
        (
            facts(
                &[(OrderPlaced, 0), (OrderPaid, 5), (OrderShipped, 8)],
                &[(StockReserved, 1), (StockDeducted, 9)],
                &[(PaymentCaptured, 4)],
            ),
            OrderStage::Shipped,
        ),
        // There was not enough.
        (
            facts(&[(OrderPlaced, 0), (OrderCancelled, 5)], &[(StockRejected, 1)], &[(PaymentVoided, 6)]),
            OrderStage::Cancelled,
        ),
        (
            facts(
                &[(OrderPlaced, 0), (OrderCancelled, 5)],
                &[(StockReserved, 1), (StockReleased, 6)],
                &[(PaymentDeclined, 2)],
            ),
            OrderStage::Cancelled,
        ),
        (
            facts(
                &[(OrderPlaced, 0), (OrderPaid, 5), (OrderCancelled, 6)],
                &[(StockReserved, 1), (StockReleased, 7)],
                &[(PaymentCaptured, 4), (PaymentRefunded, 8)],
            ),
            OrderStage::Cancelled,
        ),
    ];
    for (facts, status) in done {
        let mut seen = well();
        seen.street.unknown.push(Unknown { part: "queues".to_owned(), why: "no answer".to_owned() });
        let told = told(&facts, &seen);
        assert_eq!((told.awaited.as_slice(), told.status), (&[][..], status), "{facts:#?}");
        assert_eq!(told.unknown, [], "nobody is asked");
    }
}

fn deeds(facts: &Facts) -> Vec<(Deed, &'static str, EventType, bool)> {
    let deed = |awaited: &Awaited<'_>| {
        (awaited.deed, awaited.queue.name, awaited.message.event_type(), awaited.asked.is_some())
    };
    awaited(facts).iter().map(deed).collect()
}

#[test]
fn what_is_awaited_follows_from_what_happened() {
    use EventType::{
        CaptureStarted, OrderCancelled, OrderConfirmed, OrderPaid, OrderPlaced, OrderRefundRequested, OrderShipped,
        PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded, RefundStarted, ShopRefundPaid,
        ShopRefundStarted, StockRejected, StockReleased, StockReserved, VoidStarted,
    };
    let (inventory, billing, own) = ("inventory-queue", "billing-queue", "order-queue");
    let nothing = facts(&[(OrderPlaced, 0)], &[], &[]);
    let wanted =
        [(Deed::ReserveStock, inventory, OrderPlaced, false), (Deed::AuthorizePayment, billing, OrderPlaced, false)];
    assert_eq!(deeds(&nothing), wanted);
    // What ends the order is all that it waits for.
    let refused = facts(&[(OrderPlaced, 0)], &[], &[(PaymentDeclined, 1)]);
    assert_eq!(deeds(&refused), [(Deed::TakeInAnswer, own, PaymentDeclined, false)]);
    let short = facts(&[(OrderPlaced, 0)], &[(StockRejected, 1)], &[(PaymentAuthorized, 1)]);
    assert_eq!(deeds(&short), [(Deed::TakeInAnswer, own, StockRejected, false)]);
    assert_eq!(deeds(&confirmed(&[])), [(Deed::CapturePayment, billing, OrderConfirmed, false)]);
    let asked = confirmed(&[(CaptureStarted, 5)]);
    assert_eq!(deeds(&asked), [(Deed::CapturePayment, billing, OrderConfirmed, true)]);
    let answered = confirmed(&[(CaptureStarted, 5), (PaymentCaptured, 6)]);
    assert_eq!(deeds(&answered), [(Deed::TakeInAnswer, own, PaymentCaptured, false)]);

    let shipped = [(OrderPlaced, 0), (OrderPaid, 5), (OrderShipped, 8), (OrderRefundRequested, 9)];
    let captured = [(PaymentCaptured, 4)];
    let refund = |payment: &[(EventType, i64)]| {
        let payment: Vec<_> = captured.iter().chain(payment).copied().collect();
        deeds(&facts(&shipped, &[(StockReserved, 1)], &payment))
    };
    let stock = (Deed::DeductStock, inventory, OrderShipped, false);
    assert_eq!(refund(&[]), [stock, (Deed::PayRefund, billing, OrderRefundRequested, false)]);
    assert_eq!(refund(&[(ShopRefundStarted, 10)]), [stock, (Deed::PayRefund, billing, OrderRefundRequested, true)]);
    let paid = [(ShopRefundStarted, 10), (ShopRefundPaid, 11)];
    assert_eq!(refund(&paid), [stock, (Deed::TakeInAnswer, own, ShopRefundPaid, false)]);

    let cancelled =
        |stock: &[_], payment: &[_]| deeds(&facts(&[(OrderPlaced, 0), (OrderCancelled, 5)], stock, payment));
    let release = (Deed::ReleaseStock, inventory, OrderCancelled, false);
    let money = |is_asked| (Deed::ReturnMoney, billing, OrderCancelled, is_asked);
    assert_eq!(cancelled(&[], &[]), [release, money(false)]);
    assert_eq!(cancelled(&[(StockReserved, 1)], &[(PaymentAuthorized, 2), (VoidStarted, 6)]), [release, money(true)]);
    assert_eq!(cancelled(&[(StockRejected, 1)], &[(PaymentCaptured, 2), (RefundStarted, 6)]), [money(true)]);
    // An intention of another deed says nothing of this one.
    assert_eq!(cancelled(&[(StockRejected, 1)], &[(PaymentAuthorized, 2), (CaptureStarted, 4)]), [money(false)]);
    // A refund was answered that the order, cancelled meanwhile, has not taken in.
    let order = [(OrderPlaced, 0), (OrderPaid, 5), (OrderRefundRequested, 6), (OrderCancelled, 7)];
    let payment = [(PaymentCaptured, 4), (ShopRefundPaid, 8), (PaymentRefunded, 9)];
    let late = deeds(&facts(&order, &[(StockReserved, 1), (StockReleased, 8)], &payment));
    assert_eq!(late, [(Deed::TakeInAnswer, own, ShopRefundPaid, false)]);
}
