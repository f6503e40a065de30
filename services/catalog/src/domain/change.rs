//! A change of a product, as it is asked for.

use shotengai_kernel::{Currency, Decimal, Money};

use super::details::{all, description, name, price};
use super::{Details, DetailsError, Extras, GivenExtras};

/// Name and description of a product, and of its other fields those that a request gives: the others stay.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    name: String,
    description: String,
    price: Option<Money>,
    extras: Extras,
}

impl Change {
    /// Reads what an administrator wrote. White space around name and description is not kept.
    ///
    /// # Errors
    /// Every bad field.
    pub fn parse(
        its_name: &str,
        its_description: &str,
        its_price: Option<&Decimal>,
        currency: Currency,
        extras: GivenExtras<'_>,
    ) -> Result<Self, Vec<DetailsError>> {
        let its_price = its_price.map(|given| price(given, currency)).transpose();
        match (all(name(its_name), description(its_description), its_price), Extras::parse(extras)) {
            (Ok((name, description, price)), Ok(extras)) => Ok(Self { name, description, price, extras }),
            (plain, extras) => Err([plain.err(), extras.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// To the name, description and price of these; all else stays.
    #[must_use]
    pub fn to(details: &Details) -> Self {
        let (name, description) = (details.name().to_owned(), details.description().to_owned());
        Self { name, description, price: Some(details.price()), extras: Extras::default() }
    }

    /// The details that a product has after it.
    pub(super) fn of(&self, before: &Details) -> Details {
        let price = self.price.unwrap_or_else(|| before.price());
        let plain = Details::plain(self.name.clone(), self.description.clone(), price);
        self.extras.complete(plain, Some(before))
    }
}
