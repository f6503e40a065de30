//! What was measured, as the JSON file has it. docs/benchmarks.md has the fields.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};
use shotengai_tests::crowd::Measured;
use shotengai_tests::crowd::report::Paper;
use shotengai_tests::process;

use crate::aims::Aim;
use crate::args::{Plan, StreetKey};
use crate::inventory::Alone;
use crate::price::{Dollars, Used};
use crate::products::Products;
use crate::shards::Shards;
use crate::steps::Steps;
use crate::top_rate::TopRate;

/// Rises when a field goes or means something else.
const SCHEMA: u32 = 1;

/// Everything.
#[derive(Serialize)]
pub(crate) struct Results {
    schema: u32,
    pub(crate) machine: Machine,
    pub(crate) plan: Plan,
    pub(crate) streets: Vec<Street>,
    pub(crate) local_aws_alone: Vec<TopRate>,
    pub(crate) steps: Option<Steps>,
    pub(crate) products: Option<Products>,
    pub(crate) inventory_alone: Option<Alone>,
    pub(crate) shards: Option<Shards>,
    pub(crate) live: Option<Live>,
    /// Where prices are from.
    pub(crate) prices: String,
    pub(crate) aims: Vec<Aim>,
    /// What rose above tests/bench/gate.toml, a line each; none where nothing was held against it.
    pub(crate) risen: Option<Vec<String>>,
    /// What was counted for that, in Markdown.
    #[serde(skip)]
    pub(crate) on_the_wire: Vec<String>,
}

impl Results {
    pub(crate) const fn new(plan: Plan, prices: String) -> Self {
        Self {
            schema: SCHEMA,
            machine: Machine::UNSEEN,
            plan,
            streets: Vec::new(),
            local_aws_alone: Vec::new(),
            steps: None,
            products: None,
            inventory_alone: None,
            shards: None,
            live: None,
            prices,
            aims: Vec::new(),
            risen: None,
            on_the_wire: Vec::new(),
        }
    }

    /// A street that was measured.
    pub(crate) fn street(&self, key: StreetKey) -> Option<&Street> {
        self.streets.iter().find(|street| street.key == key)
    }
}

/// A crowd before the live tally, and ten thousand on paper.
#[derive(Serialize)]
pub(crate) struct Live {
    #[serde(flatten)]
    pub(crate) measured: Measured,
    on_paper: Option<Paper>,
}

impl From<Measured> for Live {
    fn from(measured: Measured) -> Self {
        Self { on_paper: measured.paper(), measured }
    }
}

/// Where it was measured.
#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) os: &'static str,
    pub(crate) arch: &'static str,
    /// Runnable processes in the last minute, at the end.
    pub(crate) load_average: Option<f64>,
    /// Whether the binary is of a release build, by its path.
    pub(crate) release: bool,
    /// Whether this program is one.
    pub(crate) clients_release: bool,
}

impl Machine {
    const UNSEEN: Self =
        Self { cores: 0, os: "", arch: "", load_average: None, release: false, clients_release: false };

    pub(crate) fn seen(binary: &std::path::Path) -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
            load_average: process::load_average(),
            release: binary.components().any(|part| part.as_os_str() == "release"),
            clients_release: !cfg!(debug_assertions),
        }
    }
}

/// One street. `None` where the system, or the binary, does not tell.
#[derive(Serialize)]
pub(crate) struct Street {
    pub(crate) key: StreetKey,
    pub(crate) name: String,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) binary_bytes: u64,
    /// Of its stream.
    pub(crate) shards: u16,
    #[serde(rename = "ready_s", serialize_with = "seconds")]
    pub(crate) ready: Duration,
    pub(crate) processes: Vec<Process>,
    pub(crate) rest: Rest,
    pub(crate) single: Single,
    pub(crate) load: Load,
    pub(crate) operations: Vec<Operation>,
    pub(crate) used: Option<UsedUnits>,
    pub(crate) dollars: Option<Dollars>,
}

/// Units that a street is paid by.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct UsedUnits {
    pub(crate) an_order: Used,
    /// Of an order that has the street for itself; without what the stream alone shows.
    pub(crate) an_order_alone: Used,
    pub(crate) a_second_at_rest: Used,
}

/// A process of a street.
#[derive(Serialize)]
pub(crate) struct Process {
    pub(crate) roles: String,
    pub(crate) resident_at_rest_bytes: Option<u64>,
    pub(crate) resident_after_load_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    /// Of a core.
    pub(crate) rest_cpu_share: Option<f64>,
    pub(crate) cpu_ms_an_order: Option<f64>,
}

/// A street that sells nothing, and has not for as long as the plan says.
#[derive(Serialize)]
pub(crate) struct Rest {
    pub(crate) cpu_share: Option<f64>,
    pub(crate) requests_a_second: f64,
    pub(crate) shard_reads_a_second: f64,
}

/// Orders that have the street for themselves.
#[derive(Serialize)]
pub(crate) struct Single {
    pub(crate) accepted: Latency,
    pub(crate) paid: Latency,
    /// Without what goes by the clock.
    pub(crate) requests_an_order: f64,
}

/// Orders by several clients at once.
#[derive(Serialize)]
pub(crate) struct Load {
    pub(crate) placed_a_second: f64,
    pub(crate) paid_a_second: f64,
    #[serde(rename = "last_paid_after_last_placed_s", serialize_with = "seconds")]
    pub(crate) tail: Duration,
    /// From the first event to the last, by their own times.
    pub(crate) paid: Latency,
    pub(crate) requests_an_order: f64,
    pub(crate) write_units_an_order: Option<f64>,
    pub(crate) read_units_an_order: Option<f64>,
    /// Processor time of all its processes.
    pub(crate) cpu_ms_an_order: Option<f64>,
    pub(crate) local_aws_cpu_ms_an_order: Option<f64>,
    /// What was not answered with success, by operation and outcome.
    pub(crate) not_ok: BTreeMap<String, f64>,
}

/// Requests of one operation.
#[derive(Serialize)]
pub(crate) struct Operation {
    pub(crate) operation: String,
    pub(crate) rest_a_second: f64,
    pub(crate) single: f64,
    pub(crate) single_net: f64,
    pub(crate) load: f64,
    pub(crate) load_net: f64,
}

/// Times, of which most matter by their rank; kept to a thousandth.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) count: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Latency {
    /// Of these times.
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut histogram = hdrhistogram::Histogram::<u64>::new(3).expect("three digits");
        for time in times {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
            histogram.record(micros).expect("it grows");
        }
        let at = |quantile| milliseconds(histogram.value_at_quantile(quantile));
        let max_ms = milliseconds(histogram.max());
        Self { count: histogram.len(), p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms }
    }
}

fn milliseconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1e3
}

/// Of serde: a duration in seconds.
pub(crate) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Of serde: two durations in seconds.
pub(crate) fn both_seconds<S: Serializer>(
    durations: &Option<(Duration, Duration)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    durations.map(|(one, other)| [one.as_secs_f64(), other.as_secs_f64()]).serialize(serializer)
}

/// A number of things, to divide by.
pub(crate) fn count(things: usize) -> f64 {
    u32::try_from(things).map_or(f64::NAN, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_times() {
        let latency = Latency::of((1..=100).map(Duration::from_millis));
        let close = |value: f64, to: f64| (value - to).abs() <= to / 500.0;
        assert!(close(latency.p50_ms, 50.0) && close(latency.p90_ms, 90.0) && close(latency.p99_ms, 99.0));
        assert!(close(latency.max_ms, 100.0) && latency.count == 100);
        assert_eq!(Latency::of([]).count, 0);
    }
}
