//! Test support: the ports of messaging in memory, and the suites that every adapter of them passes. No AWS types.
//!
//! - [`memory`]: adapters without a network, which enforce AWS's limits and break when told to.
//! - [`contract`]: the promises of the ports as code, and histories of orders to test consumers with.
//! - [`harness`]: a clock that goes by paused time, faults by operation, workers at work, waiting for a condition.
//!
//! Only tests and the simulation depend on it: what ships has no second implementation of a port that could be wired by
//! mistake. `tests/docs/test_crates.py` refuses a crate that brings it into the binary.

pub mod contract;
pub mod harness;
pub mod memory;
