//! Why notification sets something aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// The template and the order don't fit.
pub const UNRENDERABLE_MAIL: Reason = Reason::new("unrenderable_mail", "the template and the order do not fit");

/// All of them.
pub const REASONS: [Reason; 1] = [UNRENDERABLE_MAIL];
