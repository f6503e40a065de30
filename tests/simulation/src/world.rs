//! What all processes share: the infrastructure, the time, chance, and the record of what happened.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::queues;
use shotengai_kernel::{Clock, IdGenerator, Ports, ProductId, Random, SeededRandom};
use shotengai_query::store::memory::MemoryReadModel;
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure, QueueConfig, StreamConfig};
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use crate::bugs::Bug;
use crate::capture::Capture;
use crate::copies::Copies;
use crate::delivery_audit::DeliveryAudit;
use crate::denial::Denial;
use crate::fault_log::FaultLog;
use crate::hold_ups::HoldUps;
use crate::mishap::{Mishap, Mishaps};
use crate::network::Landing;
use crate::plan::{Dependency, Plan, poison};
use crate::request_ledger::RequestLedger;
use crate::transactions::Transactions;
use crate::ways::Ways;

/// 2026-01-01T00:00:00Z, where every simulation begins, in seconds.
const BEGINNING: i64 = 1_767_225_600;

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct Mail {
    /// When.
    pub at: Duration,
    /// Its Message-ID.
    pub message_id: String,
    /// The life of a process that sent it.
    pub sender: u64,
    /// Whether it had been given up by then.
    pub late: bool,
}

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
    /// What befell processes, and when.
    pub fault_log: FaultLog,
    /// What held them up, and where.
    pub hold_ups: HoldUps,
    /// Where each event was when.
    pub ways: Ways,
    /// What may come more than once.
    pub copies: Copies,
    /// What was written together.
    pub transactions: Transactions,
    /// How many calls have been given up and have not taken effect yet.
    pub late_effects: AtomicUsize,
    /// What is planted.
    pub bug: Option<Bug>,
    chance: SeededRandom,
    began: Instant,
    state: Mutex<State>,
    crashes: mpsc::UnboundedSender<usize>,
}

#[derive(Default)]
struct State {
    calm: bool,
    away: BTreeMap<Dependency, Instant>,
    denials: Vec<(Denial, Instant)>,
    /// Until when the relay refuses every recipient.
    relay_refuses: Option<Instant>,
    mails: Vec<Mail>,
    /// When a mail was first written down as sent, by its name.
    recorded: BTreeMap<String, Duration>,
    /// The furthest position that was ever saved of each shard.
    saved: BTreeMap<String, String>,
    /// What each product of the plan is called.
    products: BTreeMap<usize, ProductId>,
    /// Nonsense that was put in.
    poison: Vec<Poison>,
    mishaps: Mishaps,
    violations: Vec<String>,
    lives: u64,
    record: Option<String>,
    digest: u64,
    calls: u64,
}

/// A process's idea of the time.
struct SkewedClock {
    base: Timestamp,
    began: Instant,
    skew: SignedDuration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.base.saturating_add(elapsed).and_then(|now| now.saturating_add(self.skew)).unwrap_or(self.base)
    }
}

/// Ids whose commits all stand in one shard of an index: more than a page of it.
struct InOneShard(Arc<dyn IdGenerator>);

impl IdGenerator for InOneShard {
    fn uuid_v7(&self) -> Uuid {
        Uuid::from_u128(self.0.uuid_v7().as_u128() & !0xf)
    }
}

impl World {
    /// A new world; `crashes` hears of processes that died in the middle of a call.
    #[must_use]
    pub fn new(plan: Plan, bug: Option<Bug>, recording: bool, crashes: mpsc::UnboundedSender<usize>) -> Arc<Self> {
        let began = Instant::now();
        let seed = plan.seed;
        let config = MemoryConfig {
            stream: StreamConfig { shards: plan.shards, ..StreamConfig::default() },
            queues: QueueConfig {
                shuffle: plan.shuffled,
                duplicates_per_mille: plan.duplicates,
                ..QueueConfig::default()
            },
            marks_outbox: !plan.captured,
            ..MemoryConfig::default()
        };
        let infra = MemoryInfrastructure::with(ports(seed ^ 0x0005_7ee7, began, 0), config);
        for owner in Owner::ALL {
            infra.memory_event_store(owner).set_index_lag(Duration::from_millis(plan.rates.index_lag_ms));
        }
        let state = State { record: recording.then(String::new), ..State::default() };
        Arc::new(Self {
            plan,
            infra: Arc::new(infra),
            rows: MemoryReadModel::default(),
            capture: Capture::default(),
            delivery_audit: DeliveryAudit::default(),
            request_ledger: RequestLedger::default(),
            fault_log: FaultLog::default(),
            hold_ups: HoldUps::default(),
            ways: Ways::default(),
            copies: Copies::default(),
            transactions: Transactions::default(),
            late_effects: AtomicUsize::new(0),
            bug,
            chance: SeededRandom::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            began,
            state: Mutex::new(state),
            crashes,
        })
    }

    /// The ports of a process's next life.
    #[must_use]
    pub fn ports(&self, process: usize, life: u64) -> Ports {
        let skew = self.plan.skews.get(process).copied().unwrap_or(0);
        if skew != 0 {
            self.count(Mishap::SkewedClock);
        }
        let seed = self.plan.seed.wrapping_mul(31).wrapping_add(life).wrapping_mul(0xd134_2543_de82_ef95);
        ports(seed, self.began, skew)
    }

    /// The ports of what happened long before the first process.
    #[must_use]
    pub fn ports_of_the_past(&self) -> Ports {
        let ports = ports(self.plan.seed ^ 0x9a57, self.began, -3_600_000);
        let in_one_shard = self.plan.seed.is_multiple_of(2);
        if in_one_shard { Ports { ids: Arc::new(InOneShard(ports.ids)), ..ports } } else { ports }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        rate > 0 && !self.state().calm && self.chance.below(1000) < rate
    }

    /// From now on nothing goes wrong any more.
    pub fn calm_down(&self) {
        let mut state = self.state();
        state.calm = true;
        state.away.clear();
        state.denials.clear();
        state.relay_refuses = None;
    }

    /// Whether faults have ended.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.state().calm
    }

    /// Nobody reaches a dependency for so long.
    pub fn take_away(&self, dependency: Dependency, away: Duration) {
        let until = Instant::now() + away;
        let mut state = self.state();
        let standing = state.away.entry(dependency).or_insert(until);
        *standing = until.max(*standing);
    }

    /// Whether a dependency can't be reached.
    #[must_use]
    pub fn is_away(&self, dependency: Dependency) -> bool {
        self.state().away.get(&dependency).is_some_and(|until| Instant::now() < *until)
    }

    /// The installation denies something for so long.
    pub fn deny(&self, denial: Denial, denied: Duration) {
        self.state().denials.push((denial, Instant::now() + denied));
    }

    /// Whether the installation denies this call.
    #[must_use]
    pub fn is_denied(&self, operation: &str, resource: &str) -> bool {
        let state = self.state();
        state.denials.iter().any(|(denial, until)| Instant::now() < *until && denial.concerns(operation, resource))
    }

    /// The relay refuses every recipient for so long.
    pub fn relay_refuses(&self, refusing: Duration) {
        let until = Instant::now() + refusing;
        let mut state = self.state();
        state.relay_refuses = Some(state.relay_refuses.map_or(until, |standing| until.max(standing)));
    }

    /// What the relay answers to this recipient, unless it takes the mail; and whether it would refuse everybody.
    #[must_use]
    pub fn relay_says(&self, recipient: &str) -> Option<(&'static str, Mishap)> {
        if self.state().relay_refuses.is_some_and(|until| Instant::now() < until) {
            return Some(("554 5.7.1 Relay access denied", Mishap::RelayRefused));
        }
        let is_refused = self.plan.refused.is_some_and(|customer| recipient == address(&format!("usr_{customer}")));
        is_refused.then_some(("550 5.1.1 User unknown", Mishap::RecipientRefused))
    }

    /// An event for which the topic refuses every call that has it; it must come to the bridge's dead letters.
    pub fn curse(&self, event: String) {
        let dead_letters = queues::BRIDGE_DEAD_LETTERS.dead_letters();
        self.state().poison.push(Poison { dead_letters, body: event, reason: "refused" });
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

    /// Keeps a mail.
    pub fn keep_mail(&self, message_id: &str, sender: u64, landing: Landing) {
        let (at, late) = (self.elapsed(), landing == Landing::Late);
        self.state().mails.push(Mail { at, message_id: message_id.to_owned(), sender, late });
    }

    /// All mails, by time.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.state().mails.clone()
    }

    /// A mail was written down as sent.
    pub fn record_mail(&self, name: &str) {
        let at = self.elapsed();
        self.state().recorded.entry(name.to_owned()).or_insert(at);
    }

    /// A shard's checkpoint was saved, perhaps by a call that had been given up: then it may be set back behind what was
    /// read since, which the shard's next reader reads again.
    pub fn saved(&self, shard: &str, position: &str) {
        let saved = &mut self.state().saved;
        // Decimal numbers of whatever length.
        let is_further = |known: &String| (known.len(), known.as_str()) < (position.len(), position);
        if saved.get(shard).is_none_or(is_further) {
            saved.insert(shard.to_owned(), position.to_owned());
        }
    }

    /// The furthest position that was ever saved of a shard.
    #[must_use]
    pub fn furthest_saved(&self, shard: &str) -> Option<String> {
        self.state().saved.get(shard).cloned()
    }

    /// When a mail was written down as sent.
    #[must_use]
    pub fn mail_recorded(&self, name: &str) -> Option<Duration> {
        self.state().recorded.get(name).copied()
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

    /// All nonsense that was put in, and where it belongs.
    #[must_use]
    pub fn poison(&self) -> Vec<Poison> {
        self.state().poison.clone()
    }

    /// Something that must never be.
    pub fn violation(&self, what: String) {
        self.note("world", || format!("VIOLATION {what}"));
        self.state().violations.push(what);
    }

    /// Everything that must never be, and was.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Adds a line to the history, if one is kept.
    pub fn note(&self, who: &str, what: impl FnOnce() -> String) {
        let at = self.elapsed();
        let mut state = self.state();
        if let Some(record) = &mut state.record {
            // Writing to a string does not fail.
            let _ = writeln!(record, "{:>10.3} {who:<16} {}", at.as_secs_f64(), what());
        }
    }

    /// Takes a call into the digest by which two runs of one seed are compared.
    pub fn digest(&self, operation: &str, resource: &str, life: u64, fate: u64) {
        let at = u64::try_from(self.elapsed().as_micros()).unwrap_or(0);
        let mut state = self.state();
        state.calls += 1;
        let mut hash = state.digest;
        for byte in operation.bytes().chain(resource.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        for word in [at, life, fate] {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        }
        state.digest = hash;
    }

    /// The digest of all calls so far, and how many there were.
    #[must_use]
    pub fn fingerprint(&self) -> (u64, u64) {
        let state = self.state();
        (state.digest, state.calls)
    }

    /// The history so far; empty when none is kept.
    #[must_use]
    pub fn history(&self) -> String {
        self.state().record.clone().unwrap_or_default()
    }
}

/// Where a customer's mails go.
#[must_use]
pub fn address(user: &str) -> String {
    format!("{user}@example.com")
}

fn ports(seed: u64, began: Instant, skew_ms: i64) -> Ports {
    let base = Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH);
    let clock = SkewedClock { base, began, skew: SignedDuration::from_millis(skew_ms) };
    Ports::from_parts(Arc::new(clock), Arc::new(SeededRandom::new(seed)))
}
