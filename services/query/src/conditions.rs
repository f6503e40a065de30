//! Conditions of a statement, with the values that stand in it as parameters.

use std::fmt;

use crate::database::Parameter;

/// Conditions that all have to hold. Values never stand in the text itself.
#[derive(Default)]
pub struct Conditions {
    all: Vec<String>,
    values: Vec<Box<dyn Parameter + Send>>,
}

impl Conditions {
    /// Keeps a value, and answers how a condition names it: `$3`.
    #[must_use]
    pub fn value(&mut self, value: impl Parameter + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    /// Adds a condition.
    pub fn and(&mut self, condition: impl Into<String>) {
        self.all.push(condition.into());
    }

    /// The conditions so far as they stand behind `WHERE`. Others come after it; the values stay.
    #[must_use]
    pub fn take(&mut self) -> String {
        let all = self.to_string();
        self.all.clear();
        all
    }

    /// The values, in order.
    #[must_use]
    pub fn values(&self) -> Vec<&dyn Parameter> {
        self.values.iter().map(|value| value.as_ref() as &dyn Parameter).collect()
    }
}

/// The conditions as they stand behind `WHERE`.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.all.is_empty() { f.write_str("true") } else { f.write_str(&self.all.join(" AND ")) }
    }
}
