//! Dead-letter queues that somebody works at: of two at the same time, each would hide letters from the other.

use std::sync::Arc;

use shotengai_messaging::Key;
use uuid::Uuid;

use super::{Keyed, Runs};

/// Who is at a queue.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    /// The run, once it is written down; none of a preview, which never is.
    pub(super) run: Option<Uuid>,
    /// Where what its key stands for is written, if it has one.
    pub(super) keyed: Option<(Key, Keyed)>,
}

impl Here {
    /// What is known of the key that both came with: whether it stands for the same.
    pub(super) fn is_same(&self, other: Option<&(Key, Keyed)>) -> Option<bool> {
        let ((here, before), (key, now)) = (self.keyed.as_ref()?, other?);
        (here == key).then(|| before.wish == now.wish)
    }
}

/// The right to work on a dead-letter queue, until it is dropped.
pub(super) struct UnderWay {
    runs: Arc<Runs>,
    queue: String,
}

impl UnderWay {
    /// Takes the queue, or answers who has it. Its run is not known before it is [`UnderWay::began`].
    pub(super) fn take(runs: &Arc<Runs>, queue: &str, keyed: Option<(Key, Keyed)>) -> Result<Self, Here> {
        let mut places = runs.places();
        if let Some(other) = places.get(queue) {
            return Err(other.clone());
        }
        places.insert(queue.to_owned(), Here { run: None, keyed });
        drop(places);
        Ok(Self { runs: Arc::clone(runs), queue: queue.to_owned() })
    }

    /// Says which run it is: now others can read it.
    pub(super) fn began(&self, run: Uuid) {
        if let Some(here) = self.runs.places().get_mut(&self.queue) {
            here.run = Some(run);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.runs.places().remove(&self.queue);
    }
}
