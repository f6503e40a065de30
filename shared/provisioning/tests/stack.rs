//! Stacks: what they say word for word, that they say what is provisioned, and that AWS would take it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use shotengai_aws::AwsConfig;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{Installation, Service, queues};
use shotengai_provisioning::stack::{Capacity, MOST_BYTES, Missing, Part, Trust};
use shotengai_provisioning::{ChartValues, Options, Rights, Stack, StackOptions, resources};

/// As much as a prefix may have (`RESOURCE_PREFIX`).
const LONGEST_PREFIX: usize = 32;

fn plain() -> Stack {
    Stack::of(&AwsConfig::default(), &Options::default(), StackOptions::default())
}

/// Everything that can be chosen, chosen.
fn full() -> Stack {
    let config = AwsConfig { prefix: "blue-".to_owned(), marks_outbox: false, ..AwsConfig::default() };
    let origins = vec!["https://shop.example.com".to_owned()];
    let options = Options { shards: 4, origins, buckets: true, archive: true, fan_out: true };
    Stack::of(&config, &options, StackOptions { trust: Trust::Irsa, capacity: Capacity::Provisioned })
}

fn golden(name: &str, told: &Value) {
    golden_text(name, &format!("{}\n", serde_json::to_string_pretty(told).unwrap()));
}

fn golden_text(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    // One message, not two documents of thousands of lines.
    assert!(known == text, "{name} is another: look at it, then UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn stacks_say_what_they_said() {
    golden("plain.cloudformation.json", &plain().cloudformation());
    golden("full.cloudformation.json", &full().cloudformation());
    golden("plain.tf.json", &plain().terraform());
    golden("full.tf.json", &full().terraform());
}

#[test]
fn values_of_the_chart_are_made_of_a_stacks_outputs() {
    for (name, stack) in [("plain", plain()), ("full", full())] {
        let outputs = json!({ "Stacks": [{ "Outputs": deployed(&stack) }] }).to_string();
        golden_text(&format!("{name}.values.yaml"), &ChartValues::of_outputs(&outputs).unwrap().yaml());
    }
}

/// The outputs, as an account has them.
fn deployed(stack: &Stack) -> Vec<Value> {
    let template = stack.cloudformation();
    let value = |told: &Value| match told {
        Value::String(text) => text.clone(),
        other if other["Ref"] == "AWS::Region" => "ap-northeast-1".to_owned(),
        other if other["Fn::Sub"].is_string() => {
            other["Fn::Sub"].as_str().unwrap().replace("${AWS::AccountId}", "123456789012")
        }
        other => {
            let of = other["Ref"].as_str().or_else(|| other["Fn::GetAtt"][0].as_str()).unwrap();
            let role = &template["Resources"][of]["Properties"]["RoleName"];
            format!("arn:aws:iam::123456789012:role/{}", role.as_str().unwrap_or("something-else"))
        }
    };
    let outputs = template["Outputs"].as_object().unwrap().iter();
    outputs.map(|(key, told)| json!({ "OutputKey": key, "OutputValue": value(&told["Value"]) })).collect()
}

#[test]
fn whatever_is_provisioned_is_in_the_stack() {
    let config = AwsConfig { marks_outbox: false, ..AwsConfig::default() };
    let options = Options { fan_out: true, ..Options::default() };
    let stack = Stack::of(&config, &options, StackOptions::default());
    let count = |kind: &str| {
        let of = |part: &Part| match part {
            Part::Stream { .. } => "stream",
            Part::Consumer { .. } => "consumer",
            Part::Table { .. } => "table",
            Part::Topic { .. } => "topic",
            Part::Queue { .. } => "queue",
            Part::Subscription(_) => "subscription",
            Part::Bucket(_) => "bucket",
            _ => "",
        };
        stack.parts.iter().filter(|named| of(&named.part) == kind).count()
    };
    let captured = stack.parts.iter().filter(|named| matches!(named.part, Part::Table { captured: true, .. })).count();
    let table = resources(&config, &options);
    let kinds: BTreeSet<&str> = table.iter().map(|resource| resource.kind()).collect();
    for kind in kinds {
        let wanted = table.iter().filter(|resource| resource.kind() == kind).count();
        assert_eq!(if kind == "capture" { captured } else { count(kind) }, wanted, "{kind}");
    }
}

/// The alarms of a stack on this metric: what each is on, and above what it goes off.
fn alarms<'a>(stack: &'a Stack, metric: &str) -> Vec<(&'a str, u64)> {
    let of = |part: &'a Part| match part {
        Part::Alarm(alarm) if alarm.metric == metric => Some((alarm.resource.as_str(), alarm.above)),
        _ => None,
    };
    stack.parts.iter().filter_map(|named| of(&named.part)).collect()
}

#[test]
fn whatever_waits_too_long_has_an_alarm() {
    let stack = plain();
    let on = alarms(&stack, "ApproximateAgeOfOldestMessage");
    for queue in Installation::default().queues() {
        let letters = queue.dead_letters();
        let waits = alarms(&stack, "ApproximateNumberOfMessagesVisible");
        assert_eq!(waits.iter().filter(|on| **on == (letters.as_str(), 0)).count(), 2, "{letters}");
        let is_late = on.contains(&(queue.name, 60));
        assert_eq!(is_late, queue.is_consumed() && queue.name != queues::ORDER_DEADLINE.name, "{}", queue.name);
    }
    let behind = alarms(&stack, "GetRecords.IteratorAgeMilliseconds");
    for stream in ["ec-events", "ProductPricesStream"] {
        assert!([60_000, 3_600_000].iter().all(|above| behind.contains(&(stream, *above))), "{behind:?}");
    }
    assert_eq!(alarms(&stack, "AgeOfOldestUnreplicatedRecord"), []);
    let captured = full();
    assert_eq!(alarms(&captured, "AgeOfOldestUnreplicatedRecord").len(), Owner::ALL.len());
    assert_eq!(alarms(&captured, "FailedToReplicateRecordCount").len(), Owner::ALL.len());
    // Nobody who reads the stream leaves no figure.
    let read = "GetRecords.IteratorAgeMilliseconds";
    let missing = stack.parts.iter().filter_map(|named| match &named.part {
        Part::Alarm(alarm) if alarm.metric == read => Some((alarm.resource.as_str(), alarm.missing)),
        _ => None,
    });
    for (stream, missing) in missing {
        assert_eq!(missing == Missing::IsBad, stream == "ec-events", "{stream}");
    }
}

#[test]
fn every_id_is_given_once_and_whatever_is_referred_to_is_there() {
    for stack in [plain(), full()] {
        let template = stack.cloudformation();
        let known: BTreeSet<String> = ["Resources", "Parameters"]
            .iter()
            .flat_map(|section| template[section].as_object().unwrap().keys().cloned())
            .chain(["AWS::Partition", "AWS::Region", "AWS::AccountId", "AWS::NoValue"].map(str::to_owned))
            .collect();
        let ids: BTreeSet<&str> = stack.parts.iter().map(|named| named.id.as_str()).collect();
        assert_eq!(ids.len(), stack.parts.len());
        let mut referred = BTreeSet::new();
        references(&template, &mut referred);
        let unknown: Vec<_> = referred.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(name)) => drop(found.insert(name.clone())),
                    ("Fn::GetAtt", Value::Array(parts)) => drop(found.insert(parts[0].as_str().unwrap().to_owned())),
                    ("DependsOn", Value::Array(names)) => {
                        found.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
                    }
                    ("Fn::Sub", Value::String(text)) => found
                        .extend(text.split("${").skip(1).map(|rest| rest.split(['}', '.']).next().unwrap().to_owned())),
                    _ => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn names_behind_the_longest_prefix_are_within_the_limits_of_each_service() {
    let prefix = "a".repeat(LONGEST_PREFIX);
    let stream_name = "s".repeat(80);
    let config = AwsConfig { prefix, stream_name, marks_outbox: false, ..AwsConfig::default() };
    let options = Options { fan_out: true, ..Options::default() };
    let choices = StackOptions { trust: Trust::Irsa, capacity: Capacity::Provisioned };
    let stack = Stack::of(&config, &options, choices);
    // An account's number is longer than the text that stands for it is not.
    let long = |name: &str| name.replace("${AWS::AccountId}", "123456789012").len();
    for named in &stack.parts {
        let (name, most) = match &named.part {
            Part::Alias { name } => (name, 256),
            Part::Stream { name, .. } => (name, 128),
            Part::Table { name, .. } => (name, 255),
            Part::Topic { name } => (name, 256),
            Part::Queue { name, .. } => (name, 80),
            Part::Bucket(bucket) => (&bucket.name, 63),
            Part::Alarm(alarm) => (&alarm.name, 255),
            Part::Role(role) => (&role.name, 64),
            _ => continue,
        };
        assert!(long(name) <= most, "{name}: {} of {most}", long(name));
        assert!(named.id.len() <= 255 && named.id.chars().all(|c| c.is_ascii_alphanumeric()), "{}", named.id);
    }
    // IAM counts what is no white space, of all of a role's own policies together.
    for role in stack.roles() {
        let text = role.policy.to_string().replace("${AWS::Partition}", "aws-us-gov");
        let text = text.replace("${AWS::Region}", "ap-northeast-1").replace("${AWS::AccountId}", "123456789012");
        println!("{}: {} of 10240", role.name, text.len());
        assert!(text.len() <= 10_240, "{}: {}", role.name, text.len());
        assert!(role.trust.to_string().len() <= 2048);
    }
    let template = stack.cloudformation();
    let (size, parts) = (template.to_string().len(), template["Resources"].as_object().unwrap().len());
    println!("{parts} resources, {size} bytes");
    assert!(size <= MOST_BYTES && parts <= 500);
    assert!(template["Outputs"].as_object().unwrap().len() <= 200);
}

/// The longest name that a service may have is that of a role that an application adds: 20 letters.
#[test]
fn the_role_of_a_service_with_the_longest_name_has_room() {
    let prefix = "a".repeat(LONGEST_PREFIX);
    let config = AwsConfig { prefix, ..AwsConfig::default() };
    let name = shotengai_provisioning::role_name(&config, Service::new("abcdefghijklmnopqrst"));
    assert!(name.len() <= 64, "{name}");
}

#[test]
fn no_role_may_do_anything_with_what_is_not_named() {
    for options in [Options::default(), Options { fan_out: true, ..Options::default() }] {
        for marks_outbox in [true, false] {
            let config = AwsConfig { marks_outbox, ..AwsConfig::default() };
            for service in Installation::default().services() {
                for (arn, actions) in Rights::of(&config, &options, service).iter() {
                    assert!(actions.iter().all(|action| !action.contains('*')), "{service}: {actions:?}");
                    // What no policy can name.
                    let is_nameless = arn == "*" && actions.iter().all(|action| *action == "sns:ListTopics");
                    let ends = arn.ends_with("/*") || arn.ends_with("/consumer/bridge:*");
                    assert!(is_nameless || ends || !arn.contains('*'), "{service}: {arn}");
                }
            }
        }
    }
}

#[test]
fn no_role_makes_changes_or_deletes_resources() {
    let verbs = ["Create", "Update", "Delete", "Put", "Set", "Tag", "Enable", "Disable", "Register", "Deregister"];
    let items = ["PutItem", "UpdateItem", "DeleteItem", "PutRecords", "DeleteMessage", "PutObject", "DeleteObject"];
    for service in Installation::default().services() {
        for (arn, actions) in Rights::of(&AwsConfig::default(), &Options::default(), service).iter() {
            for action in actions {
                let (_, name) = action.split_once(':').unwrap();
                let changes = verbs.iter().any(|verb| name.starts_with(verb)) && !items.contains(&name);
                assert!(!changes, "{service} on {arn}: {action}");
            }
        }
    }
}
