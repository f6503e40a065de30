//! Setting records aside: those that a stream's reader can't use go to its dead letters, so that the shard moves on.

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Backoff, Message, Queue, Reason, metrics};
use tokio_util::sync::CancellationToken;

use crate::letter::letter;

/// Each so many failures are logged.
const LOG_EACH: u32 = 10;

/// Why a record is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// A stable word.
    pub reason: &'static str,
    /// Fault, in words; no personal data.
    pub error: String,
    /// The trace that the record carries, where that much could be read.
    pub trace: Option<String>,
}

/// The dead letters of one reader of a stream.
pub struct Aside {
    reader: &'static str,
    reasons: &'static [Reason],
    queue: Arc<dyn Queue>,
    ports: Ports,
}

impl Aside {
    /// The dead letters of `reader` in this queue, for these reasons beside those that every consumer has.
    #[must_use]
    pub fn new(reader: &'static str, reasons: &'static [Reason], queue: Arc<dyn Queue>, ports: Ports) -> Self {
        metrics::show_dead_letters(reader, reasons);
        Self { reader, reasons, queue, ports }
    }

    /// The letter of a record, after so many attempts. Said in the log, too.
    #[must_use]
    pub fn letter(&self, shard: &str, record: &ReadRecord, unfit: &Unfit, attempts: u32) -> Message {
        let (position, reason, error) = (&record.position, unfit.reason, &unfit.error);
        tracing::error!(reader = self.reader, shard, position, reason, error, "a record was set aside");
        letter(self.reader, shard, record, unfit, attempts)
    }

    /// Puts a letter into the dead-letter queue; says whether it is there, or it was told to stop before.
    pub async fn put(&self, shard: &str, letter: &Message, reason: &'static str, shutdown: &CancellationToken) -> bool {
        let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(10));
        let mut failures = 0;
        loop {
            let answer = self.queue.send(std::slice::from_ref(letter)).await;
            let fault = match answer.map(|mut answers| answers.pop()) {
                Ok(Some(Ok(()))) => {
                    metrics::count_dead_letter(self.reader, self.reasons, reason);
                    return true;
                }
                Ok(Some(Err(fault))) | Err(fault) => Some(fault),
                Ok(None) => None,
            };
            fault.iter().for_each(metrics::count_fault);
            failures += 1;
            if failures % LOG_EACH == 1 {
                let error = fault.map(|fault| fault.to_string());
                tracing::warn!(shard, reason, error, failures, "the dead letter was not taken; trying again");
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return false,
                () = tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())) => {}
            }
        }
    }
}
