//! Cancelling an order on request.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, OrderId, TextError, TextRule, UserId, Version};
use shotengai_messaging::{CommandError, Loaded};

use crate::orders::aggregate::Orders;
use crate::orders::domain::{Order, Refusal, cancel};

/// What a reason in the customer's words may be.
pub const REASON: TextRule = TextRule::prose(100);
/// What a note may be.
pub const NOTE: TextRule = TextRule::prose(500);

/// A wish to cancel.
#[derive(Debug)]
pub struct CancelOrder {
    /// The order.
    pub order_id: OrderId,
    /// Who must own it; none for an administrator.
    pub owner: Option<UserId>,
    /// The customer's words about it.
    pub note: Option<String>,
}

/// Cancels an order; returns its last version. Repeating changes nothing: a cancelled order stays as it is.
///
/// # Errors
/// [`CommandError`]; repeat after a fault.
pub async fn cancel_order(
    orders: &Orders,
    wanted: CancelOrder,
    meta: &Metadata,
) -> Result<Version, CommandError<Refusal>> {
    let CancelOrder { order_id, owner, note } = wanted;
    let decide = |order: &Loaded<Order>| cancel(&order.state, owner.as_ref(), note.clone());
    orders.execute(&AggregateId::from(&order_id), meta, decide).await.map(|executed| executed.loaded.version)
}

/// Which words are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The reason.
    #[error("reason {0}")]
    Reason(TextError),
    /// The note.
    #[error("note {0}")]
    Note(TextError),
}

impl NoteError {
    /// The field of the request it is about, as an RFC 6901 pointer.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Reason(_) => "/reason",
            Self::Note(_) => "/note",
        }
    }
}

/// What is kept of the customer's words. Whatever the words, the recorded reason is `customer_request`; so a reason that
/// says something else goes into the note, before the rest.
///
/// # Errors
/// [`NoteError`] when one is too long or can't be read.
pub fn note_of(reason: Option<&str>, note: Option<&str>) -> Result<Option<String>, NoteError> {
    let reason = REASON.check(reason.unwrap_or_default()).map_err(NoteError::Reason)?;
    let note = NOTE.check(note.unwrap_or_default()).map_err(NoteError::Note)?;
    let reason = if reason == "customer_request" { "" } else { reason };
    Ok(match (reason, note) {
        ("", "") => None,
        (one, "") | ("", one) => Some(one.to_owned()),
        (reason, note) => Some(format!("{reason}: {note}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_in_the_customers_words_is_kept_in_the_note() {
        assert_eq!(note_of(None, None), Ok(None));
        assert_eq!(note_of(Some("customer_request"), Some(" too late ")), Ok(Some("too late".to_owned())));
        assert_eq!(note_of(Some("changed my mind"), None), Ok(Some("changed my mind".to_owned())));
        assert_eq!(note_of(Some("too late"), Some("by a week")), Ok(Some("too late: by a week".to_owned())));
    }

    #[test]
    fn long_and_unprintable_words_are_refused() {
        assert_eq!(note_of(None, Some(&"あ".repeat(501))), Err(NoteError::Note(TextError::Length(NOTE))));
        assert_eq!(note_of(None, Some("a\u{0}")), Err(NoteError::Note(TextError::Character('\0'))));
        assert_eq!(note_of(Some(&"a".repeat(101)), None), Err(NoteError::Reason(TextError::Length(REASON))));
    }
}
