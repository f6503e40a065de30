//! The notification role: e-mail about orders.
