//! What comes of a command.

use std::convert::Infallible;

use shotengai_contracts::Misplaced;

use super::Loaded;
use crate::disposition::Disposition;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::AppendError;
use crate::reason::UNWRITABLE;

/// A command that was carried out.
#[derive(Debug, Clone)]
pub struct Executed<A: super::Aggregate> {
    /// The aggregate as it is afterwards.
    pub loaded: Loaded<A>,
    /// The events that this command wrote; none when there was nothing left to do.
    pub written: Vec<A::Event>,
}

/// Why a command was not carried out. After [`CommandError::Fault`] of a transient kind its events may have been appended
/// all the same, so decisions must see by the state that their work is done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError<E> {
    /// The decision refused it, on a state that was read for it.
    #[error(transparent)]
    Refused(E),
    /// The store failed, or something else that the decision needs.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Other writers were first every time; try again later.
    #[error("too many writers at once")]
    Contended,
    /// The events can't ever be written, such as for their size.
    #[error("the events can't be written: {0}")]
    Unwritable(String),
}

/// An event that its own aggregate refuses was decided by mistake, or on a history that nobody wrote.
impl<E> From<Misplaced> for CommandError<E> {
    fn from(misplaced: Misplaced) -> Self {
        Self::Fault(Fault::new(FaultKind::Permanent, "fold", misplaced))
    }
}

impl<E> From<AppendError> for CommandError<E> {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict { .. } => Self::Contended,
            AppendError::Unwritable(why) => Self::Unwritable(why),
            AppendError::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// What becomes of the message that asked for it.
impl<E: Into<Self>> From<CommandError<E>> for Disposition {
    fn from(error: CommandError<E>) -> Self {
        match error {
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::Fault(fault) => Self::from_fault(&fault),
            CommandError::Contended => Self::retry("too many writers at once"),
            CommandError::Unwritable(error) => Self::reject(UNWRITABLE, error),
        }
    }
}

/// For commands that are never refused.
impl From<Infallible> for Disposition {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
