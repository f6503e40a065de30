//! Hops: from what happened to how long each step waited and worked.

use std::collections::BTreeMap;

use shotengai_contracts::api::journey::{CriticalPath, Happened, Hop, OrderJourney};
use shotengai_contracts::{EventType, Owner};
use shotengai_kernel::{OrderId, Timestamp};
use uuid::Uuid;

/// Events that decide an order's fate, the first that there is.
const FATES: [EventType; 2] = [EventType::OrderPaid, EventType::OrderCancelled];

/// The journey of what happened, causes before effects.
#[must_use]
pub fn journey(order_id: OrderId, items: &[Happened]) -> OrderJourney {
    let by_id: BTreeMap<Uuid, &Happened> = items.iter().map(|item| (item.id, item)).collect();
    let hops: Vec<Hop> = items.iter().map(|item| hop(item, &by_id)).collect();
    let critical_path = critical_path(&hops);
    OrderJourney { order_id, hops, critical_path }
}

fn hop(item: &Happened, by_id: &BTreeMap<Uuid, &Happened>) -> Hop {
    let cause = item.caused_by.and_then(|cause| by_id.get(&cause));
    let times = cause.and_then(|cause| Some((cause.time?, item.time?)));
    let (waiting, working, took) = match (times, item.received_at) {
        (Some((from, to)), Some(received)) => {
            // Each is by two clocks, or by one: what is by one stays right where they differ.
            let (waiting, working) = (micros(from, received), micros(received, to));
            (Some(waiting), Some(working), Some(waiting.saturating_add(working)))
        }
        (Some((from, to)), None) => (None, None, Some(micros(from, to))),
        (None, _) => (None, None, None),
    };
    Hop {
        id: item.id,
        source: item.source.clone(),
        event_type: item.event_type.clone(),
        mail: item.data.get("mail").and_then(|kind| kind.as_str()).map(str::to_owned),
        caused_by: cause.map(|cause| cause.id),
        time: item.time,
        waiting,
        working,
        took,
        receives: item.receives,
    }
}

/// From one moment to another, never below zero.
fn micros(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_micros()).unwrap_or(0)
}

fn critical_path(hops: &[Hop]) -> CriticalPath {
    let fate = FATES.iter().find_map(|fate| hops.iter().find(|hop| hop.event_type == fate.as_str()));
    let so_far = || hops.iter().rfind(|hop| hop.source == Owner::Order.as_str());
    let mut path: Vec<&Hop> = Vec::new();
    let mut next = fate.or_else(so_far);
    while let Some(hop) = next {
        path.push(hop);
        // No cause stands behind its effect, so this ends.
        let cause = |id: Uuid| hops.iter().take_while(|earlier| earlier.id != hop.id).find(|earlier| earlier.id == id);
        next = hop.caused_by.and_then(cause);
    }
    path.reverse();
    let sum = |part: fn(&Hop) -> Option<u64>| path.iter().filter_map(|hop| part(hop)).sum();
    CriticalPath {
        ids: path.iter().map(|hop| hop.id).collect(),
        ends_with: path.last().map(|hop| hop.event_type.clone()).unwrap_or_default(),
        waiting: sum(|hop| hop.waiting),
        working: sum(|hop| hop.working),
        took: sum(|hop| hop.took),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis)
    }

    fn item(id: u128, source: &str, event_type: &str, cause: u128, received: Option<i64>, time: i64) -> Happened {
        Happened {
            id: Uuid::from_u128(id),
            source: source.to_owned(),
            event_type: event_type.to_owned(),
            subject: None,
            version: None,
            time: Some(at(time)),
            caused_by: Some(Uuid::from_u128(cause)),
            received_at: received.map(at),
            receives: None,
            data: json!({}),
        }
    }

    fn order() -> OrderId {
        OrderId::parse("ord_1").unwrap()
    }

    #[test]
    fn the_critical_path_is_that_of_the_branch_that_came_last() {
        let items = [
            item(1, "order", "OrderPlaced", 99, None, 0),
            item(2, "inventory", "StockReserved", 1, Some(10), 15),
            item(3, "billing", "PaymentAuthorized", 1, Some(20), 50),
            item(4, "order", "OrderStockSecured", 2, Some(25), 26),
            item(5, "order", "OrderConfirmed", 3, Some(60), 62),
            item(6, "billing", "PaymentCaptured", 5, Some(70), 90),
            item(7, "order", "OrderPaid", 6, Some(100), 101),
            item(8, "order", "OrderShipped", 98, None, 500),
        ];
        let journey = journey(order(), &items);
        let path = journey.critical_path;
        let ids: Vec<u128> = path.ids.iter().map(Uuid::as_u128).collect();
        assert_eq!((ids, path.ends_with.as_str()), (vec![1, 3, 5, 6, 7], "OrderPaid"));
        assert_eq!((path.waiting, path.working, path.took), (48_000, 53_000, 101_000));
        let first = &journey.hops[0];
        assert_eq!((first.caused_by, first.took), (None, None), "a request caused it");
        let stock = &journey.hops[1];
        assert_eq!((stock.waiting, stock.working, stock.took), (Some(10_000), Some(5_000), Some(15_000)));
    }

    #[test]
    fn what_says_nothing_of_its_receipt_is_a_step_that_is_not_split() {
        let items = [item(1, "order", "OrderPlaced", 99, None, 0), item(2, "inventory", "StockReserved", 1, None, 15)];
        let hop = &journey(order(), &items).hops[1];
        assert_eq!((hop.waiting, hop.working, hop.took), (None, None, Some(15_000)));
    }

    #[test]
    fn clocks_that_differ_make_no_step_shorter_than_nothing() {
        let items =
            [item(1, "order", "OrderPlaced", 99, None, 5_000), item(2, "billing", "PaymentDeclined", 1, Some(10), 15)];
        let hop = &journey(order(), &items).hops[1];
        assert_eq!((hop.waiting, hop.working, hop.took), (Some(0), Some(5_000), Some(5_000)));
        let unsplit =
            [item(1, "order", "OrderPlaced", 99, None, 5_000), item(2, "billing", "PaymentDeclined", 1, None, 15)];
        assert_eq!(journey(order(), &unsplit).hops[1].took, Some(0));
    }

    #[test]
    fn a_step_of_what_is_not_done_yet_has_no_length() {
        let mut mail = item(2, "notification", "Mail", 1, Some(3), 0);
        (mail.time, mail.data) = (None, json!({ "mail": "received", "state": "sending" }));
        let items = [item(1, "order", "OrderPlaced", 99, None, 0), mail];
        let hop = &journey(order(), &items).hops[1];
        assert_eq!((hop.mail.as_deref(), hop.took, hop.caused_by), (Some("received"), None, Some(Uuid::from_u128(1))));
    }
}
