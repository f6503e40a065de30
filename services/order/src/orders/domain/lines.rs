//! The lines of a request for an order, and what they cost.

use std::collections::BTreeMap;

use shotengai_contracts::events::OrderItem;
use shotengai_kernel::{Money, MoneyError, ProductId, Quantity};

use crate::prices::Offer;

/// The most lines an order may have; inventory writes an order's lines in one transaction.
pub const MAX_LINES: usize = 50;

/// Pieces of one product, and where in the request it was first named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces, of all lines that name it.
    pub quantity: Quantity,
    /// Index of the request's first line that names it.
    pub position: usize,
}

/// What an order wants: 1 to [`MAX_LINES`] lines, one a product, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines(Vec<Line>);

/// Why lines are no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// Nothing is wanted.
    #[error("an order has one line at least")]
    Empty,
    /// Too many products.
    #[error("an order has at most {MAX_LINES} products; this one has {0}")]
    TooMany(usize),
    /// The lines of one product together are too many pieces.
    #[error("all lines of {product_id} together have more than {} pieces", Quantity::MAX)]
    TooManyPieces {
        /// The product.
        product_id: ProductId,
        /// Index of the request's line that is too much.
        position: usize,
    },
    /// No such product is for sale.
    #[error("{product_id} is not for sale")]
    NotForSale {
        /// The product.
        product_id: ProductId,
        /// Index of the request's first line that names it.
        position: usize,
    },
    /// The sum can't be had.
    #[error("the order's total {0}")]
    Total(MoneyError),
}

impl LinesError {
    /// The field of the request it is about, as an RFC 6901 pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self {
            Self::Empty | Self::TooMany(_) | Self::Total(_) => "/items".to_owned(),
            Self::TooManyPieces { position, .. } => format!("/items/{position}/quantity"),
            Self::NotForSale { position, .. } => format!("/items/{position}/product_id"),
        }
    }
}

impl Lines {
    /// Merges the lines of a request: those of one product become one.
    ///
    /// # Errors
    /// [`LinesError::Empty`], [`LinesError::TooMany`], [`LinesError::TooManyPieces`].
    pub fn merge(wanted: impl IntoIterator<Item = (ProductId, Quantity)>) -> Result<Self, LinesError> {
        let mut lines: Vec<Line> = Vec::new();
        let mut places: BTreeMap<ProductId, usize> = BTreeMap::new();
        for (position, (product_id, quantity)) in wanted.into_iter().enumerate() {
            let known = places.get(&product_id).and_then(|place| lines.get_mut(*place));
            if let Some(line) = known {
                let sum = line.quantity.plus(quantity);
                line.quantity = sum.map_err(|_| LinesError::TooManyPieces { product_id, position })?;
            } else {
                places.insert(product_id.clone(), lines.len());
                lines.push(Line { product_id, quantity, position });
            }
        }
        match lines.len() {
            0 => Err(LinesError::Empty),
            1..=MAX_LINES => Ok(Self(lines)),
            more => Err(LinesError::TooMany(more)),
        }
    }

    /// The products wanted, each once.
    #[must_use]
    pub fn products(&self) -> Vec<ProductId> {
        self.0.iter().map(|line| line.product_id.clone()).collect()
    }

    /// The order's items at these offers, and their sum.
    ///
    /// # Errors
    /// [`LinesError::NotForSale`] for a product without an offer; [`LinesError::Total`] when the sum is too large or
    /// the offers are in different currencies.
    pub fn priced(self, offers: &BTreeMap<ProductId, Offer>) -> Result<(Vec<OrderItem>, Money), LinesError> {
        let mut items = Vec::with_capacity(self.0.len());
        let mut total: Option<Money> = None;
        for Line { product_id, quantity, position } in self.0 {
            let Some(offer) = offers.get(&product_id) else {
                return Err(LinesError::NotForSale { product_id, position });
            };
            let cost = offer.price.times(quantity.get()).map_err(LinesError::Total)?;
            total = Some(match total {
                None => cost,
                Some(total) => total.plus(cost).map_err(LinesError::Total)?,
            });
            items.push(OrderItem {
                product_id,
                name: offer.name.clone(),
                names: offer.names.clone(),
                quantity,
                price: offer.price,
            });
        }
        Ok((items, total.ok_or(LinesError::Empty)?))
    }
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{Currency, Names};

    use super::*;

    fn product(name: &str) -> ProductId {
        ProductId::parse(&format!("prod_{name}")).unwrap()
    }

    fn pieces(count: u32) -> Quantity {
        Quantity::new(count).unwrap()
    }

    fn offers(prices: &[(&str, i64)]) -> BTreeMap<ProductId, Offer> {
        prices
            .iter()
            .map(|(name, minor)| {
                let price = Money::from_minor(*minor, Currency::JPY).unwrap();
                (product(name), Offer { name: (*name).to_owned(), names: Names::default(), price })
            })
            .collect()
    }

    #[test]
    fn lines_of_one_product_become_one() {
        let lines = Lines::merge([(product("a"), pieces(1)), (product("b"), pieces(2)), (product("a"), pieces(3))]);
        let (items, total) = lines.unwrap().priced(&offers(&[("a", 200), ("b", 220)])).unwrap();
        assert_eq!(items.iter().map(|item| item.quantity.get()).collect::<Vec<_>>(), [4, 2]);
        assert_eq!(total.minor(), 1240);
    }

    #[test]
    fn no_lines_and_too_many_products_are_refused() {
        assert_eq!(Lines::merge([]), Err(LinesError::Empty));
        let many = (0..51).map(|n| (product(&n.to_string()), Quantity::ONE));
        assert_eq!(Lines::merge(many), Err(LinesError::TooMany(51)));
        let same = (0..51).map(|_| (product("a"), Quantity::ONE));
        assert_eq!(Lines::merge(same).unwrap().products().len(), 1);
    }

    #[test]
    fn a_sum_of_pieces_that_is_too_large_names_the_line() {
        let error = Lines::merge([(product("a"), pieces(Quantity::MAX)), (product("a"), pieces(1))]).unwrap_err();
        assert_eq!(error.pointer(), "/items/1/quantity");
    }

    #[test]
    fn a_product_that_is_not_for_sale_is_named_where_it_stood() {
        let wanted = [(product("a"), pieces(1)), (product("a"), pieces(1)), (product("gone"), pieces(1))];
        let error = Lines::merge(wanted).unwrap().priced(&offers(&[("a", 200)])).unwrap_err();
        assert_eq!(error.pointer(), "/items/2/product_id");
    }

    #[test]
    fn a_total_beyond_fifteen_digits_is_refused() {
        let lines = Lines::merge([(product("a"), pieces(2))]).unwrap();
        let error = lines.priced(&offers(&[("a", Money::MAX_MINOR)])).unwrap_err();
        assert_eq!(error, LinesError::Total(MoneyError::Range));
    }
}
