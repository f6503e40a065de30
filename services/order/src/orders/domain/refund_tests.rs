//! What a refund may be of, one by one; and that no order of refunds, answers, shipping and cancelling gives back too much.

use proptest::prelude::*;
use shotengai_contracts::OrderEvent;
use shotengai_contracts::events::{OrderItem, OrderStage, RefundLine};
use shotengai_kernel::{Currency, Decimal, Money, MoneyError, ProductId, Quantity, RefundId};
use uuid::Uuid;

use super::samples::{after, cancelled, confirmed, pending, placed_event, take};
use super::*;

fn product(name: &str) -> ProductId {
    ProductId::parse(&format!("prod_{name}")).unwrap()
}

fn yen(amount: i64) -> Money {
    Money::from_minor(amount, Currency::JPY).unwrap()
}

fn item(name: &str, quantity: u32, price: i64) -> OrderItem {
    let [first] = &placed_event().items[..] else { panic!("one line") };
    OrderItem {
        product_id: product(name),
        quantity: Quantity::new(quantity).unwrap(),
        price: yen(price),
        ..first.clone()
    }
}

/// Paid: three きのこの山 at 200 yen and one たけのこの里 at 220.
fn paid() -> Order {
    let mut order = Order::default();
    let event = shotengai_contracts::events::OrderPlaced {
        items: vec![item("kinoko", 3, 200), item("takenoko", 1, 220)],
        total: yen(820),
        ..placed_event()
    };
    take(&mut order, &place(&Order::default(), event).unwrap());
    after(order, &[Signal::StockReserved, Signal::PaymentAuthorized, Signal::PaymentCaptured])
}

fn shipped() -> Order {
    let mut order = paid();
    let events = ship(&order).unwrap();
    take(&mut order, &events);
    order
}

fn id(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128(number))
}

fn wish(number: u128, what: Wanted) -> RefundWish {
    RefundWish { refund_id: id(number), fingerprint: format!("{what:?}"), what, reason: "broken".to_owned() }
}

fn line(name: &str, quantity: u32, restock: bool) -> RefundLine {
    RefundLine { product_id: product(name), quantity: Quantity::new(quantity).unwrap(), restock }
}

fn pieces(lines: &[RefundLine]) -> Wanted {
    Wanted::Pieces { lines: lines.to_vec(), amount: None }
}

fn money(amount: i64) -> Wanted {
    Wanted::Money(Decimal::from(amount))
}

/// Amount and lines of what is asked for, taken in.
fn ask(order: &mut Order, number: u128, what: Wanted) -> Result<(i64, Vec<RefundLine>), RefundRefusal> {
    let events = refund(order, &wish(number, what))?;
    take(order, &events);
    let [OrderEvent::OrderRefundRequested(asked)] = &events[..] else { panic!("{events:?}") };
    Ok((asked.amount.minor(), asked.lines.clone()))
}

fn told(order: &mut Order, told: Signal) -> Vec<OrderEvent> {
    let events = signal(order, told).unwrap();
    take(order, &events);
    events
}

#[test]
fn pieces_are_worth_what_they_cost_when_they_were_ordered() {
    let mut order = shipped();
    let lines =
        [line("kinoko", 1, true), line("takenoko", 1, false), line("kinoko", 1, true), line("kinoko", 1, false)];
    let (amount, merged) = ask(&mut order, 1, pieces(&lines)).unwrap();
    assert_eq!(amount, 820);
    assert_eq!(merged, [line("kinoko", 1, false), line("kinoko", 2, true), line("takenoko", 1, false)]);
}

#[test]
fn two_lines_of_one_product_at_two_prices_are_taken_from_the_first() {
    let items = [item("kinoko", 2, 200), item("takenoko", 1, 220), item("kinoko", 3, 150)];
    let price = |skipped, count| refunds::price_of(&items, &product("kinoko"), skipped, count, yen(0)).unwrap().minor();
    assert_eq!([price(0, 1), price(0, 3), price(1, 2), price(2, 3), price(0, 5)], [200, 550, 350, 450, 850]);
}

#[test]
fn parts_add_up_to_the_whole_and_no_further() {
    let mut order = shipped();
    assert_eq!(ask(&mut order, 1, pieces(&[line("kinoko", 2, false)])).unwrap().0, 400);
    assert_eq!(ask(&mut order, 2, money(100)).unwrap(), (100, Vec::new()));
    let too_many = RefundRefusal::TooManyPieces { product: product("kinoko"), left: 1 };
    assert_eq!(ask(&mut order, 3, pieces(&[line("kinoko", 2, false)])), Err(too_many));
    assert_eq!(ask(&mut order, 3, money(321)), Err(RefundRefusal::TooMuch { left: yen(320) }));
    // The pieces cost 420 yen, and 100 of them went back for nothing.
    let left = pieces(&[line("kinoko", 1, false), line("takenoko", 1, false)]);
    assert_eq!(ask(&mut order, 3, left), Err(RefundRefusal::TooMuch { left: yen(320) }));
    let rest = ask(&mut order, 3, Wanted::Rest { restock: true }).unwrap();
    assert_eq!(rest, (320, vec![line("kinoko", 1, true), line("takenoko", 1, true)]));
    for what in [money(1), Wanted::Rest { restock: false }, pieces(&[line("takenoko", 1, false)])] {
        let refused = ask(&mut order, 4, what).unwrap_err();
        assert!(matches!(refused, RefundRefusal::TooMuch { .. } | RefundRefusal::TooManyPieces { .. }), "{refused:?}");
    }
}

#[test]
fn an_amount_can_stand_for_the_price_of_pieces() {
    let mut order = shipped();
    let what = Wanted::Pieces { lines: vec![line("kinoko", 1, true)], amount: Some(Decimal::from(150)) };
    assert_eq!(ask(&mut order, 1, what).unwrap(), (150, vec![line("kinoko", 1, true)]));
}

#[test]
fn amounts_that_are_none_are_refused() {
    let mut order = paid();
    assert_eq!(ask(&mut order, 1, money(0)), Err(RefundRefusal::Nothing));
    let half = Wanted::Money(Decimal::parse("0.5").unwrap());
    assert!(matches!(ask(&mut order, 1, half), Err(RefundRefusal::Amount(MoneyError::Decimals { .. }))));
    assert!(matches!(ask(&mut order, 1, money(-1)), Err(RefundRefusal::Amount(MoneyError::Range))));
    let foreign = pieces(&[line("kinoko", 1, false), line("suginoko", 1, false)]);
    let refused = Err(RefundRefusal::NotInOrder { line: 1, product: product("suginoko") });
    assert_eq!(ask(&mut order, 1, foreign), refused);
}

#[test]
fn only_what_was_paid_and_is_not_cancelled_is_refunded() {
    for (order, stage) in [
        (pending(), OrderStage::Pending),
        (confirmed(), OrderStage::Confirmed),
        (cancelled(paid()), OrderStage::Cancelled),
    ] {
        assert_eq!(refund(&order, &wish(1, money(1))), Err(RefundRefusal::NotRefundable(stage)));
    }
    assert_eq!(refund(&Order::default(), &wish(1, money(1))), Err(Refusal::NotFound.into()));
}

#[test]
fn pieces_are_sold_again_only_after_they_left_the_house() {
    let mut order = paid();
    let refused = Err(RefundRefusal::NotRestockable(OrderStage::Paid));
    assert_eq!(ask(&mut order, 1, pieces(&[line("kinoko", 1, true)])), refused);
    assert_eq!(ask(&mut order, 1, Wanted::Rest { restock: true }), refused);
    assert_eq!(ask(&mut order, 1, pieces(&[line("kinoko", 1, false)])).unwrap().0, 200);
}

#[test]
fn a_key_is_one_refund_whatever_became_of_it_and_another_body_is_refused() {
    let mut order = paid();
    ask(&mut order, 1, money(100)).unwrap();
    assert_eq!(refund(&order, &wish(1, money(100))), Ok(Vec::new()));
    assert_eq!(refund(&order, &wish(1, money(101))), Err(Refusal::KeyReused.into()));
    told(&mut order, Signal::RefundPaid(id(1)));
    let order = cancelled(order);
    assert_eq!(refund(&order, &wish(1, money(100))), Ok(Vec::new()));
}

#[test]
fn an_order_has_so_many_refunds_and_no_more() {
    let mut order = paid();
    for number in 0..MAX_REFUNDS {
        ask(&mut order, u128::try_from(number).unwrap(), money(1)).unwrap();
    }
    assert_eq!(ask(&mut order, 99, money(1)), Err(RefundRefusal::TooMany));
}

#[test]
fn what_the_provider_refuses_is_left_as_before() {
    let mut order = shipped();
    ask(&mut order, 1, Wanted::Rest { restock: false }).unwrap();
    assert_eq!(told(&mut order, Signal::RefundDeclined(id(1))).len(), 1);
    assert_eq!(told(&mut order, Signal::RefundDeclined(id(1))), []);
    assert_eq!(ask(&mut order, 2, Wanted::Rest { restock: false }).unwrap().0, 820);
}

#[test]
fn an_answer_is_told_once_with_the_sum_of_all_before() {
    let mut order = paid();
    ask(&mut order, 1, money(100)).unwrap();
    ask(&mut order, 2, money(50)).unwrap();
    told(&mut order, Signal::RefundPaid(id(2)));
    let [OrderEvent::OrderRefunded(first)] = &told(&mut order, Signal::RefundPaid(id(1)))[..] else { panic!() };
    assert_eq!((first.amount.minor(), first.refunded.minor()), (100, 150));
    assert_eq!(told(&mut order, Signal::RefundPaid(id(1))), []);
    assert!(signal(&order, Signal::RefundPaid(id(3))).is_err(), "nobody has asked for it yet");
}

#[test]
fn an_order_whose_money_is_all_refunded_is_not_shipped_unless_the_provider_refuses() {
    let mut order = paid();
    ask(&mut order, 1, Wanted::Rest { restock: false }).unwrap();
    assert_eq!(ship(&order), Err(Refusal::Refunded));
    told(&mut order, Signal::RefundDeclined(id(1)));
    assert_eq!(ship(&order).unwrap().len(), 1);
}

#[test]
fn an_order_that_costs_nothing_is_shipped() {
    let mut order = Order::default();
    let event =
        shotengai_contracts::events::OrderPlaced { items: vec![item("kinoko", 1, 0)], total: yen(0), ..placed_event() };
    take(&mut order, &place(&Order::default(), event).unwrap());
    let order = after(order, &[Signal::StockReserved, Signal::PaymentAuthorized, Signal::PaymentCaptured]);
    assert_eq!(ship(&order).unwrap().len(), 1);
}

#[test]
fn a_cancellation_takes_along_what_was_asked_for_and_not_declined() {
    let mut order = paid();
    ask(&mut order, 1, pieces(&[line("kinoko", 2, false)])).unwrap();
    ask(&mut order, 2, money(100)).unwrap();
    ask(&mut order, 3, pieces(&[line("kinoko", 1, false)])).unwrap();
    told(&mut order, Signal::RefundPaid(id(1)));
    told(&mut order, Signal::RefundDeclined(id(2)));
    let [OrderEvent::OrderCancelled(event)] = &cancel(&order, None, None).unwrap()[..] else { panic!() };
    let earlier: Vec<_> = event.refunds.iter().map(|refund| (refund.refund_id, refund.is_paid)).collect();
    assert_eq!(earlier, [(id(1), true), (id(3), false)]);
    let paid: Vec<_> = event.refunded_pieces.iter().map(|line| (&line.product_id, line.quantity.get())).collect();
    assert_eq!(paid, [(&product("kinoko"), 2)]);
}

#[test]
fn a_cancellation_stays_small_however_many_refunds_and_lines_there_are() {
    let items: Vec<_> = (0..MAX_LINES).map(|number| item(&format!("p{number}"), 100, 200)).collect();
    let total = yen(i64::try_from(MAX_LINES).unwrap() * 100 * 200);
    let event = shotengai_contracts::events::OrderPlaced { items, total, ..placed_event() };
    let mut order = Order::default();
    take(&mut order, &place(&Order::default(), event).unwrap());
    let mut order = after(order, &[Signal::StockReserved, Signal::PaymentAuthorized, Signal::PaymentCaptured]);
    let size = |order: &Order| {
        let events = cancel(order, None, None).unwrap();
        shotengai_contracts::Event::from(events[0].clone()).to_data().to_string().len()
    };
    let before = size(&order);
    for number in 0..MAX_REFUNDS {
        let lines: Vec<_> = (0..MAX_LINES).map(|product| line(&format!("p{product}"), 1, false)).collect();
        let number = u128::try_from(number).unwrap();
        ask(&mut order, number, pieces(&lines)).unwrap();
        told(&mut order, Signal::RefundPaid(id(number)));
    }
    // The topic takes 256 KiB, lines and their names included.
    assert!(size(&order) - before < 16_000, "{}", size(&order) - before);
}

#[derive(Debug, Clone)]
enum Step {
    Ask(u128, Wanted),
    Paid(u128),
    Declined(u128),
    Ship,
    Cancel,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        (1..500_i64).prop_map(money),
        (1..4_u32, any::<bool>()).prop_map(|(count, restock)| pieces(&[line("kinoko", count, restock)])),
        any::<bool>().prop_map(|restock| Wanted::Rest { restock }),
    ];
    let step = prop_oneof![
        4 => (0..6_u128, what).prop_map(|(number, what)| Step::Ask(number, what)),
        3 => (0..6_u128).prop_map(Step::Paid),
        2 => (0..6_u128).prop_map(Step::Declined),
        1 => Just(Step::Ship),
        1 => Just(Step::Cancel),
    ];
    prop::collection::vec(step, 0..30)
}

proptest! {
    #[test]
    fn no_order_of_wishes_and_answers_gives_back_more_than_was_captured(steps in steps()) {
        let mut order = paid();
        for step in steps {
            let events = match step {
                Step::Ask(number, what) => refund(&order, &wish(number, what)).unwrap_or_default(),
                Step::Paid(number) => signal(&order, Signal::RefundPaid(id(number))).unwrap_or_default(),
                Step::Declined(number) => signal(&order, Signal::RefundDeclined(id(number))).unwrap_or_default(),
                Step::Ship => ship(&order).unwrap_or_default(),
                Step::Cancel => cancel(&order, None, None).unwrap_or_default(),
            };
            take(&mut order, &events);
            let placed = order.placed().unwrap();
            let asked: i64 = placed.refunds.standing().map(|refund| refund.amount.minor()).sum();
            prop_assert!(asked <= placed.total.minor());
            prop_assert_eq!(placed.refunds.left_of(placed.total).unwrap().minor(), placed.total.minor() - asked);
            prop_assert!(placed.refunds.pieces(&product("kinoko")) <= 3);
            let came_back = placed.refunds.standing().flat_map(|refund| &refund.lines).any(|line| line.restock);
            prop_assert!(!came_back || placed.stage == OrderStage::Shipped, "what is held is not sold twice");
            let json = serde_json::to_value(&order).unwrap();
            prop_assert_eq!(&serde_json::from_value::<Order>(json).unwrap(), &order);
        }
    }
}
