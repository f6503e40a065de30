//! What each role needs as a process of its own, behind storefront, as pods are.

use std::fmt::Write as _;
use std::time::Duration;

use shotengai_tests::process;
use shotengai_tests::test_cluster::{Process, TestCluster};
use tokio::time::Instant;

use crate::run::{Bench, SETTLE};
use crate::{Plan, report};

struct Size {
    role: String,
    resident_at_rest: Option<u64>,
    resident_after_load: Option<u64>,
    /// A share of a core.
    idle_cpu: Option<f64>,
    cpu_an_order: Option<Duration>,
}

/// Watches nine processes at rest and while orders are placed and paid; answers the table.
pub(crate) async fn measure(plan: &Plan) -> String {
    let cluster = TestCluster::provisioned().await;
    let aws = [("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "500")];
    let door = cluster.serve_apart("all", None, &aws).await;
    let mut bench = Bench::open(&cluster, &door).await;
    bench.until_quiet().await;
    tokio::time::sleep(SETTLE).await;
    let (begun, started) = (used(&door), Instant::now());
    tokio::time::sleep(plan.idle).await;
    let (watched, rested) = (started.elapsed(), used(&door));
    let at_rest: Vec<_> = door.parts().map(|(_, pid)| process::resident(pid)).collect();
    bench.at_once(plan.load, plan.clients).await;
    let loaded = used(&door);
    let orders = u32::try_from(plan.load).unwrap();
    let sizes = door.parts().enumerate().map(|(n, (role, pid))| Size {
        role: role.to_owned(),
        resident_at_rest: at_rest[n],
        resident_after_load: process::resident(pid),
        idle_cpu: since(begun[n], rested[n]).map(|used| used.as_secs_f64() / watched.as_secs_f64()),
        cpu_an_order: since(rested[n], loaded[n]).map(|used| used / orders),
    });
    let table = table(plan, sizes);
    cluster.assert_tidy().await;
    table
}

fn used(door: &Process) -> Vec<Option<Duration>> {
    door.parts().map(|(_, pid)| process::cpu_time(pid)).collect()
}

fn since(before: Option<Duration>, after: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}

fn table(plan: &Plan, sizes: impl Iterator<Item = Size>) -> String {
    let mut out = format!(
        "### Each role as a process of its own\n\n| role | resident at rest | after {} orders | processor at rest | per order |\n|---|---:|---:|---:|---:|\n",
        plan.load
    );
    for size in sizes {
        let (rest, load) = (report::mib(size.resident_at_rest), report::mib(size.resident_after_load));
        let (idle, order) = (report::percent(size.idle_cpu), report::tenths_of_ms(size.cpu_an_order));
        let _ = writeln!(out, "| {} | {rest} | {load} | {idle} | {order} |", size.role);
    }
    out
}
