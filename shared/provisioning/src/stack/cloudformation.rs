//! A stack in CloudFormation's language.

mod tables;

use serde_json::{Map, Value, json};
use shotengai_aws::admin::{QueueSpec, StreamSpec, SubscriptionSpec};

use super::parts::{Bucket, merged, queue_id};
use super::{Alarm, Capacity, KEY, Named, Part, Role, Stack, parameters, policies};

/// What CloudFormation takes of a template that is read from S3.
pub const MOST_BYTES: usize = 1_048_576;

/// Requests a browser may send by signed addresses.
pub(super) const CORS_METHODS: [&str; 3] = ["GET", "HEAD", "PUT"];
pub(super) const CORS_HEADERS: [&str; 2] = ["content-type", "if-none-match"];
pub(super) const CORS_SECONDS: u32 = 600;
/// Messages of an hour are encrypted with one data key: calls of the key cost.
pub(super) const DATA_KEY_SECONDS: u32 = 3600;
/// How long a key that was given up can be had back.
pub(super) const KEY_DAYS: u32 = 30;
/// Uploads in parts that nobody ended.
pub(super) const UPLOAD_DAYS: u32 = 7;
/// Where scaling keeps what is used of a table's capacity.
pub(super) const USED_PERCENT: u32 = 70;

impl Stack {
    /// The template. JSON.
    #[must_use]
    pub fn cloudformation(&self) -> Value {
        let mut conditions = json!({ "HasAlarmTopic": is_given("AlarmTopicArn") });
        if self.choices.trust == super::Trust::PodIdentity {
            conditions["HasCluster"] = is_given("ClusterName");
        }
        let resources = self.parts.iter().flat_map(resources);
        let outputs = self.outputs().into_iter().map(|(name, text, description)| {
            (name, json!({ "Description": description, "Value": said(&Value::String(text)) }))
        });
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "Shotengai: everything that an installation has on AWS. Made by `shotengai provision --emit cloudformation`.",
            "Parameters": parameters::of(self.choices).iter().map(parameter).collect::<Map<_, _>>(),
            "Conditions": conditions,
            "Resources": resources.collect::<Map<_, _>>(),
            "Outputs": outputs.collect::<Map<_, _>>(),
        })
    }
}

fn is_given(parameter: &str) -> Value {
    json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] })
}

fn parameter(parameter: &parameters::Parameter) -> (String, Value) {
    let mut told = json!({
        "Type": if parameter.is_number { "Number" } else { "String" },
        "Description": parameter.description,
    });
    if let Some(default) = parameter.default {
        told["Default"] =
            if parameter.is_number { json!(default.parse::<u64>().unwrap_or_default()) } else { json!(default) };
    }
    if let Some(pattern) = parameter.pattern {
        told["AllowedPattern"] = json!(pattern);
    }
    (parameter.name.to_owned(), told)
}

/// What a text refers to, as a reference.
fn said(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains("${") => reference(text),
        Value::Array(items) => items.iter().map(said).collect(),
        // Already said.
        Value::Object(entries) if entries.contains_key("Fn::Sub") => value.clone(),
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), said(value))).collect())
        }
        other => other.clone(),
    }
}

fn reference(text: &str) -> Value {
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|inner| !inner.contains("${"));
    match inner.map(|inner| (inner, inner.split_once('.'))) {
        Some((_, Some((part, attribute)))) => json!({ "Fn::GetAtt": [part, attribute] }),
        Some((inner, None)) => json!({ "Ref": inner }),
        None => json!({ "Fn::Sub": text }),
    }
}

struct Made {
    kind: &'static str,
    properties: Value,
    is_kept: bool,
    after: Vec<String>,
    condition: Option<&'static str>,
}

fn made(kind: &'static str, properties: Value) -> Made {
    Made { kind, properties, is_kept: false, after: Vec::new(), condition: None }
}

fn resources(named: &Named) -> Vec<(String, Value)> {
    let mut all = vec![(named.id.clone(), resource(&named.part))];
    if let Part::Table { name, spec, capacity: Capacity::Provisioned, .. } = &named.part {
        all.extend(tables::scaling(&named.id, name, spec));
    }
    all.into_iter().map(|(id, made)| (id, written(made))).collect()
}

fn written(made: Made) -> Value {
    let mut properties = said(&made.properties);
    if let Some(properties) = properties.as_object_mut() {
        properties.retain(|_, value| !value.is_null());
    }
    let mut told = json!({ "Type": made.kind, "Properties": properties });
    // Queues go: what was in them is in the event stores. What could not be made whole goes too, but for tables: nothing deletes
    // those while their protection is on.
    let fates = match made.kind {
        "AWS::DynamoDB::Table" => Some(("Retain", "Retain")),
        _ if made.is_kept => Some(("RetainExceptOnCreate", "Retain")),
        "AWS::SQS::Queue" => Some(("Delete", "Delete")),
        _ => None,
    };
    if let Some((deleted, replaced)) = fates {
        told["DeletionPolicy"] = json!(deleted);
        told["UpdateReplacePolicy"] = json!(replaced);
    }
    if !made.after.is_empty() {
        told["DependsOn"] = json!(made.after);
    }
    if let Some(condition) = made.condition {
        told["Condition"] = json!(condition);
    }
    told
}

fn resource(part: &Part) -> Made {
    match part {
        Part::Key { policy } => Made {
            is_kept: true,
            ..made(
                "AWS::KMS::Key",
                json!({
                    "Description": "Shotengai: streams, tables, topic, queues and buckets",
                    "EnableKeyRotation": true,
                    "PendingWindowInDays": KEY_DAYS,
                    "KeyPolicy": policy,
                }),
            )
        },
        Part::Alias { name } => {
            made("AWS::KMS::Alias", json!({ "AliasName": name, "TargetKeyId": format!("${{{KEY}}}") }))
        }
        Part::Stream { name, spec } => stream(name, *spec),
        Part::Consumer { stream, name } => made(
            "AWS::Kinesis::StreamConsumer",
            json!({
                "ConsumerName": name,
                "StreamARN": format!("${{{stream}.Arn}}"),
            }),
        ),
        Part::Table { name, spec, captured, capacity } => tables::table(name, spec, *captured, *capacity),
        Part::Topic { name } => made("AWS::SNS::Topic", json!({ "TopicName": name, "KmsMasterKeyId": key() })),
        Part::Queue { name, spec } => queue(name, spec),
        Part::QueuePolicy { queue, policy } => made(
            "AWS::SQS::QueuePolicy",
            json!({
                "Queues": [format!("${{{queue}}}")],
                "PolicyDocument": policy,
            }),
        ),
        Part::Subscription(spec) => subscription(spec),
        Part::Bucket(spec) => bucket(spec),
        Part::BucketPolicy { bucket, policy } => made(
            "AWS::S3::BucketPolicy",
            json!({
                "Bucket": format!("${{{bucket}}}"),
                "PolicyDocument": policy,
            }),
        ),
        Part::Alarm(spec) => alarm(spec),
        Part::Role(spec) => role(spec),
        Part::Association { service, role } => Made {
            condition: Some("HasCluster"),
            ..made(
                "AWS::EKS::PodIdentityAssociation",
                json!({
                    "ClusterName": "${ClusterName}",
                    "Namespace": "${Namespace}",
                    "ServiceAccount": policies::service_account(*service),
                    "RoleArn": format!("${{{role}.Arn}}"),
                }),
            )
        },
    }
}

fn key() -> String {
    format!("${{{KEY}.Arn}}")
}

fn stream(name: &str, spec: StreamSpec) -> Made {
    Made {
        is_kept: true,
        ..made(
            "AWS::Kinesis::Stream",
            json!({
                "Name": name,
                "ShardCount": spec.shards,
                "RetentionPeriodHours": spec.retention.as_secs() / 3600,
                "StreamModeDetails": { "StreamMode": "PROVISIONED" },
                "StreamEncryption": { "EncryptionType": "KMS", "KeyId": key() },
            }),
        )
    }
}

fn queue(name: &str, spec: &QueueSpec) -> Made {
    made(
        "AWS::SQS::Queue",
        json!({
            "QueueName": name,
            "VisibilityTimeout": spec.visibility.as_secs(),
            "MessageRetentionPeriod": spec.retention.as_secs(),
            "ReceiveMessageWaitTimeSeconds": spec.wait.as_secs(),
            "KmsMasterKeyId": key(),
            "KmsDataKeyReusePeriodSeconds": DATA_KEY_SECONDS,
            "RedrivePolicy": spec.dead_letters.as_ref().map(|letters| json!({
                "deadLetterTargetArn": format!("${{{}.Arn}}", queue_id(&letters.queue)),
                "maxReceiveCount": letters.max_receives,
            })),
        }),
    )
}

fn subscription(spec: &SubscriptionSpec) -> Made {
    let queue = queue_id(&spec.queue);
    let letters = queue_id(&spec.dead_letters);
    let properties = json!({
        "TopicArn": "${OrderEventsTopic}",
        "Protocol": "sqs",
        "Endpoint": format!("${{{queue}.Arn}}"),
        "RawMessageDelivery": true,
        "FilterPolicyScope": "MessageAttributes",
        "FilterPolicy": { "event_type": spec.event_types },
        "RedrivePolicy": { "deadLetterTargetArn": format!("${{{letters}.Arn}}") },
    });
    let after = vec![format!("{letters}Policy"), format!("{queue}Policy")];
    Made { after, ..made("AWS::SNS::Subscription", properties) }
}

fn bucket(bucket: &Bucket) -> Made {
    let tells = bucket.spec.tells.as_ref().map(|tells| (queue_id(&tells.queue), &tells.prefix));
    let rules = (!bucket.spec.origins.is_empty()).then(|| {
        json!({ "CorsRules": [{
            "AllowedOrigins": bucket.spec.origins,
            "AllowedMethods": CORS_METHODS,
            "AllowedHeaders": CORS_HEADERS,
            "MaxAge": CORS_SECONDS,
        }] })
    });
    let properties = json!({
        "BucketName": bucket.name,
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true,
            "IgnorePublicAcls": true,
            "BlockPublicPolicy": true,
            "RestrictPublicBuckets": true,
        },
        "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
        "BucketEncryption": { "ServerSideEncryptionConfiguration": [{
            "BucketKeyEnabled": true,
            "ServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key() },
        }] },
        "LifecycleConfiguration": { "Rules": [{
            "Id": "unfinished-uploads",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": UPLOAD_DAYS },
        }] },
        "VersioningConfiguration": bucket.spec.versions.then(|| json!({ "Status": "Enabled" })),
        "CorsConfiguration": rules,
        "NotificationConfiguration": tells.as_ref().map(|(queue, prefix)| json!({ "QueueConfigurations": [{
            "Event": "s3:ObjectCreated:*",
            "Queue": format!("${{{queue}.Arn}}"),
            "Filter": { "S3Key": { "Rules": [{ "Name": "prefix", "Value": prefix }] } },
        }] })),
    });
    let after = tells.map(|(queue, _)| format!("{queue}Policy")).into_iter().collect();
    Made { is_kept: true, after, ..made("AWS::S3::Bucket", properties) }
}

fn alarm(alarm: &Alarm) -> Made {
    let of = alarm.query().map_or_else(
        || {
            let dimensions = alarm.dimensions().map(|(name, value)| json!({ "Name": name, "Value": value }));
            json!({
                "Namespace": alarm.namespace,
                "MetricName": alarm.metric,
                "Dimensions": dimensions.collect::<Vec<_>>(),
                "Statistic": alarm.statistic,
                "Period": 60,
            })
        },
        |query| json!({ "Metrics": [{ "Id": "asked", "Expression": query, "Period": 60, "ReturnData": true }] }),
    );
    made(
        "AWS::CloudWatch::Alarm",
        merged(
            of,
            json!({
                "AlarmName": alarm.name,
                "AlarmDescription": alarm.description,
                "EvaluationPeriods": alarm.minutes,
                "Threshold": alarm.above,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": alarm.missing.as_str(),
                "AlarmActions": { "Fn::If": ["HasAlarmTopic", ["${AlarmTopicArn}"], "${AWS::NoValue}"] },
            }),
        ),
    )
}

/// A policy. Keys can refer to nothing: where one has to, the whole is a text that does.
fn document(policy: &Value) -> Value {
    if super::parameters_in_keys(policy) { json!({ "Fn::Sub": policy.to_string() }) } else { policy.clone() }
}

fn role(role: &Role) -> Made {
    made(
        "AWS::IAM::Role",
        json!({
            "RoleName": role.name,
            "Description": format!("Shotengai: what pods of {} may do", role.service),
            "AssumeRolePolicyDocument": document(&role.trust),
            "Policies": [{ "PolicyName": "shotengai", "PolicyDocument": role.policy }],
        }),
    )
}
