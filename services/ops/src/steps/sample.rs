//! Which orders are told of where they are too many. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use shotengai_contracts::api::ops::steps::{SHOWN_ORDERS_PER_SECOND, Step};
use shotengai_kernel::OrderId;

/// The most steps of a message.
pub(crate) const MOST_STEPS: usize = 400;
/// Fewer orders are told of as soon as there are too many; more of them after so many quiet frames only, since whoever follows an
/// order must not lose it to a moment's silence.
const CALM: u32 = 10;

/// One order in a power of two, so that who is told of among many is told of among fewer, too.
#[derive(Debug)]
pub(crate) struct Sampling {
    one_in: u32,
    calm: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { one_in: 1, calm: 0 }
    }
}

impl Sampling {
    /// Of so many orders one is told of.
    pub(crate) const fn one_in(&self) -> u32 {
        self.one_in
    }

    /// The steps to tell, of all that were made within this time.
    pub(crate) fn take(&mut self, mut steps: Vec<Step>, within: Duration) -> Vec<Step> {
        let needed = needed(orders_per_second(&steps, within));
        if needed >= self.one_in {
            (self.one_in, self.calm) = (needed, 0);
        } else {
            self.calm += 1;
            if self.calm >= CALM {
                (self.one_in, self.calm) = (self.one_in / 2, 0);
            }
        }
        steps.retain(|step| is_told(&step.order_id, self.one_in));
        while steps.len() > MOST_STEPS {
            (self.one_in, self.calm) = (self.one_in.saturating_mul(2), 0);
            steps.retain(|step| is_told(&step.order_id, self.one_in));
        }
        steps
    }
}

/// An order makes each step once, or nearly: those that came by the busiest stop are as many as there were orders.
fn orders_per_second(steps: &[Step], within: Duration) -> u64 {
    let mut stops = BTreeMap::<&str, u64>::new();
    for step in steps {
        *stops.entry(&step.event_type).or_default() += 1;
    }
    let busiest = stops.into_values().max().unwrap_or(0);
    let millis = u64::try_from(within.as_millis()).unwrap_or(u64::MAX).max(1000);
    (busiest * 1000).div_ceil(millis)
}

fn needed(orders_per_second: u64) -> u32 {
    let mut one_in = 1;
    while orders_per_second > u64::from(SHOWN_ORDERS_PER_SECOND) * u64::from(one_in) && one_in < 1 << 20 {
        one_in *= 2;
    }
    one_in
}

/// By its id alone (FNV-1a), so that every process and every moment decide alike.
pub(crate) fn is_told(order: &OrderId, one_in: u32) -> bool {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = order.as_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix);
    // The lower bits of this hash know little of the last characters.
    (hash ^ (hash >> 32)) & u64::from(one_in - 1) == 0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shotengai_kernel::Timestamp;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn orders(of: std::ops::Range<u32>, event_type: &str) -> Vec<Step> {
        let step = |n: u32| Step {
            order_id: OrderId::parse(&format!("ord_{n:032x}")).unwrap(),
            event_type: event_type.to_owned(),
            service: "order".to_owned(),
            shard: "shardId-000000000000".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        of.map(step).collect()
    }

    fn told(steps: Vec<Step>) -> BTreeSet<String> {
        steps.into_iter().map(|step| step.order_id.to_string()).collect()
    }

    #[test]
    fn all_are_told_of_up_to_twenty_orders_a_second_however_many_steps_they_make() {
        let mut sampling = Sampling::default();
        let steps: Vec<_> = ["OrderPlaced", "StockReserved", "OrderPaid"].map(|stop| orders(0..20, stop)).concat();
        assert_eq!(sampling.take(steps.clone(), SECOND), steps);
        assert_eq!(sampling.take(orders(0..60, "OrderPaid"), SECOND * 3).len(), 60, "in three seconds");
        assert_eq!(sampling.one_in(), 1);
        sampling.take(orders(0..21, "OrderPaid"), SECOND);
        assert_eq!(sampling.one_in(), 2);
    }

    #[test]
    fn an_order_is_told_of_at_each_of_its_steps_or_at_none() {
        let mut sampling = Sampling::default();
        let placed = told(sampling.take(orders(0..160, "OrderPlaced"), SECOND));
        assert_eq!(sampling.one_in(), 8);
        assert!((8..=40).contains(&placed.len()), "{}", placed.len());
        assert_eq!(told(sampling.take(orders(0..160, "OrderPaid"), SECOND)), placed);
        // Of more still, a part of the same.
        let fewer = told(sampling.take(orders(0..640, "OrderShipped"), SECOND));
        let known: BTreeSet<_> = told(orders(0..160, "OrderPlaced")).intersection(&fewer).cloned().collect();
        assert!(known.is_subset(&placed) && known.len() < placed.len(), "{known:?}");
    }

    #[test]
    fn a_moment_of_silence_changes_nothing_and_a_quiet_street_is_told_whole_again() {
        let mut sampling = Sampling::default();
        sampling.take(orders(0..80, "OrderPlaced"), SECOND);
        assert_eq!(sampling.one_in(), 4);
        for _ in 1..CALM {
            sampling.take(orders(0..2, "OrderPaid"), SECOND);
        }
        assert_eq!(sampling.one_in(), 4);
        sampling.take(Vec::new(), SECOND);
        assert_eq!(sampling.one_in(), 2);
        for _ in 0..CALM {
            sampling.take(Vec::new(), SECOND);
        }
        assert_eq!(sampling.one_in(), 1);
    }

    #[test]
    fn a_message_has_only_so_many_steps() {
        let mut sampling = Sampling::default();
        let many: Vec<_> = (0..40).flat_map(|stop| orders(0..20, &format!("Stop{stop}"))).collect();
        assert!(sampling.take(many, SECOND).len() <= MOST_STEPS);
        assert_eq!(sampling.one_in(), 2);
    }
}
