//! Names of an installation's resources in its account, and which prefixes keep installations of one account apart.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_aws::AwsConfig;
use shotengai_contracts::topology::Service;

use crate::{Options, Resource, resources};

/// What differs by account, as CloudFormation calls it.
pub(crate) const ACCOUNT: &str = "${AWS::AccountId}";

/// ARNs of an installation, with what differs by account left open.
pub(crate) struct Names<'a>(&'a AwsConfig);

impl<'a> Names<'a> {
    pub(crate) const fn of(config: &'a AwsConfig) -> Self {
        Self(config)
    }

    fn arn(&self, service: &str, kind: &str, name: &str) -> String {
        let name = self.0.full_name(name);
        format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:{ACCOUNT}:{kind}{name}")
    }

    pub(crate) fn table(&self, name: &str) -> String {
        self.arn("dynamodb", "table/", name)
    }

    pub(crate) fn stream(&self, name: &str) -> String {
        self.arn("kinesis", "stream/", name)
    }

    pub(crate) fn topic(&self, name: &str) -> String {
        self.arn("sns", "", name)
    }

    pub(crate) fn queue(&self, name: &str) -> String {
        self.arn("sqs", "", name)
    }

    pub(crate) fn bucket(&self, config: &AwsConfig, name: &str) -> String {
        format!("arn:${{AWS::Partition}}:s3:::{}", bucket_name(config, name))
    }
}

/// A bucket's name is the only one in the world: where none was chosen, a stack puts the account's number behind it.
pub(crate) fn bucket_name(config: &AwsConfig, name: &str) -> String {
    let named = config.bucket_name(name);
    if config.chosen_bucket(name).is_some() { named } else { format!("{named}-{ACCOUNT}") }
}

/// What the account's own resources begin with that no service names: key, alarms, IAM roles.
pub(crate) fn own(config: &AwsConfig, name: &str) -> String {
    if name.is_empty() {
        return config.full_name("shotengai");
    }
    format!("{}-{name}", config.full_name("shotengai"))
}

/// The IAM role of a service.
#[must_use]
pub fn role_name(config: &AwsConfig, service: Service) -> String {
    own(config, service.as_str())
}

/// Why a prefix keeps no installations of one account apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Some service of AWS takes no such name.
    #[error(
        "must have lower-case letters, digits and '-' only and begin with a letter: names of queues, buckets and IAM roles begin with it"
    )]
    Characters,
    /// Two installations would have a resource of one name.
    #[error("must not end with {ending:?}: the {kind} {name} is another's, whose prefix lacks it")]
    Meets {
        /// How it ends.
        ending: String,
        /// The kind of resource.
        kind: &'static str,
        /// Its name, without the other's prefix.
        name: String,
    },
}

/// Whether installations of one account whose prefixes this takes never have a resource of one name, unless their prefixes
/// are the same.
///
/// # Errors
/// [`PrefixError`].
pub fn check_prefix(config: &AwsConfig) -> Result<(), PrefixError> {
    let prefix = config.prefix.as_str();
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !prefix.chars().all(good) || prefix.starts_with(|c: char| !c.is_ascii_lowercase()) {
        return Err(PrefixError::Characters);
    }
    for (kind, names) in names_by_kind(config) {
        // One name is another's behind `price-`: so is an installation's whose prefix ends with that.
        for name in &names {
            let met = names.iter().filter_map(|other| name.strip_suffix(other.as_str()));
            if let Some(ending) = met.into_iter().find(|ending| !ending.is_empty() && prefix.ends_with(ending)) {
                return Err(PrefixError::Meets { ending: ending.to_owned(), kind, name: name.clone() });
            }
        }
    }
    Ok(())
}

/// Names without the prefix, by the kind within which they are unique in an account.
fn names_by_kind(config: &AwsConfig) -> BTreeMap<&'static str, BTreeSet<String>> {
    let bare = AwsConfig { prefix: String::new(), ..config.clone() };
    let mut names: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for resource in resources(&bare, &Options { archive: true, ..Options::default() }) {
        if matches!(resource, Resource::Subscription(_) | Resource::Capture { .. } | Resource::StreamConsumer { .. }) {
            continue;
        }
        names.entry(resource.kind()).or_default().insert(resource.name().to_owned());
    }
    names.entry("IAM role").or_default().extend(bare.installation.services().map(|service| role_name(&bare, service)));
    names
}
