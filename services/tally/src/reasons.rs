//! Why tally sets something aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// The order has more lines than one transaction counts.
pub const ORDER_TOO_LARGE: Reason =
    Reason::new("order_too_large", "the order has more lines than one transaction counts");

/// All of them.
pub const REASONS: [Reason; 1] = [ORDER_TOO_LARGE];
