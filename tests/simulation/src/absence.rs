//! Days that pass: what is kept no longer by then, and who has to notice.
//!
//! - Queues drop messages after 4 days, dead letters after 14, the stream records after 7; by themselves, and nobody hears of
//!   it. Change capture gives up after one.
//! - Rows of tables go up to two days after they have expired.
//! - What queues dropped, and with the outbox what the stream dropped before a bridge read it, somebody has to publish again
//!   (`operator`). What the stream or change capture dropped with change capture, the reconciler finds by itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use shotengai_contracts::topology::{SHOTENGAI, STREAM_KEEPS, tables};
use shotengai_contracts::{Owner, topology};
use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Condition, Key, Row, Table};
use tokio::time::Instant;

use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::plan::Absence;
use crate::world::World;

/// How late a row goes that has expired, at the most.
const LATE: u64 = 48 * 3600;

/// What days that pass have done.
#[derive(Debug, Default)]
pub struct Days(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Until when everything stands still.
    night: Option<Instant>,
    /// Every payment intent there was, by its key.
    intents: BTreeMap<Key, Row>,
    /// Whether a planted bug has forgotten what was done.
    forgotten: bool,
    /// How many records the stream dropped unread; once a bridge has read on behind them nobody can tell any more.
    dropped_records: usize,
    /// How much was lost when somebody last published everything again.
    published_again: usize,
}

impl Days {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A payment intent was written.
    pub fn intend(&self, row: &Row) {
        self.known().intents.insert(row.key.clone(), row.clone());
    }

    /// The payment intent that was once written under this key.
    #[must_use]
    pub fn intent(&self, key: &Key) -> Option<Row> {
        self.known().intents.get(key).cloned()
    }

    /// Somebody has published everything again, when so much was lost.
    pub fn publish_again(&self, lost: usize) {
        self.known().published_again = lost;
    }
}

/// A number that stays the same for a row.
fn number_of(row: &Row) -> u64 {
    let bytes = row.key.pk.bytes().chain(row.key.sk.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl World {
    /// Everything stands still until then.
    pub fn fall_asleep(&self, morning: Instant) {
        self.days.known().night = Some(morning);
        self.count(Mishap::DaysPassed);
    }

    /// The end of the night, if it is night.
    #[must_use]
    pub fn night(&self) -> Option<Instant> {
        self.days.known().night.filter(|morning| Instant::now() < *morning)
    }

    /// Waits until it is day.
    pub async fn day(&self) {
        if let Some(morning) = self.night() {
            tokio::time::sleep_until(morning).await;
        }
    }

    /// Drops the rows whose time is over, each as late as it is.
    pub async fn drop_expired_rows(&self) {
        if self.plan.absence.is_none() {
            return;
        }
        // By the morning, when no bridge has read on yet.
        self.dropped_records();
        let now = self.now();
        let late = |row: &Row| SignedDuration::from_secs(i64::try_from(number_of(row) % LATE).unwrap_or(0));
        for spec in SHOTENGAI.tables {
            for row in self.infra.memory_table(spec.name).drop_expired_by(now, late) {
                self.count(Mishap::RowExpired);
                self.note("world", || format!("{}: {:?} has expired", spec.name, row.key));
            }
        }
        if self.bug == Some(Bug::RemembersForAWeek) {
            self.forget_a_week().await;
        }
    }

    /// A planted bug: what makes effects happen once goes after a week.
    async fn forget_a_week(&self) {
        let week = self.plan.absence.is_some_and(|it| it.morning - it.evening > Duration::from_secs(7 * 24 * 3600));
        if !week || self.elapsed() < self.plan.absence.map_or(Duration::ZERO, |it| it.morning) {
            return;
        }
        if std::mem::replace(&mut self.days.known().forgotten, true) {
            return;
        }
        for name in [tables::NOTIFICATION_CLAIMS.name, tables::TALLY_COUNTERS.name] {
            let table = self.infra.memory_table(name);
            let makes_it_once = |row: &&Row| row.doc["state"] == "sent" || row.key.pk.starts_with("seen/");
            for row in table.all().iter().filter(makes_it_once) {
                // It stands there, so nothing refuses.
                let _ = table.delete(&row.key, Condition::Any).await;
            }
        }
    }

    /// Messages that queues dropped before anybody was done with them.
    fn dropped_messages(&self) -> usize {
        self.infra.all_queues().iter().map(|queue| queue.dropped().len()).sum()
    }

    /// Records that the stream dropped before a bridge read them.
    fn dropped_records(&self) -> usize {
        let seen =
            self.infra.memory_stream().dropped_unread(|shard| self.saves.furthest(tables::CHECKPOINTS.name, shard));
        let mut known = self.days.known();
        known.dropped_records = known.dropped_records.max(seen);
        known.dropped_records
    }

    /// How much is lost that somebody has to publish again, if they have not since.
    #[must_use]
    pub fn owed_to_consumers(&self) -> usize {
        if self.plan.absence.is_none() || self.night().is_some() {
            return 0;
        }
        let records = if self.plan.captured { 0 } else { self.dropped_records() };
        let lost = self.dropped_messages() + records;
        if lost > self.days.known().published_again { lost } else { 0 }
    }

    /// Whether a queue or the stream has dropped this text.
    #[must_use]
    pub fn has_dropped(&self, body: &str) -> bool {
        let horizon = self.now().saturating_sub(STREAM_KEEPS).unwrap_or(Timestamp::MIN);
        let is_old = |record: &ReadRecord| record.arrived_at.is_none_or(|at| at < horizon);
        let records = self.infra.memory_stream().records();
        self.plan.absence.is_some()
            && (records.iter().any(|record| record.data == body.as_bytes() && is_old(record))
                || self.infra.all_queues().iter().any(|queue| queue.dropped().iter().any(|it| it.body == body)))
    }

    /// Counts what was dropped in all.
    pub fn count_dropped(&self) {
        if self.plan.absence.is_none() {
            return;
        }
        (0..self.dropped_messages()).for_each(|_| self.count(Mishap::MessageDropped));
        (0..self.dropped_records()).for_each(|_| self.count(Mishap::RecordDropped));
    }

    /// Events that a queue or the stream should have seen by now and has not, after days in which they may have been dropped.
    #[must_use]
    pub fn unseen_after_days(&self) -> usize {
        if self.plan.absence.is_none() {
            return 0;
        }
        let mut unseen = 0;
        for commit in Owner::ALL.iter().flat_map(|owner| self.infra.memory_event_store(*owner).all_commits()) {
            for event in commit.events.iter().filter_map(|envelope| Some((envelope.id, envelope.event().ok()?))) {
                let way = self.ways.of(event.0);
                // What no queue asks for has to come into the stream all the same.
                unseen += usize::from(way.streamed.is_none());
                let stops = way.stops;
                let gets = |queue: &&topology::QueueSpec| queue.events().contains(&event.1.event_type());
                let has_seen = |queue: &topology::QueueSpec| {
                    stops.get(queue.name).is_some_and(|stop| stop.received.is_some() || stop.discarded)
                };
                unseen += SHOTENGAI.subscribed_queues().filter(gets).filter(|queue| !has_seen(queue)).count();
            }
        }
        unseen
    }

    /// The time by a clock that goes right.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock(usize::MAX).now()
    }
}

/// What stream and queues keep in a seed: all of it, but where days pass.
pub(crate) fn keeps(absence: Option<Absence>, keeps: SignedDuration) -> Option<SignedDuration> {
    absence.map(|_| keeps)
}
