//! Ports that are taken are named before anything starts.

use shotengai_street::port_in_use;

use crate::cli::DevArgs;

/// Refuses to start on a port that something listens on, with the flag that changes it. Names all of them at once.
pub(crate) fn check(args: &DevArgs) -> anyhow::Result<()> {
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
    let taken: Vec<_> = wanted
        .into_iter()
        .filter(|(_, port, _)| *port != 0 && port_in_use(*port))
        .map(|(what, port, flag)| format!("port {port} for {what} is in use ({flag} changes it)"))
        .collect();
    anyhow::ensure!(taken.is_empty(), "{}", taken.join("; "));
    Ok(())
}
