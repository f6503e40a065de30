//! Leases: how processes share what each of them could do alone.
//!
//! - [`table`]: leases as rows of a table.
//! - `watch`: whether a lease has run out, by this process's own watch.
//! - `share`: how many shards are whose.
//! - `keep`: holds a lease by renewing it, and knows when it is lost.
//! - `member`: announces a process to the others, and says for how long it is one of them.
//!
//! A process renews one lease, its member's. The shards' leases that it holds are written when they change hands, and hold as
//! long as their holder is a member.

pub(crate) mod keep;
pub(crate) mod member;
pub(crate) mod share;
pub mod table;
pub(crate) mod watch;

/// What the names of members' leases start with; a shard's lease has the shard's name.
pub const MEMBER_PREFIX: &str = "member/";
