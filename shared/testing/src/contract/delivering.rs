//! Deliveries as a queue makes them, without the queue.

use futures::future::join_all;
use shotengai_messaging::delivery::Delivery;
use shotengai_messaging::disposition::Disposition;
use shotengai_messaging::handler::Handler;

/// More than any history needs, so that what never settles ends.
const MAX_ROUNDS: usize = 200;

/// Delivers messages until all of them are settled: in batches of these sizes, over and over. What is not settled
/// comes again behind the others. With several handlers (each a process) as many batches are handled at the same time.
///
/// # Panics
/// When a message is rejected or never settles, or when an answer is missing.
pub async fn deliver_until_settled(handlers: &[&dyn Handler], messages: Vec<Delivery>, sizes: &[usize]) {
    let mut sizes = sizes.iter().copied().chain(std::iter::once(1)).cycle();
    let mut waiting = messages;
    for _ in 0..MAX_ROUNDS {
        if waiting.is_empty() {
            return;
        }
        let mut again = Vec::new();
        while !waiting.is_empty() {
            let mut batches: Vec<Vec<Delivery>> = Vec::new();
            for _ in handlers {
                let size = sizes.next().unwrap_or(1).min(waiting.len());
                batches.push(waiting.drain(..size).collect());
            }
            batches.retain(|batch| !batch.is_empty());
            let answers = join_all(handlers.iter().zip(&batches).map(|(handler, batch)| handler.handle(batch))).await;
            for (batch, answers) in batches.into_iter().zip(answers) {
                assert_eq!(answers.len(), batch.len(), "one answer a delivery");
                for (delivery, answer) in batch.into_iter().zip(answers) {
                    match answer {
                        Disposition::Done => {}
                        Disposition::Retry { .. } | Disposition::Waits { .. } | Disposition::Failed { .. } => {
                            again.push(delivery)
                        }
                        Disposition::Reject { reason, error } => {
                            panic!("{} was rejected as {reason}: {error}", delivery.envelope.event_type)
                        }
                    }
                }
            }
        }
        waiting = again;
    }
    let left: Vec<_> = waiting.iter().map(|delivery| delivery.envelope.event_type.as_str()).collect();
    panic!("never settled: {left:?}");
}
