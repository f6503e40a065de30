//! What is counted and how it is shown, without any I/O.

pub mod batch;
pub mod chart;
pub mod count;
pub mod rows;
pub mod standings;
