//! Name, description and price of a product.

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::Presentation;
use shotengai_kernel::{Currency, Decimal, Money, MoneyError, Names, NamesError, TextError, TextRule};

use super::extras::{Extras, MAX_CATEGORIES};

/// Rule for a name.
pub const NAME: TextRule = TextRule::line(1, 200);
/// Rule for a description.
pub const DESCRIPTION: TextRule = TextRule::prose(2000);
/// The most pieces a product may start with.
pub const MAX_STOCK: u32 = 1_000_000;

/// Names, descriptions, categories and price of a product; none of them can be bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    name: String,
    #[serde(default)]
    names: Names,
    description: String,
    #[serde(default)]
    presentation: Presentation,
    price: Money,
}

/// Which field is bad, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetailsError {
    /// The name.
    #[error("name {0}")]
    Name(TextError),
    /// A name in another language, or its language.
    #[error("names {0}")]
    Names(NamesError),
    /// The description.
    #[error("description {0}")]
    Description(TextError),
    /// A description in another language, or its language.
    #[error("descriptions {0}")]
    Descriptions(NamesError),
    /// Too many categories.
    #[error("categories must be {MAX_CATEGORIES} at the most")]
    Categories,
    /// The category at this place.
    #[error(
        "category {0} must be lower-case letters, digits and -, four levels at the most with / between, and not given twice"
    )]
    Category(usize),
    /// The words to find it by.
    #[error("search_text {0}")]
    SearchText(TextError),
    /// The price is no amount of the street's currency.
    #[error("price {0}")]
    Price(MoneyError),
    /// The stock is too large.
    #[error("stock must be a whole number from 0 to {MAX_STOCK}")]
    Stock,
}

impl DetailsError {
    /// The field of the request it is about, as an RFC 6901 pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self {
            Self::Name(_) => "/name".to_owned(),
            Self::Names(NamesError::Text { language, .. }) => format!("/names/{language}"),
            Self::Names(_) => "/names".to_owned(),
            Self::Description(_) => "/description".to_owned(),
            Self::Descriptions(NamesError::Text { language, .. }) => format!("/descriptions/{language}"),
            Self::Descriptions(_) => "/descriptions".to_owned(),
            Self::Categories => "/categories".to_owned(),
            Self::Category(at) => format!("/categories/{at}"),
            Self::SearchText(_) => "/search_text".to_owned(),
            Self::Price(_) => "/price".to_owned(),
            Self::Stock => "/stock".to_owned(),
        }
    }
}

impl Details {
    /// Reads what an administrator wrote. White space around name and description is not kept.
    ///
    /// # Errors
    /// Every bad field.
    pub fn parse(
        name: &str,
        description: &str,
        price: &Decimal,
        currency: Currency,
    ) -> Result<Self, Vec<DetailsError>> {
        let checked = all(self::name(name), self::description(description), self::price(price, currency));
        checked.map(|(name, description, price)| Self::plain(name, description, price))
    }

    /// Details without any of what a request may leave out.
    pub(super) fn plain(name: String, description: String, price: Money) -> Self {
        let (names, presentation) = (Names::default(), Presentation::default());
        Self { name, names, description, presentation, price }
    }

    /// As an event has it: what happened is not judged again.
    pub(super) const fn recorded(
        name: String,
        names: Names,
        description: String,
        presentation: Presentation,
        price: Money,
    ) -> Self {
        Self { name, names, description, presentation, price }
    }

    /// The same with all that a request may leave out; none of it, where the request does.
    #[must_use]
    pub fn with(self, extras: &Extras) -> Self {
        extras.complete(self, None)
    }

    pub(super) fn presented(self, names: Names, presentation: Presentation) -> Self {
        Self { names, presentation, ..self }
    }

    pub(super) const fn reprice(&mut self, price: Money) {
        self.price = price;
    }

    /// Name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names for people, in other languages.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// A few sentences for people.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How it is presented beside that.
    #[must_use]
    pub const fn presentation(&self) -> &Presentation {
        &self.presentation
    }

    /// Price of one piece.
    #[must_use]
    pub const fn price(&self) -> Money {
        self.price
    }
}

pub(super) fn name(text: &str) -> Result<&str, DetailsError> {
    NAME.check(text).map_err(DetailsError::Name)
}

pub(super) fn description(text: &str) -> Result<&str, DetailsError> {
    DESCRIPTION.check(text).map_err(DetailsError::Description)
}

pub(super) fn price(amount: &Decimal, currency: Currency) -> Result<Money, DetailsError> {
    Money::from_major(amount, currency).map_err(DetailsError::Price)
}

/// All three, or every one that is bad.
pub(super) fn all<P>(
    name: Result<&str, DetailsError>,
    description: Result<&str, DetailsError>,
    price: Result<P, DetailsError>,
) -> Result<(String, String, P), Vec<DetailsError>> {
    match (name, description, price) {
        (Ok(name), Ok(description), Ok(price)) => Ok((name.to_owned(), description.to_owned(), price)),
        (name, description, price) => Err([name.err(), description.err(), price.err()].into_iter().flatten().collect()),
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

    fn parse(name: &str, description: &str, price: f64) -> Result<Details, Vec<DetailsError>> {
        let price = serde_json::Number::from_f64(price).unwrap().into();
        Details::parse(name, description, &price, Currency::JPY)
    }

    #[test]
    fn a_name_has_something_to_read_and_no_control_characters() {
        assert_eq!(parse(" きのこの山 ", "", 200.0).unwrap().name(), "きのこの山");
        assert!(parse(&"山".repeat(200), "", 200.0).is_ok());
        for name in ["", "  ", "a\u{0}b", "a\nb", &"山".repeat(201), &"x".repeat(10_000)] {
            assert!(matches!(parse(name, "", 200.0).unwrap_err()[..], [DetailsError::Name(_)]), "{name:?}");
        }
    }

    #[test]
    fn a_description_may_have_lines_but_no_end() {
        assert!(parse("a", "one\n\ttwo", 200.0).is_ok());
        for description in ["\u{7}", &"x".repeat(2001)] {
            assert!(matches!(parse("a", description, 200.0).unwrap_err()[..], [DetailsError::Description(_)]));
        }
    }

    #[test]
    fn a_price_fits_the_currency() {
        for price in [-1.0, 200.5, 1e15] {
            assert_eq!(parse("a", "", price).unwrap_err()[0].pointer(), "/price", "{price}");
        }
    }

    #[test]
    fn every_bad_field_is_named() {
        let pointers: Vec<_> = parse("", "\u{7}", -1.0).unwrap_err().iter().map(DetailsError::pointer).collect();
        assert_eq!(pointers, ["/name", "/description", "/price"]);
    }
}
