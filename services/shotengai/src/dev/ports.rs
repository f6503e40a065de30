//! Ports that are taken are named before anything starts.

use std::time::Duration;

use shotengai_street::port_in_use;
use tokio::time::{Instant, sleep};

use crate::cli::DevArgs;
use crate::dev::lease::Lease;

/// How long the servers of a killed street may take to end: their grace of 3 s, and the kill after it.
const LEFTOVERS_END_WITHIN: Duration = Duration::from_secs(6);
const POLL: Duration = Duration::from_millis(20);

/// Refuses to start on a port that something listens on, with the flag that changes it. Names all of them at once.
/// Where a street was killed in this folder, waits for its servers to end first.
pub(crate) async fn check(args: &DevArgs, lease: &mut Lease) -> anyhow::Result<()> {
    let mut taken = taken(args);
    if lease.left_behind() {
        let deadline = Instant::now() + LEFTOVERS_END_WITHIN;
        while !taken.is_empty() && Instant::now() < deadline {
            sleep(POLL).await;
            taken = self::taken(args);
        }
        if !taken.is_empty() {
            // Nothing of ours lives that long: the next start need not wait.
            lease.clear();
        }
    }
    anyhow::ensure!(taken.is_empty(), "{}", taken.join("; "));
    Ok(())
}

fn taken(args: &DevArgs) -> Vec<String> {
    let mut wanted = vec![
        ("the local AWS", args.aws_port, "--aws-port"),
        ("PostgreSQL", args.postgres_port, "--postgres-port"),
        ("SMTP", args.smtp_port, "--smtp-port"),
        ("the inbox", args.inbox_port, "--inbox-port"),
    ];
    if !args.infra_only {
        wanted.push(("HTTP", args.http_port, "--http-port"));
        wanted.push(("health and metrics", args.health_port, "--health-port"));
    }
    wanted
        .into_iter()
        .filter(|(_, port, _)| *port != 0 && port_in_use(*port))
        .map(|(what, port, flag)| format!("port {port} for {what} is in use ({flag} changes it)"))
        .collect()
}
