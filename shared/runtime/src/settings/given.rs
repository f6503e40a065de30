//! The value of one setting as clap hands it over: read, but not yet refused.
//!
//! clap ends at the first value that it can't parse. These parsers never refuse: they keep what is wrong for
//! [`Faults`](super::Faults), which names all of it together. What a value may be is said once, where the setting is
//! declared, and [`describe`](super::describe) finds it there: whole numbers in `value_name` (`"1..49"`, `"0.."`), which
//! help shows, names in clap's possible values.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, ValueEnum};

/// A setting's value or what is wrong with it. Prints its name alone.
#[derive(Clone)]
pub struct Given<T> {
    pub(super) name: String,
    pub(super) is_empty: bool,
    pub(super) value: Result<T, String>,
}

impl<T> Given<T> {
    /// Whether it is more than an empty text.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        !self.is_empty
    }
}

impl<T> fmt::Debug for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

type ByText<T> = fn(&str) -> Result<T, String>;
type ByArg<T> = fn(&Arg, &str) -> Result<T, String>;

#[derive(Debug)]
enum Read<T> {
    Text(ByText<T>),
    Arg(ByArg<T>),
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Read<T> {}

/// Reads one setting for clap. Made by [`parsed`], [`whole`] and [`one_of`].
#[derive(Debug, Clone)]
pub struct Parser<T> {
    read: Read<T>,
    values: Option<fn() -> Vec<PossibleValue>>,
}

/// A value that this function can read; its error says what a value must be, and never quotes a secret.
#[must_use]
pub fn parsed<T>(read: fn(&str) -> Result<T, String>) -> Parser<T> {
    Parser { read: Read::Text(read), values: None }
}

/// Whether something is on: `on` or `off`.
#[must_use]
pub fn on_or_off() -> Parser<bool> {
    parsed(|text| match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off".to_owned()),
    })
}

/// A whole number within the range that the argument's `value_name` has: `"1..49"` with both ends, `"0.."` without an end.
#[must_use]
pub fn whole<T: FromStr>() -> Parser<T> {
    Parser { read: Read::Arg(|arg, text| whole_number(arg, text)), values: None }
}

/// One of these names.
#[must_use]
pub fn one_of<T: ValueEnum>() -> Parser<T> {
    let values = || T::value_variants().iter().filter_map(ValueEnum::to_possible_value).map(bare).collect();
    Parser { read: Read::Text(named), values: Some(values) }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Parser<T> {
    type Value = Given<T>;

    fn parse_ref(&self, _: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Given<T>, clap::Error> {
        let value_of = |text: &str| match (self.read, arg) {
            (Read::Text(read), _) => read(text),
            (Read::Arg(read), Some(arg)) => read(arg, text),
            (Read::Arg(_), None) => Err("is no setting".to_owned()),
        };
        let text = value.to_str();
        Ok(Given {
            name: arg.map(name_of).unwrap_or_default(),
            is_empty: text.is_some_and(|text| text.trim().is_empty()),
            value: text.ok_or_else(|| "must be UTF-8".to_owned()).and_then(value_of),
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values?().into_iter()))
    }
}

/// The environment variable's name: that of the flag, as variables are written.
pub(super) fn name_of(arg: &Arg) -> String {
    arg.get_long().unwrap_or_else(|| arg.get_id().as_str()).to_ascii_uppercase().replace('-', "_")
}

/// The range that an argument's value name has.
pub(super) fn range_of(arg: &Arg) -> Option<(u64, Option<u64>)> {
    let (low, high) = arg.get_value_names()?.first()?.split_once("..")?;
    let high = if high.is_empty() { None } else { Some(high.parse().ok()?) };
    Some((low.parse().ok()?, high))
}

fn whole_number<T: FromStr>(arg: &Arg, text: &str) -> Result<T, String> {
    let (low, high) = range_of(arg).ok_or("is declared without a range")?;
    let text = text.trim();
    let number: Option<u64> =
        text.parse().ok().filter(|number| *number >= low && high.is_none_or(|high| *number <= high));
    let name = name_of(arg);
    let unit = match name.rsplit('_').next() {
        Some("SECONDS") => " of seconds",
        Some("MS") => " of milliseconds",
        _ => "",
    };
    number.and_then(|_| text.parse().ok()).ok_or_else(|| match high {
        Some(high) => format!("must be a whole number{unit} from {low} to {high}"),
        None => format!("must be a whole number{unit}, {low} at least"),
    })
}

/// The value without a text of its own, which would put a blank line between all options of the help.
fn bare(value: PossibleValue) -> PossibleValue {
    value.help(None::<&'static str>)
}

fn named<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text.trim(), false).map_err(|_| {
        let values: Vec<_> = T::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
        let names: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
        format!("must be {}", names.join(" or "))
    })
}
