//! Whether anything is still on its way.

use std::sync::atomic::Ordering;

use shotengai_catalog::price_stream;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{PRICE_STREAM, STREAM, tables};
use shotengai_messaging::ports::stream::PositionGone;
use shotengai_messaging::{Infrastructure, Queue, StartAt, StreamReader};
use shotengai_streaming::Checkpoints;
use shotengai_testing::memory::MemoryStream;

use crate::operator;
use crate::world::World;

/// What is still on its way, in words; empty when nothing is.
pub(crate) async fn left(world: &World) -> Vec<String> {
    let mut left = Vec::new();
    for queue in world.infra.all_queues() {
        let depth = queue.depth_now();
        if !queue.name().ends_with("-dlq") && depth.total() > 0 {
            left.push(format!("{}: {depth:?}", queue.name()));
        }
    }
    for owner in Owner::ALL {
        let pending = world.infra.memory_event_store(owner).pending_count();
        if pending > 0 {
            left.push(format!("{}: {pending} commits unpublished", owner.as_str()));
        }
    }
    for queue in operator::undelivered(world) {
        left.push(format!("{} has undelivered letters", queue.dead_letters()));
    }
    for queue in operator::unknown(world) {
        left.push(format!("{} has letters of a new type", queue.dead_letters()));
    }
    if !operator::overdue(world).is_empty() {
        left.push("letters tell of overdue orders".to_owned());
    }
    let given_up = world.late_effects.load(Ordering::Relaxed);
    if given_up > 0 {
        left.push(format!("{given_up} calls that were given up have not taken effect"));
    }
    if world.capture.waiting() > 0 {
        left.push(format!("{} changes are not captured", world.capture.waiting()));
    }
    left.extend(unread(world, tables::CHECKPOINTS.name, ("bridge", STREAM), &world.infra.memory_stream()).await);
    if !world.plan.prices.is_empty() {
        let reader = (price_stream::NAME, PRICE_STREAM);
        left.extend(unread(world, tables::PRICE_CHECKPOINTS.name, reader, &world.infra.memory_prices()).await);
    }
    if world.owed_to_consumers() > 0 {
        left.push("nobody has published again what is lost".to_owned());
    }
    // Nobody asks where more is left: it costs a look at every event.
    let unseen = if left.is_empty() { world.unseen_after_days() } else { 0 };
    if unseen > 0 {
        left.push(format!("{unseen} events have not come to their queues"));
    }
    left
}

/// Shards of a stream that its readers have not read to their end.
async fn unread(world: &World, table: &str, (reader, name): (&str, &str), stream: &MemoryStream) -> Vec<String> {
    let checkpoints = Checkpoints::new(world.infra.table(table), reader, name);
    let mut unread = Vec::new();
    for shard in stream.shards().await.unwrap_or_default() {
        let position = match checkpoints.read(&shard.id).await {
            Ok(checkpoint) => checkpoint.and_then(|checkpoint| checkpoint.position),
            Err(error) => {
                unread.push(error.to_string());
                continue;
            }
        };
        // What was saved and then set back was read, and is read again only by the shard's next reader.
        let position = world.saves.furthest(table, &shard.id).or(position);
        let start = position.map_or(StartAt::Oldest, StartAt::After);
        let batch = match stream.cursor(&shard.id, &start).await {
            Ok(cursor) => stream.read(&cursor, 1).await,
            // A stream of that kind: nothing is left but what is newer.
            Err(fault) if PositionGone::is_cause_of(&fault) => match stream.cursor(&shard.id, &StartAt::Oldest).await {
                Ok(cursor) => stream.read(&cursor, 1).await,
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault),
        };
        match batch {
            Ok(batch) if batch.records.is_empty() => {}
            Ok(_) => unread.push(format!("{} of {name} has records behind {start:?}", shard.id)),
            Err(fault) => unread.push(fault.to_string()),
        }
    }
    unread
}
