//! The dated table of list prices (`docs/prices.toml`): for receipts, and for the benchmark, which reckons months by it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use shotengai_messaging::receipts::in_millionths;

const TABLE: &str = include_str!("../../../docs/prices.toml");

/// List prices, by region.
#[derive(Debug, Clone, Deserialize)]
pub struct PriceTable {
    /// The day they are of.
    pub as_of: String,
    regions: BTreeMap<String, Prices>,
}

/// List prices of one region, in dollars: a million units, an hour, a GB, or a GB a month.
#[derive(Debug, Clone, Copy, Deserialize)]
#[expect(missing_docs, reason = "docs/prices.toml says what each is of")]
pub struct Prices {
    pub dynamodb_write_million: f64,
    pub dynamodb_read_million: f64,
    pub dynamodb_capture_million: f64,
    pub dynamodb_storage_gb_month: f64,
    pub kinesis_shard_hour: f64,
    pub kinesis_payload_million: f64,
    pub kinesis_fan_out_shard_hour: f64,
    pub kinesis_fan_out_gb: f64,
    pub sns_request_million: f64,
    pub sqs_request_million: f64,
    pub fargate_vcpu_hour: f64,
    pub fargate_gb_hour: f64,
}

impl PriceTable {
    /// The table that this program was built with.
    ///
    /// # Errors
    /// When it can't be read, or has no region.
    pub fn known() -> anyhow::Result<Self> {
        let table: Self = toml::from_str(TABLE).context("docs/prices.toml can't be read")?;
        anyhow::ensure!(!table.regions.is_empty(), "docs/prices.toml has no region");
        Ok(table)
    }

    /// Prices of a region, if the table has it.
    pub fn of(&self, region: &str) -> Option<(&str, Prices)> {
        self.regions.get_key_value(region).map(|(region, prices)| (region.as_str(), *prices))
    }

    /// Prices of this region or, where the table doesn't have it, of its first.
    pub fn nearest(&self, region: &str) -> Option<(&str, Prices)> {
        let first = || self.regions.iter().next().map(|(region, prices)| (region.as_str(), *prices));
        self.of(region).or_else(first)
    }

    /// The regions that it has.
    pub fn regions(&self) -> String {
        self.regions.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl Prices {
    /// Cost of so many millionths of a unit, in billionths of a dollar, rounded. Units of no price cost nothing: reads of shards
    /// are in the shard's hour.
    pub fn nanodollars(&self, service: &str, unit: &str, millionths: u64) -> u64 {
        let dollars_a_million = match (service, unit) {
            ("dynamodb", "write") => self.dynamodb_write_million,
            ("dynamodb", "read") => self.dynamodb_read_million,
            ("kinesis", "payload") => self.kinesis_payload_million,
            ("sns", "request") => self.sns_request_million,
            ("sqs", "request") => self.sqs_request_million,
            _ => 0.0,
        };
        // Trillionths of a dollar a unit, whole: no list price is finer.
        let each = in_millionths(dollars_a_million);
        let picodollars = u128::from(each) * u128::from(millionths) / 1_000_000;
        u64::try_from((picodollars + 500) / 1000).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: u64 = 1_000_000;

    #[test]
    fn units_cost_what_the_table_says() {
        let table = PriceTable::known().unwrap();
        let (region, prices) = table.of("us-east-1").unwrap();
        assert_eq!((region, table.as_of.len()), ("us-east-1", "2026-11-30".len()));
        assert_eq!(prices.nanodollars("dynamodb", "write", MILLION), 625);
        assert_eq!(prices.nanodollars("dynamodb", "read", MILLION / 2), 63, "half a unit is 62.5");
        assert_eq!(prices.nanodollars("kinesis", "payload", MILLION), 14);
        assert_eq!(prices.nanodollars("sns", "request", MILLION / 10), 50);
        assert_eq!(prices.nanodollars("sqs", "request", 1000 * MILLION), 400_000);
        assert_eq!(prices.nanodollars("kinesis", "", MILLION), 0);
        assert_eq!(prices.nanodollars("dynamodb", "write", u64::MAX), 11_529_215_046_068_470);
    }

    #[test]
    fn a_region_that_the_table_does_not_have_is_told_from_one_that_it_has() {
        let table = PriceTable::known().unwrap();
        assert!(table.of("mars-north-1").is_none());
        assert!(table.regions().contains("us-east-1"));
        assert_eq!(table.nearest("mars-north-1").unwrap().0, table.regions().split(", ").next().unwrap());
    }
}
