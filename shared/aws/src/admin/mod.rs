//! Creates, changes and deletes resources. Every `ensure_*` may run any number of times, also at once with others: what
//! is there already, or appears meanwhile, is found; what differs is changed.
//!
//! Names in specifications are without the installation's prefix.

mod buckets;
mod capture;
pub mod policies;
mod queues;
mod shards;
mod spec;
mod stream;
mod subscription;
mod tables;
mod topic;
mod ttl;
mod wait;

use std::sync::Arc;

use shotengai_contracts::topology::TOPIC;
use shotengai_messaging::Fault;
use tokio::sync::OnceCell;

pub use capture::Capture;
pub use shards::StreamShards;
pub use spec::{
    Attribute, BucketSpec, BucketTells, DeadLetters, IndexSpec, QueueSpec, StreamSpec, SubscriptionSpec, TableSpec,
};
pub use subscription::Filter;

pub use crate::dynamodb::schema::{OUTBOX_INDEX, TIME_INDEX};

use crate::config::AwsConfig;
use crate::connect::Clients;

/// What ensuring a resource came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was there, but not as it should be.
    Changed,
    /// It was there as it should be.
    Found,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Found => "found",
        }
    }

    pub(crate) const fn changed_if(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Found }
    }
}

/// The installation's resources, for the provisioner. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Admin {
    config: Arc<AwsConfig>,
    clients: Clients,
    /// The topic's ARN once it is known; queues' ARNs follow from it.
    topic_arn: Arc<OnceCell<String>>,
}

impl Admin {
    pub(crate) fn new(config: Arc<AwsConfig>, clients: Clients) -> Self {
        Self { config, clients, topic_arn: Arc::default() }
    }

    /// A resource's name with the installation's prefix.
    #[must_use]
    pub fn full_name(&self, name: &str) -> String {
        self.config.full_name(name)
    }

    /// The stream's name, without the prefix.
    #[must_use]
    pub fn stream_name(&self) -> &str {
        &self.config.stream_name
    }

    /// The topic's name, without the prefix.
    #[must_use]
    pub const fn topic_name(&self) -> &'static str {
        TOPIC
    }

    /// A queue's ARN: in the partition, region and account of the topic.
    fn queue_arn(&self, topic_arn: &str, name: &str) -> Result<String, Fault> {
        let mut parts = topic_arn.split(':').skip(1);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(partition), Some("sns"), Some(region), Some(account)) => {
                Ok(format!("arn:{partition}:sqs:{region}:{account}:{}", self.full_name(name)))
            }
            _ => Err(crate::fault::invalid("sns.ListTopics", "the topic's ARN is not of the known form")),
        }
    }
}
