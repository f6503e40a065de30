//! The order role: placing orders and keeping the saga's score.
