//! Where the inbox listens and how much it keeps.

use std::net::{Ipv4Addr, SocketAddr};

/// Settings of one [`Inbox`](crate::Inbox). The default is a developer's machine: loopback, Mailpit's ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxConfig {
    /// Where mail is accepted; port 0 takes a free one. Default `127.0.0.1:1025`.
    pub smtp: SocketAddr,
    /// Where the API and the page are served; port 0 takes a free one. Default `127.0.0.1:8025`.
    pub http: SocketAddr,
    /// Messages kept; the oldest is dropped for the next one. At least one is always kept. Default 5,000.
    pub max_messages: usize,
    /// Bytes of one message, as sent, announced as `SIZE`; a larger one is refused with 552. Default 25 MiB.
    pub max_message_bytes: usize,
    /// Bytes of all messages together; the oldest are dropped to stay below, the newest is always kept. Default 256 MiB.
    pub max_store_bytes: usize,
    /// Origins whose pages may read mail, and show it in a frame: those of the street that the mail is of, such as
    /// `http://127.0.0.1:8080`. Default none.
    pub shown_by: Vec<String>,
    /// SMTP connections served at once; about a thousand more wait in the listener's backlog. Default 256.
    pub max_connections: usize,
}

impl Default for InboxConfig {
    fn default() -> Self {
        Self {
            smtp: SocketAddr::from((Ipv4Addr::LOCALHOST, 1025)),
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 8025)),
            max_messages: 5_000,
            max_message_bytes: 25 * 1024 * 1024,
            max_store_bytes: 256 * 1024 * 1024,
            shown_by: Vec::new(),
            max_connections: 256,
        }
    }
}

impl InboxConfig {
    /// Both listeners on free loopback ports, for tests that run side by side.
    #[must_use]
    pub fn on_free_ports() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { smtp: free, http: free, ..Self::default() }
    }
}
