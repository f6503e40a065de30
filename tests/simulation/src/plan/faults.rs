//! What goes wrong, and when.

use std::time::Duration;

use shotengai_contracts::topology::Service;

use super::dice::Dice;
use crate::denial::Denial;

/// An hour, in milliseconds.
pub(super) const HOUR_MS: u64 = 3_600_000;

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
    /// How long the indexes of event stores take to show what was written, in milliseconds.
    pub index_lag_ms: u64,
    /// A snapshot is of no use.
    pub snapshot: u64,
    /// A write meets a transaction at the same item.
    pub conflict: u64,
    /// A lease is lost while a batch is applied.
    pub lease_lost: u64,
    /// The same, and its reader stands still with the batch for longer than others wait, and reads on.
    pub read_on: u64,
    /// A message comes late from the topic to one queue.
    pub brought_late: u64,
    /// The topic brings messages to some queues, and fails.
    pub brought_in_part: u64,
    /// The topic can't bring a message to one queue.
    pub undelivered: u64,
    /// A call takes effect after its caller has given it up.
    pub landed_late: u64,
}

impl Rates {
    /// Rates for orders of many lines, each of which asks for prices: at most one call in fifty goes wrong.
    pub(super) fn gentler(self) -> Self {
        Self {
            refused: self.refused.min(8),
            throttled: self.throttled.min(8),
            lost: self.lost.min(4),
            stalled: self.stalled.min(1),
            crash_before: self.crash_before.min(1),
            crash_after: self.crash_after.min(1),
            ..self
        }
    }
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
    /// Every process that runs a role dies and stays away.
    RoleAway {
        /// Which.
        role: Service,
        /// How long.
        away: Duration,
    },
    /// Every process ends, or dies, until the days that the plan has are over.
    Night,
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
    /// The installation denies something.
    Deny {
        /// What, to whom.
        denial: Denial,
        /// How long.
        denied: Duration,
    },
    /// The relay refuses every recipient, as if each were to blame, and lets everybody connect.
    RelayRefuses {
        /// How long.
        refusing: Duration,
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
    /// A process's clock is set, while it runs.
    SetClock {
        /// Index among the processes.
        process: usize,
        /// How far forwards, in milliseconds; backwards below zero.
        by_ms: i64,
    },
    /// Somebody deletes the row of a stream reader's membership.
    DeleteMember,
    /// Somebody puts such a row back as it was some renewals ago.
    SetBackMember,
    /// The rows of a process's memberships can't be written; everything else can.
    SilenceMember {
        /// Index among the processes.
        process: usize,
        /// How long.
        silent: Duration,
    },
    /// An event comes into the stream for which the topic refuses every call that has it.
    CurseStream,
}

impl Happening {
    /// Whether it says no to what it could do.
    pub(super) const fn is_denial(&self) -> bool {
        matches!(self, Self::Deny { .. } | Self::RelayRefuses { .. })
    }

    pub(super) fn lasts(&self) -> Duration {
        match self {
            Self::Deny { denied, .. } => *denied,
            Self::RelayRefuses { refusing } => *refusing,
            Self::Crash { away, .. } | Self::Outage { away, .. } | Self::RoleAway { away, .. } => *away,
            Self::Freeze { frozen, .. } => *frozen,
            Self::SilenceMember { silent, .. } => *silent,
            _ => Duration::ZERO,
        }
    }
}

/// Some seeds are calm, some are rough in one way, some in all.
pub(super) fn rates(dice: &Dice) -> Rates {
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
    rough(&mut rates.index_lag_ms, 15_000);
    rough(&mut rates.snapshot, 600);
    rough(&mut rates.conflict, 60);
    rough(&mut rates.lease_lost, 200);
    rough(&mut rates.brought_late, 60);
    rough(&mut rates.brought_in_part, 60);
    rough(&mut rates.undelivered, 30);
    rough(&mut rates.landed_late, 12);
    rates
}

pub(super) fn happening(dice: &Dice, processes: usize, queues: usize) -> Happening {
    let process = dice.index(processes);
    match dice.below(14) {
        0..=2 => Happening::Crash { process, away: dice.millis(20_000) },
        3 => Happening::Restart { process },
        4 | 5 => Happening::Freeze { process, frozen: Duration::from_secs(1) + dice.millis(60_000) },
        6 => Happening::Split,
        7 => Happening::Merge,
        8 => Happening::ExpireCursors,
        9 => Happening::PoisonQueue { queue: dice.index(queues), kind: dice.index(POISONS.len()) },
        10 => Happening::PoisonStream { kind: dice.index(POISONS.len()) },
        11 => deny(dice, Duration::from_secs(1) + dice.millis(90_000)),
        12 => Happening::RelayRefuses { refusing: Duration::from_secs(1) + dice.millis(90_000) },
        _ => Happening::Outage {
            dependency: Dependency::ALL[dice.index(Dependency::ALL.len())],
            away: Duration::from_secs(1) + dice.millis(90_000),
        },
    }
}

/// A clock is set: by up to a minute, or by up to an hour.
pub(super) fn set_clock(dice: &Dice, processes: usize) -> Happening {
    let most = if dice.one_in(2) { 60_000 } else { HOUR_MS };
    let by_ms = 1 + i64::try_from(dice.below(most)).unwrap_or(0);
    Happening::SetClock { process: dice.index(processes), by_ms: if dice.one_in(2) { by_ms } else { -by_ms } }
}

pub(super) fn deny(dice: &Dice, denied: Duration) -> Happening {
    Happening::Deny { denial: Denial::of(dice.index(Denial::COUNT)), denied }
}

/// What nonsense looks like, and the reason for which it is set aside. None of it is of a future version: that is patience,
/// not poison.
const POISONS: [(&str, &str); 3] = [
    ("no JSON at all, #", "not_json"),
    (r##"{"hello":"world #"}"##, "not_an_envelope"),
    (r##"{"specversion":"1.0","id":"#"}"##, "not_an_envelope"),
];

/// A piece of nonsense like no other, and the reason for which it is set aside.
#[must_use]
pub fn poison(kind: usize, number: usize) -> (String, &'static str) {
    let (body, reason) = POISONS.get(kind).copied().unwrap_or(POISONS[0]);
    (body.replace('#', &number.to_string()), reason)
}
