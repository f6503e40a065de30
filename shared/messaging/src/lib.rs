//! How Shotengai's services keep, move and receive events. No AWS types: adapters stand behind the ports.
//!
//! The cast:
//! - **commit**: the events of one command on one aggregate; one item, atomic ([`commit`]).
//! - **ports** ([`ports`]): [`EventStore`], [`StreamWriter`], [`StreamReader`], [`Topic`], [`Queue`], [`Table`], and
//!   [`Infrastructure`], which hands them out by name. Their docs are the contract that every adapter passes.
//! - **aggregates** ([`aggregate`]): load, decide, append, publish; with snapshots. A **unit of work** is one attempt at
//!   that, over one or several aggregates; the loop around it decides anew after a conflict.
//! - **group commit** ([`GroupCommit`], [`GroupedTable`]): single commits, and rows, that wait at the same moment, in one request.
//! - **outbox** ([`outbox`]): publisher and sweeper; nothing committed is ever lost.
//! - **pause** ([`pauses`]): consumers that are told to receive nothing.
//! - **once** ([`once`]): an effect on a table's rows that is not repeated with its message or request.
//! - **consumer** ([`consumer`]): receives, decodes, limits, settles.
//! - **handler** ([`handler`]): reacts, to one event ([`EventHandler`]) or to those that belong together ([`GroupHandler`]).
//!   What became of a [`Delivery`] is its [`Disposition`].
//! - **dead letter** ([`dead_letter`]): the format of a message that could not be handled. The crate `shotengai-dead-letters`
//!   lists and redrives them.
//! - **effects** ([`effects`]): what the handling of one message wrote. **outcome** ([`outcomes`]): what its consumer made of a letter that
//!   was redriven, told to operators.
//! - **receipt** ([`receipts`]): what the work of this process costs each order.
//! - **reason** ([`reason`]): why a message becomes a dead letter, as whoever sets it aside declares it.
//! - **look back** ([`LookBacks`]): folds a history up to a moment of the past, within bounds.
//! - **shared read** ([`SharedRead`]): one reading for all who ask at the same time.
//! - **shadow** ([`shadow`]): an installation that is read, and whose writes are caught: for rehearsals.
//! - **send** ([`send`]), **wire** ([`wire`]): any number of messages into a queue; an envelope as one.
//! - **hint** ([`Hints`]): within one process, a write wakes those that read it.
//! - **watch** ([`Watch`]): since when a claim or a lease stands unchanged. **pacer** ([`Pacer`]): so many a second.
//! - **worker** ([`worker`]): a named, supervised background task that ends when told.

pub mod aggregate;
mod attempt;
pub mod backoff;
pub mod commit;
mod commit_events;
pub mod consumer;
pub mod dead_letter;
pub mod delivery;
pub mod disposition;
pub mod effects;
mod group;
pub mod handler;
mod hints;
mod log_limiter;
mod look_back;
pub mod metrics;
mod once;
pub mod outbox;
pub mod outcomes;
mod pacer;
pub mod pauses;
pub mod ports;
pub mod reason;
pub mod receipts;
pub mod send;
pub mod shadow;
mod shared_read;
pub mod trace;
mod watch;
pub mod wire;
pub mod worker;

pub use aggregate::{
    Aggregate, Aggregates, CommandError, CommitWriter, Contest, Count, Decided, Executed, Loaded, Repository, Tracked,
    UnitOfWork,
};
pub use backoff::Backoff;
pub use commit::{Commit, CommitFactory};
pub use commit_events::CommitEvents;
pub use consumer::{Consumer, ConsumerConfig, Probe};
pub use delivery::Delivery;
pub use disposition::Disposition;
pub use group::{GroupCommit, GroupedTable};
pub use handler::{EventHandler, Group, GroupHandler, Handler, IntoHandler, MessageHandler, RecordHandler};
pub use hints::{HintingInfrastructure, Hints, Wake};
pub use log_limiter::LogLimiter;
pub use look_back::{LOOK_BACK_EVENTS, LookBackError, LookBacks, Reached};
pub use once::once;
pub use outbox::{Outbox, OutboxConfig, Publisher};
pub use pacer::Pacer;
pub use ports::bucket::Bucket;
pub use ports::fault::{Fault, FaultKind};
pub use ports::infrastructure::Infrastructure;
pub use ports::lease::{Lease, LeaseChange, LeaseError, Leases};
pub use ports::message::Message;
pub use ports::queue::{Queue, QueueDepth, RawDelivery, Receipt};
pub use ports::store::{
    APPEND_EACH_MAX, AppendError, CommitMark, EventStore, Guard, HistoryPage, Note, OUTBOX_SHARDS, Snapshot,
};
pub use ports::stream::{Shard, ShardBatch, ShardCursor, StartAt, StreamReader, StreamRecord, StreamWriter};
pub use ports::table::{Condition, Key, Put, Row, Table, TransactError, WriteError, WriteOp};
pub use ports::topic::Topic;
pub use reason::Reason;
pub use send::send_all;
pub use shared_read::SharedRead;
pub use watch::Watch;
pub use worker::Worker;
