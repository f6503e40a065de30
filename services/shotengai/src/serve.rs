//! Roles in this process.

use std::process::ExitCode;
use std::sync::Arc;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::topology::Service;
use shotengai_kernel::Ports;
use shotengai_runtime::{
    App, Context, LeaseStore, Publish, Role, Settings, Telemetry, TokenIssuer, TokenVerifier, shutdown_on_signals,
};
use tokio_util::sync::CancellationToken;

use crate::cli::ServeArgs;
use crate::leases::ClusterLeases;
use crate::{capture, roles};

pub(crate) async fn run(args: Box<ServeArgs>) -> anyhow::Result<ExitCode> {
    let shutdown = CancellationToken::new();
    shutdown_on_signals(shutdown.clone())?;
    let ServeArgs { roles, shared, own } = *args;
    let settings = shared.into_settings()?;
    let chosen = roles::chosen(&roles);
    let names: Vec<_> = chosen.iter().map(|service| service.as_str()).collect();
    let telemetry = Telemetry::install(&settings, &names)?;
    bind(settings, &chosen, &own).await?.with_telemetry(telemetry).run(shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the roles over AWS (the local one or the real) and binds the process's addresses.
pub(crate) async fn bind(settings: Settings, chosen: &[Service], own: &roles::RoleSettings) -> anyhow::Result<App> {
    let ports = Ports::system();
    let aws = Aws::connect(aws_config(&settings), ports.clone()).await;
    let captured = settings.publish == Publish::Cdc;
    if captured {
        capture::require(&aws, chosen).await?;
    }
    let settings = Arc::new(settings);
    let mut context = Context::new(Arc::clone(&settings), ports.clone(), Arc::new(aws.clone()))?;
    // The process that signs tokens knows its own keys; all others fetch them.
    if let Some(key) = settings.jwt_signing_key.as_ref().filter(|_| chosen.contains(&Service::STOREFRONT)) {
        let keys = TokenIssuer::new(key, &settings.jwt_issuer, Arc::clone(&ports.clock))?.jwks();
        context = context.with_tokens(TokenVerifier::fixed(&keys, &settings.jwt_issuer, Arc::clone(&ports.clock)));
    }
    if settings.leases == LeaseStore::Kubernetes && chosen.contains(&Service::BRIDGE) {
        let leases =
            ClusterLeases::connect(settings.lease_namespace.as_deref(), &settings.resource_prefix, ports).await?;
        context = context.with_leases(move |group| leases.of(group));
    }
    let (mut built, mut faults) = (Vec::new(), Vec::new());
    for service in chosen {
        match roles::build(*service, &context, own).await {
            Ok(role) => {
                faults.extend(role.check_subscriptions().err().map(|mismatch| mismatch.to_string()));
                let check = capture::check(&aws, *service).filter(|_| captured);
                built.push(check.into_iter().fold(role, Role::check));
            }
            // Roles check settings of their own; one start names what all of them miss.
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("; "));
    App::bind(context, built)
}

/// The AWS that the settings name.
pub(crate) fn aws_config(settings: &Settings) -> AwsConfig {
    AwsConfig {
        endpoint_url: settings.aws_endpoint_url.clone(),
        region: settings.aws_region.clone(),
        prefix: settings.resource_prefix.clone(),
        stream_name: settings.kinesis_stream_name.clone(),
        installation: roles::installation(),
        marks_outbox: settings.publish == Publish::Outbox,
        local_account: None,
    }
}
