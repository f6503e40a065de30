//! What settings there are, from clap's own introspection: for charts, documents and tests.

use clap::{Arg, ArgAction, Args, Command};
use serde::Serialize;

use super::given::{name_of, range_of};

/// A setting: what it is called, what it may be and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, as faults have it; also that of its environment variable, if it has one.
    pub name: String,
    /// On the command line.
    pub flag: String,
    /// In the environment.
    pub env: Option<String>,
    /// `integer`, `boolean` or `string`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is when nobody says anything.
    pub default: Option<String>,
    /// The least a number may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u64>,
    /// The most a number may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u64>,
    /// What else it may be called, where it is one of a few names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it is for.
    pub help: String,
}

/// The settings of a group of arguments, in the order in which help lists them.
#[must_use]
pub fn settings_of<A: Args>() -> Vec<Setting> {
    settings_of_command(&A::augment_args(Command::new("settings")))
}

/// The options of a command, without its subcommands' and those that every command has.
#[must_use]
pub fn settings_of_command(command: &Command) -> Vec<Setting> {
    command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_long().is_some()).filter_map(setting).collect()
}

fn setting(arg: &Arg) -> Option<Setting> {
    let takes_value = match arg.get_action() {
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version => return None,
        action => action.takes_values(),
    };
    let range = range_of(arg);
    // Of clap's own parsers for numbers only the default tells: a range of theirs is not to be seen.
    let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let is_number = range.is_some() || default.as_deref().is_some_and(|text| text.parse::<u64>().is_ok());
    let kind = match (takes_value, is_number) {
        (false, _) => "boolean",
        (true, true) => "integer",
        (true, false) => "string",
    };
    let values = if takes_value { arg.get_possible_values() } else { Vec::new() };
    Some(Setting {
        name: name_of(arg),
        flag: format!("--{}", arg.get_long()?),
        env: arg.get_env().map(|name| name.to_string_lossy().into_owned()),
        kind,
        default: default.filter(|_| takes_value),
        minimum: range.map(|(low, _)| low),
        maximum: range.and_then(|(_, high)| high),
        values: values.iter().map(|value| value.get_name().to_owned()).collect(),
        secret: arg.is_hide_env_values_set(),
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::SharedArgs;
    use super::*;

    #[test]
    fn every_shared_setting_is_described_as_it_is_declared() {
        let settings = settings_of::<SharedArgs>();
        let of = |name: &str| settings.iter().find(|setting| setting.name == name).unwrap();
        let attempts = of("CONSUMER_MAX_ATTEMPTS");
        assert_eq!((attempts.kind, attempts.minimum, attempts.maximum), ("integer", Some(1), Some(49)));
        assert_eq!((attempts.flag.as_str(), attempts.default.as_deref()), ("--consumer-max-attempts", Some("40")));
        assert_eq!(of("PUBLISH").values, ["outbox", "cdc"]);
        assert!(of("INTERNAL_TOKEN").secret && !of("AWS_REGION").secret);
        assert!(settings.iter().all(|setting| setting.env.as_ref() == Some(&setting.name)), "{settings:?}");
        assert!(settings.iter().all(|setting| !setting.help.is_empty()));
        assert!(!settings.iter().any(|setting| setting.name == "RUST_LOG"), "hidden");
    }
}
