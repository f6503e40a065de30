//! A local SMTP sink and inbox that speaks Mailpit's message API.
//!
//! For a developer's machine without Mailpit, and for end-to-end tests: everything sent to it is kept in memory and
//! can be read over HTTP, in a browser, or in process. It relays nothing, authenticates nobody and forgets everything
//! when it stops, so it belongs on loopback only.
//!
//! - [`Inbox`]: binds both ports, then serves until told to stop.
//! - [`InboxStore`]: the messages, shared by both servers and by tests in the same process.
//! - `smtp`: RFC 5321 as a state machine without I/O, and the loop that gives it sockets.
//! - `http`: Mailpit's API v1 and one page for people.
//! - `mail`, `envelope`, `search`: what a message looks like, what delivery adds to it, how it is found.
//!
//! Not offered, where Mailpit has it: tags, TLS, authentication, relaying, HTML and link checks, web sockets,
//! checksums of attachments. A search filter that is not known here is an error, never a silent empty result.
//!
//! No line logged here carries an address, a subject or a body.

mod clock;
mod config;
mod envelope;
mod error;
mod headers;
mod http;
mod ident;
mod inbox;
mod mail;
mod message;
mod search;
mod smtp;
mod store;

pub use config::InboxConfig;
pub use error::{InboxError, Listener};
pub use inbox::Inbox;
pub use message::{Address, Attachment, ListUnsubscribe, Message, MessageSummary, MessagesSummary};
pub use search::SearchError;
pub use store::InboxStore;
