//! What the shop gives back of orders that were paid.

use std::time::Duration;

use super::dice::Dice;
use super::shopping::{Errand, tokens};

/// What is asked back of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivesBack {
    /// All that is left, and whether the pieces are sold again.
    Rest(bool),
    /// Some yen for no pieces.
    Money(u32),
    /// One piece of its first line, and whether it is sold again.
    Piece(bool),
}

/// A refund by the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// How long after the order was accepted the administrator begins to try.
    pub after: Duration,
    /// What.
    pub what: GivesBack,
    /// Whether two of them click at the same time, under one key.
    pub twice: bool,
}

/// Some errands have refunds, and some of those a means of payment that takes none. What such a payment has cost stays with the
/// shop when the order is cancelled, too, until somebody looks at the letter: so nobody cancels any of those.
pub(super) fn ask_back(dice: &Dice, errand: &mut Errand, is_cancelled: bool) {
    errand.refunds = dice.some(2, refunds).unwrap_or_default();
    let is_paid = matches!(errand.token, None | Some(tokens::GOOD));
    if !errand.refunds.is_empty() && is_paid && errand.cancels.is_none() && !is_cancelled && dice.one_in(4) {
        errand.token = Some(tokens::REFUND_DECLINED);
    }
}

fn refunds(dice: &Dice) -> Vec<Refund> {
    let refund = |_| {
        let what = match dice.below(4) {
            0 => GivesBack::Rest(dice.one_in(2)),
            1 => GivesBack::Money(1 + dice.pieces(300)),
            _ => GivesBack::Piece(dice.one_in(2)),
        };
        Refund { after: dice.millis(20_000), what, twice: dice.one_in(3) }
    };
    (0..1 + dice.index(3)).map(refund).collect()
}
