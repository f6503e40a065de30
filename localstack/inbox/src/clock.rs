//! When a message arrived.

/// The wall clock, only to label messages for people: nothing is decided by it.
#[expect(clippy::disallowed_methods, reason = "a developer tool outside the simulated world")]
pub(crate) fn wall_clock() -> jiff::Timestamp {
    jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
