//! Configuration errors: collects what is wrong with a configuration, so that one start names all of it.

use std::fmt;

use super::Given;

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// The setting's name and what is wrong with it. Never holds a secret's value.
    pub faults: Vec<(String, String)>,
}

impl SettingsError {
    /// The names of the settings at fault.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.faults.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl fmt::Display for SettingsError {
    /// One fault a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, message)) in self.faults.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{name}: {message}")?;
        }
        Ok(())
    }
}

/// Faults found so far. Shared settings and those of every chosen role go through the same one.
#[derive(Debug, Default)]
pub struct Faults(Vec<(String, String)>);

impl Faults {
    /// Notes a fault of the setting `name`. The message must not carry a secret's value.
    pub fn add(&mut self, name: impl Into<String>, message: impl Into<String>) {
        self.0.push((name.into(), message.into()));
    }

    /// What was given, or nothing with the fault noted.
    pub fn take<T>(&mut self, given: Given<T>) -> Option<T> {
        let Given { name, value, .. } = given;
        value.map_err(|message| self.add(name, message)).ok()
    }

    /// What was given, if anything was. A variable that is set to nothing counts as not set: that is how manifests
    /// leave one out.
    pub fn optional<T>(&mut self, given: Option<Given<T>>) -> Option<T> {
        self.take(given.filter(Given::is_set)?)
    }

    /// What was given, where something must be.
    pub fn required<T>(&mut self, name: &str, given: Option<Given<T>>) -> Option<T> {
        match given.filter(Given::is_set) {
            Some(given) => self.take(given),
            None => {
                self.add(name, "is not set");
                None
            }
        }
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
