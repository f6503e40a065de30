//! The line of writes that wait for a request: which of them go together, and when. It is told the time; no I/O.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::Together;
use crate::ports::store::APPEND_EACH_MAX;

/// Writes that wait or are on their way, to a table that doesn't answer. More are refused: whoever sent them asks again,
/// later. It is writes that are bounded, and not requests: each holds its memory, however few go together, and requests that
/// hang keep no others from going.
pub(super) const CAPACITY: usize = 1000;
/// For how long after several have met more are waited for.
const COMPANY_LASTS: Duration = Duration::from_millis(100);
/// Bytes of one request. What is written in one go should be there well within the time of one attempt.
const BYTES_MAX: usize = 1024 * 1024;

/// Writes to one table by one process, in the order they came. Each has a ticket `T`, by which whoever waits is told.
#[derive(Debug)]
pub(super) struct Line<W, T> {
    waiting: VecDeque<Waiting<W, T>>,
    requests: usize,
    on_their_way: usize,
    next_place: u64,
    /// Whether writes that meet wait for more, see [`Line::lingering`].
    lingers: bool,
    /// When the last request went, if it had several.
    company_at: Option<Instant>,
    now: Instant,
}

#[derive(Debug)]
struct Waiting<W, T> {
    place: Place,
    write: W,
    ticket: T,
}

/// Write that waits, told from all others of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

/// Writes that go out in one request, with their tickets. Never empty, and no two of one slot.
#[derive(Debug)]
pub(super) struct Batch<W, T> {
    pub(super) writes: Vec<W>,
    pub(super) tickets: Vec<T>,
}

impl<W, T> Default for Line<W, T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            requests: 0,
            on_their_way: 0,
            next_place: 0,
            lingers: false,
            company_at: None,
            now: Instant::now(),
        }
    }
}

impl<W: Together, T> Line<W, T> {
    /// A line in which a write that follows on several that met a moment ago waits as long as one behind a request does, for more
    /// to meet.
    pub(super) fn lingering() -> Self {
        Self { lingers: true, ..Self::default() }
    }

    /// Says what time it is, from now on.
    pub(super) fn it_is(&mut self, now: Instant) {
        self.now = now;
    }

    /// Whether nothing is on its way and there is no company to wait for.
    fn is_free(&self) -> bool {
        let is_recent = |at| self.now.saturating_duration_since(at) < COMPANY_LASTS;
        self.requests == 0 && !(self.lingers && self.company_at.is_some_and(is_recent))
    }

    /// Whether a write may go by itself at once: nothing is on its way, and nothing waits. A request of one is on its way
    /// then, until [`Line::finished`].
    pub(super) fn goes_alone(&mut self) -> bool {
        let alone = self.is_free() && self.waiting.is_empty();
        if alone {
            self.requests += 1;
            self.on_their_way += 1;
        }
        alone
    }

    /// Puts a write at the end of the line; nothing, where there is no room.
    pub(super) fn join(&mut self, write: W, ticket: T) -> Option<Place> {
        if self.is_full() {
            return None;
        }
        let place = Place(self.next_place);
        self.next_place += 1;
        self.waiting.push_back(Waiting { place, write, ticket });
        Some(place)
    }

    fn is_full(&self) -> bool {
        self.waiting.len() + self.on_their_way >= CAPACITY
    }

    /// A request of so many writes has its answer, or nobody waits for it any more.
    pub(super) fn finished(&mut self, writes: usize) {
        self.requests = self.requests.saturating_sub(1);
        self.on_their_way = self.on_their_way.saturating_sub(writes);
    }

    /// What goes out now, if anything does: where no request is on its way, or enough wait for a full one, or the write of
    /// this place still waits, which has waited for long enough. A request is on its way then, until [`Line::finished`].
    /// Writes that nobody waits for go nowhere.
    pub(super) fn next(&mut self, overdue: Option<Place>, is_awaited: impl Fn(&T) -> bool) -> Option<Batch<W, T>> {
        self.waiting.retain(|waiting| is_awaited(&waiting.ticket));
        let is_overdue = overdue.is_some_and(|place| self.waiting.iter().any(|waiting| waiting.place == place));
        let is_due = self.is_free() || self.waiting.len() >= APPEND_EACH_MAX || is_overdue;
        if !is_due || self.waiting.is_empty() {
            return None;
        }
        let batch = self.take();
        self.company_at = (batch.writes.len() > 1).then_some(self.now);
        self.requests += 1;
        self.on_their_way += batch.writes.len();
        Some(batch)
    }

    fn take(&mut self) -> Batch<W, T> {
        let mut batch = Batch { writes: Vec::new(), tickets: Vec::new() };
        let mut slots = BTreeSet::new();
        let mut left = VecDeque::new();
        let mut bytes = 0;
        while let Some(waiting) = self.waiting.pop_front() {
            let size = waiting.write.bytes();
            let fits = batch.writes.is_empty() || bytes + size <= BYTES_MAX;
            // Of two that want one slot the later one waits for the next request: one request names a slot once.
            if batch.writes.len() < APPEND_EACH_MAX && fits && slots.insert(waiting.write.slot()) {
                bytes += size;
                batch.writes.push(waiting.write);
                batch.tickets.push(waiting.ticket);
            } else {
                left.push_back(waiting);
            }
        }
        self.waiting = left;
        batch
    }
}
