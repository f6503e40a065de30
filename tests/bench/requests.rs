//! How many requests to AWS the process has made, by its own counter.

use std::collections::BTreeMap;

/// The counters' names at `/metrics`.
const COUNTER: &str = "shotengai_aws_requests_total";
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
}

/// Requests by operation (`service.Operation`) and outcome.
#[derive(Clone, Default)]
pub(crate) struct Requests {
    counts: BTreeMap<(String, String), f64>,
    /// What they are paid by.
    pub(crate) units: Units,
}

impl Requests {
    /// The counter as it stands.
    pub(crate) async fn read(health_url: &str) -> Self {
        let text = reqwest::get(format!("{health_url}/metrics")).await.unwrap().text().await.unwrap();
        let mut counts = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with(COUNTER)) {
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            let operation = format!("{}.{}", label(series, "rpc_service"), label(series, "rpc_method"));
            *counts.entry((operation, label(series, "outcome").to_owned())).or_default() +=
                value.parse::<f64>().unwrap();
        }
        assert!(!counts.is_empty(), "no {COUNTER} at {health_url}/metrics");
        Self { counts, units: Units::read(&text) }
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
