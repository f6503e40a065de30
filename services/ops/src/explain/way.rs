//! The way of a message up to its queue: event store, stream, bridge.

use shotengai_contracts::api::ops::explanations::{CauseKind, Certainty, ExplainedCause};
use shotengai_contracts::api::ops::street::StreetShard;
use shotengai_contracts::topology::Service;

use super::causes::Cause;
use super::facts::Fact;
use super::seen::Seen;

/// A publisher has put a commit into the stream by then, or has left it to a sweeper.
const PUBLISHED_WITHIN_MS: i64 = 10_000;

/// Why a message that was decided so many milliseconds ago has not come to its queue. Empty: nothing says that it has not.
pub(super) fn on_its_way(message: &Fact, seen: &Seen, age_ms: i64) -> Vec<ExplainedCause> {
    if let Some(shard) = seen.ahead.get(&message.id) {
        let shard = seen.shards().find(|seen| seen.shard == *shard);
        return shard.map(|shard| before_bridge(message, shard, seen, Certainty::Certain)).into_iter().collect();
    }
    if seen.marked.contains(&message.id) {
        return vec![unpublished(message, seen, age_ms)];
    }
    let captured = seen.is_captured.then(|| uncaptured(message, seen)).flatten();
    captured.into_iter().chain(behind(message, seen, age_ms)).collect()
}

fn unpublished(message: &Fact, seen: &Seen, age_ms: i64) -> ExplainedCause {
    let owner = message.event_type().owner().service();
    // A marker stands for a moment after its event is in the stream, too.
    let is_late = age_ms >= PUBLISHED_WITHIN_MS;
    let certainty = if is_late { Certainty::Certain } else { Certainty::Likely };
    let kind = match seen.away(owner) {
        Some(Certainty::Certain | Certainty::Likely) => CauseKind::PublisherAway,
        _ => CauseKind::NotPublished,
    };
    Cause::of(kind, certainty, message.at).service(owner).0
}

/// What the processes of the owner say of their table's capture.
fn uncaptured(message: &Fact, seen: &Seen) -> Option<ExplainedCause> {
    let owner = message.event_type().owner();
    let capture = format!("{} capture", owner.events_table());
    let down: std::collections::BTreeMap<_, _> =
        seen.down(owner.service()).into_iter().filter(|(name, _)| name.ends_with(&capture)).collect();
    // The commit may be from before it ended.
    let mut cause = Cause::of(CauseKind::NotCaptured, Certainty::Likely, message.at).service(owner).0;
    cause.down = down;
    (!cause.down.is_empty()).then_some(cause)
}

/// What is said by how far behind the stream is read.
fn behind(message: &Fact, seen: &Seen, age_ms: i64) -> Option<ExplainedCause> {
    if seen.street.unknown.iter().any(|unknown| unknown.part == "stream") {
        // How far it is read is not known. Without a bridge it is not read on.
        let mut cause = Cause::of(CauseKind::BridgeAway, Certainty::Likely, message.at).service(Service::BRIDGE).0;
        cause.shard = Some(seen.street.stream.name.clone());
        return is_bridge_away(seen).then_some(cause);
    }
    // All that lies there was looked through, and this was not among it.
    let lag = |shard: &StreetShard| shard.lag_ms.filter(|_| !seen.is_searched).unwrap_or(0);
    let furthest = seen.shards().max_by_key(|shard| lag(shard))?;
    // A shard is read in order. Where what waits there is older than the message, the message has not been read.
    let is_all = seen.shards().all(|shard| lag(shard) >= age_ms.max(1));
    let certainty = match lag(furthest) {
        0 => Certainty::Possible,
        _ if is_all => Certainty::Certain,
        lag if lag >= age_ms => Certainty::Likely,
        _ => Certainty::Possible,
    };
    let damaged = seen.shards().find(|shard| shard.fault.is_some());
    match (lag(furthest), damaged) {
        (0, None) => None,
        (0, Some(damaged)) => Some(before_bridge(message, damaged, seen, Certainty::Possible)),
        (_, _) => Some(before_bridge(message, furthest, seen, certainty)),
    }
}

fn is_bridge_away(seen: &Seen) -> bool {
    matches!(seen.away(Service::BRIDGE), Some(Certainty::Certain | Certainty::Likely))
}

fn before_bridge(message: &Fact, shard: &StreetShard, seen: &Seen, certainty: Certainty) -> ExplainedCause {
    let kind = if is_bridge_away(seen) {
        CauseKind::BridgeAway
    } else if shard.fault.is_some() || seen.unheld.contains(&shard.shard) {
        CauseKind::ShardUnread
    } else {
        CauseKind::BeforeBridge
    };
    let mut cause = Cause::of(kind, certainty, message.at).service(Service::BRIDGE).0;
    cause.shard = Some(shard.shard.clone());
    cause.lag_ms = shard.lag_ms;
    cause.why = shard.fault.clone();
    cause
}
