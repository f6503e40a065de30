//! How many requests to AWS the process has made, by its own counter.

use std::collections::BTreeMap;

/// The counter's name at `/metrics`.
const COUNTER: &str = "shotengai_aws_requests_total";

/// Requests by operation (`service.Operation`) and outcome.
#[derive(Clone, Default)]
pub(crate) struct Requests(BTreeMap<(String, String), f64>);

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
        Self(counts)
    }

    /// What came after an earlier reading.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let after = |(key, count): (&(String, String), &f64)| {
            let more = count - earlier.0.get(key).copied().unwrap_or_default();
            (more > 0.0).then(|| (key.clone(), more))
        };
        Self(self.0.iter().filter_map(after).collect())
    }

    /// By operation, whatever the outcome.
    pub(crate) fn by_operation(&self) -> BTreeMap<&str, f64> {
        let mut counts = BTreeMap::new();
        for ((operation, _), count) in &self.0 {
            *counts.entry(operation.as_str()).or_default() += count;
        }
        counts
    }

    /// Those that were not plainly answered: (operation, outcome, count).
    pub(crate) fn not_ok(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        let refused = self.0.iter().filter(|((_, outcome), _)| outcome != "ok");
        refused.map(|((operation, outcome), count)| (operation.as_str(), outcome.as_str(), *count))
    }
}

fn label<'a>(series: &'a str, name: &str) -> &'a str {
    let found = series.split(['{', ',']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix("=\""));
    found.and_then(|value| value.split('"').next()).unwrap_or_else(|| panic!("no label {name} in {series}"))
}
