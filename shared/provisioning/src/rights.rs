//! What each role may do on AWS, and nothing else: derived from what the topology says of who reads and writes what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shotengai_aws::AwsConfig;
use shotengai_aws::admin::{OUTBOX_INDEX, TIME_INDEX};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{
    BucketUse, HistoryUse, Need, PRICE_STREAM, QueueSpec, RowUse, STREAM_CONSUMER, Service, Source, StreamUse, TOPIC,
    To, tables,
};

use crate::Options;
use crate::names::Names;

/// Actions that a role may take, by the resource's ARN.
///
/// ARNs say `${AWS::Partition}`, `${AWS::Region}` and `${AWS::AccountId}` for what differs by account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<String, BTreeSet<&'static str>>);

const READ_STREAM: &[&str] = &["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"];
const WRITE_STREAM: &[&str] = &["kinesis:PutRecords"];
/// A queue's depth and whether it is there.
const LOOK: &[&str] = &["sqs:GetQueueAttributes", "sqs:GetQueueUrl"];
const EMPTY: &[&str] = &["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"];
const SEND: &[&str] = &["sqs:GetQueueUrl", "sqs:SendMessage"];
/// Loads and looks of an event store.
const LOAD: &[&str] = &["dynamodb:GetItem", "dynamodb:Query"];
/// What an index of keys leads to.
const FETCH: &[&str] = &["dynamodb:BatchGetItem"];
const INDEX: &[&str] = &["dynamodb:Query"];
const APPEND: &[&str] = &[
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
];

impl Rights {
    /// What `service` may do.
    #[must_use]
    pub fn of(config: &AwsConfig, options: &Options, service: Service) -> Self {
        let mut rights = Self::default();
        if service == Service::ARCHIVER && !options.archive {
            return rights;
        }
        let names = Names::of(config);
        let stream = names.stream(&config.stream_name);
        if let Some(owner) = Owner::of(service) {
            rights.own_events(config, &names, owner);
        }
        for queue in config.installation.queues().filter(|queue| queue.service == service) {
            rights.queue(&names, queue);
        }
        for table in config.installation.tables().filter(|table| table.service == service) {
            let said = config.installation.accesses().any(|access| {
                access.service == service && matches!(access.to, To::Rows(of, _) if of.name == table.name)
            });
            if !said {
                rights.rows(&names.table(table.name), &RowUse::ALL);
            }
        }
        for bucket in config.installation.buckets().filter(|bucket| bucket.service == service && options.has(bucket)) {
            let arn = names.bucket(config, bucket.name);
            match bucket.uses {
                BucketUse::All => {
                    rights.may(&arn, &["s3:ListBucket"]);
                    rights.may(&format!("{arn}/*"), &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
                }
                BucketUse::Put => {
                    rights.may(&format!("{arn}/*"), &["s3:PutObject"]);
                }
            }
        }
        if config.installation.needs().any(|need| need == (service, Need::Stream)) {
            rights.may(&stream, READ_STREAM);
            if options.fan_out {
                rights.may(&stream, &["kinesis:DescribeStreamConsumer", "kinesis:DescribeStreamSummary"]);
                let consumer = format!("{stream}/consumer/{STREAM_CONSUMER}:*");
                rights.may(&consumer, &["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"]);
            }
            rights.may(&names.topic(TOPIC), &["sns:Publish"]);
            // It finds the topic by its name; this can't be had for one topic.
            rights.may("*", &["sns:ListTopics"]);
        }
        for access in config.installation.accesses().filter(|access| access.service == service) {
            rights.access(config, &names, access.to);
        }
        rights
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each resource's ARN, and the actions on it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<&'static str>)> {
        self.0.iter().map(|(arn, actions)| (arn.as_str(), actions))
    }

    /// As a policy: one statement for resources on which the same may be done.
    #[must_use]
    pub fn policy(&self) -> Value {
        let mut alike: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
        for (arn, actions) in self.iter() {
            alike.entry(actions.iter().copied().collect()).or_default().push(arn);
        }
        let statements =
            alike.into_iter().map(|(actions, arns)| json!({ "Effect": "Allow", "Action": actions, "Resource": arns }));
        json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
    }

    fn may(&mut self, arn: &str, actions: &[&'static str]) {
        self.0.entry(arn.to_owned()).or_default().extend(actions);
    }

    fn own_events(&mut self, config: &AwsConfig, names: &Names<'_>, owner: Owner) {
        let (events, snapshots) = (names.table(&owner.events_table()), names.table(&owner.snapshots_table()));
        let stream = names.stream(&config.stream_name);
        self.may(&events, LOAD);
        self.may(&events, APPEND);
        // What waits for the stream is swept, in either way of publishing.
        self.may(&format!("{events}/index/{OUTBOX_INDEX}"), INDEX);
        self.may(&snapshots, &["dynamodb:GetItem", "dynamodb:PutItem"]);
        self.may(&stream, WRITE_STREAM);
        if !config.marks_outbox {
            self.may(&events, &["dynamodb:DescribeKinesisStreamingDestination"]);
            self.may(&stream, &["kinesis:DescribeStreamSummary"]);
        }
    }

    fn queue(&mut self, names: &Names<'_>, queue: &QueueSpec) {
        let letters = names.queue(&queue.dead_letters());
        self.may(&letters, SEND);
        if queue.is_consumed() {
            let own = names.queue(queue.name);
            self.may(&own, LOOK);
            self.may(&own, EMPTY);
            if queue.source == Source::Own {
                self.may(&own, SEND);
            }
            self.may(&names.table(tables::PAUSED_CONSUMERS.name), &["dynamodb:GetItem"]);
            self.may(&names.table(tables::LETTER_OUTCOMES.name), &["dynamodb:PutItem"]);
            return;
        }
        if queue.source == Source::PriceStream {
            self.may(&names.stream(PRICE_STREAM), READ_STREAM);
        } else {
            // Its only queue: readiness looks whether it is there.
            self.may(&letters, LOOK);
        }
    }

    fn access(&mut self, config: &AwsConfig, names: &Names<'_>, to: To) {
        let stream = names.stream(&config.stream_name);
        match to {
            To::Rows(table, uses) => self.rows(&names.table(table.name), uses),
            To::History(owner, how) => self.history(config, names, owner, how),
            To::Stream(StreamUse::Read) => self.may(&stream, READ_STREAM),
            To::Stream(StreamUse::Write) => self.may(&stream, WRITE_STREAM),
            To::PriceStream(StreamUse::Read) => self.may(&names.stream(PRICE_STREAM), READ_STREAM),
            To::PriceStream(StreamUse::Write) => self.may(&names.stream(PRICE_STREAM), WRITE_STREAM),
            To::Letters => {
                for queue in config.installation.queues() {
                    // Out of dead letters, and back to where they came from.
                    let letters = names.queue(&queue.dead_letters());
                    self.may(&letters, LOOK);
                    self.may(&letters, EMPTY);
                    if queue.is_consumed() {
                        let own = names.queue(queue.name);
                        self.may(&own, LOOK);
                        self.may(&own, SEND);
                    }
                }
            }
        }
    }

    fn history(&mut self, config: &AwsConfig, names: &Names<'_>, owner: Owner, how: HistoryUse) {
        let events = names.table(&owner.events_table());
        let index = |name| format!("{events}/index/{name}");
        match how {
            HistoryUse::Read => {
                self.may(&events, LOAD);
                self.may(&events, FETCH);
                self.may(&index(TIME_INDEX), INDEX);
            }
            HistoryUse::Unpublished => {
                self.may(&events, FETCH);
                self.may(&index(OUTBOX_INDEX), INDEX);
            }
            HistoryUse::Reconcile if config.marks_outbox => {}
            HistoryUse::Reconcile => {
                self.may(&events, FETCH);
                self.may(&index(TIME_INDEX), INDEX);
                self.may(&names.stream(&config.stream_name), WRITE_STREAM);
            }
            HistoryUse::Rehearse => {
                self.may(&events, LOAD);
                self.may(&events, FETCH);
                self.may(&names.table(&owner.snapshots_table()), &["dynamodb:GetItem"]);
            }
        }
    }

    fn rows(&mut self, table: &str, uses: &[RowUse]) {
        for how in uses {
            self.may(
                table,
                match how {
                    RowUse::Get => &["dynamodb:GetItem"],
                    RowUse::GetMany => &["dynamodb:BatchGetItem"],
                    RowUse::List => &["dynamodb:Query"],
                    RowUse::Put => &["dynamodb:PutItem"],
                    RowUse::PutEach => &["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"],
                    RowUse::Delete => &["dynamodb:DeleteItem"],
                    RowUse::Add => &["dynamodb:UpdateItem"],
                },
            );
        }
    }
}
