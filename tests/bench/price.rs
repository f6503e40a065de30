//! Dollars, from counted units and the dated table of list prices (`docs/prices.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::requests::Units;

const TABLE: &str = include_str!("../../docs/prices.toml");
const REGION: &str = "us-east-1";
const HOURS_A_MONTH: f64 = 730.0;
const SECONDS_A_MONTH: f64 = HOURS_A_MONTH * 3600.0;
const MILLION: f64 = 1e6;

#[derive(Deserialize)]
struct Table {
    as_of: String,
    regions: BTreeMap<String, Prices>,
}

/// List prices of one region, in dollars, of what is added up here: not of change capture and fan-out.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Prices {
    dynamodb_write_million: f64,
    dynamodb_read_million: f64,
    kinesis_shard_hour: f64,
    kinesis_payload_million: f64,
    sns_request_million: f64,
    sqs_request_million: f64,
}

impl Prices {
    /// The prices to reckon with, and where they are from.
    pub(crate) fn known() -> (Self, String) {
        let table: Table = toml::from_str(TABLE).expect("docs/prices.toml can be read");
        let prices = table.regions.get(REGION).expect("a region of the table").clone();
        (prices, format!("{REGION}, list prices of {}", table.as_of))
    }

    /// What so many units cost. Units of no price cost nothing: SNS delivers to SQS for nothing, and reads of shards are in the
    /// shard's hour.
    pub(crate) fn of(&self, units: &Units) -> f64 {
        let each = |service: &str, unit: &str| match (service, unit) {
            ("dynamodb", "write") => self.dynamodb_write_million,
            ("dynamodb", "read") => self.dynamodb_read_million,
            ("kinesis", "payload") => self.kinesis_payload_million,
            ("sns", "request") => self.sns_request_million,
            ("sqs", "request") => self.sqs_request_million,
            _ => 0.0,
        };
        units.by_unit().into_iter().map(|((service, unit), units)| each(service, unit) * units / MILLION).sum()
    }

    /// A million orders, each of which costs so much in requests.
    pub(crate) fn million_orders(&self, units: &Units, orders: f64) -> f64 {
        self.of(units) / orders * MILLION
    }

    /// A month of a street that uses so many units in so many seconds, with so many shards that are read by polling.
    pub(crate) fn month_at_rest(&self, units: &Units, seconds: f64, shards: f64) -> f64 {
        self.of(units) / seconds * SECONDS_A_MONTH + shards * self.kinesis_shard_hour * HOURS_A_MONTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_adds_up() {
        let (prices, from) = Prices::known();
        assert!(from.starts_with(REGION));
        let units = Units::of(&[("dynamodb", "write", 2e6), ("dynamodb", "read", 4e6), ("sqs", "request", 1e6)]);
        assert!((prices.of(&units) - 2.15).abs() < 1e-9);
        assert!((prices.million_orders(&units, 1e6) - 2.15).abs() < 1e-9);
        let month = prices.month_at_rest(&Units::of(&[]), 1.0, 1.0);
        assert!((month - 10.95).abs() < 1e-9, "{month}");
    }
}
