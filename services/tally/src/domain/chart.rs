//! The chart: what was sold in each of the last minutes, and which of them have to be read.
//!
//! A sale belongs to the minute of its event, so a minute that is over hardly changes: only by a message that comes late. The
//! last minutes are read each time, those before them in turn, so many at a time that whoever asks is not kept waiting for
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shotengai_contracts::api::tally::{MAX_MINUTES, MinuteTally};
use shotengai_kernel::ProductId;

use super::rows::minute_of;

/// The last minutes, in which messages of sales are still on their way.
const RECENT: usize = 3;
/// Within this time each minute before them is read again, as long as somebody asks every other second.
const ROUND: Duration = Duration::from_secs(60);
/// Minutes that one reading reads again in turn, however long nobody asked: work that grows with the time that it takes
/// would never end on a slow day.
const AGAIN: usize = 60;

/// Pieces of one product in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sold {
    /// Bought.
    pub sold: i64,
    /// Given back.
    pub returned: i64,
}

/// What was sold in one minute.
pub type Sales = BTreeMap<ProductId, Sold>;

/// Per product the minutes in which something happened, oldest first.
pub type Series = BTreeMap<ProductId, Vec<MinuteTally>>;

/// What was sold in each of the last minutes that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    minutes: BTreeMap<String, Arc<Sales>>,
}

/// Where the minutes that are read in turn go on: at the one before this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn(String);

/// The last `minutes` minutes, that of `now` first.
fn last(now: Timestamp, minutes: u16) -> Vec<String> {
    let back = |minutes| now.checked_sub(SignedDuration::from_mins(minutes)).ok().map(minute_of);
    (0..i64::from(minutes)).filter_map(back).collect()
}

impl Chart {
    /// The minutes that have to be read to have the chart of the `window` minutes before `now`, the newest first, so long
    /// after that was last read.
    #[must_use]
    pub fn due(&self, now: Timestamp, window: u16, turn: &Turn, after: Duration) -> Vec<String> {
        let all = last(now, window);
        let (recent, older) = all.split_at(RECENT.min(all.len()));
        let known = |minute: &&String| self.minutes.contains_key(*minute);
        let missing = older.iter().filter(|minute| !known(minute));
        // Older than the one where the turn stands, then from the newest again.
        let (next, then): (Vec<_>, Vec<_>) = older.iter().filter(known).partition(|minute| **minute < turn.0);
        let share = u128::from(window) * after.min(ROUND).as_millis();
        let share = usize::try_from(share.div_ceil(ROUND.as_millis())).unwrap_or(usize::MAX);
        let in_turn = next.into_iter().chain(then).take(share.min(AGAIN));
        recent.iter().chain(missing).chain(in_turn).cloned().collect()
    }

    /// Puts what was read into the chart, and takes out what is too old for any.
    pub fn keep(&mut self, now: Timestamp, turn: &mut Turn, read: BTreeMap<String, Sales>) {
        let recent = last(now, MAX_MINUTES);
        let newest_in_turn = recent.get(RECENT).map(String::as_str).unwrap_or_default();
        let mut again = read.keys().filter(|minute| self.minutes.contains_key(*minute));
        if let Some(oldest) = again.next().filter(|minute| minute.as_str() <= newest_in_turn) {
            turn.0.clone_from(oldest);
        }
        self.minutes.extend(read.into_iter().map(|(minute, sales)| (minute, Arc::new(sales))));
        if let Some(oldest) = recent.last() {
            self.minutes = self.minutes.split_off(oldest);
        }
    }

    /// What happened within the last `minutes` minutes, that of `now` included.
    #[must_use]
    pub fn series(&self, now: Timestamp, minutes: u16) -> Series {
        let mut series = Series::new();
        let back = SignedDuration::from_mins(i64::from(minutes) - 1);
        let Ok(oldest) = now.checked_sub(back).map(minute_of) else { return series };
        for (minute, sales) in self.minutes.range(oldest..) {
            for (product, Sold { sold, returned }) in sales.as_ref() {
                let tally = MinuteTally { minute: minute.clone(), sold: *sold, returned: *returned };
                series.entry(product.clone()).or_default().push(tally);
            }
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + minute * 60).unwrap()
    }

    /// Charts of a day, as they are read.
    #[derive(Default)]
    struct Reader {
        chart: Chart,
        turn: Turn,
    }

    impl Reader {
        fn read(&mut self, now: Timestamp, window: u16, after: u64) -> Vec<String> {
            let due = self.chart.due(now, window, &self.turn, Duration::from_secs(after));
            self.chart.keep(now, &mut self.turn, due.iter().map(|minute| (minute.clone(), Sales::new())).collect());
            due
        }
    }

    #[test]
    fn a_day_is_read_once_and_then_what_may_have_changed() {
        let (mut reader, day) = (Reader::default(), usize::from(MAX_MINUTES));
        assert_eq!(reader.read(at(0), MAX_MINUTES, 0).len(), day);
        assert_eq!(reader.read(at(0), MAX_MINUTES, 0).len(), RECENT);
        assert_eq!(reader.read(at(0), MAX_MINUTES, 1).len(), RECENT + 24);
        assert_eq!(reader.read(at(10), MAX_MINUTES, 1).len(), 10 + 24, "the recent ones are new, too");
        assert_eq!(reader.read(at(10), MAX_MINUTES, 600).len(), RECENT + AGAIN, "where nobody asked for a while");
        assert_eq!(reader.chart.minutes.len(), day);
    }

    #[test]
    fn an_hour_costs_an_hour() {
        let mut reader = Reader::default();
        assert_eq!(reader.read(at(0), 60, 0).len(), 60);
        assert_eq!(reader.read(at(0), 60, 1).len(), RECENT + 1);
        assert_eq!(reader.read(at(0), MAX_MINUTES, 0).len(), usize::from(MAX_MINUTES) - 60 + RECENT);
    }

    #[test]
    fn every_minute_has_its_turn() {
        let mut reader = Reader::default();
        reader.read(at(0), MAX_MINUTES, 0);
        for round in 0..3 {
            let mut seen = BTreeSet::new();
            for _ in 0..ROUND.as_secs() {
                seen.extend(reader.read(at(round), MAX_MINUTES, 1));
            }
            assert_eq!(seen.len(), usize::from(MAX_MINUTES), "round {round}");
        }
    }

    #[test]
    fn a_shorter_chart_is_cut_from_the_same() {
        let mut chart = Chart::default();
        let product = ProductId::parse("prod_a").unwrap();
        let sales = |sold| Sales::from([(product.clone(), Sold { sold, returned: 0 })]);
        let read = [(0, 1), (-59, 2), (-60, 3)].map(|(back, sold)| (minute_of(at(back)), sales(sold)));
        chart.keep(at(0), &mut Turn::default(), read.into());
        let sold = |minutes| -> Vec<i64> {
            chart.series(at(0), minutes).remove(&product).unwrap_or_default().iter().map(|tally| tally.sold).collect()
        };
        assert_eq!((sold(1), sold(60), sold(61)), (vec![1], vec![2, 1], vec![3, 2, 1]));
        assert_eq!(chart.series(at(1), 1), Series::new());
    }
}
