//! What was counted once, and is kept: `make bench ARGS="--only streets,inventory --streets outbox,cdc,apart --counts FILE"` writes it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use shotengai_kernel::{Clock, SystemClock};

use crate::args::StreetKey;
use crate::price::Used;
use crate::results::{Results, Street};

const KEPT: &str = include_str!("../counts.json");

/// Characters of a day in a time.
const DAY: usize = "2026-11-30".len();

/// Everything that is kept of a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    /// The day.
    pub(super) as_of: String,
    /// What there is to know about the figures; for people.
    pub(super) notes: Vec<String>,
    /// Orders at once, and by how many clients.
    pub(super) orders: usize,
    pub(super) clients: usize,
    /// Of each street's stream.
    pub(super) shards: u16,
    /// Orders a second of one product that inventory alone has reserved, over memory, 5 ms an append.
    pub(super) one_product_a_second: f64,
    pub(super) outbox: Counted,
    pub(super) cdc: Counted,
    pub(super) apart: Counted,
}

/// A street.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    pub(super) an_order: Used,
    /// Of an order that comes alone.
    pub(super) an_order_alone: Used,
    pub(super) a_second_at_rest: Used,
    /// Processor an order, by the roles of each process.
    pub(super) cpu_ms_an_order: BTreeMap<String, f64>,
}

impl Counts {
    /// What is in the repository.
    pub(super) fn kept() -> Self {
        serde_json::from_str(KEPT).expect("tests/bench/counts.json can be read")
    }

    /// What a run has counted.
    ///
    /// # Errors
    /// What it left out.
    pub(crate) fn of(results: &Results) -> Result<Self, String> {
        let street = |key| {
            let street = results.street(key).ok_or_else(|| format!("the street {key:?} was not measured"))?;
            Counted::of(street).ok_or_else(|| format!("the street {key:?} did not tell all of it"))
        };
        let inventory = results.inventory_alone.as_ref().ok_or("the part inventory was not measured")?;
        Ok(Self {
            as_of: SystemClock.now().to_string().chars().take(DAY).collect(),
            notes: Vec::new(),
            orders: results.plan.load,
            clients: results.plan.clients,
            shards: results.plan.shards,
            one_product_a_second: rounded(inventory.one_a_second),
            outbox: street(StreetKey::Outbox)?,
            cdc: street(StreetKey::Cdc)?,
            apart: street(StreetKey::Apart)?,
        })
    }

    /// Keeps it in a file.
    ///
    /// # Errors
    /// Why it can't be written.
    pub(crate) fn write(&self, file: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(file, text + "\n").map_err(|error| error.to_string())
    }
}

impl Counted {
    fn of(street: &Street) -> Option<Self> {
        let used = street.used?;
        let cpu =
            street.processes.iter().map(|process| Some((process.roles.clone(), rounded(process.cpu_ms_an_order?))));
        Some(Self {
            an_order: used.an_order,
            an_order_alone: used.an_order_alone,
            a_second_at_rest: used.a_second_at_rest,
            cpu_ms_an_order: cpu.collect::<Option<_>>()?,
        })
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_as_it_was_written() {
        let kept = Counts::kept();
        let again: Counts = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(again.outbox.an_order, kept.outbox.an_order);
        assert_eq!(kept.apart.cpu_ms_an_order.len(), 9, "a process each role");
    }
}
