//! What the street costs and how fast it is: `make bench`, in Markdown.
//!
//! - [`run`]: one street measured from start to end.
//! - [`requests`]: the process's own counter of requests to AWS, read twice and subtracted.
//! - [`price`]: dollars. [`report`]: the tables. [`sizes`]: each role as a process of its own. Beside the street: inventory alone, selling one product and a thousand.
//!
//! The binary measured is `SHOTENGAI_BIN`. It shares the machine with the local AWS, PostgreSQL and this program, so the
//! speeds are the machine's as much as ours; compare them only within one run.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a step that failed ends the measurement")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the tables, and what is being measured meanwhile")]

mod price;
mod report;
mod requests;
mod run;
mod sizes;

use std::time::Duration;

use shotengai_tests::hot_product::sell;

/// Orders that inventory reserves alone, over an event store in memory that takes so long for an append.
const SALES: usize = 5000;
const APPEND: Duration = Duration::from_millis(5);

/// How much is measured.
pub(crate) struct Plan {
    /// Orders placed one by one.
    pub(crate) single: usize,
    /// Orders placed at once, and by how many clients.
    pub(crate) load: usize,
    pub(crate) clients: usize,
    /// How long the process is watched at rest.
    pub(crate) idle: Duration,
}

impl Plan {
    fn from_args() -> Self {
        let full = Self { single: 20, load: 500, clients: 16, idle: Duration::from_secs(20) };
        match std::env::args().nth(1).as_deref() {
            None | Some("--sizes") => full,
            Some("--quick") => Self { single: 5, load: 100, idle: Duration::from_secs(10), ..full },
            Some(other) => panic!("{other}: only --quick, --sizes and --hot-product are known"),
        }
    }
}

/// When the bridge reads a shard, which decides how long an order takes at rest.
pub(crate) struct Polling {
    pub(crate) name: &'static str,
    pub(crate) settings: &'static [(&'static str, &'static str)],
}

const POLLINGS: [Polling; 2] = [
    // Kinesis allows five reads a second and shard.
    Polling {
        name: "by polls alone: 200 ms",
        settings: &[("HINTS", "off"), ("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "200")],
    },
    Polling {
        name: "as `make run`: hints",
        settings: &[("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "500"), ("BRIDGE_READS_PER_SECOND", "100")],
    },
];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("--hot-product") {
        println!("{}", hot_product().await);
        return;
    }
    let plan = Plan::from_args();
    if std::env::args().nth(1).as_deref() == Some("--sizes") {
        println!("{}", sizes(&plan).await);
        return;
    }
    let mut measured = Vec::new();
    for polling in POLLINGS {
        eprintln!("measuring: {}", polling.name);
        let figures = run::measure(&plan, &polling).await;
        measured.push((polling, figures));
    }
    println!("{}", report::markdown(&plan, &measured));
    println!("{}", sizes(&plan).await);
    println!("{}", hot_product().await);
}

async fn sizes(plan: &Plan) -> String {
    eprintln!("measuring: each role as a process of its own");
    sizes::measure(plan).await
}

async fn hot_product() -> String {
    eprintln!("measuring: one product and a thousand");
    report::hot_product(sell(1, SALES, APPEND).await, sell(1000, SALES, APPEND).await)
}
