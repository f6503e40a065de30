//! The table: every AWS resource of an installation.

use std::time::Duration;

use shotengai_aws::admin::{DeadLetters, QueueSpec, StreamSpec, SubscriptionSpec, TableSpec};
use shotengai_aws::{AwsConfig, TOPIC};
use shotengai_contracts::routing::{DEADLINE_QUEUE, dead_letters_of};
use shotengai_contracts::{Owner, QUEUES};

use crate::Resource;

/// What an installation may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many shards a new stream gets; each takes 1 MB or 1,000 records a second.
    pub shards: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { shards: 4 }
    }
}

/// Rows by table; true where rows may expire.
const ROW_TABLES: &[(&str, bool)] = &[
    ("order-prices", false),
    ("billing-ledger", false),
    ("notification-claims", true),
    ("tally-counters", true),
    ("users", true),
    ("checkpoints", false),
];

/// Where the bridge puts what it can't publish.
pub const BRIDGE_DEAD_LETTERS: &str = "bridge-dlq";

const STREAM_RETENTION: Duration = days(7);
const QUEUE_RETENTION: Duration = days(4);
const DEAD_LETTER_RETENTION: Duration = days(14);
const VISIBILITY: Duration = Duration::from_secs(30);
const LONG_POLL: Duration = Duration::from_secs(20);
/// A net only: consumers give up on a message long before.
const MAX_RECEIVES: u32 = 50;

/// All of them, in the order in which reports name them. Event tables stream themselves where commits aren't marked for
/// the outbox.
#[must_use]
pub fn resources(config: &AwsConfig, options: &Options) -> Vec<Resource> {
    let mut all = vec![Resource::Stream {
        name: config.stream_name.clone(),
        spec: StreamSpec { shards: options.shards, retention: STREAM_RETENTION },
    }];
    for owner in [Owner::Order, Owner::Catalog, Owner::Inventory, Owner::Billing] {
        let events = TableSpec::events(owner);
        let table = events.name.clone();
        all.push(Resource::Table(events));
        // Where commits carry no marker; where they do, a capture that is on is left alone (see `end_captures`).
        if !config.marks_outbox {
            all.push(Resource::Capture { table });
        }
        all.push(Resource::Table(TableSpec::snapshots(owner)));
    }
    all.extend(ROW_TABLES.iter().map(|(name, expire)| Resource::Table(TableSpec::rows(name, *expire))));
    all.push(Resource::Topic(TOPIC.to_owned()));
    for spec in QUEUES {
        let dead_letters = spec.dead_letters();
        all.push(queue(spec.name, &dead_letters, true));
        all.push(dead_letter_queue(&dead_letters, true));
        all.push(Resource::Subscription(SubscriptionSpec {
            queue: spec.name.to_owned(),
            event_types: spec.events.iter().map(|event| event.as_str()).collect(),
            dead_letters,
        }));
    }
    let deadline_dead_letters = dead_letters_of(DEADLINE_QUEUE);
    all.push(queue(DEADLINE_QUEUE, &deadline_dead_letters, false));
    all.push(dead_letter_queue(&deadline_dead_letters, false));
    all.push(dead_letter_queue(BRIDGE_DEAD_LETTERS, false));
    all
}

fn queue(name: &str, dead_letters: &str, fed_by_topic: bool) -> Resource {
    Resource::Queue(QueueSpec {
        name: name.to_owned(),
        visibility: VISIBILITY,
        retention: QUEUE_RETENTION,
        wait: LONG_POLL,
        dead_letters: Some(DeadLetters { queue: dead_letters.to_owned(), max_receives: MAX_RECEIVES }),
        fed_by_topic,
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
    })
}

const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_resource_is_in_the_table_once() {
        let all = resources(&AwsConfig::default(), &Options::default());
        let names: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn only_where_commits_carry_no_marker_every_event_table_streams_itself() {
        let captured = |marks_outbox| {
            let all = resources(&AwsConfig { marks_outbox, ..AwsConfig::default() }, &Options::default());
            let tables = all.iter().filter(|resource| matches!(resource, Resource::Capture { .. }));
            tables.map(|resource| resource.name().to_owned()).collect::<BTreeSet<_>>()
        };
        assert_eq!(captured(true), BTreeSet::new());
        assert_eq!(captured(false), Owner::ALL.map(|owner| format!("{}-events", owner.as_str())).into());
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
        for spec in QUEUES {
            assert!(retention_of(&spec.dead_letters()) > retention_of(spec.name), "{}", spec.name);
        }
        assert!(retention_of("order-deadline-dlq") > retention_of("order-deadline-queue"));
        assert!(retention_of("bridge-dlq").is_some());
    }
}
