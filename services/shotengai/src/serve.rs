//! Roles in this process.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_kernel::Ports;
use shotengai_runtime::{App, Context, Publish, Settings, Telemetry, TokenIssuer, TokenVerifier, shutdown_on_signals};
use tokio_util::sync::CancellationToken;

use crate::cli::{RoleChoice, ServeArgs};
use crate::roles;

pub(crate) async fn run(args: Box<ServeArgs>) -> anyhow::Result<ExitCode> {
    let shutdown = CancellationToken::new();
    shutdown_on_signals(shutdown.clone());
    let ServeArgs { roles, shared, own } = *args;
    let settings = shared.into_settings()?;
    let chosen = roles::chosen(&roles);
    let telemetry = Telemetry::install(&settings, &names(&roles))?;
    let app = bind(settings, &chosen, &own).await?;
    tracing::info!(http = %app.http_addr(), health = %app.health_addr(), "serving");
    let ended = app.run(shutdown).await;
    telemetry.shutdown().await;
    ended?;
    Ok(ExitCode::SUCCESS)
}

fn names(roles: &[RoleChoice]) -> String {
    use clap::ValueEnum;
    let names: Vec<_> =
        roles.iter().filter_map(|role| role.to_possible_value()).map(|value| value.get_name().to_owned()).collect();
    names.join(",")
}

/// Builds the roles over AWS (the local one or the real) and binds the process's addresses.
pub(crate) async fn bind(
    settings: Settings,
    chosen: &[RoleChoice],
    own: &roles::RoleSettings,
) -> anyhow::Result<App> {
    anyhow::ensure!(
        settings.publish == Publish::Outbox,
        "PUBLISH: cdc is not built yet; outbox is the one that works"
    );
    let ports = Ports::system();
    let aws = Aws::connect(aws_config(&settings), ports.clone()).await;
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(1))
        .timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(15))
        .build()?;
    let tokens = verifier(&settings, chosen, &http, &ports)?;
    let context = Context { settings: Arc::new(settings), ports, infra: Arc::new(aws), tokens: Arc::new(tokens), http };
    let mut built = Vec::new();
    for choice in chosen {
        built.push(roles::build(*choice, &context, own).await?);
    }
    App::bind(context, built).await
}

/// The AWS that the settings name.
pub(crate) fn aws_config(settings: &Settings) -> AwsConfig {
    AwsConfig {
        endpoint_url: settings.aws_endpoint_url.clone(),
        region: settings.aws_region.clone(),
        prefix: settings.resource_prefix.clone(),
        stream_name: settings.kinesis_stream_name.clone(),
        marks_outbox: settings.publish == Publish::Outbox,
        local_account: None,
    }
}

/// The process that signs tokens knows its own keys; all others fetch them.
fn verifier(
    settings: &Settings,
    chosen: &[RoleChoice],
    http: &reqwest::Client,
    ports: &Ports,
) -> anyhow::Result<TokenVerifier> {
    let clock = Arc::clone(&ports.clock);
    let issuer = settings.jwt_issuer.clone();
    match &settings.jwt_signing_key {
        Some(key) if chosen.contains(&RoleChoice::Storefront) => {
            let keys = TokenIssuer::new(key, issuer.clone(), Arc::clone(&clock))?.jwks();
            Ok(TokenVerifier::fixed(&keys, issuer, clock))
        }
        _ => Ok(TokenVerifier::remote(settings.jwks_url.clone(), http.clone(), issuer, clock)),
    }
}
