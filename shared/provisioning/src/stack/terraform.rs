//! A stack in Terraform's language, JSON syntax, for the provider `hashicorp/aws`.

mod buckets;
mod tables;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shotengai_aws::admin::{QueueSpec, SubscriptionSpec};

use super::cloudformation::{DATA_KEY_SECONDS, KEY_DAYS};
use super::parts::{merged, queue_id, snake};
use super::{Alarm, KEY, Named, Part, Stack, parameters, policies};

/// Versions of the provider that know all of this.
const PROVIDER: &str = ">= 5.80, < 7.0";

impl Stack {
    /// The module: one `main.tf.json`. JSON.
    #[must_use]
    pub fn terraform(&self) -> Value {
        let types: Types = self.parts.iter().map(|named| (named.id.as_str(), kind(&named.part))).collect();
        let mut resources: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for named in &self.parts {
            for (kind, name, body) in made(named) {
                resources.entry(kind).or_default().insert(name, said(&body, &types));
            }
        }
        let outputs = self.outputs().into_iter().map(|(name, text, description)| {
            (snake(&name), json!({ "description": description, "value": said(&Value::String(text), &types) }))
        });
        json!({
            "//": "Shotengai: everything that an installation has on AWS. Made by `shotengai provision --emit terraform`.",
            "terraform": {
                "required_version": ">= 1.6",
                "required_providers": { "aws": { "source": "hashicorp/aws", "version": PROVIDER } },
            },
            "data": { "aws_caller_identity": { "own": {} }, "aws_partition": { "own": {} }, "aws_region": { "own": {} } },
            "variable": parameters::of(self.choices).iter().map(variable).collect::<Map<_, _>>(),
            "resource": resources,
            "output": outputs.collect::<Map<_, _>>(),
        })
    }
}

/// The type of each part's resource, by its id.
type Types<'a> = BTreeMap<&'a str, &'static str>;

fn variable(parameter: &parameters::Parameter) -> (String, Value) {
    let mut told = json!({
        "type": if parameter.is_number { "number" } else { "string" },
        "description": parameter.description,
    });
    if let Some(default) = parameter.default {
        told["default"] =
            if parameter.is_number { json!(default.parse::<u64>().unwrap_or_default()) } else { json!(default) };
    }
    let name = snake(parameter.name);
    if let Some(pattern) = parameter.pattern {
        told["validation"] = json!([{
            "condition": format!("${{can(regex({pattern:?}, var.{name}))}}"),
            "error_message": "An issuer without https://, please.",
        }]);
    }
    (name, told)
}

const fn kind(part: &Part) -> &'static str {
    match part {
        Part::Key { .. } => "aws_kms_key",
        Part::Alias { .. } => "aws_kms_alias",
        Part::Stream { .. } => "aws_kinesis_stream",
        Part::Consumer { .. } => "aws_kinesis_stream_consumer",
        Part::Table { .. } => "aws_dynamodb_table",
        Part::Topic { .. } => "aws_sns_topic",
        Part::Queue { .. } => "aws_sqs_queue",
        Part::QueuePolicy { .. } => "aws_sqs_queue_policy",
        Part::Subscription(_) => "aws_sns_topic_subscription",
        Part::Bucket(_) => "aws_s3_bucket",
        Part::BucketPolicy { .. } => "aws_s3_bucket_policy",
        Part::Alarm(_) => "aws_cloudwatch_metric_alarm",
        Part::Role(_) => "aws_iam_role",
        Part::Association { .. } => "aws_eks_pod_identity_association",
    }
}

/// What a text refers to, in Terraform's words; what says nothing is left out.
fn said(value: &Value, types: &Types<'_>) -> Value {
    match value {
        Value::String(text) => json!(interpolated(text, types)),
        Value::Array(items) => items.iter().map(|item| said(item, types)).collect(),
        Value::Object(entries) => {
            let told = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Object(told.map(|(key, value)| (key.clone(), said(value, types))).collect())
        }
        other => other.clone(),
    }
}

fn interpolated(text: &str, types: &Types<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        let (inner, after) = from.split_once('}').unwrap_or((from, ""));
        out.push_str(before);
        out.push_str("${");
        out.push_str(&expression(inner, types));
        out.push('}');
        rest = after;
    }
    out.push_str(rest);
    out
}

fn expression(inner: &str, types: &Types<'_>) -> String {
    match inner {
        "AWS::Partition" => return "data.aws_partition.own.partition".to_owned(),
        // The provider's older versions call it by its name, newer by its region: the id is in both.
        "AWS::Region" => return "data.aws_region.own.id".to_owned(),
        "AWS::AccountId" => return "data.aws_caller_identity.own.account_id".to_owned(),
        _ => {}
    }
    let (part, attribute) = inner.split_once('.').map_or((inner, None), |(part, name)| (part, Some(name)));
    match (types.get(part), attribute) {
        (Some(&"aws_sns_topic"), None) => format!("aws_sns_topic.{}.arn", snake(part)),
        (Some(kind), None) => format!("{kind}.{}.id", snake(part)),
        (Some(kind), Some(attribute)) => format!("{kind}.{}.{}", snake(part), snake(attribute)),
        // Already Terraform's, or a parameter.
        (None, None) if parameters::is_one(part) => format!("var.{}", snake(part)),
        (None, _) => inner.to_owned(),
    }
}

/// A document, as text in which what differs is interpolated.
fn text(document: &Value) -> String {
    document.to_string()
}

fn reference(id: &str, attribute: &str) -> String {
    if attribute.is_empty() { format!("${{{id}}}") } else { format!("${{{id}.{attribute}}}") }
}

fn kept(mut body: Value) -> Value {
    body["lifecycle"] = json!({ "prevent_destroy": true });
    body
}

type Made = (&'static str, String, Value);

fn made(named: &Named) -> Vec<Made> {
    let name = snake(&named.id);
    let one = |body: Value| vec![(kind(&named.part), name.clone(), body)];
    match &named.part {
        Part::Key { policy } => one(kept(json!({
            "description": "Shotengai: streams, tables, topic, queues and buckets",
            "enable_key_rotation": true,
            "deletion_window_in_days": KEY_DAYS,
            "policy": text(policy),
        }))),
        Part::Alias { name } => one(json!({ "name": name, "target_key_id": reference(KEY, "KeyId") })),
        Part::Stream { name, spec } => {
            let mut body = kept(json!({
                "name": name,
                "shard_count": spec.shards,
                "retention_period": spec.retention.as_secs() / 3600,
                "stream_mode_details": { "stream_mode": "PROVISIONED" },
                "encryption_type": "KMS",
                "kms_key_id": reference(KEY, "Arn"),
            }));
            // Resharded in use: `shotengai stream reshard`.
            body["lifecycle"]["ignore_changes"] = json!(["shard_count"]);
            one(body)
        }
        Part::Consumer { stream, name } => one(json!({ "name": name, "stream_arn": reference(stream, "Arn") })),
        Part::Table { name: full, spec, captured, capacity } => {
            tables::table(&named.id, full, spec, *captured, *capacity)
        }
        Part::Topic { name } => one(json!({ "name": name, "kms_master_key_id": reference(KEY, "Arn") })),
        Part::Queue { name, spec } => one(queue(name, spec)),
        Part::QueuePolicy { queue, policy } => {
            one(json!({ "queue_url": reference(queue, ""), "policy": text(policy) }))
        }
        Part::Subscription(spec) => one(subscription(spec)),
        Part::Bucket(spec) => buckets::bucket(&named.id, spec),
        Part::BucketPolicy { bucket, policy } => {
            one(json!({ "bucket": reference(bucket, ""), "policy": text(policy) }))
        }
        Part::Alarm(spec) => one(alarm(spec)),
        Part::Role(role) => vec![
            (
                "aws_iam_role",
                name.clone(),
                json!({
                    "name": role.name,
                    "description": format!("Shotengai: what pods of {} may do", role.service),
                    "assume_role_policy": text(&role.trust),
                }),
            ),
            (
                "aws_iam_role_policy",
                name.clone(),
                json!({
                    "name": "shotengai",
                    "role": reference(&named.id, ""),
                    "policy": text(&role.policy),
                }),
            ),
        ],
        Part::Association { service, role } => one(json!({
            "count": "${var.cluster_name == \"\" ? 0 : 1}",
            "cluster_name": "${ClusterName}",
            "namespace": "${Namespace}",
            "service_account": policies::service_account(*service),
            "role_arn": reference(role, "Arn"),
        })),
    }
}

fn queue(name: &str, spec: &QueueSpec) -> Value {
    json!({
        "name": name,
        "visibility_timeout_seconds": spec.visibility.as_secs(),
        "message_retention_seconds": spec.retention.as_secs(),
        "receive_wait_time_seconds": spec.wait.as_secs(),
        "kms_master_key_id": reference(KEY, "Arn"),
        "kms_data_key_reuse_period_seconds": DATA_KEY_SECONDS,
        "redrive_policy": spec.dead_letters.as_ref().map(|letters| text(&json!({
            "deadLetterTargetArn": reference(&queue_id(&letters.queue), "Arn"),
            "maxReceiveCount": letters.max_receives,
        }))),
    })
}

fn subscription(spec: &SubscriptionSpec) -> Value {
    let (queue, letters) = (queue_id(&spec.queue), queue_id(&spec.dead_letters));
    let policy = |queue: &str| format!("aws_sqs_queue_policy.{}", snake(&format!("{queue}Policy")));
    json!({
        "topic_arn": "${OrderEventsTopic}",
        "protocol": "sqs",
        "endpoint": reference(&queue, "Arn"),
        "raw_message_delivery": true,
        "filter_policy_scope": "MessageAttributes",
        "filter_policy": text(&json!({ "event_type": spec.event_types })),
        "redrive_policy": text(&json!({ "deadLetterTargetArn": reference(&letters, "Arn") })),
        "depends_on": [policy(&letters), policy(&queue)],
    })
}

fn alarm(alarm: &Alarm) -> Value {
    let of = alarm.query().map_or_else(
        || {
            json!({
                "namespace": alarm.namespace,
                "metric_name": alarm.metric,
                "dimensions": alarm.dimensions().collect::<serde_json::Map<_, _>>(),
                "statistic": alarm.statistic,
                "period": 60,
            })
        },
        |query| json!({ "metric_query": [{ "id": "asked", "expression": query, "period": 60, "return_data": true }] }),
    );
    merged(
        of,
        json!({
            "alarm_name": alarm.name,
            "alarm_description": alarm.description,
            "evaluation_periods": alarm.minutes,
            "threshold": alarm.above,
            "comparison_operator": "GreaterThanThreshold",
            "treat_missing_data": alarm.missing.as_str(),
            "alarm_actions": "${var.alarm_topic_arn == \"\" ? [] : [var.alarm_topic_arn]}",
        }),
    )
}
