//! Chaos on a street of its own: `make chaos`, in Markdown. Exit 1 when something does not hold.
//!
//! `--orders N --kill-every SECONDS --seed S`: faults on every wire and kills while orders are placed.
//! `--outage SECONDS`: DynamoDB away for so long instead. `--logs FOLDER` keeps what the processes logged.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that failed ends the run")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the tables, and what does not hold")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use shotengai_tests::chaos::{self, EVERYBODY_TWICE, Plan, outage, report};

struct Args {
    plan: Plan,
    outage: Option<Duration>,
    logs: Option<PathBuf>,
}

impl Args {
    fn parse() -> Self {
        let plan = Plan {
            orders: 2000,
            at_once: 16,
            roles: EVERYBODY_TWICE,
            kill_every: Duration::from_secs(4),
            seed: 1,
            settle_within: Duration::from_secs(300),
            settings: &[],
        };
        let mut parsed = Self { plan, outage: None, logs: None };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().unwrap_or_else(|| panic!("{name} needs a value"));
            let number = || value.parse::<u64>().unwrap_or_else(|error| panic!("{name} {value}: {error}"));
            match name.as_str() {
                "--orders" => parsed.plan.orders = number().try_into().unwrap(),
                "--kill-every" => parsed.plan.kill_every = Duration::from_secs(number()),
                "--seed" => parsed.plan.seed = number(),
                "--outage" => parsed.outage = Some(Duration::from_secs(number())),
                "--logs" => parsed.logs = Some(PathBuf::from(value)),
                other => panic!("{other}: only --orders, --kill-every, --seed, --outage and --logs are known"),
            }
        }
        parsed
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let args = Args::parse();
    let (report, violations, logs) = if let Some(away) = args.outage {
        let outage = outage::run(away, args.plan.seed).await;
        (report::outage(&outage), outage.violations(), outage.logs)
    } else {
        let chaos = chaos::run(&args.plan).await;
        (report::chaos(&args.plan, &chaos), chaos.verdict.violations, chaos.logs)
    };
    println!("{report}");
    if let Some(folder) = args.logs {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, log) in logs {
            std::fs::write(folder.join(format!("{name}.log")), log).unwrap();
        }
    }
    if violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{} violations", violations.len());
    ExitCode::FAILURE
}
