//! Prices that come from outside, by the price stream.

use std::time::Duration;

use super::OPEN_SECONDS;
use super::dice::Dice;
use super::faults::Happening;
use super::shopping::Goods;
use crate::process::PROCESSES;
use crate::uses::runs;
use shotengai_contracts::topology::Service;

/// A price that the source sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// When; it waits until the one before has come in.
    pub at: Duration,
    /// Of which product, by index; none is a product that nobody has.
    pub product: Option<usize>,
    /// In yen.
    pub price: u32,
}

/// Prices of one evening, by time: some one by one, some in a hurry.
pub(super) fn prices(dice: &Dice, goods: &[Goods]) -> Vec<Priced> {
    // What comes for a product that is taken away is a letter or a price, as it happens.
    let on_sale: Vec<_> = (0..goods.len().min(3)).filter(|index| goods[*index].deleted.is_none()).collect();
    if on_sale.is_empty() {
        return Vec::new();
    }
    let hurry = Duration::from_secs(5) + dice.millis(OPEN_SECONDS * 1000 / 2);
    let mut prices: Vec<_> = (0..2 + dice.index(14))
        .map(|_| Priced {
            at: if dice.one_in(2) { hurry + dice.millis(1500) } else { dice.millis(OPEN_SECONDS * 1000) },
            product: Some(on_sale[dice.index(on_sale.len())]),
            price: 50 + dice.pieces(500),
        })
        .collect();
    if dice.one_in(3) {
        prices.push(Priced { at: dice.millis(OPEN_SECONDS * 1000), product: None, price: dice.pieces(500) });
    }
    prices.sort_by_key(|priced| priced.at);
    prices
}

/// A process that reads them stands still in the middle of it, long enough that another takes over.
pub(super) fn sleeper(dice: &Dice) -> (Duration, Happening) {
    let readers: Vec<_> = (0..PROCESSES.len()).filter(|process| runs(*process, Service::CATALOG)).collect();
    let frozen = Duration::from_secs(15) + dice.millis(20_000);
    (
        Duration::from_secs(5) + dice.millis(20_000),
        Happening::Freeze { process: readers[dice.index(readers.len())], frozen },
    )
}
