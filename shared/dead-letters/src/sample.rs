//! A look into a queue.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::queue::QUEUE_MAX_BATCH;
use tokio::time::Instant;

use crate::DeadLetters;
use crate::cause::{Causes, Group};
use crate::held::Held;
use crate::letter::Letter;

/// Four times what a sample may take by default.
const VISIBILITY: Duration = Duration::from_secs(60);

/// Some letters of a queue, or all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The dead-letter queue.
    pub queue: String,
    /// About how many letters it holds, those in other hands included.
    pub depth: u64,
    /// What was seen, oldest first.
    pub letters: Vec<Letter>,
    /// Whether that is all: no letter was in other hands or came too late for this look.
    pub complete: bool,
    /// Letters that could not be made visible at once; they come by themselves within a minute.
    pub hidden: usize,
}

impl Sample {
    /// The letters by cause.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let mut causes = Causes::default();
        for letter in &self.letters {
            causes.add(&self.queue, letter);
        }
        causes.groups()
    }
}

impl DeadLetters {
    /// Up to `most` letters, or fewer that are as large as may be held. They are hidden for as long as this takes and then visible again, with nothing changed but
    /// how often they were received, which a dead-letter queue does not count. **Don't drop it**: what it holds would
    /// stay hidden for a minute.
    ///
    /// # Errors
    /// A [`Fault`] of the queue; letters that were received before are visible again.
    pub async fn sample(&self, most: usize) -> Result<Sample, Fault> {
        self.look(most, |_| false).await
    }

    /// The letter of this id, looked for among up to `most` letters, as a sample looks at them; none where it is not found,
    /// or in other hands. **Don't drop it**, as with a sample.
    ///
    /// # Errors
    /// A [`Fault`] of the queue; letters that were received before are visible again.
    pub async fn find(&self, message_id: &str, most: usize) -> Result<Option<Letter>, Fault> {
        let sample = self.look(most, |letters| letters.contains_key(message_id)).await?;
        Ok(sample.letters.into_iter().find(|letter| letter.message_id == message_id))
    }

    /// Up to `most` letters, or fewer once they are `enough`.
    async fn look(
        &self,
        most: usize,
        enough: impl Fn(&BTreeMap<String, Letter>) -> bool + Send,
    ) -> Result<Sample, Fault> {
        let deadline = Instant::now() + self.bounds.sample_within;
        let depth = self.queue.depth().await?.total();
        let held = Held::new(Arc::clone(&self.queue), Arc::clone(&self.ports.random), VISIBILITY);
        let mut letters: BTreeMap<String, Letter> = BTreeMap::new();
        let seen = |letters: &BTreeMap<String, Letter>| u64::try_from(letters.len()).unwrap_or(u64::MAX);
        let (mut fault, mut bytes) = (None, 0);
        while letters.len() < most && bytes < self.bounds.hold_bytes && !enough(&letters) && Instant::now() < deadline {
            // Also all that the queue says there are: an empty receive would cost a wait.
            if depth > 0 && seen(&letters) >= depth {
                break;
            }
            match self.queue.receive(QUEUE_MAX_BATCH.min(most - letters.len()), self.bounds.wait, VISIBILITY).await {
                Ok(received) if received.is_empty() => break,
                Ok(received) => {
                    for delivery in received {
                        held.add(delivery.receipt.clone());
                        let letter =
                            letters.entry(delivery.message_id.clone()).or_insert_with(|| Letter::read(delivery));
                        bytes += letter.bytes();
                    }
                }
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
        }
        let hidden = held.release().await;
        if let Some(fault) = fault {
            return Err(fault);
        }
        let complete = seen(&letters) == depth || seen(&letters) > depth && letters.len() < most;
        let mut letters: Vec<_> = letters.into_values().collect();
        letters.sort_by(|one, other| one.sent_at.cmp(&other.sent_at).then(one.message_id.cmp(&other.message_id)));
        Ok(Sample { queue: self.route.dead_letters.clone(), depth, letters, complete, hidden })
    }
}
