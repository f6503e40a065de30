//! What is booked, and how it is shared out.

/// One, in the unit of shares: what three orders share is three times 333,333 or 333,334 millionths, and one again.
pub const MILLION: u64 = 1_000_000;

/// What calls came to, in millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Requests, each attempt counted.
    pub requests: u64,
    /// Units that they are paid by.
    pub units: u64,
    /// Bytes of what was sent or received, where that is known.
    pub bytes: u64,
    /// Entries of batches: records, messages.
    pub entries: u64,
}

impl Amounts {
    /// One request.
    pub const REQUEST: Self = Self { requests: MILLION, units: 0, bytes: 0, entries: 0 };

    /// So many units and bytes of so many entries, without a request.
    #[must_use]
    pub fn of(units: f64, bytes: usize, entries: usize) -> Self {
        let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(MILLION);
        Self { requests: 0, units: in_millionths(units), bytes: whole(bytes), entries: whole(entries) }
    }

    /// Adds these.
    pub(crate) const fn add(&mut self, more: Self) {
        self.requests = self.requests.saturating_add(more.requests);
        self.units = self.units.saturating_add(more.units);
        self.bytes = self.bytes.saturating_add(more.bytes);
        self.entries = self.entries.saturating_add(more.entries);
    }
}

/// A number in whole millionths, rounded; nothing is below zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
#[must_use]
pub fn in_millionths(number: f64) -> u64 {
    (number * 1e6).round() as u64
}

/// Charge for work that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge<'a> {
    /// What a call came to.
    Call {
        /// The service of AWS, in lower case.
        service: &'a str,
        /// Its operation.
        operation: &'a str,
        /// What its units are; empty where it says nothing of them.
        unit: &'static str,
        /// How much.
        amounts: Amounts,
    },
    /// Commits that were written, in millionths.
    Commits(u64),
    /// Nanoseconds of work, without those of waiting.
    Working(u64),
}

impl Charge<'_> {
    /// The part of this place among so many: even parts, of which the first take what can't be shared.
    pub(crate) fn part(self, place: usize, of: usize) -> Self {
        let (place, of) = (u64::try_from(place).unwrap_or(u64::MAX), u64::try_from(of).unwrap_or(u64::MAX).max(1));
        let part = |whole: u64| whole / of + u64::from(place < whole % of);
        match self {
            Self::Call { service, operation, unit, amounts: Amounts { requests, units, bytes, entries } } => {
                let amounts = Amounts {
                    requests: part(requests),
                    units: part(units),
                    bytes: part(bytes),
                    entries: part(entries),
                };
                Self::Call { service, operation, unit, amounts }
            }
            Self::Commits(commits) => Self::Commits(part(commits)),
            Self::Working(nanos) => Self::Working(part(nanos)),
        }
    }
}
