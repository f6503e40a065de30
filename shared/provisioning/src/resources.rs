//! The table: every AWS resource of an installation.

use std::time::Duration;

use shotengai_aws::AwsConfig;
use shotengai_aws::admin::{BucketSpec, BucketTells, DeadLetters, QueueSpec, StreamSpec, SubscriptionSpec, TableSpec};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::buckets::EVENT_ARCHIVE;
use shotengai_contracts::topology::{
    self, DEAD_LETTERS_KEEP, PRICE_STREAM, QUEUE_KEEPS, STREAM_CONSUMER, STREAM_KEEPS, TOPIC,
};

use crate::Resource;

/// What an installation may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many shards a new stream of events gets; each takes 1 MB or 1,000 records a second.
    pub shards: u32,
    /// The origins of web pages that may send to buckets and fetch from them, by signed requests.
    pub origins: Vec<String>,
    /// Whether buckets are part of it: an installation without images has none, and no rights on any, but for the archive's.
    pub buckets: bool,
    /// Whether the archive is part of it: its bucket, and the rights of who writes it.
    pub archive: bool,
    /// Whether the stream of events has a consumer of enhanced fan-out, which costs by the hour and shard.
    pub fan_out: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { shards: 1, origins: Vec::new(), buckets: true, archive: false, fan_out: false }
    }
}

impl Options {
    /// Whether a bucket is part of it.
    #[must_use]
    pub fn has(&self, bucket: &topology::BucketSpec) -> bool {
        if bucket.name == EVENT_ARCHIVE.name { self.archive } else { self.buckets }
    }
}

/// A thousand prices a second. Who needs more reshards; shards of a stream that is there are left alone.
const PRICE_SHARDS: u32 = 1;
const STREAM_RETENTION: Duration = STREAM_KEEPS.unsigned_abs();
const QUEUE_RETENTION: Duration = QUEUE_KEEPS.unsigned_abs();
const DEAD_LETTER_RETENTION: Duration = DEAD_LETTERS_KEEP.unsigned_abs();
const VISIBILITY: Duration = Duration::from_secs(30);
const LONG_POLL: Duration = Duration::from_secs(20);
/// A net only: consumers give up on a message long before.
const MAX_RECEIVES: u32 = 50;

/// All of them, in the order in which reports name them. Event tables stream themselves where commits aren't marked for
/// the outbox.
#[must_use]
pub fn resources(config: &AwsConfig, options: &Options) -> Vec<Resource> {
    let stream = |name: &str, shards| Resource::Stream {
        name: name.to_owned(),
        spec: StreamSpec { shards, retention: STREAM_RETENTION },
    };
    let mut all = vec![stream(&config.stream_name, options.shards), stream(PRICE_STREAM, PRICE_SHARDS)];
    if options.fan_out {
        all.push(Resource::StreamConsumer { stream: config.stream_name.clone(), name: STREAM_CONSUMER.to_owned() });
    }
    for owner in Owner::ALL {
        let events = TableSpec::events(owner);
        let table = events.name.clone();
        all.push(Resource::Table(events));
        // Where commits carry no marker; where they do, a capture that is on is left alone (see `end_captures`).
        if !config.marks_outbox {
            all.push(Resource::Capture { table });
        }
        all.push(Resource::Table(TableSpec::snapshots(owner)));
    }
    all.extend(config.installation.tables().map(|table| Resource::Table(TableSpec::rows(table.name, table.expires()))));
    all.push(Resource::Topic(TOPIC.to_owned()));
    for spec in config.installation.queues() {
        let (dead_letters, fed_by_topic) = (spec.dead_letters(), spec.is_subscribed());
        if spec.is_consumed() {
            let told_by =
                config.installation.buckets().find(|bucket| bucket.tells.is_some_and(|tells| tells.queue == spec));
            all.push(queue(spec.name, &dead_letters, fed_by_topic, told_by.map(|bucket| bucket.name.to_owned())));
        }
        all.push(dead_letter_queue(&dead_letters, fed_by_topic));
        if fed_by_topic {
            all.push(Resource::Subscription(SubscriptionSpec {
                queue: spec.name.to_owned(),
                event_types: spec.events().iter().map(|event| event.as_str()).collect(),
                dead_letters,
            }));
        }
    }
    // What a queue lets a bucket send stays as it is without: a bucket of before may still have uploads to tell of.
    all.extend(config.installation.buckets().filter(|bucket| options.has(bucket)).map(|bucket| {
        let told = |tells: topology::Tells| BucketTells {
            queue: tells.queue.name.to_owned(),
            prefix: tells.prefix.to_owned(),
        };
        // Pages send and fetch what is told of, and nothing else.
        let origins = if bucket.tells.is_some() { options.origins.clone() } else { Vec::new() };
        // Where nobody may delete, nothing is lost by somebody who may put.
        let versions = bucket.uses == topology::BucketUse::Put;
        Resource::Bucket(BucketSpec { name: bucket.name.to_owned(), origins, tells: bucket.tells.map(told), versions })
    }));
    all
}

fn queue(name: &str, dead_letters: &str, fed_by_topic: bool, fed_by_bucket: Option<String>) -> Resource {
    Resource::Queue(QueueSpec {
        name: name.to_owned(),
        visibility: VISIBILITY,
        retention: QUEUE_RETENTION,
        wait: LONG_POLL,
        dead_letters: Some(DeadLetters { queue: dead_letters.to_owned(), max_receives: MAX_RECEIVES }),
        fed_by_topic,
        fed_by_bucket,
    })
}

/// The topic sends what it can't deliver straight to the dead letters of the queue.
fn dead_letter_queue(name: &str, fed_by_topic: bool) -> Resource {
    Resource::Queue(QueueSpec {
        name: name.to_owned(),
        visibility: VISIBILITY,
        retention: DEAD_LETTER_RETENTION,
        wait: LONG_POLL,
        dead_letters: None,
        fed_by_topic,
        fed_by_bucket: None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shotengai_contracts::EventType;
    use shotengai_contracts::topology::{Installation, Service, Source, Topology};

    use super::*;

    #[test]
    fn every_resource_is_in_the_table_once() {
        let all = resources(&AwsConfig::default(), &Options::default());
        let names: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn without_buckets_all_else_is_the_same() {
        let with = Options { archive: true, ..Options::default() };
        let without = Options { buckets: false, ..Options::default() };
        let (all, rest) = (resources(&AwsConfig::default(), &with), resources(&AwsConfig::default(), &without));
        let (buckets, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|resource| matches!(resource, Resource::Bucket(_)));
        assert_eq!(buckets.len(), Installation::default().buckets().count());
        assert_eq!(others, rest);
    }

    #[test]
    fn only_where_commits_carry_no_marker_every_event_table_streams_itself() {
        let captured = |marks_outbox| {
            let all = resources(&AwsConfig { marks_outbox, ..AwsConfig::default() }, &Options::default());
            let tables = all.iter().filter(|resource| matches!(resource, Resource::Capture { .. }));
            tables.map(|resource| resource.name().to_owned()).collect::<BTreeSet<_>>()
        };
        assert_eq!(captured(true), BTreeSet::new());
        assert_eq!(captured(false), Owner::ALL.map(Owner::events_table).into());
    }

    #[test]
    fn every_queue_has_dead_letters_that_outlive_it() {
        let all = resources(&AwsConfig::default(), &Options::default());
        let retention_of = |name: &str| {
            all.iter().find_map(|resource| match resource {
                Resource::Queue(spec) if spec.name == name => Some(spec.retention),
                _ => None,
            })
        };
        for spec in Installation::default().consumed_queues() {
            assert!(retention_of(&spec.dead_letters()) > retention_of(spec.name), "{}", spec.name);
        }
        assert!(retention_of("order-deadline-dlq") > retention_of("order-deadline-queue"));
        assert!(retention_of("bridge-dlq").is_some());
    }

    #[test]
    fn the_resources_of_a_role_that_an_application_adds_are_made_too() {
        const LOYALTY: Service = Service::new("loyalty");
        const QUEUE: topology::QueueSpec = topology::QueueSpec {
            name: "loyalty-queue",
            service: LOYALTY,
            source: Source::Topic(&[EventType::OrderPaid]),
        };
        const POINTS: topology::TableSpec =
            topology::TableSpec { name: "loyalty-points", service: LOYALTY, expiring: &[] };
        let added = Topology { services: &[LOYALTY], queues: &[&QUEUE], tables: &[&POINTS], ..Topology::EMPTY };
        let names = |installation| {
            let config = AwsConfig { installation, ..AwsConfig::default() };
            let all = resources(&config, &Options::default());
            all.iter().map(ToString::to_string).collect::<BTreeSet<_>>()
        };
        let (alone, both) = (names(Installation::default()), names(Installation::with(&[added]).unwrap()));
        assert!(alone.is_subset(&both));
        let new: Vec<_> = both.difference(&alone).map(String::as_str).collect();
        assert_eq!(
            new,
            ["queue loyalty-dlq", "queue loyalty-queue", "subscription loyalty-queue", "table loyalty-points"]
        );
    }
}
