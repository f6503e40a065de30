//! Why order sets something aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// The order is confirmed, and its second deadline has passed.
pub const NOT_CAPTURED: Reason =
    Reason::new("not_captured", "its order is confirmed for too long and neither paid nor cancelled");

/// All of them.
pub const REASONS: [Reason; 1] = [NOT_CAPTURED];
