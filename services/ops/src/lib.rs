//! Operations as data: whether an installation is well, and what lies in its dead letters. Nothing here prints.
//!
//! - [`status`]: all of it at a glance, or the event stores or the stream alone. What it is made of: [`health`] of processes,
//!   [`stores`], [`shards`], [`queues`].
//! - [`letters`]: dead letters of several queues, by cause. What is done about them is `shotengai-dead-letters`.
//!
//! Every answer serializes; the command line prints it as text or as JSON. It looks at AWS and at `/readyz`, never at
//! another service's code, and writes nothing.

pub mod health;
pub mod letters;
pub mod queues;
pub mod shards;
pub mod status;
pub mod stores;
