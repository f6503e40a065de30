//! Whether what a role writes wakes the roles of the same process that read it.

use super::{Faults, Given, SettingsGroup, one_of};

/// Whether what a role writes wakes the roles of the same process that read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Hinting {
    /// They read at once
    On,
    /// Each reads when its time has come
    Off,
}

impl Hinting {
    /// Whether they are woken.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// Whether what a role writes wakes the roles of the same process that read it, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct HintArgs {
    /// Whether what a role writes into the stream wakes the bridge beside it in the same process, and on a local AWS what the
    /// bridge publishes the consumers beside it: on or off (each reads when its time has come)
    #[arg(long, env = "HINTS", default_value = "on", value_name = "SWITCH", value_parser = one_of::<Hinting>())]
    hints: Given<Hinting>,
}

impl SettingsGroup for HintArgs {
    type Settings = Hinting;

    fn check(self, faults: &mut Faults) -> Option<Hinting> {
        faults.take(self.hints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_given_unless_that_is_turned_off() {
        assert_eq!(HintArgs::defaults(), Hinting::On);
        assert_eq!(HintArgs::from_flags(["--hints=off"]).unwrap(), Hinting::Off);
        let error = HintArgs::from_flags(["--hints=never"]).unwrap_err();
        assert_eq!(error.to_string(), "HINTS: must be on or off");
    }
}
