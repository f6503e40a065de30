//! One street, measured from its start to the last mail of its load.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shotengai_tests::process;
use tokio::time::Instant;

use crate::args::Plan;
use shotengai_query::prices::Prices;

use crate::price::{Dollars, Used, Ways};
use crate::results::{self, Latency, Load, Operation, Rest, Single, count};
use crate::shape::{Open, Shape};
use crate::streamed::Streamed;
use crate::street::{AtOnce, Counted, Street};

/// Longer than a shard counts as busy after its last record, so that what follows is rest.
const SETTLE: Duration = Duration::from_secs(7);
/// Made by the clock, whatever there is to do: never part of what an order costs.
const BY_CLOCK: [&str; 3] = ["kinesis.GetRecords", "kinesis.SubscribeToShard", "kinesis.GetShardIterator"];
const READS: &str = "kinesis.GetRecords";

/// Measures a street of this shape.
pub(crate) async fn measure(plan: &Plan, shape: &Shape, prices: &Prices) -> results::Street {
    let Open { cluster, process, ready, .. } = &shape.open().await;
    let mut street = Street::open(cluster, process, shape.is_ours()).await;
    let lines = street.two_products().await;
    let parts = street.parts();
    let cpu = || parts.iter().map(|(_, pid)| process::cpu_time(*pid)).collect::<Vec<_>>();
    let resident = || parts.iter().map(|(_, pid)| process::resident(*pid)).collect::<Vec<_>>();

    street.until_quiet().await;
    let rest = Watched::for_some_time(&street, SETTLE, plan.rest).await;
    let deep = match plan.deep_rest.filter(|_| shape.rests_deeply()) {
        Some((settle, watch)) => Some(Watched::for_some_time(&street, settle, watch).await),
        None => None,
    };
    // What orders cost is net of a street that is awake; what rest costs is that of one that sleeps.
    let (deep, rest) = (deep.as_ref().unwrap_or(&rest), &rest.counted);
    let resident_at_rest = resident();

    let (single, accepted, paid) = street.one_by_one(plan.single, &lines).await;

    let streamed = if shape.is_ours() { Streamed::read(cluster).await } else { Streamed::default() };
    let (loaded, aws) = (cpu(), process::cpu_time(cluster.local_aws_id()));
    let load = street.at_once(plan.load, plan.clients, |_| lines.clone()).await;
    let (done, aws_done) = (cpu(), process::cpu_time(cluster.local_aws_id()));
    let streamed = if shape.is_ours() { Streamed::read(cluster).await.since(streamed) } else { streamed };
    let orders = count(plan.load);
    let an_order = |used: Option<Duration>| used.map(|used| used.as_secs_f64() * 1e3 / orders);
    let resident_after_load = resident();
    let processes: Vec<_> = parts
        .iter()
        .enumerate()
        .map(|(n, (roles, pid))| results::Process {
            roles: roles.clone(),
            resident_at_rest_bytes: resident_at_rest[n],
            resident_after_load_bytes: resident_after_load[n],
            threads: process::threads(*pid),
            rest_cpu_share: deep.cpu_shares[n],
            cpu_ms_an_order: an_order(since(loaded[n], done[n])),
        })
        .collect();
    street.assert_tidy().await;

    let net = load.counted.requests.units.net_of(&rest.requests.units, over(&load.counted, rest));
    let has_units = !load.counted.requests.units.is_empty();
    let ways = Ways { captured: shape.publish == "cdc", pushed: shape.pushes() };
    let used = has_units.then(|| results::UsedUnits {
        an_order: Used::counted(&net, streamed, ways, orders),
        an_order_alone: alone(&single, rest, ways),
        a_second_at_rest: Used::counted(
            &deep.counted.requests.units,
            Streamed::default(),
            ways,
            deep.counted.over.as_secs_f64(),
        ),
    });
    let settings = shape.all_settings().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    results::Street {
        key: shape.key,
        name: shape.name.to_owned(),
        settings: settings.collect(),
        binary_bytes: std::fs::metadata(&shape.binary).unwrap().len(),
        shards: shape.shards,
        ready: *ready,
        rest: Rest {
            cpu_share: sum(processes.iter().map(|process| process.rest_cpu_share)),
            requests_a_second: all(&deep.counted) / deep.counted.over.as_secs_f64(),
            shard_reads_a_second: of(&deep.counted, READS) / deep.counted.over.as_secs_f64(),
        },
        single: Single {
            accepted: Latency::of(accepted),
            paid: Latency::of(paid),
            requests_an_order: net_total(&single, rest),
        },
        load: Load {
            write_units_an_order: has_units.then(|| net.of_unit("dynamodb", "write") / orders),
            read_units_an_order: has_units.then(|| net.of_unit("dynamodb", "read") / orders),
            cpu_ms_an_order: sum(processes.iter().map(|process| process.cpu_ms_an_order)),
            local_aws_cpu_ms_an_order: an_order(since(aws, aws_done)),
            ..under_load(&load, rest)
        },
        operations: operations(rest, &single, &load.counted),
        dollars: used.map(|used| Dollars::of(prices, ways, &used.an_order, &used.a_second_at_rest)),
        used,
        processes,
    }
}

/// Units of an order that comes alone; the stream is not read for it.
fn alone(single: &Counted, rest: &Counted, ways: Ways) -> Used {
    let net = single.requests.units.net_of(&rest.requests.units, over(single, rest));
    Used::counted(&net, Streamed::default(), ways, count(single.orders))
}

/// A street that is left alone.
struct Watched {
    counted: Counted,
    /// Of a core, by process.
    cpu_shares: Vec<Option<f64>>,
}

impl Watched {
    async fn for_some_time(street: &Street<'_>, settle: Duration, watch: Duration) -> Self {
        tokio::time::sleep(settle).await;
        let parts = street.parts();
        let cpu = || parts.iter().map(|(_, pid)| process::cpu_time(*pid)).collect::<Vec<_>>();
        let (before, begun, started) = (street.requests().await, cpu(), Instant::now());
        tokio::time::sleep(watch).await;
        let (over, done) = (started.elapsed(), cpu());
        let share = |(begun, done)| since(begun, done).map(|used| used.as_secs_f64() / over.as_secs_f64());
        let cpu_shares = begun.into_iter().zip(done).map(share).collect();
        Self { counted: Counted { requests: street.requests().await.since(&before), over, orders: 0 }, cpu_shares }
    }
}

/// What it says itself; no units and no processor time.
fn under_load(load: &AtOnce, rest: &Counted) -> Load {
    let orders = count(load.counted.orders);
    let not_ok = load.counted.requests.not_ok();
    Load {
        placed_a_second: orders / load.all_placed.as_secs_f64(),
        paid_a_second: orders / load.all_paid.as_secs_f64(),
        tail: load.all_paid.saturating_sub(load.all_placed),
        paid: Latency::of(load.paid.iter().copied()),
        requests_an_order: net_total(&load.counted, rest),
        write_units_an_order: None,
        read_units_an_order: None,
        cpu_ms_an_order: None,
        local_aws_cpu_ms_an_order: None,
        not_ok: not_ok.map(|(operation, outcome, times)| (format!("{operation} {outcome}"), times)).collect(),
    }
}

fn operations(rest: &Counted, single: &Counted, load: &Counted) -> Vec<Operation> {
    let counted: Vec<BTreeMap<_, _>> = [rest, single, load].map(|counted| counted.requests.by_operation()).into();
    let names: BTreeSet<_> = counted.iter().flat_map(BTreeMap::keys).copied().collect();
    let row = |operation: &str| Operation {
        operation: operation.to_owned(),
        rest_a_second: of(rest, operation) / rest.over.as_secs_f64(),
        single: of(single, operation) / count(single.orders),
        single_net: net(single, rest, operation),
        load: of(load, operation) / count(load.orders),
        load_net: net(load, rest, operation),
    };
    names.into_iter().map(row).collect()
}

fn since(before: Option<Duration>, after: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}

fn sum(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    values.sum()
}

fn over(counted: &Counted, rest: &Counted) -> f64 {
    counted.over.as_secs_f64() / rest.over.as_secs_f64()
}

fn all(counted: &Counted) -> f64 {
    counted.requests.by_operation().into_values().sum()
}

fn of(counted: &Counted, operation: &str) -> f64 {
    counted.requests.by_operation().get(operation).copied().unwrap_or_default()
}

/// What the same time at rest would have cost is taken off.
fn net(counted: &Counted, rest: &Counted, operation: &str) -> f64 {
    (of(counted, operation) - of(rest, operation) * over(counted, rest)).max(0.0) / count(counted.orders)
}

fn net_total(counted: &Counted, rest: &Counted) -> f64 {
    let operations = counted.requests.by_operation().into_keys().filter(|operation| !BY_CLOCK.contains(operation));
    operations.map(|operation| net(counted, rest, operation)).sum()
}
