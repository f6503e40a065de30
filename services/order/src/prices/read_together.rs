//! Rows of the table of offers, read together by all who ask at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_messaging::receipts::{self, Causes};
use shotengai_messaging::{Fault, Key, Row, Table};
use tokio::time::{Instant, timeout};

/// How old a row may be that an order is placed at: a moment beside the time that a price is on its way from catalog.
pub(super) const FRESH_FOR: Duration = Duration::from_millis(250);
/// How long one waits for a request of others; then it asks by itself: theirs may hang.
const PATIENCE: Duration = Duration::from_millis(20);
/// The most keys of one look: what one request takes.
const AT_ONCE: usize = 100;
/// So many rows are remembered before those are dropped that are not fresh any more.
const MOST: usize = 1_000;

/// Reads rows: one request at a time, for all that came while the one before it was on its way.
pub(super) struct ReadTogether {
    table: Arc<dyn Table>,
    state: Mutex<State>,
    /// Held while rows are read.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Wanted by those who wait for their turn, who bear a part of the request.
    wanted: BTreeMap<Key, Causes>,
    /// Rows, or their absence, when they were last looked at.
    seen: BTreeMap<Key, Seen>,
    /// Looks that have begun.
    looks: u64,
    /// The last look that failed.
    failed: Option<u64>,
}

struct Seen {
    /// In which look, and when that began.
    look: u64,
    at: Instant,
    /// None where nothing stood.
    row: Option<Row>,
}

impl ReadTogether {
    pub(super) fn new(table: Arc<dyn Table>) -> Self {
        Self { table, state: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of these keys that there are, in no order. None was older than [`FRESH_FOR`] when this was asked, and none is
    /// missing that stood there then.
    ///
    /// # Errors
    /// A [`Fault`] of the table, by a request for these keys alone.
    pub(super) async fn rows(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        let (mut rows, missing, before) = self.state().ask(keys);
        if missing.is_empty() {
            return Ok(rows);
        }
        if let Ok(_turn) = timeout(PATIENCE, self.turn.lock()).await
            && let Some(read) = self.read(&missing, before).await?
        {
            rows.extend(read);
            return Ok(rows);
        }
        rows.extend(self.table.get_many(&missing).await?);
        Ok(rows)
    }

    /// In one's turn: the rows of `missing`, which were asked for after so many looks. None where a look for others failed, too:
    /// each asks by itself then.
    async fn read(&self, missing: &[Key], before: u64) -> Result<Option<Vec<Row>>, Fault> {
        let Some(wanted) = self.state().left_to_read(missing, before) else { return Ok(None) };
        if !wanted.is_empty() {
            let is_shared = wanted.len() > missing.len();
            let look = self.state().begin();
            let began = Instant::now();
            let (wanted, causes): (Vec<Key>, Vec<Causes>) = wanted.into_iter().unzip();
            let read = receipts::scope(Causes::each(causes), self.table.get_many(&wanted)).await;
            if let Err(fault) = self.state().take_in(look, began, wanted, read) {
                return if is_shared { Ok(None) } else { Err(fault) };
            }
        }
        let state = self.state();
        Ok(Some(missing.iter().filter_map(|key| state.seen.get(key)?.row.clone()).collect()))
    }

    /// Has a row that this process has written, or found in the place of what it wanted to write, read anew.
    pub(super) fn forget(&self, key: &Key) {
        self.state().seen.remove(key);
    }
}

impl State {
    fn is_fresh(&self, key: &Key) -> bool {
        self.seen.get(key).is_some_and(|seen| seen.row.is_some() && seen.at.elapsed() < FRESH_FOR)
    }

    /// Rows that are fresh, the keys of others, which are wanted now, and how many looks there were before.
    fn ask(&mut self, keys: &[Key]) -> (Vec<Row>, Vec<Key>, u64) {
        let (fresh, missing): (Vec<_>, Vec<_>) = keys.iter().cloned().partition(|key| self.is_fresh(key));
        let rows = fresh.iter().filter_map(|key| self.seen.get(key)?.row.clone()).collect();
        self.wanted.extend(missing.iter().map(|key| (key.clone(), Causes::current())));
        (rows, missing, self.looks)
    }

    fn begin(&mut self) -> u64 {
        self.looks += 1;
        self.looks
    }

    /// Keys left to read of `missing`, which was asked for after so many looks, and with it what others wait for, as much as
    /// one request takes. None where a look since has failed.
    fn left_to_read(&mut self, missing: &[Key], before: u64) -> Option<Vec<(Key, Causes)>> {
        if self.failed.is_some_and(|look| look > before) {
            return None;
        }
        let is_left = |key: &&Key| self.seen.get(*key).is_none_or(|seen| seen.look <= before);
        let mut wanted: Vec<_> = missing.iter().filter(is_left).map(|key| (key.clone(), Causes::current())).collect();
        for (key, _) in &wanted {
            self.wanted.remove(key);
        }
        while !wanted.is_empty() && wanted.len() < AT_ONCE {
            let Some(others) = self.wanted.pop_first() else { break };
            wanted.push(others);
        }
        Some(wanted)
    }

    fn take_in(
        &mut self,
        look: u64,
        at: Instant,
        wanted: Vec<Key>,
        read: Result<Vec<Row>, Fault>,
    ) -> Result<(), Fault> {
        let rows = match read {
            Ok(rows) => rows,
            Err(fault) => {
                self.failed = Some(look);
                return Err(fault);
            }
        };
        if self.seen.len() + wanted.len() > MOST {
            self.seen.retain(|_, seen| seen.at.elapsed() < FRESH_FOR);
        }
        self.seen.extend(wanted.into_iter().map(|key| (key, Seen { look, at, row: None })));
        self.seen.extend(rows.into_iter().map(|row| (row.key.clone(), Seen { look, at, row: Some(row) })));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use serde_json::json;
    use shotengai_kernel::Ports;
    use shotengai_messaging::{Condition, FaultKind};
    use shotengai_testing::harness::{Faults, paused_ports};
    use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryTable};

    use super::*;

    const READ: &str = "table.get_many";

    struct World {
        faults: Arc<Faults>,
        table: Arc<MemoryTable>,
        together: ReadTogether,
    }

    impl World {
        fn new() -> Self {
            let (faults, ports): (_, Ports) = (Arc::new(Faults::default()), paused_ports(1));
            let injector = Arc::clone(&faults) as Arc<dyn FaultInjector>;
            let table = Arc::new(MemoryTable::with_faults("order-prices", ports, injector));
            let together = ReadTogether::new(Arc::clone(&table) as Arc<dyn Table>);
            Self { faults, table, together }
        }

        async fn put(&self, version: u64) {
            self.table.put(&Row::new(key(1), version, json!({})), Condition::Any).await.unwrap();
        }

        async fn version(&self) -> Option<u64> {
            self.together.rows(&[key(1)]).await.unwrap().first().map(|row| row.version)
        }
    }

    fn key(number: u32) -> Key {
        Key::new(format!("prod_{number}"), "price")
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_the_same_time_shares_requests() {
        let world = World::new();
        world.put(1).await;
        world.faults.always(READ, InjectedFault::Delay(Duration::from_millis(10)));
        let keys = [key(1), key(2)];
        let answers = join_all((0..16).map(|_| world.together.rows(&keys))).await;
        assert!(answers.iter().all(|rows| rows.as_ref().unwrap().len() == 1));
        assert!(world.faults.calls(READ) <= 2);
        let others: Vec<_> = (3..20).map(|number| vec![key(number)]).collect();
        let before = world.faults.calls(READ);
        join_all(others.iter().map(|keys| world.together.rows(keys))).await;
        assert!(world.faults.calls(READ) - before <= 2, "whatever each asks for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_is_as_old_as_it_may_be_and_a_new_one_is_seen_at_once() {
        let world = World::new();
        assert_eq!(world.version().await, None);
        world.put(1).await;
        assert_eq!(world.version().await, Some(1), "that there is none is not remembered");
        world.put(2).await;
        assert_eq!(world.version().await, Some(1));
        tokio::time::advance(FRESH_FOR).await;
        assert_eq!(world.version().await, Some(2));
        world.put(3).await;
        world.together.forget(&key(1));
        assert_eq!(world.version().await, Some(3), "what the process itself has written");
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_of_a_shared_request_is_nobody_elses() {
        let world = World::new();
        world.put(1).await;
        world.faults.next(READ, InjectedFault::Refuse(FaultKind::Transient));
        let keys: Vec<_> = (0..8).map(|number| [key(number)]).collect();
        let answers = join_all(keys.iter().map(|keys| world.together.rows(keys))).await;
        assert!(answers.iter().filter(|answer| answer.is_err()).count() <= 1);
        assert_eq!(answers[1].as_ref().unwrap().len(), 1);
        assert_eq!(world.version().await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_request_of_others_that_hangs() {
        let world = World::new();
        world.put(1).await;
        world.faults.next(READ, InjectedFault::Delay(Duration::from_secs(10)));
        let (hanging, others) = ([key(2)], [key(1)]);
        let began = Instant::now();
        let in_time = async {
            let rows = world.together.rows(&others).await.unwrap();
            (rows.len(), began.elapsed())
        };
        let (hung, (rows, took)) = tokio::join!(world.together.rows(&hanging), in_time);
        assert!(hung.unwrap().is_empty());
        assert_eq!(rows, 1);
        assert!(took < Duration::from_millis(100), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_look_is_one_request_however_many_wait() {
        let world = World::new();
        world.faults.always(READ, InjectedFault::Delay(Duration::from_millis(5)));
        let keys: Vec<Vec<_>> = (0..16).map(|asker| (0..50).map(|n| key(asker * 50 + n)).collect()).collect();
        let answers = join_all(keys.iter().map(|keys| world.together.rows(keys))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert!(world.faults.calls(READ) <= 16);
    }
}
