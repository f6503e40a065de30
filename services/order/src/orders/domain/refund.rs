//! Decisions about refunds by the shop. Order alone decides how much goes back, from what was captured and asked for before;
//! billing carries each out under its id.

use std::collections::BTreeMap;

use shotengai_contracts::OrderEvent;
use shotengai_contracts::events::{OrderRefundDeclined, OrderRefundRequested, OrderRefunded, OrderStage, RefundLine};
use shotengai_kernel::{Decimal, Money, MoneyError, ProductId, Quantity, RefundId};

use super::refunds::{RefundState, ordered, price_of};
use super::{Order, PlacedOrder, Refusal, TooEarly};

/// The most refunds of one order.
pub const MAX_REFUNDS: usize = 20;

/// A wish to give money back.
#[derive(Debug, Clone, PartialEq)]
pub struct RefundWish {
    /// The refund's id.
    pub refund_id: RefundId,
    /// SHA-256 of the request.
    pub fingerprint: String,
    /// The amount and pieces that are given back.
    pub what: Wanted,
    /// The shop's words about it.
    pub reason: String,
}

/// Amount and pieces of a refund.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// All that is left, and whether the pieces are sold again.
    Rest {
        /// Whether they are.
        restock: bool,
    },
    /// Money for no pieces.
    Money(Decimal),
    /// Pieces, at the prices that they were ordered at or for another amount.
    Pieces {
        /// Which, as the request has them.
        lines: Vec<RefundLine>,
        /// How much instead.
        amount: Option<Decimal>,
    },
}

/// Why a refund is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// There is no such order, or another request has used the key.
    #[error(transparent)]
    Order(#[from] Refusal),
    /// Nothing has been captured, or all of it goes back anyway.
    #[error("an order can be refunded once it is paid, and until it is cancelled; this one is {}", .0.as_str())]
    NotRefundable(OrderStage),
    /// It has as many as it may.
    #[error("the order has {MAX_REFUNDS} refunds already")]
    TooMany,
    /// A line of a product that the order has not; by its place in the request.
    #[error("the order has no {product}")]
    NotInOrder {
        /// The line.
        line: usize,
        /// Its product.
        product: ProductId,
    },
    /// The order still holds the pieces.
    #[error("pieces can be sold again once the order is shipped; it is {}", .0.as_str())]
    NotRestockable(OrderStage),
    /// More pieces than earlier refunds have left.
    #[error("{left} pieces of {product} are left to refund")]
    TooManyPieces {
        /// The product.
        product: ProductId,
        /// How many pieces are left.
        left: u64,
    },
    /// More money than earlier refunds have left.
    #[error("{left} is left to refund")]
    TooMuch {
        /// How much is left.
        left: Money,
    },
    /// Of no money.
    #[error("a refund must be of some money")]
    Nothing,
    /// No amount of the order's currency.
    #[error("amount: {0}")]
    Amount(#[from] MoneyError),
}

/// Asks for a refund. A repeated request leads to no second one.
///
/// # Errors
/// [`RefundRefusal`].
pub fn refund(order: &Order, wish: &RefundWish) -> Result<Vec<OrderEvent>, RefundRefusal> {
    let order = order.placed().ok_or(Refusal::NotFound)?;
    if let Some(before) = order.refunds.get(wish.refund_id) {
        let same = before.fingerprint == wish.fingerprint;
        return if same { Ok(Vec::new()) } else { Err(Refusal::KeyReused.into()) };
    }
    if !matches!(order.stage, OrderStage::Paid | OrderStage::Shipped) {
        return Err(RefundRefusal::NotRefundable(order.stage));
    }
    if order.refunds.count() >= MAX_REFUNDS {
        return Err(RefundRefusal::TooMany);
    }
    let left = order.refunds.left_of(order.total)?;
    let (amount, lines) = match &wish.what {
        Wanted::Rest { restock } => (left, rest(order, *restock)?),
        Wanted::Money(amount) => (Money::from_major(amount, order.total.currency())?, Vec::new()),
        Wanted::Pieces { lines, amount } => {
            let (price, lines) = pieces(order, lines)?;
            let given = amount.as_ref().map(|amount| Money::from_major(amount, order.total.currency())).transpose()?;
            (given.unwrap_or(price), lines)
        }
    };
    if order.stage != OrderStage::Shipped && lines.iter().any(|line| line.restock) {
        return Err(RefundRefusal::NotRestockable(order.stage));
    }
    if left.minor() == 0 || amount.minor() > left.minor() {
        return Err(RefundRefusal::TooMuch { left });
    }
    if amount.minor() == 0 {
        return Err(RefundRefusal::Nothing);
    }
    let requested = OrderRefundRequested {
        refund_id: wish.refund_id,
        order_id: order.order_id.clone(),
        user_id: order.user_id.clone(),
        amount,
        lines,
        reason: wish.reason.clone(),
        request_fingerprint: wish.fingerprint.clone(),
    };
    Ok(vec![requested.into()])
}

/// Every piece that no refund is for.
fn rest(order: &PlacedOrder, restock: bool) -> Result<Vec<RefundLine>, RefundRefusal> {
    let products: BTreeMap<&ProductId, u64> = order
        .items
        .iter()
        .map(|item| &item.product_id)
        .map(|product| (product, ordered(&order.items, product).saturating_sub(order.refunds.pieces(product))))
        .collect();
    let left = products.into_iter().filter(|(_, left)| *left > 0);
    left.map(|(product, left)| line(product, left, restock)).collect()
}

/// These pieces, one line for all of a product that are sold again and one for the others; and what they cost.
fn pieces(order: &PlacedOrder, wanted: &[RefundLine]) -> Result<(Money, Vec<RefundLine>), RefundRefusal> {
    let mut merged: BTreeMap<(&ProductId, bool), u64> = BTreeMap::new();
    let mut products: BTreeMap<&ProductId, u64> = BTreeMap::new();
    for (index, RefundLine { product_id, quantity, restock }) in wanted.iter().enumerate() {
        if ordered(&order.items, product_id) == 0 {
            return Err(RefundRefusal::NotInOrder { line: index, product: product_id.clone() });
        }
        *merged.entry((product_id, *restock)).or_default() += u64::from(quantity.get());
        *products.entry(product_id).or_default() += u64::from(quantity.get());
    }
    let mut price = Money::zero(order.total.currency());
    for (product, count) in products {
        let before = order.refunds.pieces(product);
        let left = ordered(&order.items, product).saturating_sub(before);
        if count > left {
            return Err(RefundRefusal::TooManyPieces { product: product.clone(), left });
        }
        price = price_of(&order.items, product, before, count, price)?;
    }
    let lines = merged.into_iter().map(|((product, restock), count)| line(product, count, restock));
    Ok((price, lines.collect::<Result<_, _>>()?))
}

fn line(product: &ProductId, count: u64, restock: bool) -> Result<RefundLine, RefundRefusal> {
    let too_many = || RefundRefusal::TooManyPieces { product: product.clone(), left: u64::from(Quantity::MAX) };
    let quantity = u32::try_from(count).ok().and_then(|count| Quantity::new(count).ok()).ok_or_else(too_many)?;
    Ok(RefundLine { product_id: product.clone(), quantity, restock })
}

/// Takes in that the money of a refund went back.
///
/// # Errors
/// [`TooEarly`] when the order knows of no such refund.
pub(super) fn paid(order: &PlacedOrder, id: RefundId) -> Result<Vec<OrderEvent>, TooEarly> {
    let refund = order.refunds.get(id).ok_or(TooEarly(Some(order.stage)))?;
    if refund.state != RefundState::Requested {
        return Ok(Vec::new());
    }
    let before = order.refunds.paid(Money::zero(order.total.currency()));
    // All of them together are no more than the total, so their sum is an amount.
    let refunded = before.and_then(|before| before.plus(refund.amount)).unwrap_or(order.total);
    let refunded = OrderRefunded {
        refund_id: id,
        order_id: order.order_id.clone(),
        user_id: order.user_id.clone(),
        items: order.items.clone(),
        total: order.total,
        amount: refund.amount,
        refunded,
        lines: refund.lines.clone(),
        reason: refund.reason.clone(),
        refunded_from: order.stage,
    };
    Ok(vec![refunded.into()])
}

/// Takes in that the provider refused a refund.
///
/// # Errors
/// [`TooEarly`] when the order knows of no such refund.
pub(super) fn declined(order: &PlacedOrder, id: RefundId) -> Result<Vec<OrderEvent>, TooEarly> {
    let refund = order.refunds.get(id).ok_or(TooEarly(Some(order.stage)))?;
    if refund.state != RefundState::Requested {
        return Ok(Vec::new());
    }
    let (order_id, user_id, amount) = (order.order_id.clone(), order.user_id.clone(), refund.amount);
    Ok(vec![OrderRefundDeclined { refund_id: id, order_id, user_id, amount }.into()])
}
