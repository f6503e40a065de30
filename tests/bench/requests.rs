//! How many requests to AWS processes have made, by their own counters.

use std::collections::BTreeMap;

/// The counters' names at `/metrics`.
const COUNTER: &str = "shotengai_aws_requests_total";
/// The same at the first milestone.
const OLD_COUNTER: &str = "aws_requests_total";
const UNITS: &str = "shotengai_aws_units_total";

/// Units that requests are paid by, by service, operation and unit.
#[derive(Clone, Default)]
pub(crate) struct Units(BTreeMap<(String, String, String), f64>);

impl Units {
    fn read(metrics: &str) -> Self {
        let mut units = BTreeMap::new();
        for line in metrics.lines().filter(|line| line.starts_with(UNITS)) {
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            let key = ["rpc_service", "rpc_method", "unit"].map(|name| label(series, name).to_owned());
            *units.entry(key.into()).or_default() += value.parse::<f64>().unwrap();
        }
        Self(units)
    }

    #[cfg(test)]
    pub(crate) fn of(units: &[(&str, &str, f64)]) -> Self {
        let key = |service: &str, unit: &str| (service.to_owned(), String::new(), unit.to_owned());
        Self(units.iter().map(|(service, unit, count)| (key(service, unit), *count)).collect())
    }

    /// Sums over operations, by service and unit.
    pub(crate) fn by_unit(&self) -> BTreeMap<(&str, &str), f64> {
        let mut sums = BTreeMap::new();
        for ((service, _, unit), units) in &self.0 {
            *sums.entry((service.as_str(), unit.as_str())).or_default() += units;
        }
        sums
    }

    /// What is left when the same time at rest is taken off, unit by unit.
    pub(crate) fn net_of(&self, rest: &Self, times: f64) -> Self {
        let net = |(key, units): (&(String, String, String), &f64)| {
            let at_rest = rest.0.get(key).copied().unwrap_or_default() * times;
            (key.clone(), (units - at_rest).max(0.0))
        };
        Self(self.0.iter().map(net).collect())
    }

    fn since(&self, earlier: &Self) -> Self {
        self.net_of(earlier, 1.0)
    }

    /// Whether the processes count units at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Units of one kind.
    pub(crate) fn of_unit(&self, service: &str, unit: &str) -> f64 {
        self.by_unit().get(&(service, unit)).copied().unwrap_or_default()
    }
}

/// Requests by operation (`service.Operation`) and outcome.
#[derive(Clone, Default)]
pub(crate) struct Requests {
    counts: BTreeMap<(String, String), f64>,
    /// What they are paid by.
    pub(crate) units: Units,
}

impl Requests {
    /// The counters as they stand in these metrics, of one process or several.
    pub(crate) fn read(metrics: &str) -> Self {
        let mut counts = BTreeMap::new();
        for line in metrics.lines() {
            let names = if line.starts_with(COUNTER) {
                ["rpc_service", "rpc_method"]
            } else if line.starts_with(OLD_COUNTER) {
                ["service", "operation"]
            } else {
                continue;
            };
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            let [service, operation] = names.map(|name| label(series, name));
            let key = (format!("{service}.{operation}"), label(series, "outcome").to_owned());
            *counts.entry(key).or_default() += value.parse::<f64>().unwrap();
        }
        assert!(!counts.is_empty(), "no {COUNTER} among the metrics");
        Self { counts, units: Units::read(metrics) }
    }

    /// What came after an earlier reading.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let after = |(key, count): (&(String, String), &f64)| {
            let more = count - earlier.counts.get(key).copied().unwrap_or_default();
            (more > 0.0).then(|| (key.clone(), more))
        };
        Self { counts: self.counts.iter().filter_map(after).collect(), units: self.units.since(&earlier.units) }
    }

    /// By operation, whatever the outcome.
    pub(crate) fn by_operation(&self) -> BTreeMap<&str, f64> {
        let mut counts = BTreeMap::new();
        for ((operation, _), count) in &self.counts {
            *counts.entry(operation.as_str()).or_default() += count;
        }
        counts
    }

    /// Those that were not plainly answered: (operation, outcome, count).
    pub(crate) fn not_ok(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        let refused = self.counts.iter().filter(|((_, outcome), _)| outcome != "ok");
        refused.map(|((operation, outcome), count)| (operation.as_str(), outcome.as_str(), *count))
    }
}

fn label<'a>(series: &'a str, name: &str) -> &'a str {
    let found = series.split(['{', ',']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix("=\""));
    found.and_then(|value| value.split('"').next()).unwrap_or_else(|| panic!("no label {name} in {series}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_several_processes_and_of_the_first_milestone_are_read() {
        let ours = r#"shotengai_aws_requests_total{otel_scope_name="x",outcome="ok",rpc_method="PutItem",rpc_service="dynamodb"} 3
shotengai_aws_requests_total{outcome="ok",rpc_method="PutItem",rpc_service="dynamodb"} 4
shotengai_aws_units_total{rpc_method="PutItem",rpc_service="dynamodb",unit="write"} 9"#;
        let read = Requests::read(ours);
        assert_eq!(read.by_operation(), [("dynamodb.PutItem", 7.0)].into());
        assert!((read.units.of_unit("dynamodb", "write") - 9.0).abs() < 1e-9);
        let old = Requests::read(r#"aws_requests_total{operation="PutItem",outcome="ok",service="dynamodb"} 5"#);
        assert_eq!(old.by_operation(), [("dynamodb.PutItem", 5.0)].into());
        assert!(old.units.is_empty());
    }
}
