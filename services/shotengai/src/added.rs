//! Roles that an application adds to the platform's ones: what it says of each, and their settings on the command line.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use shotengai_contracts::api::Endpoint;
use shotengai_contracts::topology::{Service, Topology};
use shotengai_messaging::Reason;
use shotengai_metrics::Definition;
use shotengai_runtime::settings::{Given, Setting, parsed, settings_of_command, text};
use shotengai_runtime::{Context, Faults, Role, SettingsGroup};

use crate::program::program;

/// A role that an application adds, and what belongs to it.
pub trait AddedRole: 'static {
    /// Topology that it brings into the installation: itself alone as a service, its queues, tables and calls.
    const TOPOLOGY: Topology;

    /// The public routes that it answers: the front door forwards them, documents tell of them.
    const ROUTES: &'static [&'static dyn Endpoint];

    /// The figures that it shows at `/metrics`, beside those that every role has.
    const METRICS: &'static [&'static Definition] = &[];

    /// The reasons for dead letters that it has, beside those of every consumer.
    const REASONS: &'static [Reason] = &[];

    /// The settings that it has of its own.
    type Args: SettingsGroup + 'static;

    /// Assembles it for a process.
    ///
    /// # Errors
    /// When something outside of our services can't be used.
    fn build(context: &Context, settings: &<Self::Args as SettingsGroup>::Settings) -> anyhow::Result<Role>;
}

type Build = Box<dyn Fn(&Context) -> anyhow::Result<Role>>;
type Check = Box<dyn FnOnce(&mut Faults) -> Option<Build>>;

/// An [`AddedRole`] without its types, as [`main`](crate::main) takes it.
#[derive(Clone, Copy)]
pub struct Addition {
    pub(crate) service: Service,
    pub(crate) topology: Topology,
    pub(crate) routes: &'static [&'static dyn Endpoint],
    metrics: &'static [&'static Definition],
    reasons: &'static [Reason],
    augment: fn(Command) -> Command,
    read: fn(&ArgMatches) -> Result<Check, clap::Error>,
}

impl Addition {
    /// This role. A topology with more services than the role, or without it, does not compile.
    #[must_use]
    pub const fn of<R: AddedRole>() -> Self {
        let service = const {
            match R::TOPOLOGY.services {
                [service] => *service,
                _ => panic!("the topology of an added role has one service: the role"),
            }
        };
        Self {
            service,
            topology: R::TOPOLOGY,
            routes: R::ROUTES,
            metrics: R::METRICS,
            reasons: R::REASONS,
            augment: <R::Args as Args>::augment_args,
            read: read::<R>,
        }
    }
}

fn read<R: AddedRole>(matches: &ArgMatches) -> Result<Check, clap::Error> {
    let args = R::Args::from_arg_matches(matches)?;
    Ok(Box::new(move |faults| {
        let settings = args.check(faults)?;
        Some(Box::new(move |context| R::build(context, &settings)))
    }))
}

/// An addition, and by which setting the front door finds it in another process: `loyalty-url`, `LOYALTY_URL`.
pub(crate) struct Added {
    pub(crate) role: Addition,
    url_flag: String,
    url_env: String,
}

impl Added {
    pub(crate) fn new(role: Addition) -> Self {
        let url_flag = format!("{}-url", role.service);
        Self { role, url_env: url_flag.to_ascii_uppercase().replace('-', "_"), url_flag }
    }

    fn with_url(&'static self, command: Command) -> Command {
        if self.role.routes.is_empty() {
            return command;
        }
        let url = Arg::new(self.url_flag.as_str()).long(self.url_flag.as_str()).env(self.url_env.as_str());
        let url = url.value_name("URL").value_parser(parsed(text::plain_http)).help_heading("Other processes");
        command.arg(url.help("An added service; what of it is public, storefront forwards there"))
    }

    fn with_settings(&self, command: Command) -> Command {
        (self.role.augment)(command.next_help_heading(self.role.service.as_str()))
    }

    /// Settings of its own.
    fn settings(&self) -> Vec<Setting> {
        settings_of_command(&self.with_settings(Command::new("settings")))
    }

    /// The names of all settings that it brings.
    pub(crate) fn setting_names(&self) -> impl Iterator<Item = String> {
        let url = (!self.role.routes.is_empty()).then(|| self.url_env.clone());
        self.settings().into_iter().map(|setting| setting.name).chain(url)
    }

    fn url(&self, matches: &ArgMatches) -> Option<Given<String>> {
        if self.role.routes.is_empty() { None } else { matches.get_one(&self.url_flag).cloned() }
    }
}

/// The settings that all added roles are reached by.
pub(crate) fn url_settings() -> Vec<Setting> {
    settings_of_command(
        &program().added.iter().fold(Command::new("settings"), |command, added| added.with_url(command)),
    )
}

/// Settings that each added role has of its own.
pub(crate) fn settings() -> impl Iterator<Item = (&'static str, Vec<Setting>)> {
    program().added.iter().map(|added| (added.role.service.as_str(), added.settings()))
}

/// The figures of each added role.
pub(crate) fn metrics() -> impl Iterator<Item = (&'static str, &'static [&'static Definition])> {
    program().added.iter().map(|added| (added.role.service.as_str(), added.role.metrics))
}

/// The reasons for dead letters of each added role.
pub(crate) fn reasons() -> impl Iterator<Item = (&'static str, &'static [Reason])> {
    program().added.iter().map(|added| (added.role.service.as_str(), added.role.reasons))
}

/// The settings of added roles, on the way in.
pub(crate) struct AddedArgs(Vec<(Service, Option<Given<String>>, Check)>);

impl FromArgMatches for AddedArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let read = |added: &Added| Ok((added.role.service, added.url(matches), (added.role.read)(matches)?));
        program().added.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for AddedArgs {
    fn augment_args(command: Command) -> Command {
        program().added.iter().fold(command, |command, added| added.with_settings(added.with_url(command)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The added roles that run here, and where others of them are.
#[derive(Default)]
pub(crate) struct AddedSettings {
    pub(crate) urls: BTreeMap<Service, String>,
    roles: BTreeMap<Service, Build>,
}

impl AddedArgs {
    /// Checks the settings of these roles alone, and every address.
    pub(crate) fn check(self, chosen: &[Service], faults: &mut Faults) -> AddedSettings {
        let mut checked = AddedSettings::default();
        for (service, url, check) in self.0 {
            checked.urls.extend(faults.optional(url).map(|url| (service, url)));
            if chosen.contains(&service) {
                checked.roles.extend(check(faults).map(|build| (service, build)));
            }
        }
        checked
    }
}

impl AddedSettings {
    pub(crate) fn build(&self, service: Service, context: &Context) -> anyhow::Result<Role> {
        match self.roles.get(&service) {
            Some(build) => build(context),
            None => anyhow::bail!("{service} is installed, but not built into this program"),
        }
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::topology::SHOTENGAI;
    use shotengai_tally::{TallyArgs, TallySettings};

    use super::*;

    struct Counting;

    impl AddedRole for Counting {
        const TOPOLOGY: Topology = Topology { services: &[Service::new("counting")], ..SHOTENGAI };
        const ROUTES: &'static [&'static dyn Endpoint] = &[];
        type Args = TallyArgs;

        fn build(_: &Context, settings: &TallySettings) -> anyhow::Result<Role> {
            anyhow::bail!("built with {}", settings.tally_poll_ms)
        }
    }

    fn faults_of(flag: &'static str) -> Result<(), String> {
        let added = Added::new(Addition::of::<Counting>());
        let command = added.with_settings(Command::new("serve").no_binary_name(true));
        let matches = command.mut_args(|arg| arg.env(None::<&'static str>)).try_get_matches_from([flag]).unwrap();
        let mut faults = Faults::default();
        let built = (added.role.read)(&matches).unwrap()(&mut faults);
        faults.finish(built).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_wrong_with_an_added_roles_settings_is_noted_and_not_thrown() {
        assert_eq!(faults_of("--tally-poll-ms=300"), Ok(()));
        let fault = faults_of("--tally-poll-ms=9").unwrap_err();
        assert!(fault.starts_with("TALLY_POLL_MS: must be"), "{fault}");
    }

    #[test]
    fn a_role_without_routes_needs_no_address() {
        let names: Vec<_> = Added::new(Addition::of::<Counting>()).setting_names().collect();
        assert_eq!(names, ["TALLY_POLL_MS", "TALLY_MAX_CLIENTS"]);
    }
}
