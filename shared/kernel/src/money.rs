//! Amounts of money.
//!
//! An amount is a whole number of the currency's minor unit (ISO 4217: yen have none, so ¥200 is 200; $29.99 is 2999).
//! In JSON it is a decimal number of major units. Amounts are bounded to 15 digits, the number of decimal digits that a
//! double always carries, so that writing and reading such a number is exact in every JSON implementation.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::decimal::{Decimal, NotWhole};

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Japanese yen, the street's default.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// Reads an ISO 4217 letter code.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] for a code that is unknown or has no minor unit of its own (precious metals, test codes).
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let currency = iso_currency::Currency::from_code(code).ok_or(MoneyError::Currency)?;
        currency.exponent().ok_or(MoneyError::Currency)?;
        Ok(Self(currency))
    }

    /// Its ISO 4217 letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Its sign, for people.
    #[must_use]
    pub fn symbol(self) -> String {
        // ISO has no sign for these; the library answers with the code's own for most.
        if self == Self::JPY { "¥".to_owned() } else { self.0.symbol().to_string() }
    }

    /// How many decimals an amount in major units has.
    #[must_use]
    pub fn decimals(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    fn minor_per_major(self) -> i64 {
        10_i64.pow(self.decimals())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::parse(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// Why an amount can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an ISO 4217 code that prices can be in.
    #[error("must be an ISO 4217 currency code such as JPY")]
    Currency,
    /// Below zero, or above what 15 digits hold.
    #[error("must be from 0 to 999,999,999,999,999 minor units")]
    Range,
    /// More decimals than the currency has.
    #[error("{currency} amounts have {decimals} decimals at the most")]
    Decimals {
        /// The currency's code.
        currency: &'static str,
        /// How many it has.
        decimals: u32,
    },
    /// Two currencies in one sum.
    #[error("{0} and {1} can't be added")]
    Mixed(&'static str, &'static str),
}

/// An amount of one currency, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// The largest amount, in minor units.
    pub const MAX_MINOR: i64 = 999_999_999_999_999;

    /// An amount of `minor` minor units.
    ///
    /// # Errors
    /// [`MoneyError::Range`] below 0 and above [`Money::MAX_MINOR`].
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if (0..=Self::MAX_MINOR).contains(&minor) { Ok(Self { minor, currency }) } else { Err(MoneyError::Range) }
    }

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads a number of major units (`29.99`). Every digit counts: one below the minor unit is never rounded away.
    ///
    /// # Errors
    /// [`MoneyError::Decimals`] when the currency has no such fraction, [`MoneyError::Range`] outside the bounds.
    pub fn from_major(number: &Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let decimals = currency.decimals();
        let minor = number.to_units(decimals).map_err(|refusal| match refusal {
            NotWhole::Range => MoneyError::Range,
            NotWhole::Fraction => MoneyError::Decimals { currency: currency.code(), decimals },
        })?;
        Self::from_minor(minor, currency)
    }

    /// In minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Its currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// As a JSON number of major units: whole where there is no fraction, else the shortest decimal.
    #[must_use]
    pub fn to_major_number(self) -> serde_json::Number {
        let per_major = self.currency.minor_per_major();
        if self.minor % per_major == 0 {
            return serde_json::Number::from(self.minor / per_major);
        }
        // A bounded amount is finite, so the fallback is never taken.
        serde_json::Number::from_f64(self.major()).unwrap_or_else(|| serde_json::Number::from(0))
    }

    /// Both together.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::Range`] when the sum is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency.code(), other.currency.code()));
        }
        Self::from_minor(self.minor + other.minor, self.currency)
    }

    /// Difference: this without the other.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::Range`] when the other is more.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency.code(), other.currency.code()));
        }
        Self::from_minor(self.minor - other.minor, self.currency)
    }

    /// `count` times this.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the product is too large.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(count)).ok_or(MoneyError::Range)?;
        Self::from_minor(minor, self.currency)
    }

    fn major(self) -> f64 {
        major_factor(self.minor) / major_factor(self.currency.minor_per_major())
    }
}

/// Exact: both kinds of numbers that come here have at most 15 digits.
#[expect(clippy::cast_precision_loss, reason = "at most 15 digits")]
fn major_factor(whole: i64) -> f64 {
    whole as f64
}

impl fmt::Display for Money {
    /// For people and logs: `¥1,200`, `$29.99`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_major = self.currency.minor_per_major();
        let whole = (self.minor / per_major).to_string();
        f.write_str(&self.currency.symbol())?;
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if per_major > 1 {
            let width = usize::try_from(self.currency.decimals()).unwrap_or(0);
            write!(f, ".{:0width$}", self.minor % per_major)?;
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<Amount> {
    amount: Amount,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.to_major_number(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::<Decimal>::deserialize(deserializer)?;
        Self::from_major(&wire.amount, wire.currency).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "An ISO 4217 currency.", "pattern": "^[A-Z]{3}$" })
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "An amount in major units of an ISO 4217 currency.",
            "properties": {
                "amount": { "type": "number", "minimum": 0 },
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" }
            },
            "required": ["amount", "currency"],
            "additionalProperties": false
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn yen(minor: i64) -> Money {
        Money::from_minor(minor, Currency::JPY).unwrap()
    }

    #[test]
    fn yen_have_no_decimals() {
        assert_eq!(serde_json::to_string(&yen(200)).unwrap(), r#"{"amount":200,"currency":"JPY"}"#);
        let error = serde_json::from_str::<Money>(r#"{"amount":200.5,"currency":"JPY"}"#).unwrap_err();
        assert!(error.to_string().contains("JPY amounts have 0 decimals"), "{error}");
    }

    #[test]
    fn a_whole_double_is_a_whole_amount() {
        assert_eq!(serde_json::from_str::<Money>(r#"{"amount":200.0,"currency":"JPY"}"#).unwrap(), yen(200));
    }

    #[test]
    fn dollars_have_two() {
        let money: Money = serde_json::from_str(r#"{"amount":29.99,"currency":"USD"}"#).unwrap();
        assert_eq!(money.minor(), 2999);
        assert_eq!(money.to_string(), "$29.99");
        assert!(serde_json::from_str::<Money>(r#"{"amount":29.999,"currency":"USD"}"#).is_err());
    }

    #[test]
    fn negative_and_huge_amounts_are_refused() {
        for amount in ["-1", "1e300", "9223372036854775808", "1000000000000000"] {
            let json = format!(r#"{{"amount":{amount},"currency":"JPY"}}"#);
            assert!(serde_json::from_str::<Money>(&json).is_err(), "{amount}");
        }
    }

    #[test]
    fn a_digit_that_no_double_holds_still_counts() {
        for (amount, code) in [
            ("100.0000000000000000000000000001", "JPY"),
            ("0.28499999999999999999", "KWD"),
            ("29.99000000000000000000000000000000000001", "USD"),
            ("1e-999", "USD"),
        ] {
            let refused = Money::from_major(&Decimal::parse(amount).unwrap(), Currency::parse(code).unwrap());
            assert!(matches!(refused, Err(MoneyError::Decimals { .. })), "{amount} {code}: {refused:?}");
            let json = format!(r#"{{"amount":{amount},"currency":"{code}"}}"#);
            assert!(serde_json::from_str::<Money>(&json).is_err(), "{json}");
        }
        let exact = Decimal::parse("0.28500000000000000000000000000000000").unwrap();
        assert_eq!(Money::from_major(&exact, Currency::parse("KWD").unwrap()).unwrap().minor(), 285);
    }

    #[test]
    fn currencies_do_not_mix() {
        let dollars = Money::from_minor(1, Currency::parse("USD").unwrap()).unwrap();
        assert_eq!(yen(1).plus(dollars), Err(MoneyError::Mixed("JPY", "USD")));
    }

    #[test]
    fn what_is_left_is_never_below_zero() {
        assert_eq!(yen(3).minus(yen(1)), Ok(yen(2)));
        assert_eq!(yen(3).minus(yen(3)), Ok(yen(0)));
        assert_eq!(yen(3).minus(yen(4)), Err(MoneyError::Range));
        let dollars = Money::from_minor(1, Currency::parse("USD").unwrap()).unwrap();
        assert_eq!(yen(1).minus(dollars), Err(MoneyError::Mixed("JPY", "USD")));
    }

    #[test]
    fn people_read_groups_of_three() {
        assert_eq!(yen(0).to_string(), "¥0");
        assert_eq!(yen(1_234_567).to_string(), "¥1,234,567");
    }

    proptest! {
        #[test]
        fn every_amount_survives_json(minor in 0..=Money::MAX_MINOR, code in prop::sample::select(vec!["JPY", "USD", "KWD"])) {
            let money = Money::from_minor(minor, Currency::parse(code).unwrap()).unwrap();
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }
    }
}
