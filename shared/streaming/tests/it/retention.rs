//! Readers that come back after the stream's retention has passed.

use std::sync::Arc;

use shotengai_contracts::topology::STREAM_KEEPS;
use shotengai_streaming::shard::ShardConfig;
use shotengai_testing::harness::until;
use shotengai_testing::memory::StreamConfig;

use crate::shard::Notes;
use crate::{SECOND, Street};

const DAY: u32 = 24 * 3600;

fn street(refuses_old_positions: bool) -> Street {
    let keeps = Some(STREAM_KEEPS);
    Street::with_stream(StreamConfig { shards: 1, keeps, refuses_old_positions, ..StreamConfig::default() })
}

/// A stream may refuse the position, or begin at its oldest record; both have been seen of Kinesis.
#[tokio::test(start_paused = true)]
async fn a_reader_whose_position_is_too_old_goes_on_with_the_oldest_record_there_is() {
    for refuses in [true, false] {
        let street = street(refuses);
        let notes = Arc::new(Notes::default());
        street.put("key", "read").await;
        let running = street.reading(ShardConfig::default(), &notes);
        until("it is read", || notes.data().len() == 1).await;
        running.stop().await;
        street.put("key", "lost").await;
        tokio::time::sleep(4 * DAY * SECOND).await;
        street.put("key", "kept").await;
        tokio::time::sleep(4 * DAY * SECOND).await;

        let again = street.reading(ShardConfig::default(), &notes);
        until("what is left is read", || notes.data().len() == 2).await;
        assert_eq!(notes.data(), ["read", "kept"], "refuses: {refuses}");
        again.stop().await;
        let position = street.checkpoint(&street.shard_of("key")).await.unwrap().position;
        assert_eq!(position.as_deref(), Some("3"), "and it is saved");
    }
}

/// Nothing needs to be lost for that: a shard that nobody wrote to for a week, and a new reader.
#[tokio::test(start_paused = true)]
async fn a_quiet_shard_is_read_on_by_whoever_takes_it_over_after_a_week() {
    let street = street(true);
    let notes = Arc::new(Notes::default());
    street.put("key", "old").await;
    let running = street.reading(ShardConfig::default(), &notes);
    until("it is read", || notes.data().len() == 1).await;
    running.stop().await;
    tokio::time::sleep(8 * DAY * SECOND).await;
    let again = street.reading(ShardConfig::default(), &notes);
    tokio::time::sleep(60 * SECOND).await;
    street.put("key", "new").await;
    until("the new one is read", || notes.data().len() == 2).await;
    assert_eq!(notes.data(), ["old", "new"]);
    again.stop().await;
}
