//! Sends that are larger than one call: all of it goes, and what no queue takes fails alone.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::queues;
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::ports::queue::SEND_MAX_BYTES;
use shotengai_messaging::{Message, send_all};
use shotengai_testing::memory::MemoryQueue;

fn message(bytes: usize) -> Message {
    Message { body: "x".repeat(bytes), delay: Duration::ZERO, ..Message::default() }
}

#[tokio::test]
async fn every_message_is_sent_whatever_a_call_takes() {
    let queue = MemoryQueue::new(queues::ORDER_DEADLINE.name, Ports::seeded(1, Arc::new(ManualClock::default())));
    let sizes: Vec<usize> = [vec![1; 12], vec![100 * 1024; 5], vec![SEND_MAX_BYTES; 2], vec![1; 3]].concat();
    let messages: Vec<_> = sizes.iter().map(|bytes| message(*bytes)).collect();
    let answers = send_all(&queue, &messages).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let sent: Vec<_> = queue.messages().iter().map(|message| message.body.len()).collect();
    assert_eq!(sent, sizes);
}

#[tokio::test]
async fn a_message_that_no_queue_takes_fails_alone() {
    let queue = MemoryQueue::new(queues::ORDER_DEADLINE.name, Ports::seeded(1, Arc::new(ManualClock::default())));
    let messages = [message(1), message(SEND_MAX_BYTES + 1), message(0), message(2)];
    let taken: Vec<_> = send_all(&queue, &messages).await.iter().map(Result::is_ok).collect();
    assert_eq!(taken, [true, false, false, true]);
    assert!(send_all(&queue, &[]).await.is_empty());
}
