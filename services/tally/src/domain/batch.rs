//! Many counts as few transactions: summed in memory, one operation a row.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shotengai_kernel::ProductId;
use shotengai_messaging::{Condition, Key, Row, WriteOp};

use super::count::{Count, Effect};
use super::rows;

/// The most operations of one transaction.
pub const MAX_OPS: usize = 100;

/// The most counters one operation moves: what an expression of DynamoDB (4 KB) holds with room to spare.
const MAX_COUNTERS: usize = 100;

/// Cuts counts into runs that fit one transaction each, by index, in order. A run of one may not fit by itself; an order
/// of up to 50 lines does.
#[must_use]
pub fn cut(counts: &[Count]) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut size = Size::default();
    for (index, count) in counts.iter().enumerate() {
        size.add(count);
        if !size.fits() && index > start {
            runs.push(start..index);
            start = index;
            size = Size::default();
            size.add(count);
        }
    }
    if start < counts.len() {
        runs.push(start..counts.len());
    }
    runs
}

/// Whether these fit one transaction.
#[must_use]
pub fn fits(counts: &[Count]) -> bool {
    let mut size = Size::default();
    counts.iter().for_each(|count| size.add(count));
    size.fits()
}

#[derive(Default)]
struct Size<'a> {
    counts: usize,
    products: BTreeSet<&'a ProductId>,
    minutes: BTreeMap<String, BTreeSet<(Effect, &'a ProductId)>>,
}

impl<'a> Size<'a> {
    fn add(&mut self, count: &'a Count) {
        self.counts += 1;
        self.products.extend(count.products.keys());
        let minute = self.minutes.entry(rows::minute_of(count.time)).or_default();
        minute.extend(count.products.keys().map(|product| (count.effect, product)));
    }

    fn fits(&self) -> bool {
        let ops = self.counts + self.products.len() + self.minutes.len();
        ops <= MAX_OPS && self.minutes.values().all(|counters| counters.len() <= MAX_COUNTERS)
    }
}

/// The operations that count these, each once. The first ones are the seen rows, one a count and in their order; only
/// they have conditions. Minutes that would have ended by `now` are left out.
#[must_use]
pub fn operations(counts: &[&Count], shard: u64, now: Timestamp) -> Vec<WriteOp> {
    let mut ops: Vec<WriteOp> = counts.iter().map(|count| seen(count)).collect();
    let mut totals: BTreeMap<&ProductId, BTreeMap<String, i64>> = BTreeMap::new();
    let mut minutes: BTreeMap<String, (Timestamp, BTreeMap<String, i64>)> = BTreeMap::new();
    for count in counts {
        let expires_at = after(count.time, rows::MINUTE_KEPT);
        for (product, pieces) in &count.products {
            let total = totals.entry(product).or_default();
            *total.entry(count.effect.counter().to_owned()).or_default() += pieces.pieces;
            if count.effect == Effect::Paid {
                *total.entry(rows::ORDERS.to_owned()).or_default() += 1;
            }
            if expires_at > now {
                let (kept, minute) =
                    minutes.entry(rows::minute_of(count.time)).or_insert_with(|| (expires_at, BTreeMap::new()));
                *kept = (*kept).max(expires_at);
                *minute.entry(rows::minute_counter(count.effect, product)).or_default() += pieces.pieces;
            }
        }
    }
    ops.extend(totals.into_iter().map(|(product, counters)| add(rows::total(product, shard), counters, None)));
    ops.extend(
        minutes.into_iter().map(|(minute, (kept, counters))| add(rows::minute(&minute, shard), counters, Some(kept))),
    );
    ops
}

fn seen(count: &Count) -> WriteOp {
    WriteOp::Put(Row::new(rows::seen(&count.order_id, count.effect, count.refund), 1, Value::Null), Condition::Absent)
}

const fn add(key: Key, counters: BTreeMap<String, i64>, expires_at: Option<Timestamp>) -> WriteOp {
    WriteOp::Add { key, counters, expires_at }
}

fn after(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::OrderId;

    use super::super::count::Pieces;
    use super::*;

    fn count(order: usize, products: std::ops::Range<usize>) -> Count {
        Count {
            order_id: OrderId::parse(&format!("ord_{order}")).unwrap(),
            effect: Effect::Paid,
            refund: None,
            time: Timestamp::from_second(1_000_000).unwrap(),
            products: products
                .map(|product| {
                    let id = ProductId::parse(&format!("prod_{product}")).unwrap();
                    (id, Pieces { name: "x".to_owned(), pieces: 2 })
                })
                .collect(),
        }
    }

    #[test]
    fn a_row_has_one_operation_however_many_orders_move_it() {
        let (first, second) = (count(1, 0..2), count(2, 1..3));
        let ops = operations(&[&first, &second], 3, first.time);
        // Two seen rows, three products, one minute.
        assert_eq!(ops.len(), 6);
        let shared = rows::total(&ProductId::parse("prod_1").unwrap(), 3);
        let sums: Vec<_> = ops
            .iter()
            .filter_map(|op| match op {
                WriteOp::Add { key, counters, .. } if *key == shared => Some(counters.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(sums, [BTreeMap::from([("sold".to_owned(), 4), ("orders".to_owned(), 2)])]);
    }

    #[test]
    fn large_orders_are_cut_into_transactions_that_fit() {
        let counts: Vec<Count> = (0..10).map(|order| count(order, order * 50..order * 50 + 50)).collect();
        let runs = cut(&counts);
        assert_eq!(runs.iter().map(ExactSizeIterator::len).sum::<usize>(), 10);
        for run in runs {
            assert!(fits(&counts[run.clone()]));
            let refs: Vec<&Count> = counts[run].iter().collect();
            assert!(operations(&refs, 0, counts[0].time).len() <= MAX_OPS);
        }
    }

    #[test]
    fn a_minute_that_is_over_a_day_ago_is_not_written() {
        let old = count(1, 0..1);
        let now = after(old.time, rows::MINUTE_KEPT);
        assert_eq!(operations(&[&old], 0, now).len(), 2);
    }
}
