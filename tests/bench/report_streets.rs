//! The tables of streets, one column each.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::report::{NOT_MEASURED, mib, ms, percent, short};
use crate::results::{Latency, Results, Street};

/// Figures of all streets.
pub(crate) fn figures(results: &Results) -> String {
    let streets = &results.streets;
    let mut out = header("Streets", streets.iter().map(|street| street.name.as_str()));
    let mut row = |name: &str, value: &dyn Fn(&Street) -> String| {
        let _ = write!(out, "| {name} |");
        for street in streets {
            let _ = write!(out, " {} |", value(street));
        }
        out.push('\n');
    };
    let (single, load, clients) = (results.plan.single, results.plan.load, results.plan.clients);
    row("size of the binary", &|s| mib(Some(s.binary_bytes)));
    row("shards of the stream", &|s| s.shards.to_string());
    row("start to ready", &|s| ms(s.ready.as_secs_f64() * 1e3));
    row("resident at rest, all processes", &|s| mib(s.processes.iter().map(|p| p.resident_at_rest_bytes).sum()));
    row("resident after the load", &|s| mib(s.processes.iter().map(|p| p.resident_after_load_bytes).sum()));
    row("processor at rest", &|s| percent(s.rest.cpu_share));
    row("requests a second at rest", &|s| short(s.rest.requests_a_second));
    row("of these, reads of shards", &|s| short(s.rest.shard_reads_a_second));
    row(&format!("place → accepted, {single} single orders"), &|s| latency(&s.single.accepted));
    row(&format!("place → paid, {single} single orders"), &|s| latency(&s.single.paid));
    row("requests for a single order", &|s| short(s.single.requests_an_order));
    row(&format!("{load} orders by {clients} clients: placed"), &|s| format!("{}/s", short(s.load.placed_a_second)));
    row(&format!("{load} orders by {clients} clients: paid"), &|s| format!("{}/s", short(s.load.paid_a_second)));
    row("place → paid under load", &|s| latency(&s.load.paid));
    row("the last paid after the last placed", &|s| ms(s.load.tail.as_secs_f64() * 1e3));
    row("processor an order, all processes", &|s| told(s.load.cpu_ms_an_order, ms));
    row("processor an order, the local AWS", &|s| told(s.load.local_aws_cpu_ms_an_order, ms));
    row("requests an order under load", &|s| short(s.load.requests_an_order));
    row("write units an order under load", &|s| told(s.load.write_units_an_order, short));
    row("read units an order under load", &|s| told(s.load.read_units_an_order, short));
    row("not answered with success under load", &|s| {
        let some = s.load.not_ok.iter().map(|(what, times)| format!("{what} {times:.0} times")).collect::<Vec<_>>();
        if some.is_empty() { "none".to_owned() } else { some.join(", ") }
    });
    out.push_str(
        "\nTimes are p50 / p90 / p99 / max. Requests an order are without rest and without reads of shards.\n\n",
    );
    out
}

/// Processes of streets that have several.
pub(crate) fn processes(results: &Results) -> String {
    let mut out = String::new();
    for street in results.streets.iter().filter(|street| street.processes.len() > 1) {
        let _ = writeln!(out, "### Each role as a process of its own: {}\n", street.name);
        let _ = writeln!(
            out,
            "| role | resident at rest | after {} orders | processor at rest | per order |\n|---|---:|---:|---:|---:|",
            results.plan.load
        );
        for process in &street.processes {
            let (rest, load) = (mib(process.resident_at_rest_bytes), mib(process.resident_after_load_bytes));
            let (idle, order) = (percent(process.rest_cpu_share), told(process.cpu_ms_an_order, ms));
            let _ = writeln!(out, "| {} | {rest} | {load} | {idle} | {order} |", process.roles);
        }
        out.push('\n');
    }
    out
}

/// What they cost.
pub(crate) fn dollars(results: &Results) -> String {
    let priced: Vec<_> =
        results.streets.iter().filter_map(|street| Some((&street.name, street.dollars.as_ref()?))).collect();
    if priced.is_empty() {
        return String::new();
    }
    let mut out = header("Dollars", priced.iter().map(|(name, _)| name.as_str()));
    let mut row = |name: &str, values: Vec<Option<f64>>| {
        let values = values.into_iter().map(|value| value.map_or("–".to_owned(), |value| format!("${value:.2}")));
        let _ = writeln!(out, "| {name} | {} |", values.collect::<Vec<_>>().join(" | "));
    };
    row("**a million orders**", priced.iter().map(|(_, dollars)| Some(dollars.million_orders)).collect());
    let kinds: BTreeSet<_> = priced.iter().flat_map(|(_, dollars)| dollars.million_orders_by.keys()).collect();
    for kind in kinds {
        row(kind, priced.iter().map(|(_, dollars)| dollars.million_orders_by.get(kind).copied()).collect());
    }
    row("**a month at rest, one shard**", priced.iter().map(|(_, dollars)| Some(dollars.month_at_rest)).collect());
    let kinds: BTreeSet<_> = priced.iter().flat_map(|(_, dollars)| dollars.month_at_rest_by.keys()).collect();
    for kind in kinds {
        let name = format!("{kind}, at rest");
        row(&name, priced.iter().map(|(_, dollars)| dollars.month_at_rest_by.get(kind).copied()).collect());
    }
    let from = &results.prices;
    let _ = writeln!(out, "\n{from}, as the local AWS counts capacity; without storage and traffic.\n");
    out
}

/// Requests of each street, by operation.
pub(crate) fn requests(results: &Results) -> String {
    let mut out = String::new();
    for street in &results.streets {
        let _ = writeln!(out, "### Requests to AWS: {}\n", street.name);
        out.push_str(
            "| operation | at rest, per second | single order: all | net of rest | under load: all, per order | net of rest |\n\
             |---|---:|---:|---:|---:|---:|\n",
        );
        let mut sums = [0.0; 5];
        for operation in &street.operations {
            let values =
                [operation.rest_a_second, operation.single, operation.single_net, operation.load, operation.load_net];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            line(&mut out, &operation.operation, values);
        }
        line(&mut out, "**all**", sums);
        out.push('\n');
    }
    out
}

fn line(out: &mut String, name: &str, values: [f64; 5]) {
    let values = values.map(|value| format!("{value:.2}")).join(" | ");
    let _ = writeln!(out, "| {name} | {values} |");
}

fn header<'a>(title: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    format!("### {title}\n\n| | {} |\n|---|{}\n", names.join(" | "), "---:|".repeat(names.len()))
}

fn latency(latency: &Latency) -> String {
    let times = [latency.p50_ms, latency.p90_ms, latency.p99_ms, latency.max_ms];
    format!("{} ms", times.map(|time| format!("{time:.0}")).join(" / "))
}

fn told(value: Option<f64>, form: impl Fn(f64) -> String) -> String {
    value.map_or(NOT_MEASURED.to_owned(), form)
}
