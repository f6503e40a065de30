//! The receipt of what was gathered.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use shotengai_contracts::EventType;
use shotengai_contracts::api::journey::OrderHistory;
use shotengai_contracts::api::receipt::{MeteredLine, MeteredOrder, OrderReceipt, ReceiptLine, ReceiptPrices};
use shotengai_messaging::receipts::MILLION;

use super::gather::Gathered;
use crate::journey::journey;
use crate::prices::Prices;

/// The receipt of an order to which this has happened, for which this was gathered, at these prices.
pub(super) fn receipt(
    history: OrderHistory,
    gathered: Gathered,
    prices: Prices,
    priced: ReceiptPrices,
) -> OrderReceipt {
    let Gathered { metered, missing } = gathered;
    let lines = lines(&metered, prices);
    let (commits, nanos) = metered.iter().fold((0_u64, 0_u64), |(commits, nanos), part| {
        (commits.saturating_add(part.commits), nanos.saturating_add(part.working_nanos))
    });
    let requests = metered.iter().flat_map(|part| &part.lines).map(|line| line.requests).sum();
    let placed = history.items.iter().find(|item| item.event_type == EventType::OrderPlaced.as_str());
    let placed_at = placed.and_then(|placed| placed.time);
    let processes: Vec<_> = metered.into_iter().filter_map(|part| part.process).collect();
    let know_all = processes.iter().all(|process| placed_at.is_some_and(|placed| process.since <= placed));
    let received = |line: &&ReceiptLine| line.operation == "ReceiveMessage";
    let nanodollars = lines.iter().map(|line| line.nanodollars).sum();
    let OrderHistory { order_id, items } = history;
    OrderReceipt {
        complete: missing.is_empty() && know_all,
        processes,
        missing,
        prices: priced,
        nanodollars,
        cost: dollars(nanodollars),
        commits: whole(commits),
        messages: lines.iter().filter(received).filter_map(|line| line.entries).sum(),
        requests: whole(requests),
        working_micros: nanos / 1000,
        lines,
        journey: journey(order_id.clone(), &items),
        order_id,
    }
}

/// Sums by operation, the dearest first.
fn lines(metered: &[MeteredOrder], prices: Prices) -> Vec<ReceiptLine> {
    let mut sums: BTreeMap<(&str, &str), MeteredLine> = BTreeMap::new();
    for line in metered.iter().flat_map(|part| &part.lines) {
        let Some(sum) = sums.get_mut(&(line.service.as_str(), line.operation.as_str())) else {
            sums.insert((line.service.as_str(), line.operation.as_str()), line.clone());
            continue;
        };
        if sum.unit.is_empty() {
            sum.unit.clone_from(&line.unit);
        }
        for (sum, more) in [
            (&mut sum.requests, line.requests),
            (&mut sum.units, line.units),
            (&mut sum.entries, line.entries),
            (&mut sum.bytes, line.bytes),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
    let mut lines: Vec<_> = sums.into_values().map(|sum| line(sum, prices)).collect();
    lines.sort_by_key(|line| Reverse(line.nanodollars));
    lines
}

fn line(sum: MeteredLine, prices: Prices) -> ReceiptLine {
    let MeteredLine { service, operation, unit, requests, units, entries, bytes } = sum;
    ReceiptLine {
        nanodollars: prices.nanodollars(&service, &unit, units),
        service,
        operation,
        requests: whole(requests),
        unit: Some(unit).filter(|unit| !unit.is_empty()),
        units: whole(units),
        entries: (entries > 0).then(|| whole(entries)),
        bytes: (bytes > 0).then_some(bytes.saturating_add(MILLION / 2) / MILLION),
    }
}

#[expect(clippy::cast_precision_loss, reason = "what one order costs is far below where doubles lose a millionth")]
fn whole(millionths: u64) -> f64 {
    millionths as f64 / 1e6
}

/// Dollars with nine digits behind the point.
fn dollars(nanodollars: u64) -> String {
    const BILLION: u64 = 1_000_000_000;
    format!("${}.{:09}", nanodollars / BILLION, nanodollars % BILLION)
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::api::receipt::{MissingRole, ReceiptProcess};
    use shotengai_kernel::{OrderId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::prices::PriceTable;

    fn metered(role: &str, since: i64, lines: &[(&str, &str, &str, u64, u64)]) -> MeteredOrder {
        let since = Timestamp::from_second(since).unwrap();
        let lines = lines.iter().map(|&(service, operation, unit, requests, units)| MeteredLine {
            service: service.to_owned(),
            operation: operation.to_owned(),
            unit: unit.to_owned(),
            requests,
            units,
            entries: if service == "sqs" { MILLION } else { 0 },
            bytes: 0,
        });
        MeteredOrder {
            process: Some(ReceiptProcess { process: Uuid::nil(), roles: vec![role.to_owned()], since }),
            commits: MILLION,
            working_nanos: 1_500_000,
            lines: lines.collect(),
        }
    }

    fn of(metered: Vec<MeteredOrder>, missing: Vec<MissingRole>) -> OrderReceipt {
        let table = PriceTable::known().unwrap();
        let prices = table.of("us-east-1").unwrap().1;
        let priced = ReceiptPrices { region: "us-east-1".to_owned(), as_of: table.as_of, currency: "USD".to_owned() };
        let placed = serde_json::json!({
            "id": Uuid::nil(), "source": "order", "type": "OrderPlaced", "time": "1970-01-01T00:01:00Z", "data": {},
        });
        let order_id = OrderId::parse("ord_1").unwrap();
        let items = vec![serde_json::from_value(placed).unwrap()];
        receipt(OrderHistory { order_id, items }, Gathered { metered, missing }, prices, priced)
    }

    #[test]
    fn what_processes_have_booked_is_added_up_by_operation_the_dearest_first() {
        let order = metered(
            "order",
            0,
            &[
                ("dynamodb", "PutItem", "write", 500_000, 3 * MILLION),
                ("sqs", "ReceiveMessage", "request", 250_000, 250_000),
            ],
        );
        let billing = metered(
            "billing",
            0,
            &[("dynamodb", "PutItem", "", MILLION, 0), ("kinesis", "GetRecords", "", 100_000, 0)],
        );
        let receipt = of(vec![order, billing], Vec::new());
        let lines: Vec<_> = receipt
            .lines
            .iter()
            .map(|line| (line.operation.as_str(), line.requests, line.units, line.nanodollars))
            .collect();
        assert_eq!(
            lines,
            [("PutItem", 1.5, 3.0, 1875), ("ReceiveMessage", 0.25, 0.25, 100), ("GetRecords", 0.1, 0.0, 0)]
        );
        assert_eq!((receipt.nanodollars, receipt.cost.as_str()), (1975, "$0.000001975"));
        assert_eq!((receipt.requests, receipt.commits, receipt.messages), (1.85, 2.0, 1.0));
        assert_eq!(receipt.working_micros, 3000);
        assert!(receipt.complete);
    }

    #[test]
    fn it_is_complete_where_every_role_has_kept_all_since_before_the_order_was_placed() {
        assert!(of(vec![metered("order", 59, &[])], Vec::new()).complete);
        assert!(!of(vec![metered("order", 59, &[]), metered("billing", 61, &[])], Vec::new()).complete);
        let missing = MissingRole { role: "bridge".to_owned(), why: "it is away".to_owned() };
        assert!(!of(vec![metered("order", 59, &[])], vec![missing]).complete);
    }
}
