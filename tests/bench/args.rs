//! What can be asked for on the command line.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  shotengai-bench                                   everything, some twenty minutes
  shotengai-bench --quick                           the same with fewer orders
  shotengai-bench --only streets --streets cdc      one street alone
  shotengai-bench --only aws,steps --json out.json  what the local AWS alone can do, as JSON too
  shotengai-bench --streets outbox,cdc --shards 4   streets whose streams have four shards
  shotengai-bench --only gate                       counts alone, held against tests/bench/gate.toml; exit 1 where one rose
  shotengai-bench --costs                           what months cost at other rates, on paper: docs/costs.md
  BENCH_BASELINE=old/shotengai shotengai-bench --streets outbox,milestone

SHOTENGAI_BIN is the binary that is measured, BENCH_BASELINE an older one beside it (`make bench-milestone` builds the first
milestone's, and `make bench` takes that where it is). Tables go to standard output, progress to standard error.";

/// Measures what the street costs and how fast it is.
#[derive(Parser, Debug)]
#[command(name = "shotengai-bench", max_term_width = 120, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fewer orders and shorter watches
    #[arg(long)]
    quick: bool,
    /// Orders placed at once, instead of 500 (100 with --quick)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orders: Option<u32>,
    /// Shards of each street's stream
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    shards: u16,
    /// Only these parts
    #[arg(long, value_delimiter = ',', value_name = "PART,…")]
    only: Vec<Part>,
    /// Of the part `streets`, only these
    #[arg(long, value_delimiter = ',', value_name = "STREET,…")]
    streets: Vec<StreetKey>,
    /// Region of docs/prices.toml that dollars are reckoned by
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// Also write everything measured into this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Also keep what orders and rest were counted to use in this file, as tests/bench/counts.json has it; wants the streets
    /// outbox, cdc and apart
    #[arg(long, value_name = "FILE")]
    pub(crate) counts: Option<PathBuf>,
    /// Measure nothing: print the tables of docs/costs.md, from tests/bench/counts.json
    #[arg(long)]
    pub(crate) costs: bool,
    /// Also count orders on the wire and hold the counts against tests/bench/gate.toml; exit 1 where one rose
    #[arg(long)]
    gate: bool,
    /// An older binary that is measured beside the other
    #[arg(long, env = "BENCH_BASELINE", value_name = "BINARY")]
    pub(crate) baseline: Option<PathBuf>,
}

/// One of the things that are measured.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Streets of each shape: rest, place → paid, load, requests, dollars
    Streets,
    /// The local AWS alone: how fast it answers what orders ask for
    Aws,
    /// Each step of place → paid timed alone
    Steps,
    /// One product beside a thousand, and Zipf, through the whole street
    Products,
    /// Inventory alone, one product beside a thousand
    Inventory,
    /// 1 to 8 shards in simulated time, where shotengai-simulate can
    Shards,
    /// 500 live viewers of one process of tally beside 200 paid orders a second
    Live,
    /// Counts of orders on the wire, held against a table
    Gate,
}

/// A street that is measured.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StreetKey {
    /// One process, outbox, hints: as `make run`
    Outbox,
    /// The same without hints
    OutboxPolls,
    /// One process, change capture, hints
    Cdc,
    /// Nine processes, change capture, push
    Apart,
    /// One message a call, no group commit, no hints
    Naive,
    /// The binary of BENCH_BASELINE
    Milestone,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Plan {
    /// Orders placed one by one.
    pub(crate) single: usize,
    /// Orders placed at once, and by how many clients.
    pub(crate) load: usize,
    pub(crate) clients: usize,
    /// Shards of a street's stream.
    pub(crate) shards: u16,
    /// How long a street is watched at rest.
    #[serde(rename = "rest_s", serialize_with = "crate::results::seconds")]
    pub(crate) rest: Duration,
    /// How long it then has to come to rest for good, and is watched again; none: it isn't.
    #[serde(rename = "deep_rest_s", serialize_with = "crate::results::both_seconds")]
    pub(crate) deep_rest: Option<(Duration, Duration)>,
}

impl Args {
    /// What the command line asks for. Ends the process where it can't be: one line, exit code 2.
    pub(crate) fn read() -> Self {
        match Self::try_parse() {
            Ok(args) => args,
            Err(error) if error.use_stderr() => {
                let said = error.to_string();
                eprintln!("{}", said.lines().next().unwrap_or("error: unknown arguments"));
                std::process::exit(2);
            }
            Err(help) => help.exit(),
        }
    }

    /// Whether less is to be measured.
    pub(crate) const fn quick(&self) -> bool {
        self.quick
    }

    /// How much.
    pub(crate) fn plan(&self) -> Plan {
        let full = Plan {
            single: 20,
            load: 500,
            clients: 16,
            shards: self.shards,
            rest: Duration::from_secs(20),
            deep_rest: Some((Duration::from_secs(90), Duration::from_secs(60))),
        };
        let quick = Plan { single: 5, load: 100, rest: Duration::from_secs(10), deep_rest: None, ..full };
        let plan = if self.quick { quick } else { full };
        let orders = self.orders.and_then(|orders| usize::try_from(orders).ok());
        Plan { load: orders.unwrap_or(plan.load), ..plan }
    }

    /// Which parts, in order. Whoever names streets means these alone.
    pub(crate) fn parts(&self) -> BTreeSet<Part> {
        let mut parts: BTreeSet<_> = match (self.only.as_slice(), self.streets.as_slice()) {
            ([], []) => Part::value_variants().iter().copied().filter(|part| *part != Part::Gate).collect(),
            ([], _) => [Part::Streets].into(),
            (only, _) => only.iter().copied().collect(),
        };
        if self.gate {
            parts.insert(Part::Gate);
        }
        parts
    }

    /// Which streets, in order; that of another binary only where there is one.
    pub(crate) fn streets(&self) -> BTreeSet<StreetKey> {
        let all = StreetKey::value_variants().iter().copied();
        let asked = all.filter(|key| self.streets.is_empty() || self.streets.contains(key));
        asked.filter(|key| *key != StreetKey::Milestone || self.baseline.is_some()).collect()
    }

    /// What is asked for and can't be done, in one line.
    pub(crate) fn fault(&self) -> Option<String> {
        match &self.baseline {
            Some(binary) if !binary.is_file() => Some(format!("BENCH_BASELINE: {} is no file", binary.display())),
            None if self.streets.contains(&StreetKey::Milestone) => {
                Some("--streets milestone: BENCH_BASELINE names no binary".to_owned())
            }
            _ => None,
        }
    }
}
