//! Why inventory sets something aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// The event says the opposite of what is recorded.
pub const CONTRADICTION: Reason = Reason::new("contradiction", "it says the opposite of what is recorded");

/// All of them.
pub const REASONS: [Reason; 1] = [CONTRADICTION];
