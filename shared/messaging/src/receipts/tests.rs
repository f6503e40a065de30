//! Tests of receipts, without the ledger of the process.

use std::sync::Arc;

use jiff::SignedDuration;
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{ManualClock, OrderId};
use uuid::Uuid;

use super::*;

const QUERY: &str = "Query";

fn order(number: u32) -> OrderId {
    OrderId::parse(&format!("ord_{number}")).unwrap()
}

fn causes(orders: impl IntoIterator<Item = u32>) -> Causes {
    Causes::each(orders.into_iter().map(|number| Causes::Order(order(number))))
}

fn query(units: f64) -> Charge<'static> {
    let amounts = Amounts { requests: MILLION, ..Amounts::of(units, 10, 0) };
    Charge::Call { service: "dynamodb", operation: QUERY, unit: "read", amounts }
}

fn ledger(most: usize) -> (Ledger, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Ledger::new(Uuid::nil(), vec!["order"], most, Arc::clone(&clock) as Arc<_>), clock)
}

fn sums(ledger: &Ledger, orders: impl IntoIterator<Item = u32>) -> (u64, u64, u64) {
    let lines = orders.into_iter().flat_map(|number| ledger.account(&order(number)).lines);
    lines.fold((0, 0, 0), |(requests, units, bytes), line| {
        (requests + line.amounts.requests, units + line.amounts.units, bytes + line.amounts.bytes)
    })
}

#[test]
fn what_several_cause_is_shared_out_evenly_and_adds_up_to_the_last_digit() {
    let (ledger, _) = ledger(100);
    ledger.book(&causes(1..=3), query(0.5));
    assert_eq!(sums(&ledger, 1..=3), (1_000_000, 500_000, 10_000_000));
    let shares: Vec<_> = (1..=3).map(|number| sums(&ledger, [number])).collect();
    assert_eq!(shares, [(333_334, 166_667, 3_333_334), (333_333, 166_667, 3_333_333), (333_333, 166_666, 3_333_333)]);
    // An entry of two orders shares one entry's part; one of nobody takes its part with it.
    ledger.book(&Causes::each([causes([4, 5]), Causes::Nobody, causes([6])]), query(3.0));
    assert_eq!([4, 5, 6].map(|number| sums(&ledger, [number]).1), [500_000, 500_000, 1_000_000]);
}

#[test]
fn lines_are_by_operation_and_the_unit_is_whichever_charge_says_it() {
    let (ledger, _) = ledger(100);
    let request = Charge::Call { service: "dynamodb", operation: QUERY, unit: "", amounts: Amounts::REQUEST };
    ledger.book(&causes([1]), request);
    ledger.book(&causes([1]), query(1.0));
    ledger.book(&causes([1]), Charge::Commits(MILLION));
    ledger.book(&causes([1]), Charge::Working(1500));
    let account = ledger.account(&order(1));
    let [line] = account.lines.as_slice() else { panic!("{account:?}") };
    assert_eq!((line.operation.as_str(), line.unit, line.amounts.requests), (QUERY, "read", 2 * MILLION));
    assert_eq!((account.commits, account.working, account.roles), (MILLION, 1500, vec!["order"]));
}

#[test]
fn the_oldest_accounts_are_forgotten_and_it_says_since_when_it_knows_all() {
    let (ledger, clock) = ledger(2);
    let began = ledger.account(&order(1)).since;
    for number in 1..=3 {
        clock.advance(SignedDuration::from_secs(1));
        ledger.book(&causes([number]), query(1.0));
    }
    assert_eq!([1, 2, 3].map(|number| sums(&ledger, [number]).0), [0, MILLION, MILLION]);
    assert_eq!(ledger.account(&order(3)).since, began + SignedDuration::from_secs(1));
    assert_eq!(ledger.books_len(), (2, 2));
}

#[test]
fn an_event_names_its_order_and_nothing_that_a_customer_wrote_does() {
    let envelope = samples::envelope(EventType::OrderPaid).unwrap();
    let text = envelope.to_json();
    let named = order_in(&text).unwrap();
    assert_eq!(named.as_str(), envelope.subject.as_str());
    let change = serde_json::json!({ "dynamodb": { "NewImage": { "events": { "S": format!("[{text}]") } } } });
    assert_eq!(order_in_record(change.to_string().as_bytes()), Some(named));
    assert_eq!(order_in(&samples::envelope(EventType::ProductCreated).unwrap().to_json()), None);
    let spoof = serde_json::json!({ "name": "x\"order_id\":\"ord_1\"" }).to_string();
    assert_eq!(order_in(&spoof), None, "{spoof}");
    assert_eq!(order_in("{\"order_id\":\"nonsense\"}"), None);
}

#[tokio::test]
async fn work_is_on_behalf_of_the_innermost_causes() {
    let current = || format!("{:?}", Causes::current());
    assert_eq!(current(), "Nobody");
    scope(causes([1]), async {
        assert_eq!(current(), "Order(ord_1)");
        scope(causes([2, 3]), async { assert_eq!(current(), "Each([Order(ord_2), Order(ord_3)])") }).await;
        tokio::task::yield_now().await;
        assert_eq!(current(), "Order(ord_1)");
    })
    .await;
    assert_eq!(current(), "Nobody");
}
