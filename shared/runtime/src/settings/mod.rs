//! Configuration: text comes in by flag or environment variable, typed values go out, every fault is named at once.
//!
//! Settings stand by concern: [`AwsArgs`], [`PublishArgs`], [`GroupCommitArgs`], [`HintArgs`], [`ReceiptArgs`], [`LeaseArgs`], [`AuthArgs`], [`NeighbourArgs`], [`HttpArgs`],
//! [`TelemetryArgs`], [`ConsumerArgs`], [`CurrencyArgs`] are what all roles share ([`SharedArgs`]); [`DatabaseArgs`] and
//! [`SigningKeyArgs`] are for the roles that need them, which have their own settings beside their code in the same form.
//! A concern is one file: its arguments ([`SettingsGroup`]), what they become, the rules, a test.
//!
//! - `given`: parsers that keep what is wrong instead of ending at it. `faults`: where it is collected.
//! - [`text`]: URLs, addresses, names. `describe`: what settings there are. `refused`: names of earlier systems.

mod auth;
mod aws;
mod consumer;
mod currency;
mod database;
mod describe;
mod faults;
mod given;
mod group_commit;
mod hints;
mod http;
mod leases;
mod neighbours;
mod publish;
mod receipts;
mod refused;
mod telemetry;
pub mod text;

#[cfg(test)]
mod tests;

use std::ffi::OsString;

use secrecy::SecretString;
use shotengai_kernel::Currency;

pub use auth::{AuthArgs, AuthSettings, SigningKeyArgs};
pub use aws::{AwsArgs, AwsSettings};
pub use consumer::{ConsumerArgs, ConsumerSettings};
pub use currency::CurrencyArgs;
pub use database::{DatabaseArgs, DatabaseSettings};
pub use describe::{Setting, settings_of, settings_of_command};
pub use faults::{Faults, SettingsError};
pub use given::{Given, Parser, on_or_off, one_of, parsed, whole};
pub use group_commit::{CommitGrouping, GroupCommitArgs};
pub use hints::{HintArgs, Hinting};
pub use http::{HttpArgs, HttpSettings};
pub use leases::{LeaseArgs, LeaseSettings, LeaseStore, PodIdentity};
pub use neighbours::{NeighbourArgs, NeighbourSettings};
pub use publish::{Publish, PublishArgs};
pub use receipts::ReceiptArgs;
pub use telemetry::{LogFormat, TelemetryArgs, TelemetrySettings};

/// The settings of one concern or role on their way in: clap reads them, [`SettingsGroup::check`] makes typed values of them.
pub trait SettingsGroup: clap::Args {
    /// What they become.
    type Settings;

    /// The settings, or nothing where one has a fault. Notes every fault: takes all that was given before it gives up.
    fn check(self, faults: &mut Faults) -> Option<Self::Settings>;

    /// The settings that these flags make, whatever the environment says. For tests and tools.
    ///
    /// # Errors
    /// [`SettingsError`] that names every fault, or what clap says of a flag that there is not.
    fn from_flags<F: Into<OsString> + Clone>(
        flags: impl IntoIterator<Item = F>,
    ) -> Result<Self::Settings, SettingsError> {
        let mut faults = Faults::default();
        let settings = args_of::<Self, F>(flags)?.check(&mut faults);
        faults.finish(settings)
    }

    /// The settings of a process that was told nothing. For tests and tools, and for groups that need be told nothing.
    #[must_use]
    fn defaults() -> Self::Settings {
        #[expect(clippy::panic, reason = "defaults are part of the program; a test of each group takes them")]
        Self::from_flags([""; 0]).unwrap_or_else(|error| panic!("the defaults have faults: {error}"))
    }
}

/// No settings at all.
impl SettingsGroup for () {
    type Settings = ();

    fn check(self, _: &mut Faults) -> Option<()> {
        Some(())
    }
}

/// The arguments of a group that these flags make, whatever the environment says.
///
/// # Errors
/// What clap says of a flag that there is not.
pub fn args_of<A: clap::Args, F: Into<OsString> + Clone>(
    flags: impl IntoIterator<Item = F>,
) -> Result<A, SettingsError> {
    let command = A::augment_args(clap::Command::new("settings")).no_binary_name(true);
    let matches = command.mut_args(|arg| arg.env(None::<&'static str>)).try_get_matches_from(flags);
    let args = matches.and_then(|matches| A::from_arg_matches(&matches));
    args.map_err(|error| SettingsError { faults: vec![("flags".to_owned(), error.to_string())] })
}

/// Settings that all roles share, on the way in. Every flag has an environment variable of the same name.
#[derive(clap::Args, Clone, Debug)]
pub struct SharedArgs {
    #[command(flatten)]
    aws: AwsArgs,
    #[command(flatten)]
    publish: PublishArgs,
    #[command(flatten)]
    group_commit: GroupCommitArgs,
    #[command(flatten)]
    hints: HintArgs,
    #[command(flatten)]
    receipts: ReceiptArgs,
    #[command(flatten)]
    currency: CurrencyArgs,
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    auth: AuthArgs,
    #[command(flatten)]
    neighbours: NeighbourArgs,
    #[command(flatten)]
    consumer: ConsumerArgs,
    #[command(flatten)]
    leases: LeaseArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// The settings that roles share, checked. Printing it prints no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which AWS.
    pub aws: AwsSettings,
    /// How commits get into the stream.
    pub publish: Publish,
    /// Whether single commits that meet go to DynamoDB together.
    pub group_commit: CommitGrouping,
    /// Whether what a role writes wakes the roles beside it that read it.
    pub hints: Hinting,
    /// For how many orders each process keeps what they cost it; 0 keeps none.
    pub receipt_orders: usize,
    /// Currency of all prices.
    pub currency: Currency,
    /// Where HTTP is served, and how requests end.
    pub http: HttpSettings,
    /// How callers are known.
    pub auth: AuthSettings,
    /// Where roles in other processes are.
    pub neighbours: NeighbourSettings,
    /// How often and how long messages are tried.
    pub consumer: ConsumerSettings,
    /// Where leases are kept.
    pub leases: LeaseSettings,
    /// What is logged, and where traces go.
    pub telemetry: TelemetrySettings,
}

impl SettingsGroup for SharedArgs {
    type Settings = Settings;

    fn check(self, faults: &mut Faults) -> Option<Settings> {
        let aws = self.aws.check(faults);
        let publish = self.publish.check(faults);
        let group_commit = self.group_commit.check(faults);
        let hints = self.hints.check(faults);
        let receipt_orders = self.receipts.check(faults);
        let currency = self.currency.check(faults);
        let http = self.http.check(faults);
        let auth = self.auth.check(faults);
        let neighbours = self.neighbours.check(faults);
        let consumer = self.consumer.check(faults);
        let leases = self.leases.check(faults);
        let telemetry = self.telemetry.check(faults);
        Some(Settings {
            aws: aws?,
            publish: publish?,
            group_commit: group_commit?,
            hints: hints?,
            receipt_orders: receipt_orders?,
            currency: currency?,
            http: http?,
            auth: auth?,
            neighbours: neighbours?,
            consumer: consumer?,
            leases: leases?,
            telemetry: telemetry?,
        })
    }
}

impl Settings {
    /// All defaults, with this internal token; listens on free loopback ports and drains at once. For tests and tools.
    #[must_use]
    pub fn local(internal_token: SecretString) -> Self {
        Self {
            aws: AwsArgs::defaults(),
            publish: PublishArgs::defaults(),
            group_commit: GroupCommitArgs::defaults(),
            hints: HintArgs::defaults(),
            receipt_orders: ReceiptArgs::defaults(),
            currency: CurrencyArgs::defaults(),
            http: HttpSettings::local(),
            auth: AuthSettings::local(internal_token),
            neighbours: NeighbourArgs::defaults(),
            consumer: ConsumerArgs::defaults(),
            leases: LeaseSettings { host: None, ..LeaseArgs::defaults() },
            telemetry: TelemetrySettings::local(),
        }
    }

    /// Where the public keys of access tokens are.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        let published = || format!("{}/.well-known/jwks.json", self.neighbours.storefront_url);
        self.auth.jwks_url.clone().unwrap_or_else(published)
    }
}
