//! Letters that are hidden from everybody else while a run works.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_kernel::Random;
use shotengai_messaging::metrics;
use shotengai_messaging::ports::queue::{QUEUE_MAX_BATCH, Queue, Receipt};
use tokio_util::sync::CancellationToken;

use crate::attempts::settle;

/// Messages that this run has received and not deleted.
pub(super) struct Held {
    queue: Arc<dyn Queue>,
    random: Arc<dyn Random>,
    visibility: Duration,
    receipts: Mutex<BTreeSet<Receipt>>,
}

impl Held {
    pub(super) fn new(queue: Arc<dyn Queue>, random: Arc<dyn Random>, visibility: Duration) -> Self {
        Self { queue, random, visibility, receipts: Mutex::new(BTreeSet::new()) }
    }

    fn receipts(&self) -> MutexGuard<'_, BTreeSet<Receipt>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, receipt: Receipt) {
        self.receipts().insert(receipt);
    }

    /// Deletes letters for good; one answer a receipt.
    pub(super) async fn delete(&self, receipts: &[Receipt]) -> Vec<Result<(), String>> {
        let mut answers = Vec::new();
        for chunk in receipts.chunks(QUEUE_MAX_BATCH) {
            let call = |batch: Vec<Receipt>| async move { self.queue.delete(&batch).await };
            let settled = settle(chunk, self.random.as_ref(), call).await;
            for (receipt, _) in chunk.iter().zip(&settled.entries).filter(|(_, answer)| answer.is_ok()) {
                self.receipts().remove(receipt);
            }
            answers.extend(settled.entries);
        }
        answers
    }

    /// Keeps everything held hidden while `work` goes on.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let over = CancellationToken::new();
        let working = async {
            let done = work.await;
            over.cancel();
            done
        };
        // Beside the work, and ended between two calls: an extension that overtook the release would hide letters again.
        let extending = async {
            while !over.is_cancelled() {
                tokio::select! {
                    biased;
                    () = over.cancelled() => {}
                    () = tokio::time::sleep(self.visibility / 3) => self.extend(&over).await,
                }
            }
        };
        tokio::join!(working, extending).0
    }

    async fn extend(&self, over: &CancellationToken) {
        let held: Vec<_> = self.receipts().iter().map(|receipt| (receipt.clone(), self.visibility)).collect();
        for chunk in held.chunks(QUEUE_MAX_BATCH) {
            if over.is_cancelled() {
                break;
            }
            // An entry may be deleted meanwhile; one that lapses is received again and known by its message id.
            if let Err(fault) = self.queue.change_visibility(chunk).await {
                metrics::count_fault(&fault);
            }
        }
    }

    /// Makes everything visible again; answers how many letters could not be, and come by themselves.
    pub(super) async fn release(&self) -> usize {
        let held: Vec<_> = std::mem::take(&mut *self.receipts()).into_iter().map(|it| (it, Duration::ZERO)).collect();
        let mut hidden = 0;
        for chunk in held.chunks(QUEUE_MAX_BATCH) {
            let call = |batch: Vec<_>| async move { self.queue.change_visibility(&batch).await };
            let settled = settle(chunk, self.random.as_ref(), call).await;
            hidden += settled.entries.iter().filter(|answer| answer.is_err()).count();
        }
        hidden
    }
}
