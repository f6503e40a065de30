//! Whether tokens of means of payment stand where billing reads them, and nowhere else.

use shotengai_contracts::events::OrderPlaced;
use shotengai_contracts::payment::{IntentKey, PaymentIntent, PaymentToken};
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Commit, Key, Queue};

use crate::world::World;

/// What every token starts with, and nothing else does.
const TOKEN: &str = "tok_";

/// The token that billing finds for an order.
pub(super) fn of(world: &World, order: &OrderPlaced) -> Option<PaymentToken> {
    let IntentKey { order_id, fingerprint } = IntentKey::of(order);
    let key = Key::new(order_id.as_str(), fingerprint);
    let row = world.days.intent(&key).filter(|_| order.has_payment_token)?;
    serde_json::from_value::<PaymentIntent>(row.doc).ok().map(|intent| intent.payment_token)
}

/// Whether the token of an order had expired at a time, so that billing may not have found it.
pub(super) fn had_expired(world: &World, order: &OrderPlaced, at: Timestamp) -> bool {
    let IntentKey { order_id, fingerprint } = IntentKey::of(order);
    let row = world.days.intent(&Key::new(order_id.as_str(), fingerprint));
    row.and_then(|row| row.expires_at).is_some_and(|expired_at| expired_at <= at)
}

/// Events, the stream, and whatever is left in queues: none of it names one.
pub(super) fn stand_in_their_table_alone<'a>(world: &World, commits: impl Iterator<Item = &'a Commit>) {
    for commit in commits.filter(|commit| commit.events.to_json().contains(TOKEN)) {
        world.violation(format!("an event of {} names a token", commit.aggregate_id));
    }
    for record in world.infra.memory_stream().records() {
        if String::from_utf8_lossy(&record.data).contains(TOKEN) {
            world.violation(format!("a record of {} names a token", record.key));
        }
    }
    for queue in world.infra.all_queues() {
        if queue.messages().iter().any(|message| message.body.contains(TOKEN)) {
            world.violation(format!("a message in {} names a token", queue.name()));
        }
    }
}
