//! What nobody can handle ends in the right dead-letter queue, with its reason, and no order waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shotengai_messaging::Infrastructure;
use shotengai_tests::customer::Customer;
use shotengai_tests::letters::Letter;
use shotengai_tests::poison::Poison;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const WITHIN: Duration = Duration::from_secs(90);
/// A rolling upgrade that takes seconds.
const TIMEOUT: [(&str, &str); 2] = [("CONSUMER_FUTURE_PATIENCE_SECONDS", "3"), ("CONSUMER_MAX_BACKOFF_SECONDS", "1")];
const QUEUES: [(&str, &str); 3] =
    [("inventory-queue", "inventory-dlq"), ("order-queue", "order-dlq"), ("query-queue", "query-dlq")];

/// How many letters there are for each reason.
fn reasons<'a>(letters: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for reason in letters {
        *counts.entry(reason).or_default() += 1;
    }
    counts
}

fn assert_future_was_waited_for(letter: &Letter) {
    assert_eq!(letter.facts.reason, "future_version");
    let waited = letter.sent_at.duration_since(letter.facts.first_seen.unwrap());
    assert!(waited.as_secs() >= 3, "{letter:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_on_queues_is_set_aside_with_its_reason_and_no_order_waits_for_it() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &TIMEOUT).await;
    let mut customer = Customer::enter(cluster.shop(&process)).await;

    customer.orders_one().await;
    for poison in Poison::texts() {
        for (queue, _) in QUEUES {
            cluster.send_poison(queue, &poison).await;
        }
        customer.orders_one().await;
    }
    // Queues carry text only. As JSON the bytes are refused, and nothing of them is queued; a form's come as replacement
    // characters.
    let bytes = Poison::invalid_utf8();
    for (queue, _) in QUEUES {
        let refused = cluster.send_bytes_as_json(queue, &bytes.data).await;
        assert!(refused.status().is_client_error(), "{refused:?}");
        let taken = cluster.send_bytes_as_form(queue, &bytes.data).await;
        assert!(taken.status().is_success(), "{taken:?}");
    }
    customer.orders_one().await;
    customer.has_paid_for_all().await;

    let kinds = Poison::texts().into_iter().chain([bytes]);
    let sent: BTreeMap<String, &str> = kinds.map(|poison| (poison.text(), poison.reason)).collect();
    for (queue, dead) in QUEUES {
        let letters = cluster.letters(dead, sent.len(), WITHIN).await;
        let found: BTreeMap<_, _> =
            letters.iter().map(|letter| (letter.body.clone(), letter.facts.reason.as_str())).collect();
        assert_eq!(found, sent, "{dead}");
        for letter in &letters {
            assert_eq!(format!("{}-queue", letter.facts.consumer), queue);
            assert!(letter.facts.first_seen.is_some() && !letter.facts.error.is_empty(), "{letter:?}");
            if letter.facts.reason == "future_version" {
                assert_future_was_waited_for(letter);
            } else {
                assert_eq!(letter.facts.attempts, 1, "given up at once: {letter:?}");
            }
        }
        until(&format!("{queue} is empty"), WITHIN, || async {
            match cluster.aws.queue(queue).depth().await.unwrap().total() {
                0 => Ok(()),
                left => Err(left),
            }
        })
        .await;
    }
    let all = u64::try_from(sent.len()).unwrap();
    let expected: Vec<_> = ["order-dlq", "inventory-dlq", "query-dlq"].map(|dead| (dead.to_owned(), all)).into();
    assert_eq!(cluster.dead_letters().await, expected);
    // Ops looks at each queue every minute.
    until("the figure has them too", WITHIN, || async {
        let waiting = process.metric("shotengai_dead_letters_waiting{queue=\"query-dlq\"}").await;
        if waiting == [f64::from(u32::try_from(all).unwrap())] { Ok(()) } else { Err(waiting) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_in_the_stream_is_set_aside_whole_and_its_shards_go_on() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &TIMEOUT).await;
    let mut customer = Customer::enter(cluster.shop(&process)).await;
    let keys: Vec<_> = (0..8).map(|n| format!("poison-{n}")).collect();
    let mut poisons: Vec<_> = Poison::texts();
    poisons.retain(|poison| poison.reason != "future_version");
    poisons.push(Poison::invalid_utf8());

    customer.orders_one().await;
    for poison in &poisons {
        cluster.put_poison(&keys, poison).await;
        customer.orders_one().await;
    }
    let future = Poison::from_the_future();
    cluster.put_poison(&keys[..1], &future).await;
    customer.orders_one().await;
    customer.has_paid_for_all().await;

    let letters = cluster.letters("bridge-dlq", poisons.len() * keys.len(), WITHIN).await;
    let given = letters.iter().map(|letter| letter.facts.reason.as_str());
    let expected = poisons.iter().flat_map(|poison| vec![poison.reason; keys.len()]);
    assert_eq!(reasons(given), reasons(expected));
    // Every shard had some of it, and each letter is its record, byte by byte, with its key and place.
    let shards: BTreeSet<_> = letters.iter().map(|letter| letter.attributes["shard"].clone()).collect();
    let all: BTreeSet<_> =
        cluster.aws.stream_reader().shards().await.unwrap().into_iter().map(|shard| shard.id).collect();
    assert_eq!(shards, all);
    let held: BTreeSet<_> = letters.iter().map(|letter| (letter.attributes["key"].clone(), bytes(letter))).collect();
    let put: BTreeSet<_> =
        poisons.iter().flat_map(|poison| keys.iter().map(|key| (key.clone(), poison.data.clone()))).collect();
    assert!(held == put, "the letters hold other bytes than were put");
    let places: BTreeSet<_> =
        letters.iter().map(|letter| (&letter.attributes["shard"], &letter.attributes["position"])).collect();
    assert_eq!(places.len(), letters.len());
    assert!(letters.iter().all(|letter| letter.facts.consumer == "bridge"));

    // What only a newer release can read the bridge passes on: its readers wait for an upgrade, then give up.
    for dead in ["inventory-dlq", "notification-dlq", "query-dlq"] {
        let letters = cluster.letters(dead, 1, WITHIN).await;
        assert_eq!(letters[0].body.as_bytes(), future.data);
        assert_future_was_waited_for(&letters[0]);
    }
    let expected: u64 = cluster.dead_letters().await.iter().map(|(_, count)| count).sum();
    assert_eq!(
        expected,
        u64::try_from(letters.len()).unwrap() + 3,
        "no other letters: {:?}",
        cluster.dead_letters().await
    );
}

/// The record that a letter stands for.
fn bytes(letter: &Letter) -> Vec<u8> {
    match letter.attributes.get("encoding").map(String::as_str) {
        None => letter.body.clone().into_bytes(),
        Some("base64") => STANDARD.decode(&letter.body).unwrap(),
        Some(other) => panic!("{other}: not whole"),
    }
}
