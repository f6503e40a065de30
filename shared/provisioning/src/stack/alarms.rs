//! Alarms on what AWS knows: dead letters, ages of queues and of the stream, throttling, change capture. What roles alone know
//! is the chart's rules': how long orders take, and markers that stay on.

use serde_json::{Value, json};
use shotengai_aws::AwsConfig;
use shotengai_contracts::topology::{STREAM_CONSUMER, queues};

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
    /// A second dimension, of metrics that have one: a stream's consumer.
    pub also: Option<(&'static str, &'static str)>,
    /// A second dimension of which every value counts: the metric is asked for by a query then.
    pub across: Option<&'static str>,
    /// `Maximum` or `Sum`.
    pub statistic: &'static str,
    /// The threshold.
    pub above: u64,
    /// Evaluation periods of a minute each.
    pub minutes: u32,
    /// What it means when there is no figure.
    pub missing: Missing,
}

/// What it means when a metric has no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing happened, which is fine.
    IsFine,
    /// Nobody is there who should be.
    IsBad,
}

impl Missing {
    /// As CloudWatch has it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::IsFine => "notBreaching",
            Self::IsBad => "breaching",
        }
    }
}

impl Alarm {
    /// What the metric is of, by name.
    pub(super) fn dimensions(&self) -> impl Iterator<Item = (String, Value)> {
        let of = (self.dimension.to_owned(), json!(self.resource));
        std::iter::once(of).chain(self.also.map(|(name, value)| (name.to_owned(), json!(value))))
    }

    /// The query of Metrics Insights that asks for the metric, where it is asked for by one.
    pub(super) fn query(&self) -> Option<String> {
        let Self { namespace, metric, dimension, resource, .. } = self;
        let (function, across) = (if self.statistic == "Sum" { "SUM" } else { "MAX" }, self.across?);
        let schema = format!("SCHEMA(\"{namespace}\", {across}, {dimension})");
        Some(format!("SELECT {function}({metric}) FROM {schema} WHERE {dimension} = '{resource}'"))
    }
}

/// Messages wait for an hour at the most, unless nobody takes them.
const HOUR_SECONDS: u64 = 3600;
/// What is a minute late is late for whoever waits for it: an order, or a read.
const LATE_SECONDS: u64 = 60;
/// Dead letters are looked after within so long.
const LETTER_MINUTES: u32 = 15;
/// Change capture is late then; the chart's rules say so at the same age.
const CAPTURE_SECONDS: u64 = 1800;

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
            let id = queue_id(&spec.name);
            let some = "Something could not be handled, or delivered: shotengai dead-letters list";
            let old = "Nobody has looked after a dead letter for a quarter of an hour: shotengai dead-letters list";
            vec![
                alarm(&id, "letters", queue(some, VISIBLE, 0)),
                // Not by age: SQS leaves out what was received three times, and whoever looks at letters receives them.
                alarm(&id, "old", Alarm { minutes: LETTER_MINUTES, ..queue(old, VISIBLE, 0) }),
            ]
        }
        Resource::Queue(spec) => {
            let id = queue_id(&spec.name);
            let unread = queue("Nobody has taken the oldest message for an hour", AGE, HOUR_SECONDS);
            let late = queue("Messages wait for a minute: what follows from them is late", AGE, LATE_SECONDS);
            // Reminders of deadlines wait on purpose.
            let waits = spec.name == queues::ORDER_DEADLINE.name;
            let late = (!waits).then(|| alarm(&id, "late", late));
            std::iter::once(alarm(&id, "age", unread)).chain(late).collect()
        }
        Resource::Stream { name, .. } => {
            let of = super::stream_id(name);
            // Whoever is sent what comes asks for nothing, and each way has a metric of its own.
            let (metric, also) = if is_sent(name) {
                ("SubscribeToShardEvent.MillisBehindLatest", Some(("ConsumerName", STREAM_CONSUMER)))
            } else {
                ("GetRecords.IteratorAgeMilliseconds", None)
            };
            let behind =
                stream("Whoever reads the stream is an hour behind", metric, "Maximum", HOUR_SECONDS * 1000, 5);
            let lags = stream("Whoever reads the stream is a minute behind", metric, "Maximum", LATE_SECONDS * 1000, 5);
            // Events are always read; prices are not, where that is switched off.
            let missing = if *name == config.stream_name { Missing::IsBad } else { Missing::IsFine };
            vec![
                alarm(of, "behind", Alarm { also, missing, ..behind }),
                alarm(of, "lags", Alarm { also, missing, ..lags }),
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
        Resource::Capture { table } => {
            let of = id(table, "Table");
            let late = capture("Change capture is half an hour behind", "AgeOfOldestUnreplicatedRecord", "Maximum");
            let lost = capture("Change capture gave up on commits", "FailedToReplicateRecordCount", "Sum");
            vec![
                alarm(&of, "uncaptured", Alarm { above: CAPTURE_SECONDS * 1000, minutes: 15, ..late }),
                alarm(&of, "lost", Alarm { minutes: 1, ..lost }),
            ]
        }
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
        also: None,
        across: None,
        statistic: "Maximum",
        above,
        minutes,
        missing: Missing::IsFine,
    }
}

/// Age of a queue's oldest message.
const AGE: &str = "ApproximateAgeOfOldestMessage";
/// Messages that a queue holds, but for those that somebody has just received.
const VISIBLE: &str = "ApproximateNumberOfMessagesVisible";

/// Of a captured table: what DynamoDB puts into the stream.
fn capture(description: &'static str, metric: &'static str, statistic: &'static str) -> Alarm {
    Alarm {
        namespace: "AWS/DynamoDB",
        metric,
        dimension: "TableName",
        // AWS names the dimension, and not the value that it has for Kinesis.
        across: Some("DelegatedOperation"),
        statistic,
        ..plain(description, 0, 5)
    }
}

fn queue(description: &'static str, metric: &'static str, above: u64) -> Alarm {
    Alarm { namespace: "AWS/SQS", metric, dimension: "QueueName", ..plain(description, above, 5) }
}

fn stream(description: &'static str, metric: &'static str, statistic: &'static str, above: u64, minutes: u32) -> Alarm {
    Alarm { namespace: "AWS/Kinesis", metric, dimension: "StreamName", statistic, ..plain(description, above, minutes) }
}
