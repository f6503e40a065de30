//! The tables, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use shotengai_tests::hot_product::Sales;
use shotengai_tests::process;
use shotengai_tests::test_cluster::binary;

use crate::price::Prices;
use crate::run::{Counted, Figures};
use crate::{Plan, Polling};

const MIB: f64 = 1024.0 * 1024.0;
const NOT_MEASURED: &str = "not measured";
/// Read by the clock, whatever there is to read: never part of what an order costs.
const POLL: &str = "kinesis.GetRecords";

/// Everything that was measured.
pub(crate) fn markdown(plan: &Plan, measured: &[(Polling, Figures)]) -> String {
    let mut out = machine();
    out.push_str(&figures(plan, measured));
    for (polling, figures) in measured {
        let _ = writeln!(out, "\n### Requests to AWS, {}\n", polling.name);
        out.push_str(&requests(figures));
    }
    out
}

/// Inventory alone, in this program's own build and in real time.
pub(crate) fn hot_product(hot: Sales, spread: Sales) -> String {
    let ratio = hot.per_second() / spread.per_second();
    format!(
        "### Inventory alone, over memory, 5 ms an append\n\n| {} orders of | reserved | appends |\n|---|---:|---:|\n\
         | one product | {:.0}/s | {} |\n| 1,000 products | {:.0}/s | {} |\n\n\
         One product sells {ratio:.2} times as fast (aim >= 0.9).\n",
        hot.orders,
        hot.per_second(),
        hot.appends,
        spread.per_second(),
        spread.appends
    )
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = if binary().components().any(|part| part.as_os_str() == "release") { "release" } else { "not release" };
    let load = process::load_average().map_or(NOT_MEASURED.to_owned(), |load| format!("{load:.1}"));
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let driver = if cfg!(debug_assertions) { "; the clients are a debug build" } else { "" };
    format!("{cores} cores, {os} {arch}, {build} build{driver}. Load average at the end: {load}.\n\n")
}

fn figures(plan: &Plan, measured: &[(Polling, Figures)]) -> String {
    let mut out = String::from("| |");
    for (polling, _) in measured {
        let _ = write!(out, " {} |", polling.name);
    }
    let _ = writeln!(out, "\n|---|{}", "---:|".repeat(measured.len()));
    let mut row = |name: &str, value: &dyn Fn(&Figures) -> String| {
        let _ = write!(out, "| {name} |");
        for (_, figures) in measured {
            let _ = write!(out, " {} |", value(figures));
        }
        out.push('\n');
    };
    let (single, load, clients) = (plan.single, plan.load, plan.clients);
    row("size of the binary", &|f| mib(Some(f.binary_bytes)));
    row("`serve all`: start to ready", &|f| ms(f.ready));
    row("resident at rest (aim < 250 MiB)", &|f| mib(f.resident_at_rest));
    row(&format!("resident after {load} orders (aim < 250 MiB)"), &|f| mib(f.resident_after_load));
    row("threads", &|f| f.threads.map_or(NOT_MEASURED.to_owned(), |threads| threads.to_string()));
    let idle_seconds = plan.idle.as_secs();
    row(&format!("processor at rest, over {idle_seconds} s (aim < 3 % of a core)"), &|f| percent(f.idle_cpu));
    row(&format!("place → accepted, {single} single orders, median"), &|f| ms(quantile(&f.accepted, 50)));
    row(&format!("place → paid, {single} single orders, median"), &|f| ms(quantile(&f.paid, 50)));
    row(&format!("place → paid, {single} single orders, p95"), &|f| ms(quantile(&f.paid, 95)));
    row(&format!("{load} orders by {clients} clients: placed"), &|f| per_second(load, f.all_placed));
    row(&format!("{load} orders by {clients} clients: paid"), &|f| per_second(load, f.all_paid));
    row("the last paid after the last placed", &|f| ms(f.all_paid.saturating_sub(f.all_placed)));
    row("processor time of `serve all` per order, under load", &|f| {
        f.load_cpu.map_or(NOT_MEASURED.to_owned(), |used| format!("{:.1} ms", used.as_secs_f64() * 1e3 / count(load)))
    });
    row("requests to AWS per second, at rest", &|f| format!("{:.1}", rate(&f.idle)));
    row("of these, reads of shards", &|f| format!("{:.1}", of(&f.idle, POLL) / f.idle.over.as_secs_f64()));
    row("requests to AWS for a single order (without rest and reads of shards)", &|f| {
        format!("{:.1}", net_total(&f.single, &f.idle))
    });
    row("requests to AWS per order under load (without rest and reads of shards)", &|f| {
        format!("{:.1}", net_total(&f.load, &f.idle))
    });
    let (prices, from) = Prices::known();
    for (unit, name) in [(("dynamodb", "write"), "write units"), (("dynamodb", "read"), "read units")] {
        row(&format!("{name} of DynamoDB per order under load, net of rest"), &|f| {
            format!("{:.1}", f.net_units().by_unit().get(&unit).copied().unwrap_or_default() / count(load))
        });
    }
    row("a million orders, requests alone", &|f| dollars(prices.million_orders(&f.net_units(), count(load))));
    row("a month at rest, with one shard", &|f| {
        dollars(prices.month_at_rest(&f.idle.requests.units, f.idle.over.as_secs_f64(), 1.0))
    });
    let _ = writeln!(
        out,
        "\nDollars: {from}, as the local AWS counts capacity; without storage, traffic and the shards of \
        the load."
    );
    out
}

/// Net: what the same time at rest would have cost is taken off, per operation.
fn requests(figures: &Figures) -> String {
    let (idle, single, load) = (&figures.idle, &figures.single, &figures.load);
    let mut out = String::from(
        "| operation | at rest, per second | single order: all | net of rest | under load: all, per order | net of rest |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let operations: BTreeSet<_> =
        [idle, single, load].into_iter().flat_map(|counted| counted.requests.by_operation().into_keys()).collect();
    let mut line = |name: &str, [a, b, c, d, e]: [f64; 5]| {
        let _ = writeln!(out, "| {name} | {a:.2} | {b:.2} | {c:.2} | {d:.2} | {e:.2} |");
    };
    let mut sums = [0.0; 5];
    for operation in operations {
        let values = [
            of(idle, operation) / idle.over.as_secs_f64(),
            of(single, operation) / count(single.orders),
            net(single, idle, operation),
            of(load, operation) / count(load.orders),
            net(load, idle, operation),
        ];
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
        line(operation, values);
    }
    line("**all**", sums);
    let refused: Vec<_> = load
        .requests
        .not_ok()
        .map(|(operation, outcome, count)| format!("{operation} {outcome} {count:.0} times"))
        .collect();
    let refused = if refused.is_empty() { "none".to_owned() } else { refused.join(", ") };
    let _ = writeln!(out, "\nNot answered with success under load: {refused}.");
    out
}

fn dollars(amount: f64) -> String {
    format!("${amount:.2}")
}

fn of(counted: &Counted, operation: &str) -> f64 {
    counted.requests.by_operation().get(operation).copied().unwrap_or_default()
}

fn net(counted: &Counted, idle: &Counted, operation: &str) -> f64 {
    let at_rest = of(idle, operation) / idle.over.as_secs_f64() * counted.over.as_secs_f64();
    (of(counted, operation) - at_rest).max(0.0) / count(counted.orders)
}

fn net_total(counted: &Counted, idle: &Counted) -> f64 {
    let operations = counted.requests.by_operation().into_keys().filter(|operation| *operation != POLL);
    operations.map(|operation| net(counted, idle, operation)).sum()
}

fn rate(idle: &Counted) -> f64 {
    idle.requests.by_operation().into_values().sum::<f64>() / idle.over.as_secs_f64()
}

/// By nearest rank.
fn quantile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn count(orders: usize) -> f64 {
    u32::try_from(orders).map_or(f64::NAN, f64::from)
}

fn per_second(orders: usize, over: Duration) -> String {
    format!("{:.0} /s", count(orders) / over.as_secs_f64())
}

fn ms(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// A share, as a percentage.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or(NOT_MEASURED.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// Milliseconds and their tenths.
pub(crate) fn tenths_of_ms(duration: Option<Duration>) -> String {
    duration.map_or(NOT_MEASURED.to_owned(), |duration| format!("{:.1} ms", duration.as_secs_f64() * 1e3))
}

/// Bytes as MiB.
pub(crate) fn mib(bytes: Option<u64>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    bytes.map_or(NOT_MEASURED.to_owned(), |bytes| format!("{:.1} MiB", bytes as f64 / MIB))
}
