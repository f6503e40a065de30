//! A queue that tells what was sent to it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::sent;
use crate::ports::fault::Fault;
use crate::ports::message::Message;
use crate::ports::queue::{Queue, QueueDepth, RawDelivery, Receipt};

/// A queue that tells [`Effects`](super) that something was sent to it.
pub struct TellingQueue {
    name: &'static str,
    inner: Arc<dyn Queue>,
}

impl TellingQueue {
    /// This queue, by this name.
    #[must_use]
    pub const fn new(name: &'static str, inner: Arc<dyn Queue>) -> Self {
        Self { name, inner }
    }
}

#[async_trait]
impl Queue for TellingQueue {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        self.inner.receive(max, wait, visibility).await
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.delete(receipts).await
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.change_visibility(changes).await
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let answers = self.inner.send(messages).await?;
        if answers.iter().any(Result::is_ok) {
            sent(self.name);
        }
        Ok(answers)
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        self.inner.depth().await
    }
}
