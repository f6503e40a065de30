//! Events as they enter the stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shotengai_bridge::change;
use shotengai_contracts::Envelope;
use shotengai_kernel::{Clock, SystemClock};
use shotengai_messaging::{ShardCursor, StartAt, StreamReader};
use tokio::time::sleep;

use super::orders::Orders;
use super::say;

/// Often enough to look live; each poll is one cheap call a shard to the local AWS.
const POLL: Duration = Duration::from_millis(400);
const LIMIT: usize = 1000;
/// Lines at once. A terminal that scrolls faster than that shows nothing.
const MOST_LINES: usize = 20;

/// Where a shard is read on, and from where again when its cursor has expired.
struct Reading {
    cursor: ShardCursor,
    after: StartAt,
}

/// Prints a line for each order whose outcome is in the stream, until it is dropped.
pub(super) async fn follow(stream: Arc<dyn StreamReader>) {
    let (mut orders, mut shards) = (Orders::default(), BTreeMap::new());
    loop {
        sleep(POLL).await;
        let mut lines = Vec::new();
        if shards.is_empty() {
            shards = begin(stream.as_ref()).await;
        }
        for (shard, reading) in &mut shards {
            read(stream.as_ref(), shard, reading, &mut orders, &mut lines).await;
        }
        lines.extend(orders.slow(SystemClock.now()));
        for line in lines.iter().take(MOST_LINES) {
            say("order", line);
        }
        if lines.len() > MOST_LINES {
            say("orders", &format!("… and {} more", lines.len() - MOST_LINES));
        }
    }
}

/// A developer's stream keeps its shards, and is empty when this begins.
async fn begin(stream: &dyn StreamReader) -> BTreeMap<String, Reading> {
    let mut shards = BTreeMap::new();
    for shard in stream.shards().await.unwrap_or_default() {
        if let Ok(cursor) = stream.cursor(&shard.id, &StartAt::Oldest).await {
            shards.insert(shard.id, Reading { cursor, after: StartAt::Oldest });
        }
    }
    shards
}

async fn read(
    stream: &dyn StreamReader,
    shard: &str,
    reading: &mut Reading,
    orders: &mut Orders,
    lines: &mut Vec<String>,
) {
    let Ok(batch) = stream.read(&reading.cursor, LIMIT).await else {
        if let Ok(cursor) = stream.cursor(shard, &reading.after).await {
            reading.cursor = cursor;
        }
        return;
    };
    for record in batch.records {
        for passable in change::parts(&record.data).into_iter().flatten() {
            let Ok(envelope) = Envelope::from_json(passable.body.as_bytes()) else { continue };
            lines.extend(envelope.event().ok().and_then(|event| orders.take(&envelope, &event)));
        }
        reading.after = StartAt::After(record.position);
    }
    if let Some(next) = batch.next {
        reading.cursor = next;
    }
}
