//! How many shards are whose.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many of `shards` should be `me`'s, where `held` says how many each live member has, `me` included.
///
/// Shares differ by one at most. Those who hold most get the larger ones, so that as few as possible move; among equals
/// the name decides. All who see the same come to shares that add up to `shards`.
pub(crate) fn share_of(me: &str, held: &BTreeMap<String, usize>, shards: usize) -> usize {
    let members = held.len().max(1);
    let mut order: Vec<_> = held.iter().map(|(name, held)| (Reverse(*held), name.as_str())).collect();
    order.sort_unstable();
    let place = order.iter().position(|(_, name)| *name == me).unwrap_or(members);
    shards / members + usize::from(place < shards % members)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(counts: &[usize]) -> BTreeMap<String, usize> {
        counts.iter().enumerate().map(|(n, held)| (format!("m{n:02}"), *held)).collect()
    }

    fn shares(counts: &[usize], shards: usize) -> Vec<usize> {
        let held = held(counts);
        held.keys().map(|name| share_of(name, &held, shards)).collect()
    }

    #[test]
    fn four_shards_are_shared_by_two_three_and_five() {
        assert_eq!(shares(&[4], 4), [4]);
        assert_eq!(shares(&[4, 0], 4), [2, 2]);
        assert_eq!(shares(&[2, 2, 0], 4), [2, 1, 1]);
        assert_eq!(shares(&[0, 2, 2], 4), [1, 2, 1]);
        assert_eq!(shares(&[0, 0, 0, 0, 0], 4), [1, 1, 1, 1, 0]);
        assert_eq!(shares(&[3, 1, 1], 5), [2, 2, 1]);
    }

    proptest! {
        #[test]
        fn shares_add_up_differ_by_one_and_move_nothing_once_they_are_held(
            counts in proptest::collection::vec(0_usize..9, 1..9), shards in 0_usize..40,
        ) {
            let shares = shares(&counts, shards);
            prop_assert_eq!(shares.iter().sum::<usize>(), shards);
            prop_assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
            prop_assert_eq!(super::tests::shares(&shares, shards), shares);
        }
    }
}
