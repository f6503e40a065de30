//! An installation as one document, for those who have their resources made by CloudFormation or Terraform instead of
//! `shotengai provision`.
//!
//! - [`Stack::of`]: the same table of [`resources`](crate::resources()) that is provisioned, and what belongs to it in an account of
//!   one's own: a key, policies, alarms, an IAM role for each service. Pure: it asks nobody.
//! - [`Stack::cloudformation`], [`Stack::terraform`]: it in either language. Texts have CloudFormation's `${…}` for what differs by
//!   account or is another part (`${OrderQueue.Arn}`).

mod alarms;
mod cloudformation;
mod parameters;
mod parts;
mod policies;
mod terraform;

use std::collections::BTreeMap;

use serde_json::Value;
use shotengai_aws::AwsConfig;
use shotengai_aws::admin::{Attribute, QueueSpec, TableSpec, policies as queue_policies};
use shotengai_contracts::topology::buckets::{EVENT_ARCHIVE, PRODUCT_IMAGES};
use shotengai_contracts::topology::{PRICE_STREAM, Service};

pub use alarms::{Alarm, Missing};
pub use cloudformation::MOST_BYTES;
pub use parts::{Bucket, Capacity, Named, Part, Role, StackOptions, Trust};

use crate::names::{self, Names, bucket_name};
use crate::rights::Rights;
use crate::{Options, Resource, resources};

/// The id of the key.
pub(crate) const KEY: &str = "Key";

/// An installation as one document.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its parts; each refers to earlier ones only.
    pub parts: Vec<Named>,
    config: AwsConfig,
    options: Options,
    choices: StackOptions,
}

impl Stack {
    /// The document's parts.
    #[must_use]
    pub fn of(config: &AwsConfig, options: &Options, choices: StackOptions) -> Self {
        let mut building = Building { config, options, choices, parts: Vec::new() };
        building.add(KEY, Part::Key { policy: policies::key() });
        building.add("KeyAlias", Part::Alias { name: format!("alias/{}", names::own(config, "")) });
        let mut table = resources(config, options);
        // Dead letters stand before the queues that name them, buckets after the queues that they tell.
        table.sort_by_key(Resource::stage);
        let captured: Vec<String> = table
            .iter()
            .filter_map(|resource| match resource {
                Resource::Capture { table } => Some(table.clone()),
                _ => None,
            })
            .collect();
        for resource in &table {
            building.resource(resource, &captured);
        }
        for (id, alarm) in alarms::of(config, &table) {
            building.add(&id, Part::Alarm(alarm));
        }
        for service in config.installation.services() {
            building.role(service);
        }
        let parts = building.parts;
        Self { parts, config: config.clone(), options: options.clone(), choices }
    }

    /// The IAM roles.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.parts.iter().filter_map(|named| match &named.part {
            Part::Role(role) => Some(role),
            _ => None,
        })
    }

    /// What values of the chart, and whoever looks, want to know of it: names and texts.
    pub(crate) fn outputs(&self) -> Vec<(String, String, &'static str)> {
        let of_service = |service: Service| format!("{}RoleArn", parts::pascal(service.as_str()));
        let mut all = vec![
            ("Region".to_owned(), "${AWS::Region}".to_owned(), "Region of every resource"),
            ("ResourcePrefix".to_owned(), self.config.prefix.clone(), "Put before every resource's name"),
            ("StreamName".to_owned(), self.config.stream_name.clone(), "The stream of the events, without the prefix"),
            ("Publish".to_owned(), self.publish().to_owned(), "How commits get into the stream"),
            ("StreamRead".to_owned(), self.stream_read().to_owned(), "How bridges read the stream"),
            ("Trust".to_owned(), self.choices.trust.as_str().to_owned(), "How pods become the roles"),
            ("KeyArn".to_owned(), format!("${{{KEY}.Arn}}"), "The key that all is encrypted with"),
            ("StreamArn".to_owned(), "${EventStream.Arn}".to_owned(), "The stream of the events"),
            ("TopicArn".to_owned(), "${OrderEventsTopic}".to_owned(), "The topic"),
        ];
        for (bucket, name, description) in [
            (PRODUCT_IMAGES, "ImageBucket", "Products' images"),
            (EVENT_ARCHIVE, "ArchiveBucket", "The archive of all events"),
        ] {
            if self.options.has(&bucket) {
                all.push((name.to_owned(), bucket_name(&self.config, bucket.name), description));
            }
        }
        let roles = self.roles().map(|role| {
            (
                of_service(role.service),
                format!("${{{}.Arn}}", parts::id(role.service.as_str(), "Role")),
                "The IAM role of the service",
            )
        });
        all.extend(roles);
        all.retain(|(_, text, _)| !text.is_empty());
        all
    }

    const fn publish(&self) -> &'static str {
        if self.config.marks_outbox { "outbox" } else { "cdc" }
    }

    const fn stream_read(&self) -> &'static str {
        if self.options.fan_out { "push" } else { "poll" }
    }
}

struct Building<'a> {
    config: &'a AwsConfig,
    options: &'a Options,
    choices: StackOptions,
    parts: Vec<Named>,
}

impl Building<'_> {
    fn add(&mut self, id: &str, part: Part) {
        self.parts.push(Named { id: id.to_owned(), part });
    }

    fn resource(&mut self, resource: &Resource, captured: &[String]) {
        let full = |name: &str| self.config.full_name(name);
        match resource {
            Resource::Stream { name, spec } => {
                self.add(stream_id(name), Part::Stream { name: full(name), spec: *spec });
            }
            Resource::StreamConsumer { stream, name } => {
                let part = Part::Consumer { stream: stream_id(stream), name: name.clone() };
                self.add("StreamConsumer", part);
            }
            Resource::Table(spec) => {
                let captured = captured.contains(&spec.name);
                let part = Part::Table {
                    name: full(&spec.name),
                    spec: spec.clone(),
                    captured,
                    capacity: self.choices.capacity,
                };
                self.add(&parts::id(&spec.name, "Table"), part);
            }
            // A setting of its table.
            Resource::Capture { .. } => {}
            Resource::Topic(name) => self.add(&parts::id(name, "Topic"), Part::Topic { name: full(name) }),
            Resource::Queue(spec) => {
                self.add(&parts::queue_id(&spec.name), Part::Queue { name: full(&spec.name), spec: spec.clone() });
                self.queue_policy(spec);
            }
            Resource::Subscription(spec) => {
                self.add(&format!("{}Subscription", parts::queue_id(&spec.queue)), Part::Subscription(spec.clone()));
            }
            Resource::Bucket(spec) => {
                let name = bucket_name(self.config, &spec.name);
                let policy = policies::bucket(&Names::of(self.config).bucket(self.config, &spec.name));
                let id = parts::id(&spec.name, "Bucket");
                self.add(&id, Part::Bucket(Bucket { name, spec: spec.clone() }));
                self.add(&format!("{id}Policy"), Part::BucketPolicy { bucket: id.clone(), policy });
            }
        }
    }

    /// As the provisioner sets it, so that one finds nothing to change after the other.
    fn queue_policy(&mut self, spec: &QueueSpec) {
        let id = parts::queue_id(&spec.name);
        let arn = format!("${{{id}.Arn}}");
        let policy = if spec.fed_by_topic {
            queue_policies::topic_may_send("${OrderEventsTopic}", &arn)
        } else if let Some(bucket) = spec.fed_by_bucket.as_ref().filter(|_| self.options.buckets) {
            let bucket = Names::of(self.config).bucket(self.config, bucket);
            queue_policies::bucket_may_send(&bucket, names::ACCOUNT, &arn)
        } else {
            return;
        };
        self.add(&format!("{id}Policy"), Part::QueuePolicy { queue: id, policy });
    }

    fn role(&mut self, service: Service) {
        let rights = Rights::of(self.config, self.options, service);
        if rights.is_empty() {
            return;
        }
        let id = parts::id(service.as_str(), "Role");
        let role = Role {
            name: names::role_name(self.config, service),
            service,
            trust: policies::trust(self.choices.trust, service),
            policy: rights.policy(),
        };
        self.add(&id, Part::Role(role));
        if self.choices.trust == Trust::PodIdentity {
            let association = format!("{}Identity", parts::pascal(service.as_str()));
            self.add(&association, Part::Association { service, role: id });
        }
    }
}

fn stream_id(name: &str) -> &'static str {
    if name == PRICE_STREAM { "PriceStream" } else { "EventStream" }
}

/// Whether a key of the value refers to something.
fn parameters_in_keys(value: &Value) -> bool {
    match value {
        Value::Object(entries) => entries.iter().any(|(key, value)| key.contains("${") || parameters_in_keys(value)),
        Value::Array(items) => items.iter().any(parameters_in_keys),
        _ => false,
    }
}

/// Each attribute that is in any key of a table, once, and its type.
fn attributes(spec: &TableSpec) -> BTreeMap<&'static str, &'static str> {
    let own = [Some(spec.partition), spec.sort].into_iter().flatten();
    let all = own.chain(spec.indexes.iter().flat_map(|index| [index.partition, index.sort]));
    all.map(|attribute| match attribute {
        Attribute::Text(name) => (name, "S"),
        Attribute::Number(name) => (name, "N"),
    })
    .collect()
}

/// A capacity that follows what is used.
struct Scaled {
    resource: String,
    index: Option<&'static str>,
    /// `Read` or `Write`.
    what: &'static str,
}

impl Scaled {
    fn dimension(&self) -> String {
        let of = if self.index.is_some() { "index" } else { "table" };
        format!("dynamodb:{of}:{}CapacityUnits", self.what)
    }

    fn metric(&self) -> String {
        format!("DynamoDB{}CapacityUtilization", self.what)
    }
}

/// The capacities of a table and its indexes.
fn scaled(name: &str, spec: &TableSpec) -> Vec<Scaled> {
    let indexes = spec.indexes.iter().map(|index| Some(index.name));
    let each = std::iter::once(None).chain(indexes).flat_map(|index| ["Read", "Write"].map(|what| (index, what)));
    each.map(|(index, what)| Scaled {
        resource: index.map_or_else(|| format!("table/{name}"), |index| format!("table/{name}/index/{index}")),
        index,
        what,
    })
    .collect()
}

/// The id of a capacity that follows what is used.
fn scaling_id(table: &str, target: &Scaled) -> String {
    format!("{table}{}{}Scaling", parts::pascal(&target.index.unwrap_or_default().to_ascii_lowercase()), target.what)
}

/// The name of what scales it.
fn scaling_name(table: &str, target: &Scaled) -> String {
    let index = target.index.map(|index| format!("-{index}")).unwrap_or_default();
    format!("{table}{index}-{}", target.what).to_ascii_lowercase()
}
