//! The whole street on one machine.
//!
//! - [`lease`]: one street a folder. [`ports`]: no port that is taken is tried.
//! - [`infra`]: local AWS, PostgreSQL and inbox as children.
//! - [`beside`]: what roles beside the servers alone need to be told.
//! - [`secrets`]: made up for this start. [`screen`]: what the developer sees, and [`ticker`]: a line per order.
//! - [`browser`]: opens the page, if asked.
//!
//! Everything starts empty (`docs/decisions/0006`) and ends with this process, whatever ends it.

mod beside;
mod browser;
mod infra;
mod lease;
mod ports;
mod screen;
mod secrets;
mod ticker;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use shotengai_kernel::Ports;
use shotengai_provisioning::Options;
use shotengai_runtime::{Telemetry, shutdown_on_signals};
use shotengai_storefront::web::Places;
use tokio_util::sync::CancellationToken;

use crate::cli::{Cli, Command, DevArgs, ServeArgs};
use crate::dev::infra::Infra;
use crate::dev::lease::Lease;
use crate::dev::screen::Screen;
use crate::dev::secrets::Secrets;
use crate::seed::Seeding;
use crate::serve;
use crate::street::{STATE, Street};

/// Shards of the street's stream: enough to show that order is a key's alone, few enough to poll often.
const SHARDS: u32 = 2;
/// Products are on sale within this time, or the street does not open.
const SEED_WITHIN: Duration = Duration::from_secs(120);

pub(crate) async fn run(args: Box<DevArgs>) -> anyhow::Result<ExitCode> {
    let shutdown = CancellationToken::new();
    shutdown_on_signals(shutdown.clone())?;
    let screen = Screen::new();
    let folder = Path::new(STATE);
    let Some(mut lease) = Lease::take(folder)? else { return Err(already_open(folder)) };
    let secrets = Secrets::make(&Ports::system())?;
    // What is wrong with the settings is said before anything starts.
    serve_args(&args, "http://127.0.0.1:1", "postgres://127.0.0.1/", &secrets, false)?.check()?;
    ports::check(&args, &mut lease).await?;
    lease.mark()?;
    screen.before(shotengai_street::changes_as_root().as_deref());
    let infra = match Infra::start(&args, &screen).await {
        Ok(infra) => infra,
        Err(error) => {
            lease.clear();
            return Err(error);
        }
    };
    // Starting takes seconds and is not cut short: what is half up is hard to end in order.
    let outcome = if shutdown.is_cancelled() {
        Ok(())
    } else {
        tokio::select! {
            biased;
            outcome = street(&args, &secrets, &infra, &screen, shutdown.clone()) => outcome,
            ended = infra.first_end() => ended,
        }
    };
    Street::withdraw(folder);
    infra.stop(&screen).await;
    lease.clear();
    outcome?;
    Ok(ExitCode::SUCCESS)
}

fn already_open(folder: &Path) -> anyhow::Error {
    let street = Street::open_in(folder).ok();
    let address = street.map_or_else(|| "(it is just opening)".to_owned(), |street| street.http.unwrap_or(street.aws));
    anyhow::anyhow!("a street is open here already: {address}; `make down` or Ctrl-C in its terminal closes it")
}

/// Where its parts are, for `--local`.
fn announced(args: &DevArgs, infra: &Infra) -> Street {
    let at = |port| format!("http://127.0.0.1:{port}");
    let with_roles = |port| (!args.infra_only).then(|| at(port));
    Street {
        http: with_roles(args.http_port),
        health: with_roles(args.health_port),
        aws: infra.aws_url(),
        database: infra.database_url(),
        inbox: at(args.inbox_port),
    }
}

async fn street(
    args: &DevArgs,
    secrets: &Secrets,
    infra: &Infra,
    screen: &Screen,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let serve = serve_args(args, &infra.aws_url(), &infra.database_url(), secrets, infra.inbox().is_some())?;
    let serving = serve.check()?;
    let settings = &serving.settings;
    let config = serve::aws_config(settings.aws.clone(), settings.publish);
    let aws = shotengai_aws::Aws::connect(config, Ports::system()).await;
    let step = screen.step("AWS resources");
    // A consumer costs nothing here, and STREAM_READ=push can be tried.
    let options = Options { shards: SHARDS, fan_out: true, ..Options::default() };
    let report = shotengai_provisioning::provision(&aws, &options, &|_, _| {}).await?;
    step.done(&format!("{} in place", report.resources.len()));
    announced(args, infra).announce(Path::new(STATE))?;
    if args.infra_only {
        screen.infra_table(args, infra);
        beside::tell(args, infra, secrets)?;
        shutdown.cancelled().await;
        return Ok(());
    }
    let telemetry = Telemetry::install(settings, &["dev"])?;
    let step = screen.step("roles");
    let ticker = async {
        if !args.quiet {
            ticker::run(Arc::new(aws), infra.inbox()).await;
        }
        std::future::pending::<()>().await;
    };
    let app = serve::bind(serving).await?.with_telemetry(telemetry);
    let running = async {
        let running = app.run(shutdown.clone());
        tokio::select! {
            biased;
            ended = running => ended,
            () = ticker => Ok(()),
        }
    };
    tokio::pin!(running);
    let opening = open(args, screen, step);
    tokio::select! {
        biased;
        ended = &mut running => ended,
        opened = opening => match opened {
            Ok(()) => running.await,
            Err(error) => {
                shutdown.cancel();
                // The reason it did not open matters more than how it ended.
                let _ = running.await;
                Err(error)
            }
        },
    }
}

/// Waits until the roles are ready, seeds, and shows the addresses.
async fn open(args: &DevArgs, screen: &Screen, step: screen::Step) -> anyhow::Result<()> {
    let names = infra::until_ready(args.health_port).await?;
    step.done(&names);
    if !args.no_seed {
        let step = screen.step("products");
        let (created, found) = crate::seed::seed(&Seeding {
            url: format!("http://127.0.0.1:{}", args.http_port),
            admin_email: args.admin_email.clone(),
            admin_password: args.admin_password.clone(),
            currency: args.currency.clone(),
            within: SEED_WITHIN,
        })
        .await?;
        step.done(&format!("{} on sale", created + found));
    }
    let page = screen.street_table(args);
    if args.open {
        browser::open(&page).await;
    }
    Ok(())
}

/// The settings of `shotengai serve all` on this machine: the same flags that a person would give. `built_in`: the inbox is
/// ours, so the pages show it.
fn serve_args(
    args: &DevArgs,
    aws: &str,
    database: &str,
    secrets: &Secrets,
    built_in: bool,
) -> anyhow::Result<ServeArgs> {
    let base = format!("http://127.0.0.1:{}", args.http_port);
    let mut flags = vec![
        ("aws-endpoint-url", aws.to_owned()),
        ("database-url", database.to_owned()),
        ("http-addr", format!("127.0.0.1:{}", args.http_port)),
        ("health-addr", format!("127.0.0.1:{}", args.health_port)),
        ("catalog-url", base.clone()),
        ("storefront-url", base.clone()),
        ("public-url", base),
        ("smtp-url", format!("smtp://127.0.0.1:{}", args.smtp_port)),
        ("admin-email", args.admin_email.clone()),
        ("admin-password", args.admin_password.clone()),
        ("cors-allowed-origins", args.cors_allowed_origins.clone()),
        ("rate-limit-per-second", "5000".to_owned()),
        ("rate-limit-burst", "20000".to_owned()),
        ("sign-in-limit-per-minute", "60000".to_owned()),
        ("jwt-signing-key", secrets.signing_key.clone()),
        ("internal-token", secrets.internal_token.clone()),
        ("currency", args.currency.clone()),
        ("publish", args.publish.as_str().to_owned()),
        ("log", args.log.clone()),
        ("log-format", "pretty".to_owned()),
        ("pre-stop-seconds", "0".to_owned()),
        ("drain-seconds", "10".to_owned()),
        // What comes from outside, such as prices, waits for the next read; all else is hinted at.
        ("bridge-busy-poll-ms", "200".to_owned()),
        ("bridge-idle-poll-ms", "500".to_owned()),
        ("bridge-reads-per-second", "100".to_owned()),
    ];
    if let Some(endpoint) = &args.otel_exporter_otlp_endpoint {
        flags.push(("otel-exporter-otlp-endpoint", endpoint.clone()));
    }
    let flags = flags.into_iter().map(|(name, value)| format!("--{name}={value}"));
    let cli = Cli::try_parse_from(["shotengai", "serve", "all"].map(str::to_owned).into_iter().chain(flags))?;
    match cli.command {
        Command::Serve(serve) => {
            let inbox = format!("http://127.0.0.1:{}", args.inbox_port);
            let places = Places {
                mails: built_in.then(|| inbox.clone()),
                inbox: Some(inbox),
                health: Some(format!("http://127.0.0.1:{}/readyz", args.health_port)),
            };
            Ok(ServeArgs { own: serve.own.of_a_developer(places, args.allowed_hosts.clone()), ..*serve })
        }
        _ => anyhow::bail!("`serve all` was parsed as something else"),
    }
}
