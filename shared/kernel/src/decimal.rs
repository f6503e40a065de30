//! Decimal numbers as they were written, with all their digits: a double would round them before they are judged.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON number, exactly. Equal numbers are equal however they were written: `1.50` is `15e-1`.
#[derive(Clone, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// The value is `digits × 10^exponent`.
    exponent: i64,
}

/// The refusal of a text that is no JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number")]
pub struct DecimalError;

/// Why a decimal is no whole number of a smaller unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotWhole {
    /// It has digits below that unit.
    Fraction,
    /// It is below zero, or has more than 18 digits of that unit.
    Range,
}

impl Decimal {
    /// The newtype, and the one key of its map, under which serde_json hands over a value's text; anybody else may, too.
    pub const RAW: &'static str = "$serde_json::private::RawValue";

    /// Reads a number by JSON's grammar (RFC 8259, 6).
    ///
    /// # Errors
    /// [`DecimalError`].
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return Err(DecimalError),
            Some((whole, fraction)) => (whole, fraction),
            None => (mantissa, ""),
        };
        let is_whole = !whole.is_empty() && (whole == "0" || !whole.starts_with('0'));
        if !is_whole || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(DecimalError);
        }
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let dropped = all.len() - digits.len();
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Ok(Self { negative: false, digits, exponent: 0 });
        }
        let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let exponent = exponent.saturating_sub(places(fraction.len())).saturating_add(places(dropped));
        Ok(Self { negative, digits, exponent })
    }

    /// How many `10^-decimals` it is.
    ///
    /// # Errors
    /// [`NotWhole`].
    pub fn to_units(&self, decimals: u32) -> Result<i64, NotWhole> {
        if self.digits.is_empty() {
            return Ok(0);
        }
        let zeros = self.exponent.saturating_add(i64::from(decimals));
        if self.negative {
            return Err(NotWhole::Range);
        }
        if zeros < 0 {
            return Err(NotWhole::Fraction);
        }
        let zeros =
            usize::try_from(zeros).ok().filter(|zeros| zeros + self.digits.len() <= 18).ok_or(NotWhole::Range)?;
        format!("{}{}", self.digits, "0".repeat(zeros)).parse().map_err(|_| NotWhole::Range)
    }

    /// How many whole `10^-decimals` are in it, and whether a part of one is left over. None where it is below zero; more
    /// than 18 digits are as good as the largest number.
    #[must_use]
    pub fn whole_units(&self, decimals: u32) -> Option<(i64, bool)> {
        match self.to_units(decimals) {
            Ok(units) => Some((units, false)),
            Err(_) if self.negative => None,
            Err(NotWhole::Range) => Some((i64::MAX, false)),
            Err(NotWhole::Fraction) => {
                let dropped = self.exponent.saturating_add(i64::from(decimals)).unsigned_abs();
                let dropped = usize::try_from(dropped).unwrap_or(usize::MAX);
                let whole = &self.digits[..self.digits.len().saturating_sub(dropped)];
                let whole = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(i64::MAX) };
                Some((whole, true))
            }
        }
    }
}

/// An exponent beyond what 64 bits hold is as good as one at their end.
fn exponent_of(text: &str) -> Result<i64, DecimalError> {
    let (negative, digits) = match text.as_bytes() {
        [b'+', ..] => (false, &text[1..]),
        [b'-', ..] => (true, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError);
    }
    let value = digits.parse().unwrap_or(i64::MAX / 2);
    Ok(if negative { -value } else { value })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        match (self.digits.as_str(), self.exponent) {
            ("", _) => f.write_str("0"),
            (digits, zeros @ 0..=20) => {
                write!(f, "{sign}{digits}{:0<width$}", "", width = usize::try_from(zeros).unwrap_or(0))
            }
            (digits, exponent) => {
                let places = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
                match digits.split_at_checked(digits.len().saturating_sub(places)) {
                    _ if exponent > 0 => write!(f, "{sign}{digits}e{exponent}"),
                    Some((whole, fraction)) if !whole.is_empty() => write!(f, "{sign}{whole}.{fraction}"),
                    _ if places <= 40 => write!(f, "{sign}0.{digits:0>places$}"),
                    _ => write!(f, "{sign}{digits}e{exponent}"),
                }
            }
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl std::str::FromStr for Decimal {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text)
    }
}

/// As its number's shortest text, which is exact.
impl From<&serde_json::Number> for Decimal {
    fn from(number: &serde_json::Number) -> Self {
        // A number's text is a number.
        Self::parse(&number.to_string()).unwrap_or(Self { negative: false, digits: String::new(), exponent: 0 })
    }
}

macro_rules! from_numbers {
    ($($number:ty),+) => {
        $(impl From<$number> for Decimal {
            fn from(number: $number) -> Self {
                Self::from(&serde_json::Number::from(number))
            }
        })+
    };
}

from_numbers!(serde_json::Number, i32, u32, i64, u64);

/// As a JSON number with all digits; for serde_json alone.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// From a deserializer that hands over the text of what it read, as serde_json's do. Others give doubles and whole numbers, of
/// which every digit that they still have counts.
impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(Self::RAW, AnyNumber { raw: true })
    }
}

struct AnyNumber {
    /// Whether an object is the number's text, and not one that somebody sent.
    raw: bool,
}

impl<'de> Visitor<'de> for AnyNumber {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON number")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Decimal, A::Error> {
        if !self.raw || map.next_key::<String>()?.as_deref() != Some(Decimal::RAW) {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        Decimal::parse(&map.next_value::<String>()?).map_err(A::Error::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Decimal, D::Error> {
        deserializer.deserialize_any(Self { raw: false })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Decimal, E> {
        Ok(Decimal::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Decimal, E> {
        Ok(Decimal::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Decimal, E> {
        serde_json::Number::from_f64(value).map(Decimal::from).ok_or_else(|| E::custom(DecimalError))
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        serde_json::Number::schema_name()
    }
    fn inline_schema() -> bool {
        <serde_json::Number as JsonSchema>::inline_schema()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        serde_json::Number::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn whole_units_are_those_that_are_in_it_with_what_is_left_over() {
        for (text, decimals, wanted) in [
            ("200", 0, Some((200, false))),
            ("0.5", 0, Some((0, true))),
            ("199.99", 0, Some((199, true))),
            ("199.999", 2, Some((19_999, true))),
            ("1e-400", 2, Some((0, true))),
            ("1e400", 2, Some((i64::MAX, false))),
            ("9999999999999999999.5", 0, Some((i64::MAX, true))),
            ("-0", 0, Some((0, false))),
            ("-0.5", 0, None),
            ("-1e400", 0, None),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().whole_units(decimals), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_a_number_by_the_grammar_of_json_is_read() {
        for (text, shown) in [
            ("0", "0"),
            ("-0.00e7", "0"),
            ("1.50", "1.5"),
            ("15E-1", "1.5"),
            ("1e3", "1000"),
            ("-12.25", "-12.25"),
            ("0.001", "0.001"),
            ("1e-3", "0.001"),
            ("100.0000000000000000000000000001", "100.0000000000000000000000000001"),
            ("1e300", "1e300"),
            ("1e99999999999999999999", "1e4611686018427387903"),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
        }
        for text in ["", "-", "+1", "01", ".5", "1.", "1e", "1e+", "0x1", "1 ", "NaN", "1.2.3", "١", "--1", "1e5.0"] {
            assert_eq!(Decimal::parse(text), Err(DecimalError), "{text:?}");
        }
    }

    #[test]
    fn a_whole_number_of_a_smaller_unit_is_one_to_the_last_digit() {
        assert_eq!(decimal("29.990").to_units(2), Ok(2999));
        assert_eq!(decimal("0.00").to_units(0), Ok(0));
        for fraction in ["100.0000000000000000000000000001", "0.5", "1e-400", "1e-99999999999999999999"] {
            assert_eq!(decimal(fraction).to_units(0), Err(NotWhole::Fraction), "{fraction}");
        }
        assert_eq!(decimal("0.28499999999999999999").to_units(3), Err(NotWhole::Fraction));
        for range in ["-1", "1e18", "1e99999999999999999999", "12345678901234567890"] {
            assert_eq!(decimal(range).to_units(0), Err(NotWhole::Range), "{range}");
        }
    }

    #[test]
    fn json_is_read_and_written_with_every_digit() {
        #[derive(Serialize, Deserialize)]
        struct Priced {
            price: Decimal,
        }
        let text = r#"{"price":100.0000000000000000000000000001}"#;
        let priced: Priced = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&priced).unwrap(), text);
        let value = serde_json::json!({ "price": 29.99 });
        assert_eq!(serde_json::from_value::<Priced>(value).unwrap().price, decimal("29.99"));
        for text in [
            r#"{"price":"1"}"#,
            r#"{"price":null}"#,
            r#"{"price":[1]}"#,
            r#"{"price":{"$serde_json::private::RawValue":"1"}}"#,
        ] {
            assert!(serde_json::from_str::<Priced>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_that_was_read_before_is_as_exact_as_it_still_is() {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Priced { price: Decimal },
        }
        for (text, number) in [("29.99", "29.99"), ("200", "200"), ("-1", "-1")] {
            let Either::Priced { price } = serde_json::from_str(&format!(r#"{{"price":{text}}}"#)).unwrap();
            assert_eq!(price, decimal(number));
        }
        assert!(serde_json::from_str::<Either>(r#"{"price":{"$serde_json::private::RawValue":"1"}}"#).is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_the_same_number(negative: bool, digits in "[1-9][0-9]{0,30}", exponent in -60_i64..60) {
            let sign = if negative { "-" } else { "" };
            let number = decimal(&format!("{sign}{digits}e{exponent}"));
            prop_assert_eq!(&decimal(&number.to_string()), &number);
            prop_assert!(serde_json::from_str::<f64>(&number.to_string()).is_ok());
        }
    }
}
