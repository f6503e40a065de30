//! A definition as `shotengai describe` shows it.

use serde::Serialize;

use crate::definition::{Definition, prometheus};
use crate::label::{OTHER, Values};

/// A figure, described.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// Its name in OpenTelemetry's form.
    pub name: &'static str,
    /// The name under which Prometheus sees it.
    pub prometheus: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// One line for people.
    pub description: &'static str,
    /// Its labels.
    pub labels: Vec<LabelDescription>,
    /// The upper bounds of a histogram's buckets.
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    pub buckets: &'static [f64],
}

/// A label, described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelDescription {
    /// Its name in OpenTelemetry's form.
    pub name: &'static str,
    /// The name under which Prometheus sees it.
    pub prometheus: String,
    /// All its values, where they are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<&'static str>>,
    /// There is a value for each of these, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<&'static str>,
}

impl From<&Definition> for Description {
    fn from(definition: &Definition) -> Self {
        let labels = definition.labels.iter().map(|label| {
            let (values, each) = match label.values {
                Values::Of(values) => (Some(values.iter().copied().chain([OTHER]).collect()), None),
                Values::Each(what) => (None, Some(what)),
            };
            LabelDescription { name: label.name, prometheus: prometheus(label.name), values, each }
        });
        Self {
            name: definition.name,
            prometheus: definition.prometheus_name(),
            kind: definition.kind.as_str(),
            unit: definition.unit,
            description: definition.description,
            labels: labels.collect(),
            buckets: definition.boundaries,
        }
    }
}
