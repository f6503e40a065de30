//! Why bridge sets something aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// A change record of a new item that is no commit.
pub const NOT_A_COMMIT: Reason = Reason::new("not_a_commit", "the change record of a new item that is no commit");
/// The topic refused the message for good.
pub const REFUSED: Reason = Reason::new("refused", "the topic refused it for good while it took others");
/// More than the topic ever takes.
pub const TOO_LARGE: Reason = Reason::new("too_large", "more than the topic ever takes");

/// All of them.
pub const REASONS: [Reason; 3] = [NOT_A_COMMIT, REFUSED, TOO_LARGE];
