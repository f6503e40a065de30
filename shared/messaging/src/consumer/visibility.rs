//! Visibility: what is received and not settled yet stays hidden from other consumers.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use super::{Consumer, Work};
use crate::ports::queue::{RawDelivery, Receipt};

/// The messages of a batch that are not settled yet.
pub(super) struct Hidden(Mutex<Vec<Receipt>>);

impl Hidden {
    pub(super) fn new(received: &[RawDelivery]) -> Self {
        Self(Mutex::new(received.iter().map(|raw| raw.receipt.clone()).collect()))
    }

    /// Leaves these out from now on: they are being settled.
    pub(super) fn release<'a>(&self, settled: impl Iterator<Item = &'a Receipt> + Clone) {
        let mut hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.retain(|receipt| !settled.clone().any(|settled| settled == receipt));
    }

    fn receipts(&self) -> Vec<Receipt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<W: Work> Consumer<W> {
    /// Extends what is hidden, each third of its visibility, for as long as it is polled.
    pub(super) async fn keep_hidden(&self, hidden: &Hidden) -> Infallible {
        loop {
            tokio::time::sleep(self.config.visibility / 3).await;
            let receipts = hidden.receipts();
            let changes: Vec<_> = receipts.into_iter().map(|receipt| (receipt, self.config.visibility)).collect();
            self.change_visibility(&changes).await;
        }
    }
}
