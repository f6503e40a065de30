//! The line of commits that wait for a request: which of them go together, and when. Neither a clock nor I/O.

use std::collections::{BTreeSet, VecDeque};

use shotengai_kernel::{AggregateId, Version};

use crate::commit::Commit;
use crate::ports::store::APPEND_EACH_MAX;

/// Requests on their way at once. At twenty-five commits each, a store that answers in 10 ms takes 40,000 a second.
pub(super) const AT_ONCE: usize = 16;
/// Commits that wait for a store which doesn't answer. More are refused: whoever sent them asks again, later.
pub(super) const CAPACITY: usize = 1000;
/// Bytes of events in one request. What is written in one go should be there well within the time of one attempt.
const BYTES_MAX: usize = 1024 * 1024;

/// Commits of one table and process, in the order they came. Each has a ticket `T`, by which whoever waits is told.
#[derive(Debug)]
pub(super) struct Line<T> {
    waiting: VecDeque<Waiting<T>>,
    in_flight: usize,
    next_place: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    place: Place,
    commit: Commit,
    ticket: T,
}

/// Commit that waits, told from all others of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

/// Commits that go out in one request, with their tickets. Never empty, and no two of one slot.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) commits: Vec<Commit>,
    pub(super) tickets: Vec<T>,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), in_flight: 0, next_place: 0 }
    }
}

impl<T> Line<T> {
    /// Whether a commit may go by itself at once: nothing is on its way, and nothing waits. A request is on its way then,
    /// until [`Line::finished`].
    pub(super) fn goes_alone(&mut self) -> bool {
        let alone = self.in_flight == 0 && self.waiting.is_empty();
        self.in_flight += usize::from(alone);
        alone
    }

    /// Puts a commit at the end of the line; nothing, where there is no room.
    pub(super) fn join(&mut self, commit: Commit, ticket: T) -> Option<Place> {
        if self.waiting.len() >= CAPACITY {
            return None;
        }
        let place = Place(self.next_place);
        self.next_place += 1;
        self.waiting.push_back(Waiting { place, commit, ticket });
        Some(place)
    }

    /// A request has its answer, or nobody waits for it any more.
    pub(super) fn finished(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// What goes out now, if anything does: where no request is on its way, or enough wait for a full one, or the commit of
    /// this place still waits, which has waited for long enough. A request is on its way then, until [`Line::finished`].
    /// Commits that nobody waits for go nowhere.
    pub(super) fn next(&mut self, overdue: Option<Place>, is_awaited: impl Fn(&T) -> bool) -> Option<Batch<T>> {
        // All that wait ask from time to time: while nothing can go, only a line that is full is looked through.
        if self.in_flight >= AT_ONCE && self.waiting.len() < CAPACITY {
            return None;
        }
        self.waiting.retain(|waiting| is_awaited(&waiting.ticket));
        let is_overdue = overdue.is_some_and(|place| self.waiting.iter().any(|waiting| waiting.place == place));
        let is_due = self.in_flight == 0 || self.waiting.len() >= APPEND_EACH_MAX || is_overdue;
        if !is_due || self.waiting.is_empty() || self.in_flight >= AT_ONCE {
            return None;
        }
        self.in_flight += 1;
        Some(self.take())
    }

    fn take(&mut self) -> Batch<T> {
        let mut batch = Batch { commits: Vec::new(), tickets: Vec::new() };
        let mut slots: BTreeSet<(AggregateId, Version)> = BTreeSet::new();
        let mut left = VecDeque::new();
        let mut bytes = 0;
        while let Some(waiting) = self.waiting.pop_front() {
            let size: usize = waiting.commit.events.texts().iter().map(|text| text.len()).sum();
            let fits = batch.commits.is_empty() || bytes + size <= BYTES_MAX;
            // Of two that want one slot the later one waits for the next request: one request names a slot once.
            let slot = (waiting.commit.aggregate_id.clone(), waiting.commit.first_version);
            if batch.commits.len() < APPEND_EACH_MAX && fits && slots.insert(slot) {
                bytes += size;
                batch.commits.push(waiting.commit);
                batch.tickets.push(waiting.ticket);
            } else {
                left.push_back(waiting);
            }
        }
        self.waiting = left;
        batch
    }
}
