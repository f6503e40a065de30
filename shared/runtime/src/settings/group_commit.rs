//! Whether single commits, and single rows, that meet go to DynamoDB together.

use super::{Faults, Given, SettingsGroup, one_of};

/// Whether single commits that meet go to DynamoDB together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CommitGrouping {
    /// In one request; needs dynamodb:PartiQLInsert and PartiQLUpdate
    On,
    /// Each by itself
    Off,
}

impl CommitGrouping {
    /// Whether they go together.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// Whether single commits that meet go to DynamoDB together, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct GroupCommitArgs {
    /// Whether commits, and rows, that meet in a process go to DynamoDB in one request: on (needs dynamodb:PartiQLInsert and
    /// PartiQLUpdate) or off (each by itself)
    #[arg(long, env = "GROUP_COMMIT", default_value = "on", value_name = "SWITCH", value_parser = one_of::<CommitGrouping>())]
    group_commit: Given<CommitGrouping>,
}

impl SettingsGroup for GroupCommitArgs {
    type Settings = CommitGrouping;

    fn check(self, faults: &mut Faults) -> Option<CommitGrouping> {
        faults.take(self.group_commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_go_together_unless_that_is_turned_off() {
        assert_eq!(GroupCommitArgs::defaults(), CommitGrouping::On);
        assert_eq!(GroupCommitArgs::from_flags(["--group-commit=off"]).unwrap(), CommitGrouping::Off);
        let error = GroupCommitArgs::from_flags(["--group-commit=never"]).unwrap_err();
        assert_eq!(error.to_string(), "GROUP_COMMIT: must be on or off");
    }
}
