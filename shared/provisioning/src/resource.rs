//! One line of the table.

use std::fmt;

use shotengai_aws::admin::{Admin, BucketSpec, Capture, Outcome, QueueSpec, StreamSpec, SubscriptionSpec, TableSpec};
use shotengai_messaging::Fault;

/// A resource as it should be. Names are without the installation's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A stream.
    Stream {
        /// Its name.
        name: String,
        /// What it looks like.
        spec: StreamSpec,
    },
    /// A stream's consumer of enhanced fan-out.
    StreamConsumer {
        /// The stream.
        stream: String,
        /// The consumer's name.
        name: String,
    },
    /// A table.
    Table(TableSpec),
    /// The flow of a table's changes into the stream.
    Capture {
        /// The table.
        table: String,
    },
    /// The topic.
    Topic(String),
    /// A queue.
    Queue(QueueSpec),
    /// A queue's subscription to the topic.
    Subscription(SubscriptionSpec),
    /// A bucket.
    Bucket(BucketSpec),
}

impl Resource {
    /// What kind of resource it is, as a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Stream { .. } => "stream",
            Self::StreamConsumer { .. } => "consumer",
            Self::Table(_) => "table",
            Self::Capture { .. } => "capture",
            Self::Topic(_) => "topic",
            Self::Queue(_) => "queue",
            Self::Subscription(_) => "subscription",
            Self::Bucket(_) => "bucket",
        }
    }

    /// Its name; a subscription's is its queue's, a capture's its table's.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Table(spec) => &spec.name,
            Self::Queue(spec) => &spec.name,
            Self::Capture { table } => table,
            Self::Subscription(spec) => &spec.queue,
            Self::Bucket(spec) => &spec.name,
            Self::Stream { name, .. } | Self::StreamConsumer { name, .. } | Self::Topic(name) => name,
        }
    }

    /// Resources of one stage need those of earlier stages, and nothing of their own.
    pub(crate) fn stage(&self) -> usize {
        match self {
            Self::Queue(spec) if spec.dead_letters.is_some() => 2,
            Self::Queue(_) | Self::Capture { .. } | Self::StreamConsumer { .. } => 1,
            // A bucket's name may be another's in the world: nothing waits for it.
            Self::Subscription(_) | Self::Bucket(_) => 3,
            _ => 0,
        }
    }

    pub(crate) async fn ensure(&self, admin: &Admin) -> Result<Outcome, Fault> {
        match self {
            Self::Stream { name, spec } => admin.ensure_stream(name, *spec).await,
            Self::StreamConsumer { stream, name } => admin.ensure_stream_consumer(stream, name).await,
            Self::Table(spec) => admin.ensure_table(spec).await,
            Self::Capture { table } => admin.ensure_capture(table).await,
            Self::Topic(_) => admin.ensure_topic().await,
            Self::Queue(spec) => admin.ensure_queue(spec).await,
            Self::Subscription(spec) => admin.ensure_subscription(spec).await,
            Self::Bucket(spec) => admin.ensure_bucket(spec).await,
        }
    }

    pub(crate) async fn is_present(&self, admin: &Admin) -> Result<bool, Fault> {
        match self {
            Self::Stream { name, .. } => admin.has_stream(name).await,
            Self::StreamConsumer { stream, name } => admin.has_stream_consumer(stream, name).await,
            Self::Table(spec) => admin.has_table(&spec.name).await,
            // One that starts, or could not, is none yet.
            Self::Capture { table } => Ok(admin.capture_of(table).await? == Capture::Active),
            Self::Topic(_) => admin.has_topic().await,
            Self::Queue(spec) => admin.has_queue(&spec.name).await,
            Self::Subscription(spec) => admin.has_subscription(&spec.queue).await,
            Self::Bucket(spec) => admin.has_bucket(&spec.name).await,
        }
    }

    pub(crate) async fn delete(&self, admin: &Admin) -> Result<bool, Fault> {
        match self {
            Self::Stream { name, .. } => admin.delete_stream(name).await,
            Self::StreamConsumer { stream, name } => admin.delete_stream_consumer(stream, name).await,
            Self::Table(spec) => admin.delete_table(&spec.name).await,
            Self::Capture { table } => admin.end_capture(table).await,
            Self::Topic(_) => admin.delete_topic().await,
            Self::Queue(spec) => admin.delete_queue(&spec.name).await,
            Self::Subscription(spec) => admin.delete_subscription(&spec.queue).await,
            Self::Bucket(spec) => admin.delete_bucket(&spec.name).await,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.name())
    }
}
