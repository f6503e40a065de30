//! Fields of a product that a request may leave out: names and descriptions by language, categories, words to find it by.

use std::collections::BTreeMap;

use shotengai_contracts::events::Presentation;
use shotengai_kernel::{Names, TextRule};

use super::{DESCRIPTION, Details, DetailsError, NAME};

/// Rule for the words that a product is to be found by.
pub const SEARCH_TEXT: TextRule = TextRule::prose(1000);
/// The most categories of a product.
pub const MAX_CATEGORIES: usize = 8;
/// The most levels of a category, and characters of a level.
const MAX_LEVELS: usize = 4;
const MAX_LEVEL: usize = 40;

/// These fields as a request gives them; none where it is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extras {
    names: Option<Names>,
    descriptions: Option<Names>,
    categories: Option<Vec<String>>,
    search_text: Option<String>,
}

/// A request's fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct GivenExtras<'a> {
    /// Names by language.
    pub names: Option<&'a BTreeMap<String, String>>,
    /// Descriptions by language.
    pub descriptions: Option<&'a BTreeMap<String, String>>,
    /// Categories.
    pub categories: Option<&'a [String]>,
    /// Words to find it by.
    pub search_text: Option<&'a str>,
}

impl Extras {
    /// Checks what an administrator wrote.
    ///
    /// # Errors
    /// Every bad field.
    pub fn parse(given: GivenExtras<'_>) -> Result<Self, Vec<DetailsError>> {
        let mut faults = Vec::new();
        let mut by_language = |given: Option<&BTreeMap<String, String>>, rule, fault: fn(_) -> DetailsError| {
            let parsed = given.map(|given| Names::parse(given, rule)).transpose();
            parsed.unwrap_or_else(|errors| {
                faults.extend(errors.into_iter().map(fault));
                None
            })
        };
        let names = by_language(given.names, NAME, DetailsError::Names);
        let descriptions = by_language(given.descriptions, DESCRIPTION, DetailsError::Descriptions);
        if let Some(given) = given.categories {
            faults.extend(bad_categories(given));
        }
        let search_text = given.search_text.map(|text| SEARCH_TEXT.check(text)).transpose();
        let search_text = search_text.unwrap_or_else(|error| {
            faults.push(DetailsError::SearchText(error));
            None
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        let categories = given.categories.map(<[String]>::to_vec);
        Ok(Self { names, descriptions, categories, search_text: search_text.map(str::to_owned) })
    }

    /// These details with what is given here, and what `before` has of what is not.
    pub(super) fn complete(&self, details: Details, before: Option<&Details>) -> Details {
        let known = before.map(Details::presentation).cloned().unwrap_or_default();
        let names = self.names.clone().or_else(|| before.map(|before| before.names().clone())).unwrap_or_default();
        let presentation = Presentation {
            descriptions: self.descriptions.clone().unwrap_or(known.descriptions),
            categories: self.categories.clone().unwrap_or(known.categories),
            search_text: self.search_text.clone().unwrap_or(known.search_text),
        };
        details.presented(names, presentation)
    }
}

fn bad_categories(given: &[String]) -> Vec<DetailsError> {
    if given.len() > MAX_CATEGORIES {
        return vec![DetailsError::Categories];
    }
    let is_bad = |(at, category): &(usize, &String)| !is_category(category) || given[..*at].contains(category);
    given.iter().enumerate().filter(is_bad).map(|(at, _)| DetailsError::Category(at)).collect()
}

fn is_category(text: &str) -> bool {
    let level = |level: &str| {
        let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=MAX_LEVEL).contains(&level.len()) && level.bytes().all(is_fit)
    };
    text.split('/').count() <= MAX_LEVELS && text.split('/').all(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(given: GivenExtras<'_>) -> Vec<String> {
        Extras::parse(given).unwrap_err().iter().map(DetailsError::pointer).collect()
    }

    fn texts(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
        texts.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_bad_text_in_another_language_is_named_with_its_language() {
        let (names, descriptions) = (texts(&[("en", ""), ("English", "Kinoko")]), texts(&[("fr", "\u{7}")]));
        let given = GivenExtras { names: Some(&names), descriptions: Some(&descriptions), ..GivenExtras::default() };
        let mut pointers = faults(given);
        pointers.sort();
        assert_eq!(pointers, ["/descriptions/fr", "/names", "/names/en"]);
    }

    #[test]
    fn a_category_is_a_path_of_plain_words() {
        let categories: Vec<String> = ["sweets", "sweets/chocolate-2", "a/b/c/d"].map(str::to_owned).into();
        let given = GivenExtras { categories: Some(&categories), ..GivenExtras::default() };
        assert_eq!(Extras::parse(given).unwrap().categories, Some(categories));
        for bad in ["", "/", "a/", "A", "a b", "菓子", "a/b/c/d/e", &"x".repeat(41), "a//b"] {
            let categories = vec!["good".to_owned(), bad.to_owned()];
            let given = GivenExtras { categories: Some(&categories), ..GivenExtras::default() };
            assert_eq!(faults(given), ["/categories/1"], "{bad}");
        }
        let twice = vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(faults(GivenExtras { categories: Some(&twice), ..GivenExtras::default() }), ["/categories/2"]);
        let many: Vec<_> = (0..=MAX_CATEGORIES).map(|n| format!("c{n}")).collect();
        assert_eq!(faults(GivenExtras { categories: Some(&many), ..GivenExtras::default() }), ["/categories"]);
    }

    #[test]
    fn words_to_find_it_by_are_bounded() {
        let long = "x".repeat(1001);
        assert_eq!(faults(GivenExtras { search_text: Some(&long), ..GivenExtras::default() }), ["/search_text"]);
        let given = GivenExtras { search_text: Some(" kinoko\nmushroom "), ..GivenExtras::default() };
        assert_eq!(Extras::parse(given).unwrap().search_text.as_deref(), Some("kinoko\nmushroom"));
    }
}
