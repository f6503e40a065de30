//! Carts: who fills one how, and what they order of it.

use std::time::Duration;

use super::OPEN_SECONDS;
use super::dice::Dice;
use super::shopping::{Errand, errand};

/// How a customer orders what is in the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click {
    /// Under a key, again and again until it is answered.
    Keyed,
    /// Without a key, twice at the same time, again and again.
    Twice,
    /// Without a key, at the version that was read, while another device puts more in.
    AsRead,
    /// Without a key, once; whether it is answered or not.
    Once,
}

/// One change of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// So many pieces of a product come in, once.
    Add(usize, u32),
    /// So many pieces of it there are to be.
    Change(usize, u32),
    /// It is taken out.
    Remove(usize),
}

/// What one customer does by a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// When, paid how, and what follows the order; its lines are the cart's.
    pub errand: Errand,
    /// What they put in as a guest, before they have an account.
    pub as_guest: Vec<Step>,
    /// What they do on one device.
    pub steps: Vec<Step>,
    /// What they do on another at the same time.
    pub elsewhere: Vec<Step>,
    /// How long they look at the cart before they order.
    pub hesitates: Duration,
    /// How they order.
    pub click: Click,
    /// Whether they fill the cart and order another time.
    pub again: bool,
}

fn step(dice: &Dice, products: usize) -> Step {
    let product = dice.index(products);
    match dice.below(4) {
        0 => Step::Change(product, 1 + dice.pieces(3)),
        1 => Step::Remove(product),
        _ => Step::Add(product, 1 + dice.pieces(2)),
    }
}

fn steps(dice: &Dice, most: usize, products: usize) -> Vec<Step> {
    (0..dice.index(most + 1)).map(|_| step(dice, products)).collect()
}

pub(super) fn basket(dice: &Dice, products: usize) -> Basket {
    let errand = Errand { lines: Vec::new(), at: dice.millis(OPEN_SECONDS * 1000), ..errand(dice, products) };
    let add = |dice: &Dice| Step::Add(dice.index(products), 1 + dice.pieces(2));
    let click = [Click::Keyed, Click::Twice, Click::AsRead, Click::Once][dice.index(4)];
    Basket {
        errand,
        as_guest: if dice.one_in(3) { vec![add(dice), step(dice, products), add(dice)] } else { Vec::new() },
        steps: std::iter::once(add(dice)).chain(steps(dice, 3, products)).collect(),
        elsewhere: if dice.one_in(2) { steps(dice, 3, products) } else { Vec::new() },
        hesitates: dice.millis(12_000),
        click,
        again: click != Click::Once && dice.one_in(3),
    }
}
