//! Why an inbox cannot start or keep serving.

use std::{fmt, io, net::SocketAddr};

/// Which of the two listeners a fault belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The one that accepts mail.
    Smtp,
    /// The one that serves the API and the page.
    Http,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "SMTP",
            Self::Http => "HTTP",
        })
    }
}

/// Why an [`Inbox`](crate::Inbox) cannot start or keep serving.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Another process has the port: stop it, or choose another port.
    #[error("port {} for the inbox's {listener} listener is in use ({address})", .address.port())]
    PortInUse {
        /// The listener that wanted it.
        listener: Listener,
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's answer.
        #[source]
        source: io::Error,
    },
    /// The address cannot be bound for another reason, such as permission.
    #[error("the inbox's {listener} listener cannot bind {address}")]
    Bind {
        /// The listener that wanted it.
        listener: Listener,
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's answer.
        #[source]
        source: io::Error,
    },
    /// A listener that was bound stopped serving.
    #[error("the inbox's {listener} server failed")]
    Serve {
        /// The listener that failed.
        listener: Listener,
        /// What stopped it.
        #[source]
        source: io::Error,
    },
}

impl InboxError {
    pub(crate) fn bind(listener: Listener, address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { listener, address, source },
            _ => Self::Bind { listener, address, source },
        }
    }
}
