//! Contracts between the services: every event, the envelope it travels in, and which queue gets which events.
//!
//! - [`envelope`]: CloudEvents 1.0 in JSON, with the street's extension attributes.
//! - [`header`]: what whoever passes an event on reads of it.
//! - [`events`]: the payloads, one file an owner; the [`Event`] that holds any of them, and an enum an owner.
//! - [`api`]: the HTTP interface: every route with what it takes, answers and refuses.
//! - [`payment`]: the means of payment, which travel beside the events.
//! - [`mails`]: records of mails. [`shown`]: payloads as customers are shown them.
//! - [`live`]: what the tally tells over a WebSocket.
//! - [`compatible`]: whether a payload's schema may change without a new version.
//! - [`asyncapi`]: all of it as an AsyncAPI document.
//! - [`upcast`]: how an old version of a payload becomes today's.
//! - [`aggregates`]: ids of inventory's aggregates.
//! - [`topology`]: every service, queue, table, topic and stream, named once.
//!
//! `golden/` keeps one envelope of every version ever written, `schemas/` the JSON Schema of every payload; tests fail
//! when either no longer agrees with the types. **Events carry no personal data and no payment
//! token**: a person is a `user_id`.

pub mod aggregates;
pub mod api;
pub mod asyncapi;
pub mod compatible;
pub mod envelope;
pub mod events;
pub mod header;
pub mod live;
pub mod mails;
pub mod payment;
pub mod samples;
pub mod shown;
pub mod topology;
pub mod upcast;

pub use envelope::{DecodeError, Envelope, Metadata, Received};
pub use events::{
    BillingEvent, CatalogEvent, Event, EventType, ForeignEvent, InventoryEvent, Misplaced, OrderEvent, OwnedEvent,
    Owner,
};
pub use header::Header;
