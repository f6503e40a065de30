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
