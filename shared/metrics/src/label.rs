//! Labels: the dimensions of a figure, each with a closed set of values.

use opentelemetry::{KeyValue, Value};

/// The value for anything that a label does not list, as OpenTelemetry's conventions have it.
pub const OTHER: &str = "_OTHER";

/// The value that leaves a label away, for a figure that it says nothing about.
pub const NONE: &str = "";

/// A dimension of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub values: Values,
}

/// The values of a label: never a text that a caller or a message brings along, or a stranger decides how many series
/// there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// These. Anything else is recorded as [`OTHER`].
    Of(&'static [&'static str]),
    /// One for each of what this says; as many as the program, its configuration or its resources have.
    Each(&'static str),
}

impl Label {
    /// A label with these values.
    #[must_use]
    pub const fn of(name: &'static str, values: &'static [&'static str]) -> Self {
        Self { name, values: Values::Of(values) }
    }

    /// A label with a value for each of `what`.
    #[must_use]
    pub const fn each(name: &'static str, what: &'static str) -> Self {
        Self { name, values: Values::Each(what) }
    }

    /// The value as it is recorded.
    #[must_use]
    pub fn admit<'a>(&self, value: &'a str) -> &'a str {
        match self.values {
            Values::Of(known) if !known.contains(&value) => OTHER,
            Values::Of(_) | Values::Each(_) => value,
        }
    }

    /// The pair to record; none where there is nothing to say.
    pub(crate) fn pair(&self, value: Value) -> Option<KeyValue> {
        match &value {
            Value::String(text) if text.as_str() == NONE => None,
            Value::String(text) if self.admit(text.as_str()) == OTHER => Some(KeyValue::new(self.name, OTHER)),
            _ => Some(KeyValue::new(self.name, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_listed_is_another() {
        let method = Label::of("method", &["GET"]);
        assert_eq!(method.pair("GET".into()), Some(KeyValue::new("method", "GET")));
        assert_eq!(method.pair("A1".into()), Some(KeyValue::new("method", OTHER)));
        assert_eq!(method.pair(NONE.into()), None);
        let route = Label::each("route", "routes");
        assert_eq!(route.pair("/orders".into()), Some(KeyValue::new("route", "/orders")));
    }
}
