//! Tables, and capacity that follows what is used.

use serde_json::json;
use shotengai_aws::admin::TableSpec;

use super::{Made, kept, reference};
use crate::stack::cloudformation::USED_PERCENT;
use crate::stack::parts::snake;
use crate::stack::{Capacity, KEY, attributes, scaled, scaling_id, scaling_name};

pub(super) fn table(id: &str, name: &str, spec: &TableSpec, captured: bool, capacity: Capacity) -> Vec<Made> {
    let provisioned = capacity == Capacity::Provisioned;
    let (reads, writes) = ("${TableReadsAtLeast}", "${TableWritesAtLeast}");
    let indexes = spec.indexes.iter().map(|index| {
        json!({
            "name": index.name,
            "hash_key": index.partition.name(),
            "range_key": index.sort.name(),
            "projection_type": "KEYS_ONLY",
            "read_capacity": provisioned.then_some(reads),
            "write_capacity": provisioned.then_some(writes),
        })
    });
    let indexes: Vec<_> = indexes.collect();
    let mut body = kept(json!({
        "name": name,
        "billing_mode": if provisioned { "PROVISIONED" } else { "PAY_PER_REQUEST" },
        "read_capacity": provisioned.then_some(reads),
        "write_capacity": provisioned.then_some(writes),
        "hash_key": spec.partition.name(),
        "range_key": spec.sort.map(|sort| sort.name()),
        "attribute": attributes(spec).into_iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect::<Vec<_>>(),
        "global_secondary_index": (!indexes.is_empty()).then_some(indexes),
        "ttl": spec.expires.map(|name| json!({ "attribute_name": name, "enabled": true })),
        "point_in_time_recovery": { "enabled": true },
        "deletion_protection_enabled": true,
        "server_side_encryption": { "enabled": true, "kms_key_arn": reference(KEY, "Arn") },
    }));
    if provisioned {
        // Scaling changes them.
        body["lifecycle"]["ignore_changes"] = json!(["read_capacity", "write_capacity", "global_secondary_index"]);
    }
    let mut all = vec![("aws_dynamodb_table", snake(id), body)];
    if captured {
        all.push((
            "aws_dynamodb_kinesis_streaming_destination",
            snake(id),
            json!({
                "table_name": reference(id, ""),
                "stream_arn": reference("EventStream", "Arn"),
            }),
        ));
    }
    if provisioned {
        all.extend(scaling(id, name, spec));
    }
    all
}

fn scaling(table: &str, name: &str, spec: &TableSpec) -> Vec<Made> {
    let mut all = Vec::new();
    for target in scaled(name, spec) {
        let id = snake(&scaling_id(table, &target));
        let what = target.what;
        all.push((
            "aws_appautoscaling_target",
            id.clone(),
            json!({
                "service_namespace": "dynamodb",
                "resource_id": target.resource,
                "scalable_dimension": target.dimension(),
                "min_capacity": format!("${{Table{what}sAtLeast}}"),
                "max_capacity": format!("${{Table{what}sAtMost}}"),
                "depends_on": [format!("aws_dynamodb_table.{}", snake(table))],
            }),
        ));
        let of = |attribute: &str| format!("${{aws_appautoscaling_target.{id}.{attribute}}}");
        all.push((
            "aws_appautoscaling_policy",
            id.clone(),
            json!({
                "name": scaling_name(name, &target),
                "policy_type": "TargetTrackingScaling",
                "service_namespace": of("service_namespace"),
                "resource_id": of("resource_id"),
                "scalable_dimension": of("scalable_dimension"),
                "target_tracking_scaling_policy_configuration": {
                    "target_value": USED_PERCENT,
                    "predefined_metric_specification": { "predefined_metric_type": target.metric() },
                },
            }),
        ));
    }
    all
}
