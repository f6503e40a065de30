//! The table of what orders may cost (`tests/bench/gate.toml`), and what rose above it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::Kinds;

const TABLE: &str = include_str!("../../bench/gate.toml");

/// What was counted of one way to publish.
#[derive(Debug, Clone)]
pub struct Measured {
    /// `outbox` or `cdc`.
    pub publish: &'static str,
    /// Requests of orders that had the street for themselves, by kind, and how many orders these were.
    pub single: Kinds,
    /// How many orders these were.
    pub singles: u32,
    /// The same of orders that came at once.
    pub at_once: Kinds,
    /// How many orders these were.
    pub orders: u32,
    /// Write units of DynamoDB an order, of those that came at once.
    pub write_units: f64,
}

/// The most of each.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Most {
    /// Requests an order that comes with others, without queries.
    requests_at_once: f64,
    /// Queries of event tables of these.
    queries_at_once: f64,
    /// Write units an order.
    write_units: f64,
    /// Requests of an order that has the street for itself, by service and operation. What is not named is not there.
    single: BTreeMap<String, f64>,
}

impl Most {
    /// The table's part for `outbox` or `cdc`.
    #[must_use]
    pub fn of(publish: &str) -> Self {
        let mut table: BTreeMap<String, Self> = toml::from_str(TABLE).expect("tests/bench/gate.toml can be read");
        table.remove(publish).unwrap_or_else(|| panic!("tests/bench/gate.toml has no {publish}"))
    }

    /// What rose, a line each: what it was, the most, and by how much.
    #[must_use]
    pub fn risen(&self, measured: &Measured) -> Vec<String> {
        let mut risen = Vec::new();
        let mut hold = |what: &str, seen: f64, most: f64| {
            if seen > most {
                let (publish, more) = (measured.publish, seen - most);
                risen.push(format!("{publish}: {what}: {seen:.2}, at most {most:.2}, {more:.2} more"));
            }
        };
        for (operation, seen) in by_operation(&measured.single, measured.singles) {
            let most = self.single.get(&operation).copied().unwrap_or_default();
            hold(&format!("{operation} for an order alone"), seen, most);
        }
        let queries = measured.an_order("dynamodb.Query");
        hold("requests an order of many, without queries", measured.an_order("") - queries, self.requests_at_once);
        hold("queries an order of many", queries, self.queries_at_once);
        hold("write units an order", measured.write_units, self.write_units);
        risen
    }
}

impl Measured {
    /// Requests an order, of those that came at once, of kinds that begin so.
    #[must_use]
    pub fn an_order(&self, kinds: &str) -> f64 {
        sum(self.at_once.iter().filter(|(kind, _)| kind.starts_with(kinds)).map(|(_, count)| *count), self.orders)
    }

    /// Everything that was counted, in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("### Counts of orders on the wire: {}\n\n", self.publish);
        let _ = writeln!(text, "| | alone | of {} at once |\n|---|---:|---:|", self.orders);
        let (singles, orders) = (self.singles, self.orders);
        let kinds: std::collections::BTreeSet<_> = self.single.keys().chain(self.at_once.keys()).collect();
        let of = |counts: &Kinds, kind: &str, orders| sum(counts.get(kind).copied(), orders);
        for kind in kinds {
            let (single, many) = (of(&self.single, kind, singles), of(&self.at_once, kind, orders));
            let _ = writeln!(text, "| {kind} | {single:.2} | {many:.2} |");
        }
        let single = sum(self.single.values().copied(), singles);
        let _ = writeln!(text, "| **all** | {single:.2} | {:.2} |", self.an_order(""));
        let _ = writeln!(text, "| write units | | {:.2} |", self.write_units);
        text
    }
}

fn by_operation(kinds: &Kinds, orders: u32) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::<String, u64>::new();
    for (kind, count) in kinds {
        let operation = kind.split(' ').next().unwrap_or_default();
        *counts.entry(operation.to_owned()).or_default() += count;
    }
    counts.into_iter().map(|(operation, count)| (operation, sum([count], orders))).collect()
}

fn sum(counts: impl IntoIterator<Item = u64>, orders: u32) -> f64 {
    let all = counts.into_iter().sum::<u64>();
    f64::from(u32::try_from(all).unwrap_or(u32::MAX)) / f64::from(orders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        let single = [("dynamodb.PutItem order-events".to_owned(), 8), ("dynamodb.PutItem users".to_owned(), 4)];
        Measured {
            publish: "outbox",
            single: single.into(),
            singles: 2,
            at_once: [("dynamodb.Query order-events".to_owned(), 30)].into(),
            orders: 10,
            write_units: 20.0,
        }
    }

    fn most() -> Most {
        Most {
            requests_at_once: 3.0,
            queries_at_once: 3.0,
            write_units: 20.0,
            single: [("dynamodb.PutItem".to_owned(), 6.0)].into(),
        }
    }

    #[test]
    fn what_is_within_the_table_has_not_risen() {
        assert_eq!(most().risen(&measured()), Vec::<String>::new());
    }

    #[test]
    fn what_rose_is_named_with_by_how_much() {
        let mut risen = measured();
        risen.write_units = 21.5;
        risen.single.insert("sqs.ReceiveMessage".to_owned(), 3);
        assert_eq!(
            most().risen(&risen),
            [
                "outbox: sqs.ReceiveMessage for an order alone: 1.50, at most 0.00, 1.50 more",
                "outbox: write units an order: 21.50, at most 20.00, 1.50 more",
            ]
        );
    }

    #[test]
    fn the_table_has_both_ways_to_publish() {
        for publish in ["outbox", "cdc"] {
            assert!(Most::of(publish).write_units > 0.0);
        }
    }
}
