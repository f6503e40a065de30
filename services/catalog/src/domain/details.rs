//! What a product is called, what is said about it and what it costs.

use serde::{Deserialize, Serialize};
use shotengai_kernel::{Currency, Money, MoneyError};

/// The most characters of a name.
pub const MAX_NAME: usize = 200;
/// The most characters of a description.
pub const MAX_DESCRIPTION: usize = 2000;
/// The most pieces a product may start with.
pub const MAX_STOCK: u32 = 1_000_000;

/// Name, description and price of a product; none of them can be bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    name: String,
    description: String,
    price: Money,
}

/// Which field is bad, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetailsError {
    /// The name is blank, too long, or has control characters.
    #[error("name must have 1 to {MAX_NAME} characters and no control characters")]
    Name,
    /// The description is too long, or has control characters other than line breaks and tabs.
    #[error("description must have at most {MAX_DESCRIPTION} characters and no control characters but line breaks")]
    Description,
    /// The price is no amount of the street's currency.
    #[error("price {0}")]
    Price(#[from] MoneyError),
    /// The stock is too large.
    #[error("stock must be a whole number from 0 to {MAX_STOCK}")]
    Stock,
}

impl DetailsError {
    /// The field of the request it is about, as an RFC 6901 pointer.
    #[must_use]
    pub const fn pointer(&self) -> &'static str {
        match self {
            Self::Name => "/name",
            Self::Description => "/description",
            Self::Price(_) => "/price",
            Self::Stock => "/stock",
        }
    }
}

impl Details {
    /// Reads what an administrator wrote. White space around name and description is not kept.
    ///
    /// # Errors
    /// [`DetailsError`] for the first bad field.
    pub fn parse(
        name: &str,
        description: &str,
        price: &serde_json::Number,
        currency: Currency,
    ) -> Result<Self, DetailsError> {
        let (name, description) = (name.trim(), description.trim());
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(DetailsError::Name);
        }
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if description.chars().count() > MAX_DESCRIPTION || description.chars().any(control) {
            return Err(DetailsError::Description);
        }
        let price = Money::from_major_number(price, currency)?;
        Ok(Self { name: name.to_owned(), description: description.to_owned(), price })
    }

    /// As an event has it: what happened is not judged again.
    pub(super) const fn recorded(name: String, description: String, price: Money) -> Self {
        Self { name, description, price }
    }

    pub(super) const fn reprice(&mut self, price: Money) {
        self.price = price;
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A few sentences for people.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Price of one piece.
    #[must_use]
    pub const fn price(&self) -> Money {
        self.price
    }
}

/// The pieces a product starts with.
///
/// # Errors
/// [`DetailsError::Stock`] above [`MAX_STOCK`].
pub const fn initial_stock(pieces: u32) -> Result<u32, DetailsError> {
    if pieces > MAX_STOCK { Err(DetailsError::Stock) } else { Ok(pieces) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, description: &str, price: f64) -> Result<Details, DetailsError> {
        let price = serde_json::Number::from_f64(price).unwrap();
        Details::parse(name, description, &price, Currency::JPY)
    }

    #[test]
    fn a_name_has_something_to_read_and_no_control_characters() {
        assert_eq!(parse(" きのこの山 ", "", 200.0).unwrap().name(), "きのこの山");
        assert!(parse(&"山".repeat(200), "", 200.0).is_ok());
        for name in ["", "  ", "a\u{0}b", "a\nb", &"山".repeat(201), &"x".repeat(10_000)] {
            assert_eq!(parse(name, "", 200.0), Err(DetailsError::Name), "{name:?}");
        }
    }

    #[test]
    fn a_description_may_have_lines_but_no_end() {
        assert!(parse("a", "one\n\ttwo", 200.0).is_ok());
        assert_eq!(parse("a", "\u{7}", 200.0), Err(DetailsError::Description));
        assert_eq!(parse("a", &"x".repeat(2001), 200.0), Err(DetailsError::Description));
    }

    #[test]
    fn a_price_fits_the_currency() {
        for price in [-1.0, 200.5, 1e15] {
            let error = parse("a", "", price).unwrap_err();
            assert_eq!(error.pointer(), "/price", "{price}");
        }
    }
}
