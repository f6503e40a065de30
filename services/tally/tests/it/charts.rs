//! What charts cost the table.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use jiff::SignedDuration;
use shotengai_contracts::api::tally::{MAX_MINUTES, MinuteTally};
use shotengai_kernel::{Clock, ManualClock, Ports};
use shotengai_messaging::{Condition, Fault, Key, Row, Table, TransactError, WriteError, WriteOp};
use shotengai_tally::counters::Counters;
use shotengai_tally::domain::rows::{self, SHARDS, minute_of};
use shotengai_tally::minutes::Minutes;
use shotengai_testing::memory::MemoryTable;

use crate::support::id;

/// How long the table takes to answer.
const TAKES: Duration = Duration::from_millis(20);

/// A table that counts what is read.
struct Counted {
    table: MemoryTable,
    keys: AtomicUsize,
}

#[async_trait]
impl Table for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        self.table.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        self.keys.fetch_add(keys.len(), Ordering::Relaxed);
        tokio::time::sleep(TAKES).await;
        self.table.get_many(keys).await
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        self.table.list(pk, prefix, after, limit).await
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        self.table.put(row, condition).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        self.table.delete(key, condition).await
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        self.table.transact(ops).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.table.ping().await
    }
}

struct Charts {
    clock: Arc<ManualClock>,
    table: Arc<Counted>,
    minutes: Minutes,
}

impl Charts {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock));
        let table = Arc::new(Counted { table: MemoryTable::new("tally", ports), keys: AtomicUsize::new(0) });
        let minutes = Minutes::new(Counters::new(Arc::clone(&table) as _), Arc::clone(&clock) as _);
        Self { clock, table, minutes }
    }

    /// Rows that were read since the last time this was asked.
    fn read(&self) -> u64 {
        self.table.keys.swap(0, Ordering::Relaxed).try_into().unwrap()
    }

    async fn pass(&self, seconds: u32) {
        tokio::time::advance(Duration::from_secs(seconds.into())).await;
        self.clock.advance(SignedDuration::from_secs(seconds.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_ask_for_however_many_minutes_a_day_is_read_once() {
    let charts = Charts::new();
    let day = u64::from(MAX_MINUTES) * SHARDS;
    for outcome in join_all((1..=MAX_MINUTES).step_by(7).map(|minutes| charts.minutes.chart(minutes))).await {
        outcome.unwrap();
    }
    let hour = 60 * SHARDS;
    let first = charts.read();
    assert!((day..=day + hour).contains(&first), "{first}");
    for second in 1..=5 {
        charts.pass(1).await;
        join_all((1..=MAX_MINUTES).step_by(7).map(|minutes| charts.minutes.chart(minutes))).await;
        let read = charts.read();
        assert!(read <= day / 20, "{read} in second {second}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_a_day_is_read_leaves_it_to_the_next() {
    let charts = Charts::new();
    assert!(tokio::time::timeout(TAKES * 10, charts.minutes.chart(MAX_MINUTES)).await.is_err());
    let first = charts.read();
    charts.minutes.chart(MAX_MINUTES).await.unwrap();
    let day = u64::from(MAX_MINUTES) * SHARDS;
    assert!(first > day / 10 && charts.read() < day, "{first}");
}

#[tokio::test(start_paused = true)]
async fn what_comes_late_for_a_minute_that_is_over_shows_within_a_minute() {
    let charts = Charts::new();
    charts.minutes.chart(60).await.unwrap();
    let late = charts.clock.now() - SignedDuration::from_mins(30);
    let counter = ("sold/prod_a".to_owned(), 2);
    let row = WriteOp::Add { key: rows::minute(&minute_of(late), 3), counters: [counter].into(), expires_at: None };
    charts.table.transact(&[row]).await.unwrap();
    for _ in 0..60 {
        charts.pass(1).await;
        charts.minutes.chart(1).await.unwrap();
    }
    let chart = charts.minutes.chart(60).await.unwrap();
    assert_eq!(chart[&id("prod_a")], [MinuteTally { minute: minute_of(late), sold: 2, returned: 0 }]);
}

#[tokio::test(start_paused = true)]
async fn an_hour_is_there_while_a_day_is_read_by_a_table_that_is_slow() {
    let charts = Charts::new();
    let day = charts.minutes.chart(MAX_MINUTES);
    let hour = tokio::time::timeout(TAKES * 3, charts.minutes.chart(60));
    tokio::select! {
        biased;
        _ = day => panic!("a day took no longer than an hour"),
        hour = hour => assert!(hour.is_ok(), "an hour waits for the day"),
    }
}

/// Where the table takes longer for a day than anybody waits, each reading still brings it further.
#[tokio::test(start_paused = true)]
async fn a_reading_after_a_long_time_costs_no_more_than_one_after_a_short_time() {
    let charts = Charts::new();
    charts.minutes.chart(MAX_MINUTES).await.unwrap();
    charts.read();
    charts.pass(59).await;
    charts.minutes.chart(MAX_MINUTES).await.unwrap();
    let read = charts.read();
    assert!(read <= 70 * SHARDS, "{read}");
}
