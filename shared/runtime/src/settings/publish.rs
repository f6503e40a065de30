//! How commits get into the stream.

use super::{Faults, Given, SettingsGroup, one_of};

/// How commits get into the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Publish {
    /// Each service publishes its own, from markers in its table
    Outbox,
    /// DynamoDB's change capture does; commits carry no marker
    Cdc,
}

impl Publish {
    /// As it is set.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Cdc => "cdc",
        }
    }
}

/// How commits get into the stream, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct PublishArgs {
    /// How commits get into the stream: outbox (a publisher) or cdc (DynamoDB's change capture)
    #[arg(long, env = "PUBLISH", default_value = "outbox", value_name = "WAY", value_parser = one_of::<Publish>())]
    publish: Given<Publish>,
}

impl SettingsGroup for PublishArgs {
    type Settings = Publish;

    fn check(self, faults: &mut Faults) -> Option<Publish> {
        faults.take(self.publish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_ways_into_the_stream() {
        for way in [Publish::Outbox, Publish::Cdc] {
            assert_eq!(PublishArgs::from_flags([format!("--publish={}", way.as_str())]).unwrap(), way);
        }
        assert_eq!(PublishArgs::defaults(), Publish::Outbox);
        let error = PublishArgs::from_flags(["--publish=carrier-pigeon"]).unwrap_err();
        assert_eq!(error.to_string(), "PUBLISH: must be outbox or cdc");
    }
}
