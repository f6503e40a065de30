//! Leases: how processes share what each of them could do alone.
//!
//! - [`table`]: leases as rows of a table.

pub mod table;
