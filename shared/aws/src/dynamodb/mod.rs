//! DynamoDB: commits, snapshots and rows.
//!
//! - `commit_item`, `row_item`: what stands in the tables. `limits`: what fits.
//! - `append`: one commit or many, all or none; `insert`: many in one request, each by itself; `captured`: not before they would come into the stream. `event_store`: the rest of the event store; `outbox`: its marker, `marked`: whether it is on.
//! - `snapshots`; `notes`: beside them.
//! - `table`: rows; `transact`: many of them at once; `expression`: conditions in DynamoDB's words.
//! - `schema`: keys and indexes, for the provisioner.

mod append;
mod attributes;
mod batch_get;
mod captured;
mod commit_item;
mod entries;
mod event_store;
mod expression;
mod insert;
mod limits;
mod marked;
mod notes;
mod outbox;
mod put_each;
mod row_item;
pub(crate) mod schema;
mod snapshots;
mod table;
mod transact;

pub(crate) use event_store::DynamoEventStore;
pub(crate) use table::DynamoTable;
