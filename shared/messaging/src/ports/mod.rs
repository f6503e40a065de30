//! The ports. Each trait's docs are a contract; `memory` and `shotengai-aws` both pass its suite.

pub mod bucket;
pub mod fault;
pub mod infrastructure;
pub mod lease;
pub mod message;
pub mod queue;
pub mod store;
pub mod stream;
pub mod table;
pub mod topic;
