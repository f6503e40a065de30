//! Refunds of an order by the shop: what has been asked for, and what is left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::{EarlierRefund, OrderItem, OrderRefundRequested, RefundLine, StockLine};
use shotengai_kernel::{Money, MoneyError, ProductId, Quantity, RefundId};

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Billing has not answered yet.
    Requested,
    /// The money went back.
    Paid,
    /// The provider refused: money and pieces are as if it had never been asked for.
    Declined,
}

/// A refund that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
    /// The pieces it is for.
    pub lines: Vec<RefundLine>,
    /// The shop's words about it.
    pub reason: String,
    /// SHA-256 of the request that asked for it.
    pub fingerprint: String,
    /// How far it has come.
    pub state: RefundState,
}

/// All refunds of an order, oldest first. Together they are never more than was captured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refunds(Vec<Refund>);

impl Refunds {
    /// How many there are, declined ones included.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The refund of this id.
    #[must_use]
    pub fn get(&self, id: RefundId) -> Option<&Refund> {
        self.0.iter().find(|refund| refund.refund_id == id)
    }

    /// Those that have not been declined.
    pub fn standing(&self) -> impl Iterator<Item = &Refund> {
        self.0.iter().filter(|refund| refund.state != RefundState::Declined)
    }

    /// Money of `total` that no refund has asked for.
    ///
    /// # Errors
    /// [`MoneyError`] if they were more than it, which no decision allows.
    pub fn left_of(&self, total: Money) -> Result<Money, MoneyError> {
        self.standing().try_fold(total, |left, refund| left.minus(refund.amount))
    }

    /// Money that went back, in the currency of `zero`.
    ///
    /// # Errors
    /// [`MoneyError`] if it were more than can be paid, which no decision allows.
    pub fn paid(&self, zero: Money) -> Result<Money, MoneyError> {
        let paid = self.0.iter().filter(|refund| refund.state == RefundState::Paid);
        paid.into_iter().try_fold(zero, |sum, refund| sum.plus(refund.amount))
    }

    /// Pieces of a product that refunds are for.
    #[must_use]
    pub fn pieces(&self, product: &ProductId) -> u64 {
        let lines = self.standing().flat_map(|refund| &refund.lines);
        lines.filter(|line| line.product_id == *product).map(|line| u64::from(line.quantity.get())).sum()
    }

    /// Refunds as a cancellation names them.
    #[must_use]
    pub fn before_cancellation(&self) -> Vec<EarlierRefund> {
        let earlier = |refund: &Refund| EarlierRefund {
            refund_id: refund.refund_id,
            amount: refund.amount,
            is_paid: refund.state == RefundState::Paid,
        };
        self.standing().map(earlier).collect()
    }

    /// Pieces of refunds whose money went back, one line a product. No more than the order has of it, so each is a quantity.
    #[must_use]
    pub fn paid_pieces(&self) -> Vec<StockLine> {
        let mut pieces: BTreeMap<&ProductId, u32> = BTreeMap::new();
        let paid = self.0.iter().filter(|refund| refund.state == RefundState::Paid);
        for line in paid.flat_map(|refund| &refund.lines) {
            *pieces.entry(&line.product_id).or_default() += line.quantity.get();
        }
        let line = |(product, count): (&ProductId, u32)| {
            Some(StockLine { product_id: product.clone(), quantity: Quantity::new(count).ok()? })
        };
        pieces.into_iter().filter_map(line).collect()
    }

    pub(super) fn push(&mut self, event: &OrderRefundRequested) {
        self.0.push(Refund {
            refund_id: event.refund_id,
            amount: event.amount,
            lines: event.lines.clone(),
            reason: event.reason.clone(),
            fingerprint: event.request_fingerprint.clone(),
            state: RefundState::Requested,
        });
    }

    pub(super) fn set(&mut self, id: RefundId, state: RefundState) {
        if let Some(refund) = self.0.iter_mut().find(|refund| refund.refund_id == id) {
            refund.state = state;
        }
    }
}

/// Pieces of a product in an order.
#[must_use]
pub(super) fn ordered(items: &[OrderItem], product: &ProductId) -> u64 {
    items.iter().filter(|item| item.product_id == *product).map(|item| u64::from(item.quantity.get())).sum()
}

/// Price of `count` pieces of a product when they were ordered, after the first `skipped` of them. An order of today has one
/// line a product; of two lines with two prices the first is taken first.
///
/// # Errors
/// [`MoneyError::Range`] when the sum is too large, which no part of an order's total is.
pub(super) fn price_of(
    items: &[OrderItem],
    product: &ProductId,
    mut skipped: u64,
    mut count: u64,
    zero: Money,
) -> Result<Money, MoneyError> {
    let mut sum = zero;
    for item in items.iter().filter(|item| item.product_id == *product) {
        let pieces = u64::from(item.quantity.get());
        let over = skipped.min(pieces);
        skipped -= over;
        let taken = count.min(pieces - over);
        count -= taken;
        // No more than the line has, so it fits.
        sum = sum.plus(item.price.times(u32::try_from(taken).map_err(|_| MoneyError::Range)?)?)?;
    }
    Ok(sum)
}
