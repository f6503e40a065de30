//! What is passed on is passed on as it came: attributes and types that no release here knows, byte by byte.

use std::time::Duration;

use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::{Infrastructure, StreamRecord};
use shotengai_tests::letters::Letter;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const WITHIN: Duration = Duration::from_secs(90);
const FEW_ATTEMPTS: [(&str, &str); 2] = [("CONSUMER_MAX_ATTEMPTS", "2"), ("CONSUMER_MAX_BACKOFF_SECONDS", "1")];

/// An event as no release of ours writes it: other spaces, other forms of numbers and letters, attributes at both ends.
fn strange(event_type: &str) -> String {
    let text = samples::envelope(EventType::OrderPlaced).unwrap().to_json();
    let text = text.replacen("\"OrderPlaced\"", &format!("\"{event_type}\""), 1);
    let text = text.replacen('{', "{ \"shelf\" : [1.50, {\"b\":1,\"a\":2e0}],\n", 1);
    format!("{},\"zone\":\"\\u6771\\/西\",\"zero\":-0.10 }}", text.strip_suffix('}').unwrap())
}

async fn put(cluster: &TestCluster, text: &str) {
    let record = StreamRecord { key: "ord_strange".to_owned(), data: text.as_bytes().to_vec() };
    let answers = cluster.aws.stream_writer().put(&[record]).await.unwrap();
    assert!(matches!(answers.as_slice(), [Ok(())]), "{answers:?}");
}

async fn redrive(cluster: &TestCluster, queue: &str) {
    let output = cluster.command(&["dead-letters", "redrive", queue]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The only letter of a queue, redriven once before it is answered.
async fn letter_after_a_redrive(cluster: &TestCluster, queue: &str) -> Letter {
    let first = cluster.letters(queue, 1, WITHIN).await.remove(0);
    redrive(cluster, queue).await;
    let again = until(&format!("the letter is back in {queue}"), WITHIN, || async {
        let letters = cluster.letters(queue, 1, WITHIN).await;
        letters.into_iter().find(|letter| letter.sent_at > first.sent_at).ok_or(())
    })
    .await;
    assert_eq!((&again.facts.reason, &again.body), (&first.facts.reason, &first.body));
    again
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_with_strange_attributes_passes_bridge_reminder_and_redrive_byte_by_byte() {
    let cluster = TestCluster::provisioned().await;
    let _process = cluster.serve("storefront,order,bridge", &FEW_ATTEMPTS).await;
    let event = strange("OrderPlaced");
    put(&cluster, &event).await;

    // Nobody consumes here.
    let queue = cluster.aws.queue(queues::INVENTORY.name);
    let received = until("inventory's queue has it", WITHIN, || async {
        queue.receive(1, Duration::from_secs(1), Duration::from_secs(1)).await.unwrap().pop().ok_or(())
    })
    .await;
    assert_eq!(received.body, event);
    assert_eq!(received.attributes["event_type"], "OrderPlaced");

    // Its order is in no store: order reminds itself, and gives up on the reminder.
    let letter = letter_after_a_redrive(&cluster, &queues::ORDER_DEADLINE.dead_letters()).await;
    assert_eq!((letter.facts.reason.as_str(), letter.body.as_str()), ("exhausted", event.as_str()));
    assert!(letter.attributes.contains_key("redriven"), "{letter:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_newer_release_s_type_waits_for_that_release_as_it_came() {
    let cluster = TestCluster::provisioned().await;
    let _process = cluster.serve("storefront,bridge", &FEW_ATTEMPTS).await;
    let event = strange("OrderAdmired");
    put(&cluster, &event).await;
    let letter = letter_after_a_redrive(&cluster, queues::BRIDGE_DEAD_LETTERS.name).await;
    assert_eq!((letter.facts.reason.as_str(), letter.body.as_str()), ("unknown_type", event.as_str()));
    assert_eq!(letter.attributes.get("encoding"), None);
}
