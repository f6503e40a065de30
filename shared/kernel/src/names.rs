//! Names of something in other languages than the one of its name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{TextError, TextRule};

/// Names by language: a two-letter code of ISO 639 (`en`), lower case. Whoever lacks a language shows the name itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Names(BTreeMap<String, String>);

/// Why names are refused. The language is quoted, the name is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    /// Too many languages.
    #[error("must be in {} languages at the most", Names::MOST)]
    TooMany,
    /// Not a language's code.
    #[error("must be named by languages of two lower-case letters, such as en")]
    Language,
    /// A name that can't be one.
    #[error("{error}")]
    Text {
        /// In which language.
        language: String,
        /// Fault of it, in words.
        error: TextError,
    },
}

impl Names {
    /// The most languages. Names travel in the events of every order line, of which there may be fifty.
    pub const MOST: usize = 4;
    /// What a language's code looks like, as a regular expression.
    pub const LANGUAGE: &str = "^[a-z]{2}$";

    /// Checks what somebody wrote; white space around a name is not kept.
    ///
    /// # Errors
    /// Every [`NamesError`] there is.
    pub fn parse(given: &BTreeMap<String, String>, rule: TextRule) -> Result<Self, Vec<NamesError>> {
        let (mut names, mut errors) = (BTreeMap::new(), Vec::new());
        if given.len() > Self::MOST {
            errors.push(NamesError::TooMany);
        }
        for (language, name) in given {
            if !is_language(language) {
                errors.push(NamesError::Language);
                continue;
            }
            match rule.check(name) {
                Ok(name) => {
                    names.insert(language.clone(), name.to_owned());
                }
                Err(error) => errors.push(NamesError::Text { language: language.clone(), error }),
            }
        }
        if errors.is_empty() { Ok(Self(names)) } else { Err(errors) }
    }

    /// The name in this language, if there is one.
    #[must_use]
    pub fn get(&self, language: &str) -> Option<&str> {
        self.0.get(language).map(String::as_str)
    }

    /// All of them, without their languages.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same names, each changed.
    #[must_use]
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self(self.0.iter().map(|(language, name)| (language.clone(), change(name))).collect())
    }
}

fn is_language(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: TextRule = TextRule::line(1, 10);

    fn parse(given: &[(&str, &str)]) -> Result<Names, Vec<NamesError>> {
        let given = given.iter().map(|(language, name)| ((*language).to_owned(), (*name).to_owned())).collect();
        Names::parse(&given, RULE)
    }

    #[test]
    fn names_are_found_by_language() {
        let names = parse(&[("en", " Kinoko "), ("fr", "Champi")]).unwrap();
        assert_eq!((names.get("en"), names.get("ja")), (Some("Kinoko"), None));
        assert!(parse(&[]).unwrap().is_empty());
    }

    #[test]
    fn every_bad_language_and_name_is_told() {
        assert_eq!(parse(&[("EN", "a"), ("eng", "b"), ("", "c")]).unwrap_err(), vec![NamesError::Language; 3]);
        let errors = parse(&[("en", ""), ("fr", "a\nb"), ("de", "x")]).unwrap_err();
        assert!(
            matches!(&errors[..], [NamesError::Text { language, .. }, NamesError::Text { .. }] if language == "en")
        );
        let many = [("aa", "x"), ("bb", "x"), ("cc", "x"), ("dd", "x"), ("ee", "x")];
        assert_eq!(parse(&many), Err(vec![NamesError::TooMany]));
    }

    #[test]
    fn they_travel_as_a_plain_object() {
        let names = parse(&[("en", "Kinoko")]).unwrap();
        assert_eq!(serde_json::to_string(&names).unwrap(), r#"{"en":"Kinoko"}"#);
    }
}
