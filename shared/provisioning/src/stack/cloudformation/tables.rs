//! Tables, and capacity that follows what is used.

use serde_json::{Value, json};
use shotengai_aws::admin::{Attribute, TableSpec};

use super::{Made, USED_PERCENT, key, made};
use crate::stack::{Capacity, attributes, scaled, scaling_id, scaling_name};

pub(super) fn table(name: &str, spec: &TableSpec, captured: bool, capacity: Capacity) -> Made {
    let throughput = (capacity == Capacity::Provisioned)
        .then(|| json!({ "ReadCapacityUnits": "${TableReadsAtLeast}", "WriteCapacityUnits": "${TableWritesAtLeast}" }));
    let indexes = spec.indexes.iter().map(|index| {
        let mut told = json!({
            "IndexName": index.name,
            "KeySchema": keys(index.partition, Some(index.sort)),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        });
        if let Some(throughput) = &throughput {
            told["ProvisionedThroughput"] = throughput.clone();
        }
        told
    });
    let indexes: Vec<_> = indexes.collect();
    let properties = json!({
        "TableName": name,
        "BillingMode": if throughput.is_some() { "PROVISIONED" } else { "PAY_PER_REQUEST" },
        "ProvisionedThroughput": throughput,
        "KeySchema": keys(spec.partition, spec.sort),
        "AttributeDefinitions": attributes(spec).into_iter().map(|(name, kind)| {
            json!({ "AttributeName": name, "AttributeType": kind })
        }).collect::<Vec<_>>(),
        "GlobalSecondaryIndexes": (!indexes.is_empty()).then_some(indexes),
        "TimeToLiveSpecification": spec.expires.map(|name| json!({ "AttributeName": name, "Enabled": true })),
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "DeletionProtectionEnabled": true,
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key() },
        "KinesisStreamSpecification": captured.then(|| json!({ "StreamArn": "${EventStream.Arn}" })),
    });
    Made { is_kept: true, ..made("AWS::DynamoDB::Table", properties) }
}

fn keys(partition: Attribute, sort: Option<Attribute>) -> Vec<Value> {
    let key = |attribute: Attribute, kind: &str| json!({ "AttributeName": attribute.name(), "KeyType": kind });
    std::iter::once(key(partition, "HASH")).chain(sort.map(|sort| key(sort, "RANGE"))).collect()
}

/// Capacity that follows what is used, of a table and its indexes.
pub(super) fn scaling(table: &str, name: &str, spec: &TableSpec) -> Vec<(String, Made)> {
    let mut all = Vec::new();
    for target in scaled(name, spec) {
        let id = scaling_id(table, &target);
        let dimension = target.dimension();
        let properties = json!({
            "ServiceNamespace": "dynamodb",
            "ResourceId": target.resource,
            "ScalableDimension": dimension,
            "MinCapacity": format!("${{Table{}sAtLeast}}", target.what),
            "MaxCapacity": format!("${{Table{}sAtMost}}", target.what),
        });
        let target_made = made("AWS::ApplicationAutoScaling::ScalableTarget", properties);
        all.push((id.clone(), Made { after: vec![table.to_owned()], ..target_made }));
        let policy = made(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            json!({
                "PolicyName": scaling_name(name, &target),
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": format!("${{{id}}}"),
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": USED_PERCENT,
                    "PredefinedMetricSpecification": { "PredefinedMetricType": target.metric() },
                },
            }),
        );
        all.push((format!("{id}Policy"), policy));
    }
    all
}
