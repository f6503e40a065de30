//! Sends that are larger than one call.

use crate::ports::fault::Fault;
use crate::ports::message::Message;
use crate::ports::queue::{QUEUE_MAX_BATCH, Queue, SEND_MAX_BYTES};

/// Sends any number of messages, cut into as few calls as their number and size allow, one call after the other. One
/// answer a message, in order. A message whose answer was lost may have been sent all the same.
pub async fn send_all(queue: &dyn Queue, messages: &[Message]) -> Vec<Result<(), Fault>> {
    let mut answers = Vec::with_capacity(messages.len());
    let mut rest = messages;
    while !rest.is_empty() {
        let (call, later) = rest.split_at(fitting(rest));
        match queue.send(call).await {
            Ok(answered) => answers.extend(answered),
            Err(fault) => answers.extend(call.iter().map(|_| Err(fault.clone()))),
        }
        rest = later;
    }
    answers
}

/// How many of the first messages fit one call; one at least, which the queue may refuse by itself.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    let fits = |message: &&Message| {
        bytes += message.size();
        bytes <= SEND_MAX_BYTES
    };
    messages.iter().take(QUEUE_MAX_BATCH).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use shotengai_contracts::topology::queues;
    use shotengai_kernel::{ManualClock, Ports};

    use super::*;
    use crate::memory::MemoryQueue;

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
}
