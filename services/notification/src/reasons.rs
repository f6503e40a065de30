//! Why notification sets something aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// The template and the order don't fit.
pub const UNRENDERABLE_MAIL: Reason = Reason::new("unrenderable_mail", "the template and the order do not fit");

/// No mail will reach the address.
pub const REFUSED_ADDRESS: Reason = Reason::new("refused_address", "no mail will reach the address");

/// All of them.
pub const REASONS: [Reason; 2] = [UNRENDERABLE_MAIL, REFUSED_ADDRESS];
