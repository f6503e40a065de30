//! Whole numbers of pieces.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A number of pieces, 1 to [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Quantity(u32);

/// Why a number is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to {max}", max = Quantity::MAX)]
pub struct QuantityError;

impl Quantity {
    /// The most pieces one line or one addition may have.
    pub const MAX: u32 = 1_000_000;
    /// One piece.
    pub const ONE: Self = Self(1);

    /// A quantity of `pieces`.
    ///
    /// # Errors
    /// [`QuantityError`] for 0 and above [`Quantity::MAX`].
    pub const fn new(pieces: u32) -> Result<Self, QuantityError> {
        if pieces == 0 || pieces > Self::MAX { Err(QuantityError) } else { Ok(Self(pieces)) }
    }

    /// As a number of pieces.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Both together.
    ///
    /// # Errors
    /// [`QuantityError`] when the sum is above [`Quantity::MAX`].
    pub const fn plus(self, other: Self) -> Result<Self, QuantityError> {
        // Two values of at most a million can't overflow 32 bits.
        Self::new(self.0 + other.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u32(Pieces)
    }
}

/// Says itself what is wanted: 0, -1 and 1.5 get the same answer.
struct Pieces;

impl serde::de::Visitor<'_> for Pieces {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 1 to {}", Quantity::MAX)
    }

    fn visit_u64<E: serde::de::Error>(self, pieces: u64) -> Result<Quantity, E> {
        let quantity = u32::try_from(pieces).ok().and_then(|pieces| Quantity::new(pieces).ok());
        quantity.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Unsigned(pieces), &self))
    }

    fn visit_i64<E: serde::de::Error>(self, pieces: i64) -> Result<Quantity, E> {
        let refused = |_| E::invalid_value(serde::de::Unexpected::Signed(pieces), &self);
        u64::try_from(pieces).map_err(refused).and_then(|pieces| self.visit_u64(pieces))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_fractions_and_too_much_are_refused() {
        for json in ["0", "-1", "1.5", "1000001", "9223372036854775808", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Quantity>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Quantity>("1000000").unwrap().get(), 1_000_000);
    }

    #[test]
    fn a_sum_above_the_maximum_is_refused() {
        let most = Quantity::new(Quantity::MAX).unwrap();
        assert_eq!(most.plus(Quantity::ONE), Err(QuantityError));
    }
}
