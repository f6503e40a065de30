//! Values of the chart, of what either tool prints of a stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use serde_json::Value;
use shotengai_provisioning::ChartValues;

const ROLE: &str = "arn:aws:iam::123456789012:role/shotengai-order";

fn outputs(trust: &str) -> Value {
    let pairs = [
        ("Region", "eu-central-1"),
        ("ResourcePrefix", "blue-"),
        ("StreamName", "ec-events"),
        ("Publish", "cdc"),
        ("StreamRead", "push"),
        ("Trust", trust),
        ("ImageBucket", "blue-product-images-123456789012"),
        ("OrderRoleArn", ROLE),
        ("BridgeRoleArn", ROLE),
    ];
    pairs.iter().map(|(name, value)| serde_json::json!({ "OutputKey": name, "OutputValue": value })).collect()
}

#[test]
fn both_tools_outputs_make_the_same_values() {
    let all = outputs("irsa");
    let stacks = serde_json::json!({ "Stacks": [{ "StackName": "shop", "Outputs": all }] }).to_string();
    let of_terraform: serde_json::Map<String, Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|output| {
            let name = snake(output["OutputKey"].as_str().unwrap());
            (name, serde_json::json!({ "type": "string", "value": output["OutputValue"] }))
        })
        .collect();
    let terraform = Value::Object(of_terraform).to_string();
    let values = ChartValues::of_outputs(&stacks).unwrap();
    assert_eq!(values, ChartValues::of_outputs(&terraform).unwrap());
    assert_eq!(values, ChartValues::of_outputs(&all.to_string()).unwrap());
    let yaml = values.yaml();
    assert!(yaml.contains("imageBucket: \"blue-product-images-123456789012\""), "{yaml}");
    assert!(yaml.contains(&format!("{{eks.amazonaws.com/role-arn: \"{ROLE}\"}}")), "{yaml}");
    assert!(yaml.contains("STREAM_READ: push"), "{yaml}");
}

#[test]
fn pods_of_pod_identity_need_no_annotations() {
    let yaml = ChartValues::of_outputs(&outputs("pod-identity").to_string()).unwrap().yaml();
    assert!(yaml.contains("podIdentity: true") && !yaml.contains("role-arn"), "{yaml}");
}

#[test]
fn outputs_of_something_else_are_refused_with_what_they_lack() {
    let refused = |text: &str| ChartValues::of_outputs(text).unwrap_err().to_string();
    assert_eq!(refused("{"), "it is no JSON document");
    assert!(refused("{}").starts_with("it has no outputs"));
    assert_eq!(refused(r#"{"Stacks": [{}, {}]}"#), "it has 2 stacks: name one, with --stack-name");
    let some = r#"[{"OutputKey": "Region", "OutputValue": "eu-central-1"}]"#;
    let lacks = "it lacks StreamName, Publish, StreamRead, Trust, OrderRoleArn and its like: ";
    assert!(refused(some).starts_with(lacks), "{}", refused(some));
    let strange = r#"[{"OutputKey": "Region", "OutputValue": "a\"\nb"}]"#;
    assert_eq!(refused(strange), "region has a value that no stack of ours has");
}

/// As Terraform's outputs are named.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
