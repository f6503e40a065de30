//! The AWS that a tool talks to: a cloud account, any endpoint, or the street that is open here.

mod credentials;
mod read_models;

use std::time::Duration;

use clap::Args;
use shotengai_aws::Aws;
use shotengai_contracts::topology::tables::CHECKPOINTS;
use shotengai_kernel::Ports;
use shotengai_messaging::FaultKind;
use shotengai_runtime::settings::{AwsArgs, AwsSettings};
use shotengai_runtime::{Faults, Publish, SettingsGroup};

use crate::patience::Patience;
use crate::serve::aws_config;
use crate::street::Street;

/// Which AWS a tool talks to, on the way in.
#[derive(Args, Clone)]
pub(crate) struct Target {
    #[command(flatten)]
    aws: AwsArgs,
    /// The street that is open in this folder (`make run`), whatever its ports are; an endpoint that is given goes first
    #[arg(long)]
    local: bool,
    /// How long the AWS may take to answer for the first time, in seconds: a pod's network may open a moment after the pod began
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=3600))]
    connect_within_seconds: u64,
}

impl Target {
    /// The street that is open here, where `--local` asks for it.
    ///
    /// # Errors
    /// When none is, and no endpoint is given instead.
    pub(crate) fn street(&self) -> anyhow::Result<Option<Street>> {
        if !self.local {
            return Ok(None);
        }
        match Street::find() {
            Err(_) if self.aws.has_endpoint() => Ok(None),
            found => found.map(Some),
        }
    }

    /// How long its first answer is waited for.
    pub(crate) const fn within(&self) -> Duration {
        Duration::from_secs(self.connect_within_seconds)
    }

    /// The settings of that AWS.
    pub(crate) fn check(self, street: Option<&Street>, faults: &mut Faults) -> Option<AwsSettings> {
        let mut settings = self.aws.check(faults)?;
        settings.endpoint_url = settings.endpoint_url.or_else(|| Some(street?.aws.clone()));
        Some(settings)
    }

    /// That AWS, for tools that need nothing else and write no commits.
    pub(crate) async fn connect(self) -> anyhow::Result<Aws> {
        let mut faults = Faults::default();
        let street = self.street()?;
        let within = self.within();
        let settings = self.check(street.as_ref(), &mut faults);
        connect(faults.finish(settings)?, Publish::Outbox, within).await
    }
}

/// The AWS of these settings, once it answers, whatever it says. When it doesn't in time, the command finds out what it can do: it may
/// be one part of AWS that is away, and another that the command is about.
///
/// # Errors
/// When it is the cloud's and nothing says who we are there.
pub(crate) async fn connect(settings: AwsSettings, publish: Publish, within: Duration) -> anyhow::Result<Aws> {
    if settings.endpoint_url.is_none() {
        credentials::look(|name| std::env::var_os(name)).await?;
    }
    let aws = Aws::connect(aws_config(settings, publish), Ports::system()).await;
    let ask = async || aws.admin().has_table(CHECKPOINTS.name).await;
    let _ = Patience::of(within).attempt("AWS", ask, |fault| fault.kind() == FaultKind::Transient).await;
    Ok(aws)
}
