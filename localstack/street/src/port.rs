//! Ports on loopback.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::StreetError;

/// The lowest port that is given away: below are those of well-known programs.
const LOWEST: u16 = 10_000;
/// The first port that systems give to connections where they don't say otherwise (IANA's dynamic ports).
const DYNAMIC: u16 = 49_152;
/// How far apart two processes begin.
const STRIDE: u32 = 64;

/// A port of 127.0.0.1 that nobody listens on at this moment, and that this process was not given before.
///
/// It lies outside the range from which the system takes ports for connections and for those who ask for any. A port of
/// that range may belong to a passing connection by the time somebody binds it, and again each time its program is
/// restarted. Another program that asks for this very port can still take it.
///
/// # Errors
/// When the system has no port to give.
pub fn free_port() -> io::Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let span = u32::from(first_dynamic().saturating_sub(LOWEST));
    for _ in 0..span {
        let step = process::id().wrapping_mul(STRIDE).wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        let port = LOWEST + u16::try_from(step % span).unwrap_or_default();
        if !port_in_use(port) {
            return Ok(port);
        }
    }
    // A system that gives connections almost every port.
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Where the range begins from which the system takes ports by itself.
fn first_dynamic() -> u16 {
    static FIRST: OnceLock<u16> = OnceLock::new();
    *FIRST.get_or_init(|| {
        fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
            .ok()
            .and_then(|range| range.split_whitespace().next()?.parse().ok())
            .unwrap_or(DYNAMIC)
    })
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
    fn free_ports_differ_and_are_none_that_the_system_gives_by_itself() {
        let free: std::collections::BTreeSet<_> = (0..100).map(|_| free_port().unwrap()).collect();
        assert_eq!(free.len(), 100);
        if first_dynamic() > LOWEST {
            assert!(free.iter().all(|port| (LOWEST..first_dynamic()).contains(port)), "{free:?}");
        }
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_passed_over() {
        let taken = free_port().unwrap();
        let listeners: Vec<_> = (1..=20)
            .filter_map(|next| TcpListener::bind((Ipv4Addr::LOCALHOST, taken.checked_add(next)?)).ok())
            .collect();
        let ports: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        for _ in 0..40 {
            let port = free_port().unwrap();
            assert!(!ports.contains(&port), "{port} is taken");
        }
    }

    #[test]
    fn a_refusal_names_the_port_and_its_purpose() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let refusal = ensure_free("the local AWS", port).unwrap_err().to_string();
        assert_eq!(refusal, format!("port {port}, wanted for the local AWS, is in use by another program"));
    }
}
