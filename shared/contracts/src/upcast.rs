//! How a payload written by an old release becomes today's shape.

use serde_json::Value;

use crate::events::EventType;

/// Lifts `data` from `version` to the type's newest, one version at a time.
///
/// Every type is at its first version, so nothing is lifted yet. A type that grows a version 2 gets its step here
/// (`(EventType::X, 1) => add_field(data)`), and a golden file of version 1 stays in `golden/` to prove it.
#[must_use]
pub fn upcast(event_type: EventType, version: u32, data: Value) -> Value {
    debug_assert!(version <= event_type.version(), "a future version is refused before");
    data
}
