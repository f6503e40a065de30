//! Rows of the table of offers, read together by all who ask at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_messaging::{Fault, Key, Row, Table};
use tokio::time::Instant;

/// How old a row may be that an order is placed at: a moment beside the time that a price is on its way from catalog.
pub(super) const FRESH_FOR: Duration = Duration::from_millis(250);
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
    /// Wanted by those who wait for their turn.
    wanted: BTreeSet<Key>,
    /// What stood there when it was last looked at.
    seen: BTreeMap<Key, Seen>,
    /// Looks that have begun.
    looks: u64,
    /// The last look that failed, and why.
    failed: Option<(u64, Fault)>,
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

    /// The rows of these keys that there are. None is older than [`FRESH_FOR`], and none is missing that stood there when this
    /// was asked.
    ///
    /// # Errors
    /// A [`Fault`] of the table, also by another's look that began since.
    pub(super) async fn rows(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        let (missing, before) = {
            let mut state = self.state();
            let missing: Vec<Key> = keys.iter().filter(|key| !state.is_fresh(key)).cloned().collect();
            state.wanted.extend(missing.iter().cloned());
            (missing, state.looks)
        };
        if !missing.is_empty() {
            let _turn = self.turn.lock().await;
            let wanted = self.state().left_to_read(missing, before)?;
            if !wanted.is_empty() {
                let look = self.state().begin();
                let began = Instant::now();
                let read = self.table.get_many(&wanted).await;
                self.state().take_in(look, began, wanted, read)?;
            }
        }
        let state = self.state();
        Ok(keys.iter().filter_map(|key| state.seen.get(key)?.row.clone()).collect())
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

    fn begin(&mut self) -> u64 {
        self.looks += 1;
        self.looks
    }

    /// What is left to read of `missing`, which was asked for after so many looks, and with it what others wait for.
    fn left_to_read(&mut self, mut missing: Vec<Key>, before: u64) -> Result<Vec<Key>, Fault> {
        if let Some((_, fault)) = self.failed.as_ref().filter(|(look, _)| *look > before) {
            return Err(fault.clone());
        }
        missing.retain(|key| self.seen.get(key).is_none_or(|seen| seen.look <= before));
        if missing.is_empty() {
            return Ok(missing);
        }
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.extend(missing);
        Ok(wanted.into_iter().collect())
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
                self.failed = Some((look, fault.clone()));
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
    async fn a_fault_is_of_all_who_waited_and_of_nobody_after_them() {
        let world = World::new();
        world.put(1).await;
        world.faults.next(READ, InjectedFault::Refuse(FaultKind::Transient));
        let keys: Vec<_> = (0..8).map(|number| [key(number)]).collect();
        let answers = join_all(keys.iter().map(|keys| world.together.rows(keys))).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(world.faults.calls(READ), 1);
        assert_eq!(world.version().await, Some(1));
    }
}
