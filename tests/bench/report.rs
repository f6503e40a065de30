//! The tables, in Markdown.

use std::fmt::Write as _;

use crate::aims::{Aim, Bound};
use crate::report_streets as streets;
use crate::results::{Machine, Results};
use crate::steps::{Timed, Way};

pub(crate) const NOT_MEASURED: &str = "not measured";
const MIB: f64 = 1024.0 * 1024.0;

/// Everything that was measured.
pub(crate) fn markdown(results: &Results) -> String {
    let mut out = machine(&results.machine);
    if !results.aims.is_empty() {
        out.push_str(&aims(&results.aims));
    }
    if !results.streets.is_empty() {
        out.push_str(&streets::figures(results));
        out.push_str(&streets::processes(results));
        out.push_str(&streets::dollars(results));
        out.push_str(&streets::requests(results));
    }
    for counts in &results.on_the_wire {
        let _ = writeln!(out, "{counts}");
    }
    alone(&mut out, results);
    steps(&mut out, results);
    products(&mut out, results);
    if let Some(shards) = &results.shards {
        let _ = writeln!(out, "### Shards, in simulated time\n\n{}\n", shards.table);
    }
    if let Some(live) = &results.live {
        out.push_str(&live.measured.markdown());
    }
    out
}

fn machine(machine: &Machine) -> String {
    let build = if machine.release { "release" } else { "not release" };
    let load = machine.load_average.map_or(NOT_MEASURED.to_owned(), |load| format!("{load:.1}"));
    let driver = if machine.clients_release { "" } else { "; the clients are a debug build" };
    let Machine { cores, os, arch, .. } = machine;
    format!("{cores} cores, {os} {arch}, {build} build{driver}. Load average at the end: {load}.\n\n")
}

fn aims(aims: &[Aim]) -> String {
    let mut out = "### Aims\n\n| | measured | aim | |\n|---|---:|---:|---|\n".to_owned();
    for aim in aims {
        let bound = if aim.bound == Bound::AtMost { "≤" } else { "≥" };
        let met = if aim.met { "met" } else { "**missed**" };
        let (measured, wanted) = (short(aim.measured), short(aim.aim));
        let _ = writeln!(out, "| {} | {measured} | {bound} {wanted} | {met} |", aim.what);
    }
    out.push('\n');
    out
}

fn alone(out: &mut String, results: &Results) {
    if results.local_aws_alone.is_empty() {
        return;
    }
    out.push_str("### The local AWS alone\n\n");
    out.push_str(
        "| the requests of | requests | a second | refused | orders a second it allows | the street's | share |\n",
    );
    out.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for alone in &results.local_aws_alone {
        let street = results.street(alone.street);
        let most = street.map(|street| alone.requests_a_second / street.load.requests_an_order);
        let name = street.map_or_else(|| format!("{:?}", alone.street), |street| street.name.clone());
        let ours = street.map(|street| street.load.paid_a_second);
        let share = ours.zip(most).map(|(ours, most)| ours / most);
        let tell = |value: Option<f64>| value.map_or(NOT_MEASURED.to_owned(), short);
        let _ = writeln!(
            out,
            "| {name} | {} | {:.0} | {} | {} | {} | {} |",
            alone.requests,
            alone.requests_a_second,
            alone.refused,
            tell(most),
            tell(ours),
            tell(share)
        );
    }
    out.push('\n');
}

fn steps(out: &mut String, results: &Results) {
    let Some(steps) = &results.steps else { return };
    out.push_str("### Steps, each alone\n\n| step | p50 | p90 | p99 | max |\n|---|---:|---:|---:|---:|\n");
    for Timed { step, time } in &steps.steps {
        let times = [time.p50_ms, time.p90_ms, time.p99_ms, time.max_ms].map(ms).join(" | ");
        let _ = writeln!(out, "| {} | {times} |", step.name());
    }
    out.push_str("\n| street | sum of its steps | place → paid at rest, median | ratio |\n|---|---:|---:|---:|\n");
    for Way { street: key, sum_ms: sum } in &steps.ways {
        let Some(street) = results.street(*key) else {
            let _ = writeln!(out, "| {key:?} | {} | {NOT_MEASURED} | {NOT_MEASURED} |", ms(*sum));
            continue;
        };
        let paid = street.single.paid.p50_ms;
        let _ = writeln!(out, "| {} | {} | {} | {:.2} |", street.name, ms(*sum), ms(paid), paid / sum);
    }
    out.push('\n');
}

fn products(out: &mut String, results: &Results) {
    if let Some(products) = &results.products {
        let orders = products.orders_each;
        let _ = writeln!(out, "### One product and a thousand, through the whole street\n");
        let _ = writeln!(out, "| {orders} orders of | paid | of the even spread's |\n|---|---:|---:|");
        let even = products.even_a_second;
        let ways = [
            ("1,000 products, evenly", even),
            ("one product", products.one_a_second),
            ("Zipf", products.zipf_a_second),
        ];
        for (name, a_second) in ways {
            let _ = writeln!(out, "| {name} | {a_second:.1}/s | {:.2} |", a_second / even);
        }
        out.push('\n');
    }
    if let Some(alone) = &results.inventory_alone {
        let _ = writeln!(out, "### Inventory alone, over memory, 5 ms an append\n");
        let _ = writeln!(out, "| {} orders of | reserved | appends |\n|---|---:|---:|", alone.orders);
        let _ = writeln!(out, "| one product | {:.0}/s | {} |", alone.one_a_second, alone.one_appends);
        let _ = writeln!(out, "| 1,000 products | {:.0}/s | {} |\n", alone.even_a_second, alone.even_appends);
    }
}

/// A number with three digits or so.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middling if middling >= 10.0 => format!("{value:.1}"),
        small if small >= 0.1 || small == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Milliseconds.
pub(crate) fn ms(value: f64) -> String {
    format!("{} ms", short(value))
}

/// A share, as a percentage.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or(NOT_MEASURED.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// Bytes as MiB.
pub(crate) fn mib(bytes: Option<u64>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    bytes.map_or(NOT_MEASURED.to_owned(), |bytes| format!("{:.1} MiB", bytes as f64 / MIB))
}
