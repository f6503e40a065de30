//! The world that all processes share: the infrastructure, the time, chance, and the record of what happened.
//!
//! - `clocks`: processes' ideas of the time, and their chance.
//! - `outages`: what is away, denied or refused.
//! - `mails`: what the relay took.
//! - `history`: what happened, and its digest.

mod clocks;
mod history;
mod mails;
mod outages;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{DEAD_LETTERS_KEEP, QUEUE_KEEPS, STREAM_KEEPS, queues};
use shotengai_kernel::{ProductId, Random, SeededRandom};
use shotengai_query::store::memory::MemoryReadModel;
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure, QueueConfig, StreamConfig};
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::clocks::{BEGINNING, Clocks, ports};
use self::history::History;
use self::mails::Mails;
pub use self::mails::{Mail, address};
use self::outages::Outages;
use crate::absence::{Days, keeps};
use crate::bugs::Bug;
use crate::capacity::Capacity;
use crate::capture::Capture;
use crate::cart_ledger::CartLedger;
use crate::copies::Copies;
use crate::delivery_audit::DeliveryAudit;
use crate::fault_log::FaultLog;
use crate::hold_ups::HoldUps;
use crate::mishap::{Mishap, Mishaps};
use crate::plan::{Plan, poison};
use crate::receipts::Receipts;
use crate::release::Newer;
use crate::request_ledger::RequestLedger;
use crate::saves::Saves;
use crate::transactions::Transactions;
use crate::ways::Ways;

/// Nonsense that was put in.
#[derive(Debug, Clone)]
pub struct Poison {
    /// Where it belongs.
    pub dead_letters: String,
    /// What it looks like; no two look the same.
    pub body: String,
    /// Why it is set aside.
    pub reason: &'static str,
}

/// The world outside the processes.
pub struct World {
    /// What the seed decided beforehand.
    pub plan: Plan,
    /// Stores, stream, topic, queues, tables.
    pub infra: Arc<MemoryInfrastructure>,
    /// The read models.
    pub rows: MemoryReadModel,
    /// Changes on their way from the event tables into the stream.
    pub capture: Capture,
    /// What the queues have delivered.
    pub delivery_audit: DeliveryAudit,
    /// What orders and their owners heard of each other.
    pub request_ledger: RequestLedger,
    /// What people and their carts heard of each other.
    pub cart_ledger: CartLedger,
    /// What befell processes, and when.
    pub fault_log: FaultLog,
    /// What held them up, and where.
    pub hold_ups: HoldUps,
    /// Where each event was when.
    pub ways: Ways,
    /// What may come more than once.
    pub copies: Copies,
    /// How often messages were received, and why again.
    pub receipts: Receipts,
    /// What stream, topic and tables have taken.
    pub capacity: Capacity,
    /// What readers have saved of each shard.
    pub saves: Saves,
    /// What a newer release wrote.
    pub newer: Newer,
    /// What was written together.
    pub transactions: Transactions,
    /// What days that pass have done.
    pub days: Days,
    /// How many calls have been given up and have not taken effect yet.
    pub late_effects: AtomicUsize,
    /// What is planted.
    pub bug: Option<Bug>,
    chance: SeededRandom,
    began: Instant,
    clocks: Mutex<Clocks>,
    outages: Mutex<Outages>,
    mails: Mutex<Mails>,
    history: Mutex<History>,
    state: Mutex<State>,
    crashes: mpsc::UnboundedSender<usize>,
}

#[derive(Default)]
struct State {
    /// What each product of the plan is called.
    products: BTreeMap<usize, ProductId>,
    /// Nonsense that was put in.
    poison: Vec<Poison>,
    mishaps: Mishaps,
    lives: u64,
}

impl World {
    /// A new world; `crashes` hears of processes that died in the middle of a call.
    #[must_use]
    pub fn new(plan: Plan, bug: Option<Bug>, recording: bool, crashes: mpsc::UnboundedSender<usize>) -> Arc<Self> {
        let began = Instant::now();
        let seed = plan.seed;
        let config = MemoryConfig {
            stream: StreamConfig {
                shards: plan.shards,
                keeps: keeps(plan.absence, STREAM_KEEPS),
                refuses_old_positions: plan.absence.is_some_and(|it| it.refuses_old_positions),
                ..StreamConfig::default()
            },
            queues: QueueConfig {
                shuffle: plan.shuffled,
                duplicates_per_mille: plan.duplicates,
                keeps: keeps(plan.absence, QUEUE_KEEPS),
                ..QueueConfig::default()
            },
            dead_letters_keep: keeps(plan.absence, DEAD_LETTERS_KEEP),
            marks_outbox: !plan.captured,
            ..MemoryConfig::default()
        };
        let infra = MemoryInfrastructure::with(ports(seed ^ 0x0005_7ee7, began, Arc::default()), config);
        for owner in Owner::ALL {
            infra.memory_event_store(owner).set_index_lag(Duration::from_millis(plan.rates.index_lag_ms));
        }
        let clocks = Mutex::new(Clocks::new(&plan.skews));
        Arc::new(Self {
            plan,
            infra: Arc::new(infra),
            rows: MemoryReadModel::default(),
            capture: Capture::default(),
            delivery_audit: DeliveryAudit::default(),
            request_ledger: RequestLedger::default(),
            cart_ledger: CartLedger::default(),
            fault_log: FaultLog::default(),
            hold_ups: HoldUps::default(),
            ways: Ways::default(),
            copies: Copies::default(),
            receipts: Receipts::default(),
            capacity: Capacity::default(),
            saves: Saves::default(),
            newer: Newer::default(),
            transactions: Transactions::default(),
            days: Days::default(),
            late_effects: AtomicUsize::new(0),
            bug,
            chance: SeededRandom::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            began,
            clocks,
            outages: Mutex::default(),
            mails: Mutex::default(),
            history: Mutex::new(History::new(recording)),
            state: Mutex::default(),
            crashes,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How far a clock's time is from the beginning, in milliseconds.
    #[must_use]
    pub fn since_the_beginning(&self, time: Timestamp) -> i64 {
        time.as_millisecond() - BEGINNING * 1000
    }

    /// The moment so long after the beginning.
    #[must_use]
    pub fn moment(&self, at: Duration) -> Instant {
        self.began + at
    }

    /// A number evenly below `bound`.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.chance.below(bound)
    }

    /// Whether something happens that happens so many times in a thousand; never once it is calm.
    #[must_use]
    pub fn per_mille(&self, rate: u64) -> bool {
        rate > 0 && !self.is_calm() && self.chance.below(1000) < rate
    }

    /// An event for which the topic refuses every call that has it; it must come to the bridge's dead letters.
    pub fn curse(&self, event: String) {
        self.poison_as(queues::BRIDGE_DEAD_LETTERS.dead_letters(), event, "refused");
    }

    /// Tells whoever starts processes that one has died.
    pub fn died(&self, process: usize) {
        // The receiver ends with the simulation only.
        let _ = self.crashes.send(process);
    }

    /// A number for the next life of a process.
    #[must_use]
    pub fn next_life(&self) -> u64 {
        let mut state = self.state();
        state.lives += 1;
        state.lives
    }

    /// Something went wrong.
    pub fn count(&self, mishap: Mishap) {
        *self.state().mishaps.entry(mishap).or_default() += 1;
    }

    /// What went wrong so far, and how often.
    #[must_use]
    pub fn mishaps(&self) -> Mishaps {
        self.state().mishaps.clone()
    }

    /// A product of the plan has its name.
    pub fn list(&self, index: usize, product: ProductId) {
        self.state().products.insert(index, product);
    }

    /// What a product of the plan is called, once it is listed.
    #[must_use]
    pub fn product(&self, index: usize) -> Option<ProductId> {
        self.state().products.get(&index).cloned()
    }

    /// Nonsense to put in, which must come to these dead letters.
    pub fn poison_for(&self, dead_letters: String, kind: usize) -> String {
        let mut state = self.state();
        let (body, reason) = poison(kind, state.poison.len());
        state.poison.push(Poison { dead_letters, body: body.clone(), reason });
        body
    }

    /// This is nonsense, which must come to these dead letters for this reason.
    pub fn poison_as(&self, dead_letters: String, body: String, reason: &'static str) {
        self.state().poison.push(Poison { dead_letters, body, reason });
    }

    /// All nonsense that was put in, and where it belongs.
    #[must_use]
    pub fn poison(&self) -> Vec<Poison> {
        self.state().poison.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
