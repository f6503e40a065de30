//! Ports on loopback.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use crate::StreetError;

/// A port of 127.0.0.1 that nobody listens on at this moment.
///
/// Another program may take it before the caller does; whoever binds it must be ready to try another.
///
/// # Errors
/// When the system has no port to give.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether some program listens on this port of 127.0.0.1. A port we may not bind (below 1024) is not called in use.
#[must_use]
pub fn port_in_use(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // macOS lets us bind 127.0.0.1 beside a listener on 0.0.0.0, so ask by connecting as well.
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
        || matches!(TcpListener::bind(address), Err(error) if error.kind() == io::ErrorKind::AddrInUse)
}

/// Refuses a fixed port that is taken; 0 asks for any port and passes.
pub(crate) fn ensure_free(what: &str, port: u16) -> Result<(), StreetError> {
    if port != 0 && port_in_use(port) {
        return Err(StreetError::PortInUse { what: what.to_owned(), port });
    }
    Ok(())
}

/// The port itself, or a free one for 0.
pub(crate) fn choose(port: u16) -> Result<u16, StreetError> {
    if port != 0 {
        return Ok(port);
    }
    free_port().map_err(StreetError::io("find a free port"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_makes_its_port_in_use_and_only_while_it_lives() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(port_in_use(port));
        drop(listener);
        assert!(!port_in_use(port));
    }

    #[test]
    fn a_refusal_names_the_port_and_its_purpose() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let refusal = ensure_free("the local AWS", port).unwrap_err().to_string();
        assert_eq!(refusal, format!("port {port}, wanted for the local AWS, is in use by another program"));
    }
}
