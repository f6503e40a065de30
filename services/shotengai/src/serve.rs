//! Roles in this process.

use std::process::ExitCode;
use std::sync::Arc;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::topology::Service;
use shotengai_kernel::Ports;
use shotengai_messaging::receipts::{self, Ledger};
use shotengai_runtime::settings::AwsSettings;
use shotengai_runtime::{
    App, Context, Faults, LeaseStore, Publish, Role, Settings, SettingsError, SettingsGroup, Telemetry, TokenIssuer,
    TokenVerifier, shutdown_on_signals,
};
use tokio_util::sync::CancellationToken;

use crate::cli::ServeArgs;
use crate::leases::ClusterLeases;
use crate::program::program;
use crate::roles::RoleSettings;
use crate::{capture, roles};

pub(crate) async fn run(args: Box<ServeArgs>) -> anyhow::Result<ExitCode> {
    let shutdown = CancellationToken::new();
    shutdown_on_signals(shutdown.clone())?;
    let serving = args.check()?;
    let names: Vec<_> = serving.chosen.iter().map(|service| service.as_str()).collect();
    let telemetry = Telemetry::install(&serving.settings, &names)?;
    bind(serving).await?.with_telemetry(telemetry).run(shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// Roles and settings, checked.
pub(crate) struct Serving {
    pub(crate) settings: Settings,
    chosen: Vec<Service>,
    own: RoleSettings,
}

impl ServeArgs {
    /// Names every fault of the shared settings and of those of each chosen role, before anything is connected.
    pub(crate) fn check(self) -> Result<Serving, SettingsError> {
        let mut faults = Faults::default();
        faults.refuse_earlier_names(|name| std::env::var_os(name).is_some());
        let chosen = roles::chosen(&self.roles);
        let settings = self.shared.check(&mut faults);
        let mut own = self.own.check(&chosen, &mut faults);
        own.added = self.added.check(&chosen, &mut faults);
        faults.finish(settings.map(|mut settings| {
            settings.neighbours.roles.append(&mut own.added.urls);
            Serving { settings, chosen, own }
        }))
    }
}

/// Builds the roles over AWS (the local one or the real) and binds the process's addresses.
pub(crate) async fn bind(serving: Serving) -> anyhow::Result<App> {
    let Serving { settings, chosen, own } = serving;
    let ports = Ports::system();
    let aws = Aws::connect(aws_config(settings.aws.clone(), settings.publish), ports.clone()).await;
    let captured = settings.publish == Publish::Cdc;
    if captured {
        capture::require(&aws, &chosen).await?;
    }
    if settings.receipt_orders > 0 {
        let roles = chosen.iter().map(|service| service.as_str()).collect();
        let (process, most) = (ports.ids.uuid_v7(), settings.receipt_orders);
        receipts::keep(Ledger::new(process, roles, most, Arc::clone(&ports.clock)));
    }
    let settings = Arc::new(settings);
    let context = Context::new(Arc::clone(&settings), ports.clone(), Arc::new(aws.clone()))?;
    let mut context = context.with_interface(program().interface.clone());
    // The process that signs tokens knows its own keys; all others fetch them.
    if let Some(storefront) = &own.storefront {
        let issuer = &settings.auth.issuer;
        let keys = TokenIssuer::new(&storefront.signing_key, issuer, Arc::clone(&ports.clock))?.jwks();
        context = context.with_tokens(TokenVerifier::fixed(&keys, issuer, Arc::clone(&ports.clock)));
    }
    if settings.leases.store == LeaseStore::Kubernetes && chosen.contains(&Service::BRIDGE) {
        let leases = ClusterLeases::connect(&settings.leases, &settings.aws.prefix, ports).await?;
        context = context.with_leases(move |group| leases.of(group));
    }
    let (mut built, mut mismatches) = (Vec::new(), Vec::new());
    for service in chosen {
        let role = roles::build(service, &context, &own).await?;
        mismatches.extend(role.check_subscriptions().err().map(|mismatch| mismatch.to_string()));
        let check = capture::check(&aws, service).filter(|_| captured);
        built.push(check.into_iter().fold(role, Role::check));
    }
    anyhow::ensure!(mismatches.is_empty(), "{}", mismatches.join("; "));
    App::bind(context, built)
}

/// The AWS that the settings name.
pub(crate) fn aws_config(settings: AwsSettings, publish: Publish) -> AwsConfig {
    AwsConfig {
        endpoint_url: settings.endpoint_url,
        region: settings.region,
        prefix: settings.prefix,
        stream_name: settings.stream_name,
        image_bucket: settings.image_bucket,
        archive_bucket: settings.archive_bucket,
        s3_public_endpoint: settings.s3_public_endpoint,
        installation: roles::installation(),
        marks_outbox: publish == Publish::Outbox,
        local_account: None,
    }
}
