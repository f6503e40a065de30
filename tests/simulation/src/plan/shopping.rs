//! What is sold, and who buys what.

use std::time::Duration;

use super::OPEN_SECONDS;
use super::dice::Dice;
use super::refunds::Refund;
use shotengai_order::orders::domain::MAX_LINES;

/// Means of payment that the built-in provider knows.
pub mod tokens {
    /// The amount is never held.
    pub const DECLINED: &str = "tok_declined";
    /// The amount is held and handed over.
    pub const GOOD: &str = "tok_good";
    /// The amount is held, and never handed over.
    pub const CAPTURE_DECLINED: &str = "tok_capture_declined";
    /// The amount is held and handed over, and nothing of it goes back.
    pub const REFUND_DECLINED: &str = "tok_refund_declined";
}

/// How a customer asks for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Under a key, again and again until it is answered.
    Keyed,
    /// As above, twice at the same time.
    DoubleClick,
    /// As above; once it is accepted, another body is sent under the same key, which must be refused.
    OtherBody,
    /// Without a key, once; whether it is answered or not.
    Unkeyed,
}

/// What one customer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// When they begin.
    pub at: Duration,
    /// Who.
    pub customer: u64,
    /// How they ask.
    pub asking: Asking,
    /// Products (by index) and pieces.
    pub lines: Vec<(usize, u32)>,
    /// Their means of payment.
    pub token: Option<&'static str>,
    /// They think better of it, this long after the order was accepted.
    pub cancels: Option<Duration>,
    /// They read the order's history, this long after it was accepted.
    pub reads: Option<Duration>,
    /// The administrator ships it once it is paid, trying from this long after it was accepted.
    pub ships: Option<Duration>,
    /// What the administrator gives back of it, once it is paid.
    pub refunds: Vec<Refund>,
}

/// A product and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Whether the administrator chose its id; otherwise it derives from the request's key.
    pub chosen_id: bool,
    /// Events of price, and pieces that came in one by one, from before the first customer: enough for a snapshot.
    pub prehistory: u32,
    /// Pieces at first.
    pub stock: u32,
    /// Pieces that are added later, and when.
    pub additions: Vec<(Duration, u32)>,
    /// When it costs something else.
    pub price_changes: Vec<Duration>,
    /// When it is taken out of the street.
    pub deleted: Option<Duration>,
}

impl Goods {
    /// All pieces that ever come in.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        let later = self.additions.iter().map(|(_, pieces)| u64::from(*pieces)).sum::<u64>();
        u64::from(self.stock) + u64::from(self.prehistory) + later
    }
}

pub(super) fn goods(dice: &Dice, old: bool) -> Goods {
    let open = OPEN_SECONDS * 1000;
    Goods {
        chosen_id: old || !dice.one_in(3),
        // Just below or above the hundred events after which a snapshot is due.
        prehistory: if old { 105 + dice.pieces(20) } else { 0 },
        stock: 1 + dice.pieces(8),
        additions: dice.some(3, |dice| (dice.millis(open), 1 + dice.pieces(5))).into_iter().collect(),
        price_changes: dice.some(4, |dice| dice.millis(open)).into_iter().collect(),
        deleted: dice.some(10, |dice| dice.millis(open)),
    }
}

pub(super) fn errand(dice: &Dice, products: usize) -> Errand {
    let first = dice.index(products);
    let lines = (0..1 + dice.index(products)).map(|step| ((first + step) % products, 1 + dice.pieces(3))).collect();
    let token = match dice.below(8) {
        0 => Some(tokens::DECLINED),
        1 => Some(tokens::CAPTURE_DECLINED),
        // Most name their means of payment: what billing finds of it decides about them.
        2..6 => Some(tokens::GOOD),
        _ => None,
    };
    let asking = match dice.below(10) {
        0 => Asking::DoubleClick,
        1 => Asking::OtherBody,
        2 => Asking::Unkeyed,
        _ => Asking::Keyed,
    };
    Errand {
        at: dice.millis(OPEN_SECONDS * 1000),
        customer: dice.below(3),
        asking,
        lines,
        token,
        cancels: dice.some(4, |dice| dice.millis(15_000)),
        reads: dice.some(5, |dice| dice.millis(15_000)),
        ships: dice.some(3, |dice| dice.millis(20_000)),
        refunds: Vec::new(),
    }
}

/// A product that nobody runs out of, and nobody changes.
pub(super) fn plenty(dice: &Dice) -> Goods {
    Goods {
        chosen_id: true,
        prehistory: 0,
        stock: 100 + dice.pieces(100),
        additions: Vec::new(),
        price_changes: Vec::new(),
        deleted: None,
    }
}

/// An order of as many lines as one may have, at about the time of the others. No two want all the same products.
pub(super) fn large_errand(dice: &Dice, place: usize, products: usize) -> Errand {
    let lines = (0..MAX_LINES).map(|step| ((place * MAX_LINES + step) % products, 1 + dice.pieces(2))).collect();
    let at = Duration::from_millis(20_000) + dice.millis(200);
    Errand { at, asking: Asking::Keyed, lines, token: Some(tokens::GOOD), cancels: None, ..errand(dice, products) }
}
