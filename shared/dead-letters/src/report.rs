//! Report of a run: the outcome of each letter.

use serde::Serialize;
use uuid::Uuid;

use crate::cause::Group;
use crate::letter::Letter;

/// Why a letter is still where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The letter.
    pub message_id: String,
    /// Its aggregate, if it has one.
    pub subject: Option<String>,
    /// What went wrong; no payload.
    pub error: String,
}

impl Failure {
    pub(super) fn of(letter: &Letter, error: String) -> Self {
        Self { message_id: letter.message_id.clone(), subject: letter.subject().map(str::to_owned), error }
    }
}

/// Report of what a run did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The run; stands in [`Redriven`](crate::Redriven).
    pub run: Uuid,
    /// Letters that were looked at.
    pub looked_at: usize,
    /// Letters that the filter meant.
    pub matching: usize,
    /// Letters that the filter meant, by cause.
    pub causes: Vec<Group>,
    /// Letters that are gone from here: sent and deleted, or discarded. Of a dry run: that would be.
    pub settled: usize,
    /// Letters that stayed because something failed. One whose send got no answer may be in its target, too.
    pub failed: Vec<Failure>,
    /// Letters that stayed because an earlier one of their aggregate failed.
    pub waiting: usize,
    /// Letters that were sent and could not be deleted: the next redrive doubles them.
    pub undeleted: Vec<Failure>,
    /// Letters that came, or came back, after the run began: left alone.
    pub came_later: usize,
    /// Letters that could not be made visible at once; they come by themselves within the visibility.
    pub hidden: usize,
    /// Whether every letter that was there was looked at.
    pub complete: bool,
    /// Whether somebody ended the run.
    pub cancelled: bool,
    /// Why the run ended early, if it did.
    pub stopped: Option<String>,
}

impl Report {
    /// Whether nothing failed. A run that was cancelled, or that left letters out by its limit, has not.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.failed.is_empty() && self.undeleted.is_empty() && self.waiting == 0 && self.stopped.is_none()
    }
}
