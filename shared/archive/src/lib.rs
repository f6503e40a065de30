//! Archive of all events: objects in a bucket, which outlive event tables.
//!
//! Pure, without I/O:
//! - [`line`](mod@line): an event in an object; the text of its envelope. [`key`]: the names of objects, which say what is in them.
//! - [`object`]: an object, written and read; what is wrong with one. [`manifest`]: which objects were put together.
//! - [`mod@gather`]: events of a shard of the stream, until they are put.
//! - [`compare`]: archive and event stores, event by event. [`assemble`]: commits out of events.
//!
//! Over ports:
//! - [`shelf`]: the bucket: puts, lists, reads whole. [`spill`]: more than memory holds, divided by aggregates, in files.
//! - `patience`: with a store that is away for a moment. [`verify`]: whether the archive is what the event stores are. [`restore`]: event stores out of the archive.
//!
//! An event may stand in the archive more than once: whoever writes it may repeat itself after a fault. That is counted and
//! harmless. An object that was edited, cut or renamed no longer fits its name, one that is gone is in a manifest, and a manifest that is gone in the next.

pub mod assemble;
pub mod compare;
pub mod gather;
pub mod key;
pub mod line;
pub mod manifest;
pub mod object;
mod patience;
pub mod restore;
pub mod shelf;
mod shelved;
pub mod spill;
pub mod verify;

pub use gather::{Flush, gather};
pub use key::{ArchiveKey, KeyError, Span};
pub use line::Line;
pub use object::{Damage, Object};
pub use restore::{Restore, RestoreError, RestoreReport};
pub use shelf::{Shelf, Shelved};
pub use verify::{Verify, VerifyError, VerifyReport};
