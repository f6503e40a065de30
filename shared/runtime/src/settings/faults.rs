//! Collects what is wrong with a configuration, so that one start names all of it.

use std::fmt;

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// The setting's name and what is wrong with it. Never holds a secret's value.
    pub faults: Vec<(&'static str, String)>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration has faults:")?;
        for (name, message) in &self.faults {
            write!(f, "\n  {name}: {message}")?;
        }
        Ok(())
    }
}

/// Faults found so far. Roles check their own settings with it too, so that they report the same way.
#[derive(Debug, Default)]
pub struct Faults(Vec<(&'static str, String)>);

impl Faults {
    /// Notes a fault of the setting `name`. The message must not carry a secret's value.
    pub fn add(&mut self, name: &'static str, message: impl Into<String>) {
        self.0.push((name, message.into()));
    }

    /// The value, or nothing with the error noted under `name`.
    pub fn take<T, E: fmt::Display>(&mut self, name: &'static str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(name, error.to_string())).ok()
    }

    /// `value` if no fault was found.
    ///
    /// # Errors
    /// [`SettingsError`] with every fault, in the order they were found.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, SettingsError> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(SettingsError { faults: self.0 }),
        }
    }
}
