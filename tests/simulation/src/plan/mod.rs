//! What a seed asks of the street: who buys what, and what goes wrong when.

mod absence;
mod baskets;
mod dice;
mod display;
mod faults;
mod prices;
mod refunds;
mod rivals;
mod shopping;

use std::time::Duration;

pub use self::absence::{Absence, Who};
pub use self::baskets::{Basket, Click, Step};
pub use self::faults::{Dependency, Happening, Rates, poison};
pub use self::prices::Priced;
pub use self::refunds::{GivesBack, Refund};
pub use self::rivals::Rival;
pub use self::shopping::{Asking, Errand, Goods, tokens};

use shotengai_contracts::EventType;
use shotengai_contracts::topology::Service;

use self::dice::Dice;
use crate::capacity::Limits;

/// Everything that a seed decides beforehand. The rest, it decides call by call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Whether changes of the event tables are captured into the stream; otherwise publishers put them there.
    pub captured: bool,
    /// When processes begin to change from outbox to change capture, or back, one after the other.
    pub changes_feed: Option<Duration>,
    /// Whether processes of even, or odd, number are of a newer release.
    pub newer: Option<usize>,
    /// The type that the newer release has anew, and when the older processes begin to be upgraded.
    pub new_type: Option<(EventType, Duration)>,
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
    /// What stream, topic and tables take a second, where that is little.
    pub limits: Option<Limits>,
    /// The customer whose address the relay refuses, rightly.
    pub refused: Option<u64>,
    /// Products.
    pub goods: Vec<Goods>,
    /// Customers.
    pub errands: Vec<Errand>,
    /// Customers who fill carts.
    pub baskets: Vec<Basket>,
    /// Prices from outside, by time.
    pub prices: Vec<Priced>,
    /// Faults, by time.
    pub happenings: Vec<(Duration, Happening)>,
    /// How long an order may stay pending.
    pub timeout: Duration,
    /// How long an order may be confirmed until somebody is told.
    pub capture_timeout: Duration,
    /// Whether somebody discards what tells billing to capture, of some orders.
    pub discards: bool,
    /// Days that pass.
    pub absence: Option<Absence>,
    /// A bridge that shares no leases with the others.
    pub rival: Option<Rival>,
    /// When faults end and the world settles.
    pub calm_after: Duration,
}

/// The furthest that most clocks are off. Beyond it a mail's claim can be taken over too early.
const MAX_SKEW_MS: u64 = 4000;
/// Products of a wide street.
const WIDE: usize = 110;
/// The longest time in which customers come.
const OPEN_SECONDS: u64 = 40;

/// What tells the dice of contentions from the others: seeds without any are drawn as they were before there were some.
const CONTENTIONS: u64 = 0x0c04_7e4d;

/// A long outage.
pub const LONG_OUTAGE: Duration = Duration::from_secs(3600);
/// A long denial.
pub const LONG_DENIAL: Duration = Duration::from_secs(1800);

impl Plan {
    /// Whether what a process writes wakes its own readers: in half of all seeds. Nothing is drawn for it.
    #[must_use]
    pub const fn gives_hints(&self) -> bool {
        (self.seed / 2).is_multiple_of(2)
    }

    /// Whether bridges subscribe to the stream's shards: in half of all seeds, with hints and without.
    #[must_use]
    pub const fn subscribes(&self) -> bool {
        (self.seed / 4).is_multiple_of(2)
    }

    /// Whether something is away, or denied, for long.
    #[must_use]
    pub fn has_a_long_outage(&self) -> bool {
        self.happenings.iter().any(|(_, happening)| happening.lasts() >= LONG_DENIAL)
    }

    /// Whether a clock is so far off that a deadline may be late by an hour.
    #[must_use]
    pub fn has_a_far_clock(&self) -> bool {
        let far = |off: &i64| off.unsigned_abs() > MAX_SKEW_MS;
        let is_set = |(_, happening): &(Duration, Happening)| matches!(happening, Happening::SetClock { .. });
        self.skews.iter().any(far) || self.happenings.iter().any(is_set)
    }

    /// The plan of a seed for so many processes and queues.
    #[must_use]
    pub fn of(seed: u64, processes: usize, queues: usize) -> Self {
        let dice = Dice::new(seed);
        let old = dice.one_in(5);
        let goods: Vec<_> = (0..1 + dice.index(3)).map(|place| shopping::goods(&dice, old && place == 0)).collect();
        let errands = (0..3 + dice.index(8)).map(|_| shopping::errand(&dice, goods.len())).collect();
        let mut happenings: Vec<_> = (0..dice.index(7))
            .map(|_| (dice.millis(OPEN_SECONDS * 1000 + 10_000), faults::happening(&dice, processes, queues)))
            .collect();
        // Rare, since an hour is long.
        if dice.one_in(40) {
            let dependency = Dependency::ALL[dice.index(Dependency::ALL.len())];
            happenings.push((dice.millis(OPEN_SECONDS * 1000), Happening::Outage { dependency, away: LONG_OUTAGE }));
        }
        if dice.one_in(60) {
            happenings.push((dice.millis(OPEN_SECONDS * 1000), faults::deny(&dice, LONG_DENIAL)));
        }
        if dice.one_in(80) {
            let refuses = Happening::RelayRefuses { refusing: LONG_OUTAGE };
            happenings.push((dice.millis(OPEN_SECONDS * 1000), refuses));
        }
        if dice.one_in(8) {
            happenings.push((dice.millis(OPEN_SECONDS * 1000), Happening::CurseStream));
        }
        let mut rates = faults::rates(&dice);
        // A denial can't be noticed before something is received: who dies every other minute of it spends receives.
        if happenings.iter().any(|(_, happening)| happening.is_denial() && happening.lasts() >= LONG_DENIAL) {
            rates = Rates { crash_before: 0, crash_after: 0, ..rates };
        }
        happenings.sort_by_key(|(at, _)| *at);
        let last = happenings.iter().map(|(at, happening)| *at + happening.lasts()).max().unwrap_or_default();
        let skewed = dice.one_in(3);
        let skew = |dice: &Dice| i64::try_from(dice.below(2 * MAX_SKEW_MS)).unwrap_or(0) - 4000;
        let mut plan = Self {
            seed,
            captured: dice.one_in(3),
            changes_feed: None,
            newer: None,
            new_type: None,
            shards: 1 + dice.below(4),
            duplicates: if dice.one_in(2) { dice.below(300) } else { 0 },
            shuffled: dice.one_in(2),
            skews: (0..processes).map(|_| if skewed { skew(&dice) } else { 0 }).collect(),
            rates,
            limits: None,
            refused: dice.some(6, |dice| dice.below(3)),
            goods,
            errands,
            baskets: Vec::new(),
            prices: Vec::new(),
            happenings,
            // Over fifteen minutes, reminders take more than one hop.
            timeout: Duration::from_secs(if dice.one_in(20) { 1000 } else { 20 + dice.below(120) }),
            capture_timeout: Duration::ZERO,
            discards: false,
            absence: None,
            rival: None,
            calm_after: last.max(Duration::from_secs(OPEN_SECONDS + 15)),
        };
        plan.capture_timeout = plan.timeout + Duration::from_secs(dice.below(400));
        plan.discards = dice.one_in(6);
        // Orders that are still pending when their reminders have to go on.
        if plan.timeout > Duration::from_secs(900) && dice.one_in(2) {
            let away = Duration::from_secs(1000 + dice.below(200));
            let role = Service::BILLING;
            plan.happenings.insert(0, (Duration::from_secs(1), Happening::RoleAway { role, away }));
            plan.happenings.sort_by_key(|(at, _)| *at);
            plan.calm_after = plan.calm_after.max(away);
        }
        // A wide street, whose orders have as many lines as one may: together more than a transaction can write.
        if dice.one_in(25) {
            plan.goods.resize_with(WIDE, || shopping::plenty(&dice));
            plan.errands.extend((0..3).map(|place| shopping::large_errand(&dice, place, WIDE)));
            plan.rates = plan.rates.gentler();
        }
        // Little, but enough for what is needed.
        plan.limits = dice.some(6, |dice| Limits {
            stream: 10 + dice.below(20),
            topic: 3 + dice.below(6),
            table: 5 + dice.below(15),
        });
        plan.newer = dice.some(6, |dice| dice.index(2));
        if dice.one_in(8) {
            let at = dice.millis(OPEN_SECONDS * 1000 / 2);
            plan.changes_feed = Some(at);
            let restart = |process: usize| {
                let after = Duration::from_millis(1500) * u32::try_from(process).unwrap_or(0);
                (at + after, Happening::Restart { process })
            };
            plan.happenings.extend((0..processes).map(restart));
            plan.happenings.sort_by_key(|(at, _)| *at);
        }
        // Clocks that nobody keeps: one that is an hour off, and some that are set while they run.
        if dice.one_in(10) {
            let off = i64::try_from(faults::HOUR_MS).unwrap_or(0);
            let process = dice.index(processes);
            plan.skews[process] = if dice.one_in(2) { off } else { -off };
        }
        if dice.one_in(6) {
            for _ in 0..1 + dice.index(3) {
                let jump = (dice.millis(OPEN_SECONDS * 1000), faults::set_clock(&dice, processes));
                plan.happenings.push(jump);
            }
            plan.happenings.sort_by_key(|(at, _)| *at);
        }
        if dice.one_in(4) && plan.can_pass_days() {
            plan.pass_days(&dice);
        } else if plan.newer.is_some() && !plan.captured && plan.changes_feed.is_none() {
            plan.upgrade(&dice, processes);
        }
        if dice.one_in(3) {
            let products = plan.goods.len().min(3);
            plan.baskets = (0..1 + dice.index(2)).map(|_| baskets::basket(&dice, products)).collect();
        }
        // Where no days pass, after which the source would have to set them anew.
        if dice.one_in(4) && plan.absence.is_none() {
            plan.prices = prices::prices(&dice, &plan.goods);
            if dice.one_in(2) {
                let (at, sleeps) = prices::sleeper(&dice);
                plan.calm_after = plan.calm_after.max(at + sleeps.lasts());
                plan.happenings.push((at, sleeps));
                plan.happenings.sort_by_key(|(at, _)| *at);
            }
        }
        if dice.one_in(2) {
            let baskets = plan.baskets.iter_mut().map(|basket| &mut basket.errand);
            for errand in plan.errands.iter_mut().chain(baskets) {
                refunds::ask_back(&dice, errand, plan.discards);
            }
        }
        let beside = Dice::new(seed ^ CONTENTIONS);
        if beside.one_in(6) {
            plan.contend(&beside);
        }
        plan
    }

    /// Whether days may pass in it: not where a reconciler would begin in the middle, or look past a far clock, or where it
    /// would take long to run.
    fn can_pass_days(&self) -> bool {
        let is_old = self.goods.iter().any(|goods| goods.prehistory > 0);
        self.changes_feed.is_none()
            && self.goods.len() < WIDE
            && !is_old
            && !self.has_a_far_clock()
            && !self.has_a_long_outage()
            && self.timeout < Duration::from_secs(900)
    }

    /// The newer release has a type of events that the older one doesn't know. Its processes are upgraded later.
    fn upgrade(&mut self, dice: &Dice, processes: usize) {
        let new = EventType::ALL[dice.index(EventType::ALL.len())];
        let at = Duration::from_secs(10) + dice.millis(OPEN_SECONDS * 1000);
        let old = (0..processes).filter(|process| self.newer.is_some_and(|remainder| process % 2 != remainder));
        let restart =
            |(place, process): (u32, usize)| (at + Duration::from_millis(1500) * place, Happening::Restart { process });
        let restarts: Vec<_> = (0..).zip(old).map(restart).collect();
        self.happenings.extend(restarts);
        self.happenings.sort_by_key(|(at, _)| *at);
        self.calm_after = self.calm_after.max(at + Duration::from_secs(30));
        self.new_type = Some((new, at));
    }

    fn pass_days(&mut self, dice: &Dice) {
        let over = self.calm_after + Duration::from_secs(10);
        let absence = Absence::of(dice, self.captured, over, self.timeout.max(self.capture_timeout));
        let away = absence.morning - absence.from;
        let leaves = match absence.who {
            Who::Nobody => None,
            Who::Stream => Some(Happening::Outage { dependency: Dependency::Kinesis, away }),
            Who::Role(role) => Some(Happening::RoleAway { role, away }),
        };
        self.happenings.extend(leaves.map(|leaves| (absence.from, leaves)));
        self.happenings.push((absence.evening, Happening::Night));
        self.happenings.sort_by_key(|(at, _)| *at);
        self.calm_after = absence.morning + Duration::from_secs(30) + dice.millis(180_000);
        self.absence = Some(absence);
    }
}
