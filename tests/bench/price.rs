//! Dollars, from counted units and the dated table of list prices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shotengai_query::prices::{PriceTable, Prices};

use crate::requests::Units;
use crate::streamed::Streamed;

pub(crate) const HOURS_A_MONTH: f64 = 730.0;
pub(crate) const SECONDS_A_MONTH: f64 = HOURS_A_MONTH * 3600.0;
pub(crate) const MILLION: f64 = 1e6;
pub(crate) const GB: f64 = 1e9;

/// How a street's stream is fed and read, which is paid by things that its processes don't see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// DynamoDB feeds it.
    pub(crate) captured: bool,
    /// A consumer of enhanced fan-out reads it.
    pub(crate) pushed: bool,
}

/// Units that AWS is paid by, of an order or of a second. SNS delivers to SQS for nothing, and reads of shards are in the
/// shard's hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Used {
    pub(crate) dynamodb_write: f64,
    pub(crate) dynamodb_read: f64,
    pub(crate) dynamodb_capture: f64,
    pub(crate) kinesis_payload: f64,
    pub(crate) sns_request: f64,
    pub(crate) sqs_request: f64,
    /// Of records that came into the stream.
    pub(crate) stream_bytes: f64,
}

impl Used {
    /// What processes have counted and what the stream took in meanwhile, of so many orders or seconds.
    pub(crate) fn counted(units: &Units, streamed: Streamed, ways: Ways, over: f64) -> Self {
        let of = |service, unit| units.of_unit(service, unit) / over;
        let captured = |units: f64| if ways.captured { units / over } else { 0.0 };
        Self {
            dynamodb_write: of("dynamodb", "write"),
            dynamodb_read: of("dynamodb", "read"),
            dynamodb_capture: captured(streamed.capture_units),
            kinesis_payload: of("kinesis", "payload") + captured(streamed.payload_units),
            sns_request: of("sns", "request"),
            sqs_request: of("sqs", "request"),
            stream_bytes: streamed.bytes / over,
        }
    }

    /// What a million times this costs, by what it is for.
    pub(crate) fn a_million(&self, prices: &Prices, pushed: bool) -> BTreeMap<&'static str, f64> {
        let pushed_gb = if pushed { self.stream_bytes * MILLION / GB } else { 0.0 };
        let each = [
            ("DynamoDB writes", self.dynamodb_write * prices.dynamodb_write_million),
            ("DynamoDB reads", self.dynamodb_read * prices.dynamodb_read_million),
            ("change capture", self.dynamodb_capture * prices.dynamodb_capture_million),
            ("Kinesis payload", self.kinesis_payload * prices.kinesis_payload_million),
            ("fan-out, data", pushed_gb * prices.kinesis_fan_out_gb),
            ("SNS", self.sns_request * prices.sns_request_million),
            ("SQS", self.sqs_request * prices.sqs_request_million),
        ];
        each.into_iter().filter(|(_, dollars)| *dollars > 0.0).collect()
    }

    /// What a month of this a second costs, by what it is for.
    pub(crate) fn a_month(&self, prices: &Prices, pushed: bool) -> BTreeMap<&'static str, f64> {
        let million = self.a_million(prices, pushed).into_iter();
        million.map(|(what, dollars)| (what, dollars * SECONDS_A_MONTH / MILLION)).collect()
    }
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

impl Dollars {
    /// Of a street whose orders use so much each, and whose rest uses so much a second.
    pub(crate) fn of(prices: &Prices, ways: Ways, order: &Used, rest: &Used) -> Self {
        let by = order.a_million(prices, ways.pushed);
        let mut month = rest.a_month(prices, ways.pushed);
        month.insert("shard", shard_month(prices));
        if ways.pushed {
            month.insert("fan-out, shard", fan_out_month(prices));
        }
        Self {
            million_orders: by.values().sum(),
            million_orders_by: by,
            month_at_rest: month.values().sum(),
            month_at_rest_by: month,
        }
    }
}

/// A shard for a month.
pub(crate) fn shard_month(prices: &Prices) -> f64 {
    prices.kinesis_shard_hour * HOURS_A_MONTH
}

/// A consumer of enhanced fan-out for a month, each shard.
pub(crate) fn fan_out_month(prices: &Prices) -> f64 {
    prices.kinesis_fan_out_shard_hour * HOURS_A_MONTH
}

/// The prices of a region, and where they are from.
///
/// # Errors
/// A line that names the regions there are.
pub(crate) fn of_region(region: &str) -> Result<(Prices, String), String> {
    let table = PriceTable::known().map_err(|error| error.to_string())?;
    let Some((_, prices)) = table.of(region) else {
        return Err(format!("--region {region}: docs/prices.toml has {}", table.regions()));
    };
    Ok((prices, format!("{region}, list prices of {}", table.as_of)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "us-east-1";

    #[test]
    fn the_table_is_read_and_adds_up() {
        let (prices, from) = of_region(REGION).unwrap();
        assert!(from.starts_with(REGION));
        let units = Units::of(&[("dynamodb", "write", 2e6), ("dynamodb", "read", 4e6), ("sqs", "request", 1e6)]);
        let streamed = Streamed { bytes: 1e9, payload_units: 1e6, capture_units: 1e6 };
        let dollars = |captured, pushed| {
            let ways = Ways { captured, pushed };
            Dollars::of(&prices, ways, &Used::counted(&units, streamed, ways, 1e6), &Used::default())
        };
        let (plain, all) = (dollars(false, false), dollars(true, true));
        assert!((plain.million_orders - 2.15).abs() < 1e-9, "{plain:?}");
        assert!((plain.month_at_rest - 10.95).abs() < 1e-9, "{plain:?}");
        assert!((all.million_orders - 2.15 - 0.1 - 0.014 - 0.013).abs() < 1e-9, "{all:?}");
        assert!((all.month_at_rest - 2.0 * 10.95).abs() < 1e-9, "{all:?}");
    }

    #[test]
    fn a_month_of_a_unit_a_second_is_its_seconds() {
        let (prices, _) = of_region(REGION).unwrap();
        let month = Used { sqs_request: 1.0, ..Used::default() }.a_month(&prices, false);
        assert!((month["SQS"] - 0.4 * 2.628).abs() < 1e-9, "{month:?}");
    }

    #[test]
    fn a_region_without_prices_is_refused_by_the_names_of_those_with_some() {
        let refused = of_region("mars-1").unwrap_err();
        assert!(refused.contains("mars-1") && refused.contains(REGION), "{refused}");
    }
}
