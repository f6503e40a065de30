//! Dollars, from counted units and the dated table of list prices (`docs/prices.toml`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::requests::Units;
use crate::streamed::Streamed;

const TABLE: &str = include_str!("../../docs/prices.toml");
const HOURS_A_MONTH: f64 = 730.0;
const SECONDS_A_MONTH: f64 = HOURS_A_MONTH * 3600.0;
const MILLION: f64 = 1e6;
const GB: f64 = 1e9;

#[derive(Deserialize)]
struct Table {
    as_of: String,
    regions: BTreeMap<String, Prices>,
}

/// List prices of one region, in dollars.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Prices {
    dynamodb_write_million: f64,
    dynamodb_read_million: f64,
    dynamodb_capture_million: f64,
    kinesis_shard_hour: f64,
    kinesis_payload_million: f64,
    kinesis_fan_out_shard_hour: f64,
    kinesis_fan_out_gb: f64,
    sns_request_million: f64,
    sqs_request_million: f64,
}

/// How a street's stream is fed and read, which is paid by things that its processes don't see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// DynamoDB feeds it.
    pub(crate) captured: bool,
    /// A consumer of enhanced fan-out reads it.
    pub(crate) pushed: bool,
}

/// What a street costs, in dollars, by what it is paid for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Dollars {
    pub(crate) million_orders: f64,
    pub(crate) million_orders_by: BTreeMap<&'static str, f64>,
    /// With one shard.
    pub(crate) month_at_rest: f64,
    pub(crate) month_at_rest_by: BTreeMap<&'static str, f64>,
}

impl Prices {
    /// The prices of a region, and where they are from.
    ///
    /// # Errors
    /// A line that names the regions there are.
    pub(crate) fn of_region(region: &str) -> Result<(Self, String), String> {
        let table: Table = toml::from_str(TABLE).expect("docs/prices.toml can be read");
        let Some(prices) = table.regions.get(region) else {
            let known = table.regions.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(format!("--region {region}: docs/prices.toml has {known}"));
        };
        Ok((prices.clone(), format!("{region}, list prices of {}", table.as_of)))
    }

    /// What so many units cost, by what they are of. Units of no price cost nothing: SNS delivers to SQS for nothing, and reads
    /// of shards are in the shard's hour.
    fn requests(&self, units: &Units) -> BTreeMap<&'static str, f64> {
        let each = [
            ("DynamoDB writes", "dynamodb", "write", self.dynamodb_write_million),
            ("DynamoDB reads", "dynamodb", "read", self.dynamodb_read_million),
            ("Kinesis payload", "kinesis", "payload", self.kinesis_payload_million),
            ("SNS", "sns", "request", self.sns_request_million),
            ("SQS", "sqs", "request", self.sqs_request_million),
        ];
        let cost = |(name, service, unit, price)| (name, units.of_unit(service, unit) * price / MILLION);
        each.into_iter().map(cost).filter(|(_, dollars)| *dollars > 0.0).collect()
    }

    /// A million orders, where `orders` used these units and brought these records; and a month, where a street that sells
    /// nothing used these in so many seconds.
    pub(crate) fn dollars(
        &self,
        ways: Ways,
        (load, streamed, orders): (&Units, Streamed, f64),
        (rest, seconds): (&Units, f64),
    ) -> Dollars {
        let mut by = self.requests(load);
        if ways.captured {
            by.insert("change capture", streamed.capture_units * self.dynamodb_capture_million / MILLION);
            *by.entry("Kinesis payload").or_default() +=
                streamed.payload_units * self.kinesis_payload_million / MILLION;
        }
        if ways.pushed {
            by.insert("fan-out, data", streamed.bytes * self.kinesis_fan_out_gb / GB);
        }
        by.values_mut().for_each(|dollars| *dollars *= MILLION / orders);
        let mut month = self.requests(rest);
        month.values_mut().for_each(|dollars| *dollars *= SECONDS_A_MONTH / seconds);
        month.insert("shard", self.kinesis_shard_hour * HOURS_A_MONTH);
        if ways.pushed {
            month.insert("fan-out, shard", self.kinesis_fan_out_shard_hour * HOURS_A_MONTH);
        }
        Dollars {
            million_orders: by.values().sum(),
            million_orders_by: by,
            month_at_rest: month.values().sum(),
            month_at_rest_by: month,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "us-east-1";

    #[test]
    fn the_table_is_read_and_adds_up() {
        let (prices, from) = Prices::of_region(REGION).unwrap();
        assert!(from.starts_with(REGION));
        let units = Units::of(&[("dynamodb", "write", 2e6), ("dynamodb", "read", 4e6), ("sqs", "request", 1e6)]);
        let streamed = Streamed { bytes: 1e9, payload_units: 1e6, capture_units: 1e6 };
        let dollars = |captured, pushed| {
            let ways = Ways { captured, pushed };
            prices.dollars(ways, (&units, streamed, 1e6), (&Units::default(), 1.0))
        };
        let (plain, all) = (dollars(false, false), dollars(true, true));
        assert!((plain.million_orders - 2.15).abs() < 1e-9, "{plain:?}");
        assert!((plain.month_at_rest - 10.95).abs() < 1e-9, "{plain:?}");
        assert!((all.million_orders - 2.15 - 0.1 - 0.014 - 0.013).abs() < 1e-9, "{all:?}");
        assert!((all.month_at_rest - 2.0 * 10.95).abs() < 1e-9, "{all:?}");
    }

    #[test]
    fn a_region_without_prices_is_refused_by_the_names_of_those_with_some() {
        let refused = Prices::of_region("mars-1").unwrap_err();
        assert!(refused.contains("mars-1") && refused.contains(REGION), "{refused}");
    }
}
