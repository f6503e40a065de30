//! What a seed asks of the street: who buys what, and what goes wrong when.

use std::fmt;
use std::time::Duration;

use shotengai_kernel::{Random, SeededRandom};

/// A dependency that can be away as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    /// Event stores and tables.
    DynamoDb,
    /// The stream.
    Kinesis,
    /// The topic.
    Sns,
    /// The queues.
    Sqs,
    /// The read models.
    Postgres,
    /// The way out for mails.
    Smtp,
    /// Other services over HTTP: contacts, prices.
    Http,
}

impl Dependency {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::DynamoDb, Self::Kinesis, Self::Sns, Self::Sqs, Self::Postgres, Self::Smtp, Self::Http];
}

/// How often single calls go wrong, of a thousand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Refused as transient, without effect.
    pub refused: u64,
    /// Refused as throttled, without effect.
    pub throttled: u64,
    /// Done, and the answer lost.
    pub lost: u64,
    /// Some entries of a batch refused.
    pub partial: u64,
    /// Done only after a long while (2 to 40 s).
    pub stalled: u64,
    /// The process dies before the call's effect.
    pub crash_before: u64,
    /// The process dies after the call's effect, before it has the answer.
    pub crash_after: u64,
    /// An index shows what it showed before.
    pub stale: u64,
}

/// Something that happens at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The process dies at once and comes back later.
    Crash {
        /// Index among the processes.
        process: usize,
        /// How long it is away.
        away: Duration,
    },
    /// The process is told to end, does so, and comes back.
    Restart {
        /// Index among the processes.
        process: usize,
    },
    /// The process stands still and then goes on as if nothing had been.
    Freeze {
        /// Index among the processes.
        process: usize,
        /// How long.
        frozen: Duration,
    },
    /// Nobody can reach a dependency.
    Outage {
        /// Which.
        dependency: Dependency,
        /// How long.
        away: Duration,
    },
    /// A shard of the stream is split in two.
    Split,
    /// Two adjacent shards become one.
    Merge,
    /// Every cursor into the stream expires.
    ExpireCursors,
    /// Somebody puts nonsense into a queue.
    PoisonQueue {
        /// Index among the queues.
        queue: usize,
        /// What kind of nonsense.
        kind: usize,
    },
    /// Somebody puts nonsense into the stream.
    PoisonStream {
        /// What kind of nonsense.
        kind: usize,
    },
}

/// What one customer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// When they begin.
    pub at: Duration,
    /// Who.
    pub customer: u64,
    /// Products (by index) and pieces.
    pub lines: Vec<(usize, u32)>,
    /// Their means of payment.
    pub token: Option<&'static str>,
    /// They think better of it, this long after the order was accepted.
    pub cancels: Option<Duration>,
    /// The administrator ships it once it is paid, trying from this long after it was accepted.
    pub ships: Option<Duration>,
}

/// A product and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Pieces at first.
    pub stock: u32,
    /// Pieces that are added later, and when.
    pub additions: Vec<(Duration, u32)>,
    /// When it costs something else.
    pub price_changes: Vec<Duration>,
}

/// Everything that a seed decides beforehand. The rest, it decides call by call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Shards at first.
    pub shards: u64,
    /// How many of a thousand messages come twice.
    pub duplicates: u64,
    /// Whether queues deliver in random order.
    pub shuffled: bool,
    /// How far each process's clock is off, in milliseconds.
    pub skews: Vec<i64>,
    /// How often calls go wrong.
    pub rates: Rates,
    /// Products.
    pub goods: Vec<Goods>,
    /// Customers.
    pub errands: Vec<Errand>,
    /// Faults, by time.
    pub happenings: Vec<(Duration, Happening)>,
    /// How long an order may stay pending.
    pub patience: Duration,
    /// When faults end and the world settles.
    pub calm_after: Duration,
}

/// The furthest that a process's clock is off. Beyond it a mail's claim could be taken over too early.
const MAX_SKEW_MS: u64 = 4000;
/// The longest time in which customers come.
const OPEN_SECONDS: u64 = 40;

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    fn index(&self, bound: usize) -> usize {
        usize::try_from(self.below(u64::try_from(bound).unwrap_or(1))).unwrap_or(0)
    }

    fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn millis(&self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }

    fn pieces(&self, bound: u64) -> u32 {
        u32::try_from(self.below(bound)).unwrap_or(0)
    }

    fn some<T>(&self, n: u64, value: impl FnOnce(&Self) -> T) -> Option<T> {
        self.one_in(n).then(|| value(self))
    }
}

impl Plan {
    /// The plan of a seed for so many processes and queues.
    #[must_use]
    pub fn of(seed: u64, processes: usize, queues: usize) -> Self {
        let dice = Dice(SeededRandom::new(seed));
        let goods: Vec<_> = (0..1 + dice.index(3)).map(|_| goods(&dice)).collect();
        let errands = (0..3 + dice.index(8)).map(|_| errand(&dice, goods.len())).collect();
        let mut happenings: Vec<_> = (0..dice.index(7))
            .map(|_| (dice.millis(OPEN_SECONDS * 1000 + 10_000), happening(&dice, processes, queues)))
            .collect();
        // Rare, since an hour is long.
        if dice.one_in(40) {
            let dependency = Dependency::ALL[dice.index(Dependency::ALL.len())];
            let away = Duration::from_secs(3600);
            happenings.push((dice.millis(OPEN_SECONDS * 1000), Happening::Outage { dependency, away }));
        }
        happenings.sort_by_key(|(at, _)| *at);
        let last = happenings.iter().map(|(at, happening)| *at + happening.lasts()).max().unwrap_or_default();
        let skewed = dice.one_in(3);
        let skew = |dice: &Dice| i64::try_from(dice.below(2 * MAX_SKEW_MS)).unwrap_or(0) - 4000;
        Self {
            seed,
            shards: 1 + dice.below(4),
            duplicates: if dice.one_in(2) { dice.below(300) } else { 0 },
            shuffled: dice.one_in(2),
            skews: (0..processes).map(|_| if skewed { skew(&dice) } else { 0 }).collect(),
            rates: rates(&dice),
            goods,
            errands,
            happenings,
            // Over fifteen minutes, reminders take more than one hop.
            patience: Duration::from_secs(if dice.one_in(10) { 1000 } else { 20 + dice.below(200) }),
            calm_after: last.max(Duration::from_secs(OPEN_SECONDS + 15)),
        }
    }
}

impl Happening {
    fn lasts(&self) -> Duration {
        match self {
            Self::Crash { away, .. } | Self::Outage { away, .. } => *away,
            Self::Freeze { frozen, .. } => *frozen,
            _ => Duration::ZERO,
        }
    }
}

fn goods(dice: &Dice) -> Goods {
    Goods {
        stock: 1 + dice.pieces(8),
        additions: dice.some(3, |dice| (dice.millis(OPEN_SECONDS * 1000), 1 + dice.pieces(5))).into_iter().collect(),
        price_changes: dice.some(4, |dice| dice.millis(OPEN_SECONDS * 1000)).into_iter().collect(),
    }
}

fn errand(dice: &Dice, products: usize) -> Errand {
    let first = dice.index(products);
    let lines = (0..1 + dice.index(products)).map(|step| ((first + step) % products, 1 + dice.pieces(3))).collect();
    let token = match dice.below(8) {
        0 => Some("tok_declined"),
        1 => Some("tok_capture_declined"),
        _ => None,
    };
    Errand {
        at: dice.millis(OPEN_SECONDS * 1000),
        customer: dice.below(3),
        lines,
        token,
        cancels: dice.some(4, |dice| dice.millis(15_000)),
        ships: dice.some(3, |dice| dice.millis(20_000)),
    }
}

/// Some seeds are calm, some are rough in one way, some in all.
fn rates(dice: &Dice) -> Rates {
    let mut rates = Rates::default();
    if dice.one_in(5) {
        return rates;
    }
    let rough = |rate: &mut u64, most: u64| {
        if dice.one_in(2) {
            *rate = dice.below(most + 1);
        }
    };
    rough(&mut rates.refused, 60);
    rough(&mut rates.throttled, 60);
    rough(&mut rates.lost, 40);
    rough(&mut rates.partial, 200);
    rough(&mut rates.stalled, 8);
    rough(&mut rates.crash_before, 3);
    rough(&mut rates.crash_after, 3);
    rough(&mut rates.stale, 300);
    rates
}

fn happening(dice: &Dice, processes: usize, queues: usize) -> Happening {
    let process = dice.index(processes);
    match dice.below(12) {
        0..=2 => Happening::Crash { process, away: dice.millis(20_000) },
        3 => Happening::Restart { process },
        4 | 5 => Happening::Freeze { process, frozen: Duration::from_secs(1) + dice.millis(60_000) },
        6 => Happening::Split,
        7 => Happening::Merge,
        8 => Happening::ExpireCursors,
        9 => Happening::PoisonQueue { queue: dice.index(queues), kind: dice.index(POISONS.len()) },
        10 => Happening::PoisonStream { kind: dice.index(POISONS.len()) },
        _ => Happening::Outage {
            dependency: Dependency::ALL[dice.index(Dependency::ALL.len())],
            away: Duration::from_secs(1) + dice.millis(90_000),
        },
    }
}

/// What nonsense looks like. None of it is of a future version: that is patience, not poison.
pub const POISONS: [&str; 3] = ["no JSON at all", r#"{"hello":"world"}"#, r#"{"specversion":"1.0","id":"x"}"#];

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {} shards, deadline {:?}, {:?}", self.seed, self.shards, self.patience, self.rates)?;
        writeln!(
            f,
            "  duplicates {}‰, shuffled {}, skews {:?} ms, calm after {:?}",
            self.duplicates, self.shuffled, self.skews, self.calm_after
        )?;
        for (index, goods) in self.goods.iter().enumerate() {
            writeln!(f, "  product {index}: {goods:?}")?;
        }
        for errand in &self.errands {
            writeln!(f, "  errand: {errand:?}")?;
        }
        for (at, happening) in &self.happenings {
            writeln!(f, "  {at:?}: {happening:?}")?;
        }
        Ok(())
    }
}
