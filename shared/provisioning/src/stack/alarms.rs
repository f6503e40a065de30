//! Alarms on what AWS alone knows: messages that SQS or SNS moved by themselves, ages of queues, throttling. What roles know is
//! the chart's rules'.

use serde_json::{Value, json};
use shotengai_aws::AwsConfig;
use shotengai_contracts::topology::STREAM_CONSUMER;

use super::parts::{id, pascal, queue_id};
use crate::{Resource, names};

/// An alarm on one metric; it goes off when the metric is above `above` for `minutes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: &'static str,
    /// `AWS/SQS` or another.
    pub namespace: &'static str,
    /// The metric.
    pub metric: &'static str,
    /// The dimension by which the resource is named.
    pub dimension: &'static str,
    /// The resource's name.
    pub resource: String,
    /// Of a stream's metrics that each of its consumers has: which.
    pub consumer: Option<&'static str>,
    /// `Maximum` or `Sum`.
    pub statistic: &'static str,
    /// The threshold.
    pub above: u64,
    /// Evaluation periods of a minute each.
    pub minutes: u32,
}

impl Alarm {
    /// What the metric is of, by name.
    pub(super) fn dimensions(&self) -> impl Iterator<Item = (String, Value)> {
        let of = (self.dimension.to_owned(), json!(self.resource));
        std::iter::once(of).chain(self.consumer.map(|consumer| ("ConsumerName".to_owned(), json!(consumer))))
    }
}

/// Messages wait for an hour at the most, unless nobody takes them.
const HOUR_SECONDS: u64 = 3600;

pub(super) fn of(config: &AwsConfig, table: &[Resource]) -> Vec<(String, Alarm)> {
    let is_sent =
        |stream: &str| table.iter().any(|it| matches!(it, Resource::StreamConsumer { stream: of, .. } if of == stream));
    table.iter().flat_map(|resource| of_resource(config, resource, &is_sent)).collect()
}

fn of_resource(config: &AwsConfig, resource: &Resource, is_sent: &dyn Fn(&str) -> bool) -> Vec<(String, Alarm)> {
    let full = config.full_name(resource.name());
    let alarm = |of: &str, what: &str, alarm: Alarm| {
        let name = names::own(config, &format!("{}-{what}", resource.name()));
        (format!("{of}{}Alarm", pascal(what)), Alarm { name, resource: full.clone(), ..alarm })
    };
    match resource {
        Resource::Queue(spec) if spec.dead_letters.is_none() => {
            vec![alarm(
                &queue_id(&spec.name),
                "letters",
                queue(
                    "Something could not be handled, or delivered: shotengai dead-letters list",
                    "ApproximateNumberOfMessagesVisible",
                    0,
                ),
            )]
        }
        Resource::Queue(spec) => vec![alarm(
            &queue_id(&spec.name),
            "age",
            queue("Nobody has taken the oldest message for an hour", "ApproximateAgeOfOldestMessage", HOUR_SECONDS),
        )],
        Resource::Stream { name, .. } => {
            let of = super::stream_id(name);
            // Whoever is sent what comes asks for nothing, and each way has a metric of its own.
            let (metric, consumer) = if is_sent(name) {
                ("SubscribeToShardEvent.MillisBehindLatest", Some(STREAM_CONSUMER))
            } else {
                ("GetRecords.IteratorAgeMilliseconds", None)
            };
            let behind =
                stream("Whoever reads the stream is an hour behind", metric, "Maximum", HOUR_SECONDS * 1000, 5);
            vec![
                alarm(of, "behind", Alarm { consumer, ..behind }),
                alarm(
                    of,
                    "throttled",
                    stream(
                        "The stream takes no more: it wants more shards",
                        "WriteProvisionedThroughputExceeded",
                        "Sum",
                        0,
                        5,
                    ),
                ),
            ]
        }
        Resource::Table(spec) => vec![alarm(
            &id(&spec.name, "Table"),
            "throttled",
            Alarm {
                namespace: "AWS/DynamoDB",
                metric: "WriteThrottleEvents",
                dimension: "TableName",
                statistic: "Sum",
                ..plain("Writes of the table are throttled", 0, 5)
            },
        )],
        Resource::Topic(name) => vec![alarm(
            &id(name, "Topic"),
            "failed",
            Alarm {
                namespace: "AWS/SNS",
                metric: "NumberOfNotificationsFailed",
                dimension: "TopicName",
                statistic: "Sum",
                ..plain("The topic could not deliver to a queue", 0, 1)
            },
        )],
        _ => Vec::new(),
    }
}

const fn plain(description: &'static str, above: u64, minutes: u32) -> Alarm {
    Alarm {
        name: String::new(),
        description,
        namespace: "",
        metric: "",
        dimension: "",
        resource: String::new(),
        consumer: None,
        statistic: "Maximum",
        above,
        minutes,
    }
}

fn queue(description: &'static str, metric: &'static str, above: u64) -> Alarm {
    Alarm { namespace: "AWS/SQS", metric, dimension: "QueueName", ..plain(description, above, 5) }
}

fn stream(description: &'static str, metric: &'static str, statistic: &'static str, above: u64, minutes: u32) -> Alarm {
    Alarm { namespace: "AWS/Kinesis", metric, dimension: "StreamName", statistic, ..plain(description, above, minutes) }
}
