//! Something that is away for days: a role, the stream, or nobody, while everything stands still for as long.

use std::time::Duration;

use shotengai_contracts::topology::Service;

use super::dice::Dice;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What is away beside the night in which everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Nothing.
    Nobody,
    /// The stream takes and gives nothing. Change capture gives up what it has tried for a day.
    Stream,
    /// Every process that runs a role.
    Role(Service),
}

/// Days that pass: something is away from a moment on at which customers come, then everything is until the morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// What is away first.
    pub who: Who,
    /// From when on.
    pub from: Duration,
    /// When everything else ends.
    pub evening: Duration,
    /// When all of it comes back.
    pub morning: Duration,
    /// Whether dead letters wait until then.
    pub leaves_letters: bool,
    /// Whether the stream refuses positions that are too old, or begins at its oldest record.
    pub refuses_old_positions: bool,
}

/// Who may be away. Bridges and the stream more often than others, since more is lost.
const AWAY: [Who; 12] = [
    Who::Nobody,
    Who::Stream,
    Who::Stream,
    Who::Role(Service::BRIDGE),
    Who::Role(Service::BRIDGE),
    Who::Role(Service::BRIDGE),
    Who::Role(Service::ORDER),
    Who::Role(Service::INVENTORY),
    Who::Role(Service::BILLING),
    Who::Role(Service::NOTIFICATION),
    Who::Role(Service::TALLY),
    Who::Role(Service::QUERY),
];

/// How many days: less than any retention; more than a queue's; the stream's; dead letters'; a payment intent's.
const DAYS: [u32; 6] = [2, 5, 8, 16, 34, 100];
/// The same where a reconciler looks at each ten minutes of it.
const CAPTURED_DAYS: [u32; 4] = [2, 5, 8, 9];

impl Absence {
    /// One that begins while customers come; `over` is when all else that happens is over, `deadlines` how long orders wait.
    pub(super) fn of(dice: &Dice, captured: bool, over: Duration, deadlines: Duration) -> Self {
        let who = AWAY[dice.index(AWAY.len())];
        let from = Duration::from_secs(3) + dice.millis(37_000);
        let mut evening = over + dice.millis(200_000);
        let days = if captured { CAPTURED_DAYS[dice.index(4)] } else { DAYS[dice.index(DAYS.len())] };
        // The reconciler has to heal it alone: nothing is left in queues that would be too old.
        if captured && matches!(who, Who::Stream | Who::Role(Service::BRIDGE)) {
            evening += deadlines + Duration::from_secs(60);
        }
        let morning = evening + DAY * days + dice.millis(12 * 3_600_000);
        let (leaves_letters, refuses_old_positions) = (dice.one_in(2), dice.one_in(2));
        Self { who, from, evening, morning, leaves_letters, refuses_old_positions }
    }
}
