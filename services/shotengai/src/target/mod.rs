//! The AWS that a tool talks to: a cloud account, any endpoint, or the street that is open here.

mod credentials;

use clap::Args;
use shotengai_aws::Aws;
use shotengai_kernel::Ports;
use shotengai_runtime::settings::{AwsArgs, AwsSettings};
use shotengai_runtime::{Faults, Publish, SettingsGroup};

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
        let settings = self.check(street.as_ref(), &mut faults);
        connect(faults.finish(settings)?, Publish::Outbox).await
    }
}

/// The AWS of these settings.
///
/// # Errors
/// When it is the cloud's and nothing says who we are there.
pub(crate) async fn connect(settings: AwsSettings, publish: Publish) -> anyhow::Result<Aws> {
    if settings.endpoint_url.is_none() {
        credentials::look(|name| std::env::var_os(name)).await?;
    }
    Ok(Aws::connect(aws_config(settings, publish), Ports::system()).await)
}
