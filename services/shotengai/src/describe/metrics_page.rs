//! The page about metrics, and what Prometheus makes of the declarations. `UPDATE_GOLDEN=1` writes `docs/metrics.md`
//! anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use shotengai_metrics::{LabelDescription, OTHER};

use super::{Metric, description};
use crate::roles;

const HEAD: &str = "\
# Metrics

Every figure that a process shows at `/metrics` of its health port: for operators who build dashboards and alerts. The
page is made from the declarations in the code; `shotengai describe` has the same as JSON.
[Operations](operations.md#alerts) says what the chart's alerts make of them.

**Names.** Where OpenTelemetry's semantic conventions have a figure, it has their name, unit and labels
(`http.server.request.duration`). Figures of the program itself begin with `shotengai_`, those of the business with
`shop_`. Prometheus shows dots as underscores, puts the unit behind the name, and `_total` behind what is only added to.
Times are seconds.

**Labels** have a closed set of values: those that are listed, or one for each of something that is declared, installed
or configured. What is not listed is `_OTHER`: no caller makes series by what it sends. A label that has nothing to say
is left away.

**Counters** begin at zero in every process: ask for `rate` or `increase`, and sum over the pods. The version of a
process and its roles are labels of `target_info`.

**Business figures** are counted by the process that committed what happened, when the commit is written: neither a
message that comes again nor an event that is published again is counted twice. What a process had written at the moment
it was killed, or wrote without an answer, may be missing: figures can fall short, and never exceed. The event tables
have the truth. A mail is counted when its claim is recorded, so a second copy after a fault counts again only if a
second attempt sent it. Money is in the major unit of `currency`: 200 is ¥200, 12.5 is $12.50.
";

fn page(metrics: &[Metric]) -> String {
    let mut page = HEAD.to_owned();
    let is_business = |metric: &&Metric| metric.what.name.starts_with("shop.");
    let (business, technical): (Vec<_>, Vec<_>) = metrics.iter().partition(is_business);
    for (title, metrics) in [("Business", business), ("Program", technical)] {
        if metrics.is_empty() {
            continue;
        }
        write!(page, "\n## {title}\n\n| Prometheus | says | labels | of |\n|---|---|---|---|\n").unwrap();
        for Metric { by, what } in metrics {
            let labels: Vec<_> = what.labels.iter().map(label).collect();
            let (name, says, labels) = (&what.prometheus, what.description, labels.join("; "));
            writeln!(page, "| `{name}` ({}) | {says} | {labels} | {by} |", what.kind).unwrap();
        }
    }
    page
}

fn label(label: &LabelDescription) -> String {
    let name = &label.prometheus;
    match (&label.values, label.each) {
        (Some(values), _) => {
            let values: Vec<_> = values.iter().filter(|value| **value != OTHER).copied().collect();
            format!("`{name}`: {}", values.join(", "))
        }
        (None, each) => format!("`{name}`: {}", each.unwrap_or_default()),
    }
}

#[test]
fn the_page_is_made_from_the_declarations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = page(&description().metrics);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn no_two_figures_have_one_name() {
    let all = description().metrics;
    let names: BTreeSet<_> = all.iter().map(|metric| &metric.what.prometheus).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn a_figure_is_a_convention_or_bears_a_prefix_of_ours() {
    for Metric { what, .. } in description().metrics {
        let is_convention = what.name.starts_with("http.") && what.unit != "ms";
        let is_ours = ["shotengai.", "shop."].iter().any(|prefix| what.name.starts_with(prefix));
        assert!(is_convention || is_ours, "{}", what.name);
        let counted = what.unit.starts_with('{') && what.unit.ends_with('}');
        assert!(counted || ["", "s", "By"].contains(&what.unit), "{} in {}", what.name, what.unit);
    }
}

/// The real exporter, as `/metrics` has it.
#[test]
fn prometheus_sees_every_figure_under_the_name_and_labels_that_are_described() {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let meter = provider.meter("test");
    for (_, definitions) in roles::metrics() {
        for definition in definitions {
            let labels = definition.labels.iter().map(|label| KeyValue::new(label.name, OTHER));
            definition.sample(&meter, &labels.collect::<Vec<_>>());
        }
    }
    let seen: BTreeMap<_, _> = registry
        .gather()
        .into_iter()
        .filter(|family| family.name() != "target_info")
        .map(|family| {
            let labels = family.get_metric()[0].get_label().iter().map(|label| label.name().to_owned());
            let labels: BTreeSet<_> = labels.filter(|label| !label.starts_with("otel_scope")).collect();
            let kind = format!("{:?}", family.get_field_type()).to_lowercase();
            (family.name().to_owned(), (kind, labels))
        })
        .collect();
    let described: BTreeMap<_, _> = description()
        .metrics
        .into_iter()
        .map(|Metric { what, .. }| {
            let labels: BTreeSet<_> = what.labels.into_iter().map(|label| label.prometheus).collect();
            (what.prometheus, (what.kind.to_owned(), labels))
        })
        .collect();
    assert_eq!(seen, described);
}
