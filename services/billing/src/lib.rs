//! The billing role: payments, intent first.
