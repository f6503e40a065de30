//! What operators do about dead letters, through the binary.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::{Infrastructure, Message, StartAt};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const QUEUE: &str = "billing-dlq";
const TARGET: &str = "billing-queue";
const WITHIN: Duration = Duration::from_secs(60);

/// What a run of `shotengai dead-letters` said: both outputs apart.
async fn say(cluster: &TestCluster, args: &[&str], code: i32) -> (String, String) {
    let mut all = vec!["dead-letters"];
    all.extend(args);
    let Output { status, stdout, stderr } = cluster.command(&all).output().await.unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(code), "{args:?}: {out}{err}");
    (out, err)
}

async fn say_json(cluster: &TestCluster, args: &[&str]) -> Value {
    let (out, _) = say(cluster, args, 0).await;
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

async fn put(cluster: &TestCluster, queue: &str, body: &str, attributes: &[(&str, &str)]) {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let message = Message { body: body.to_owned(), attributes: attributes.collect(), ..Message::default() };
    let answers = cluster.aws.queue(queue).send(&[message]).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

fn facts(reason: &str, error: &str) -> String {
    json!({"reason": reason, "error": error, "consumer": "billing", "attempts": 3, "first_seen": null, "trace": null})
        .to_string()
}

fn confirmed(order: u64, version: u64) -> String {
    let mut envelope = samples::envelope(EventType::OrderConfirmed).unwrap();
    envelope.subject = AggregateId::parse(&format!("ord_{order}")).unwrap();
    envelope.aggregateversion = Version::new(version);
    envelope.to_json()
}

/// Waiting and in flight.
async fn depth(cluster: &TestCluster, queue: &str) -> (u64, u64) {
    let depth = cluster.aws.queue(queue).depth().await.unwrap();
    (depth.visible, depth.in_flight)
}

/// Everything that the queue holds, by body; the messages are gone afterwards.
async fn drain(cluster: &TestCluster, queue: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let queue = cluster.aws.queue(queue);
    let mut found = BTreeMap::new();
    loop {
        let batch = queue.receive(10, Duration::from_secs(1), Duration::from_secs(60)).await.unwrap();
        if batch.is_empty() {
            return found;
        }
        let receipts: Vec<_> = batch.iter().map(|delivery| delivery.receipt.clone()).collect();
        queue.delete(&receipts).await.unwrap();
        found.extend(batch.into_iter().map(|delivery| (delivery.body, delivery.attributes)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_listed_by_cause_and_redriven_by_reason() {
    let cluster = TestCluster::provisioned().await;
    let (nothing, _) = say(&cluster, &["list"], 0).await;
    assert_eq!(nothing.trim(), "no dead letters");
    for order in 1..=12 {
        let why = facts("exhausted", &format!("ord_{order} was tried 40 times"));
        let attributes = [("traceparent", "00-1-2-01"), ("event_type", "OrderConfirmed"), ("dead_letter", &why)];
        put(&cluster, QUEUE, &confirmed(order, 3), &attributes).await;
    }
    put(&cluster, QUEUE, "{ personal?", &[("dead_letter", &facts("not_an_envelope", "\u{9b}2J at column 3"))]).await;
    put(&cluster, QUEUE, &confirmed(99, 3), &[("event_type", "OrderConfirmed")]).await;

    let listed = say_json(&cluster, &["list", "--output", "json"]).await;
    let groups = listed["groups"].as_array().unwrap();
    let brief = |group: &Value| (group["reason"].as_str().unwrap().to_owned(), group["count"].as_u64().unwrap());
    let mut brief: Vec<_> = groups.iter().map(brief).collect();
    brief.sort();
    let expected = [("exhausted", 12), ("not_an_envelope", 1), ("undelivered", 1)];
    assert_eq!(brief, expected.map(|(reason, count)| (reason.to_owned(), count)), "{listed}");
    assert_eq!(groups[0]["error"], "ord_# was tried # times");
    let queues = listed["queues"].as_array().unwrap();
    let queue = queues.iter().find(|queue| queue["queue"] == QUEUE).unwrap();
    assert_eq!((&queue["depth"], &queue["complete"]), (&json!(14), &json!(true)), "{listed}");
    let (table, _) = say(&cluster, &["list", "--queue", QUEUE, "--sample", "5"], 0).await;
    assert!(table.contains("about 14 letters, a sample of 5"), "{table}");

    let (shown, _) = say(&cluster, &["show", QUEUE, "--limit", "20"], 0).await;
    assert!(shown.contains("undelivered") && shown.contains("ord_12"), "{shown}");
    assert!(!shown.contains("personal?") && !shown.contains('\u{9b}'), "{shown}");
    let (shown, _) = say(&cluster, &["show", QUEUE, "--limit", "20", "--bodies"], 0).await;
    assert!(shown.contains("{ personal?"), "{shown}");
    let shown = say_json(&cluster, &["show", QUEUE, "--limit", "20", "--output", "json"]).await;
    assert!(shown["letters"].as_array().unwrap().iter().all(|letter| letter.get("body").is_none()), "{shown}");
    assert_eq!(shown["letters"].as_array().unwrap().len(), 14);

    let (would, _) = say(&cluster, &["redrive", QUEUE, "--reason", "exhausted", "--dry-run"], 0).await;
    assert!(would.contains("12 of 12 matching letters would be sent to billing-queue"), "{would}");
    // Eight looks later nothing has changed, and nothing is hidden.
    assert_eq!((depth(&cluster, QUEUE).await, depth(&cluster, TARGET).await), ((14, 0), (0, 0)));

    let (done, _) = say(&cluster, &["redrive", QUEUE, "--reason", "exhausted", "--limit", "2"], 0).await;
    assert!(done.contains("2 of 12 matching letters sent to billing-queue"), "{done}");
    let done = say_json(&cluster, &["redrive", QUEUE, "--reason", "exhausted", "--pace", "50/s", "--json"]).await;
    assert_eq!(
        (&done["settled"], &done["failed"], &done["complete"]),
        (&json!(10), &json!([]), &json!(true)),
        "{done}"
    );
    assert_eq!(depth(&cluster, QUEUE).await, (2, 0));
    let arrived = drain(&cluster, TARGET).await;
    assert_eq!(arrived.len(), 12);
    let attributes = &arrived[&confirmed(7, 3)];
    assert_eq!(
        (attributes["traceparent"].as_str(), attributes["event_type"].as_str()),
        ("00-1-2-01", "OrderConfirmed")
    );
    assert!(
        attributes["redriven"].contains("\"count\":1") && !attributes.contains_key("dead_letter"),
        "{attributes:?}"
    );

    let (_, refused) = say(&cluster, &["discard", QUEUE, "--reason", "not_an_envelope"], 2).await;
    assert!(refused.contains("--yes"), "{refused}");
    assert_eq!(depth(&cluster, QUEUE).await, (2, 0));
    say(&cluster, &["discard", QUEUE, "--reason", "not_an_envelope", "--yes"], 0).await;
    assert_eq!((depth(&cluster, QUEUE).await, depth(&cluster, TARGET).await), ((1, 0), (0, 0)));
    say(&cluster, &["redrive", QUEUE, "--event-type", "OrderConfirmed", "--subject", "ord_99"], 0).await;
    assert_eq!((depth(&cluster, QUEUE).await, depth(&cluster, TARGET).await), ((0, 0), (1, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_of_the_bridge_goes_back_into_the_stream_and_an_excerpt_stays() {
    let cluster = TestCluster::provisioned().await;
    let why = facts("unknown_type", "unknown event type \"OrderEaten\"");
    let place = [("shard", "shard-7"), ("dead_letter", &why)];
    let record = |position, key, more: &[(&'static str, &'static str)]| {
        let mut attributes = place.to_vec();
        attributes.extend([("position", position), ("key", key)]);
        attributes.extend(more);
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    for (body, attributes) in [
        (confirmed(1, 1), record("11", "ord_1", &[])),
        ("/wBh".to_owned(), record("12", "ord_2", &[("encoding", "base64")])),
        ("only the begin".to_owned(), record("13", "ord_3", &[("encoding", "excerpt")])),
    ] {
        let attributes: Vec<_> = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        put(&cluster, "bridge-dlq", &body, &attributes).await;
    }
    let (out, err) = say(&cluster, &["redrive", "bridge-dlq"], 1).await;
    assert!(out.contains("2 of 3 matching letters sent to the stream"), "{out}");
    assert!(err.contains("position 13 of shard shard-7"), "{err}");
    assert_eq!(depth(&cluster, "bridge-dlq").await, (1, 0));
    let reader = cluster.aws.stream_reader();
    let found = until("the records are in the stream", WITHIN, || async {
        let mut found = BTreeMap::new();
        for shard in reader.shards().await.unwrap() {
            let cursor = reader.cursor(&shard.id, &StartAt::Oldest).await.unwrap();
            let batch = reader.read(&cursor, 100).await.unwrap();
            found.extend(batch.records.into_iter().map(|record| (record.key, record.data)));
        }
        if found.len() == 2 { Ok(found) } else { Err(found) }
    })
    .await;
    assert_eq!((&found["ord_1"], &found["ord_2"]), (&confirmed(1, 1).into_bytes(), &vec![0xff, 0x00, b'a']));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_one_line_and_a_missing_queue_is_a_failure() {
    let cluster = TestCluster::provisioned().await;
    for (args, named) in [
        (vec!["show", "nosuch-dlq"], "nosuch-dlq"),
        (vec!["list", "--queue", "billing-queue"], "billing-dlq"),
        (vec!["redrive", "billing"], "bridge-dlq"),
        (vec!["redrive", QUEUE, "--pace", "fast"], "--pace"),
        (vec!["redrive", QUEUE, "--older-than", "soon"], "--older-than"),
        (vec!["discard", QUEUE], "--yes"),
    ] {
        let (out, err) = say(&cluster, &args, 2).await;
        assert_eq!((out.as_str(), err.lines().count()), ("", 1), "{args:?}: {err}");
        assert!(err.starts_with("shotengai: ") && err.contains(named), "{args:?}: {err}");
    }
    assert!(cluster.aws.admin().delete_queue(QUEUE).await.unwrap());
    let (_, err) = say(&cluster, &["list"], 1).await;
    assert!(err.contains("billing-dlq can't be read"), "{err}");
    let (_, err) = say(&cluster, &["redrive", QUEUE], 1).await;
    assert!(err.contains("ended early"), "{err}");
}
