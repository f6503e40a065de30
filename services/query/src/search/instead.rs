//! Words that are looked for instead of some that were asked for, as a page's cursor carries them to the next page. Pure.

use std::fmt;

use super::fold::is_dense;

/// Words that are looked for instead of one.
pub(super) const MOST_EACH: usize = 5;
/// Longest text of them, in bytes. More than what was asked for can be corrected to.
const LONGEST: usize = 4_000;

/// Words that are looked for instead, by term of the question; none where its own are. Any of a term's words will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead(pub(super) Vec<Option<Vec<String>>>);

impl Instead {
    /// Reads what [`Instead`] is shown as.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() && !is_dense(c));
        let term = |text: &str| {
            if text == "-" {
                return Some(None);
            }
            let words: Vec<_> = text.split('|').collect();
            let all = words.len() <= MOST_EACH && words.iter().all(is_word);
            all.then(|| Some(words.into_iter().map(str::to_owned).collect()))
        };
        let terms = text.split(' ').map(term).collect::<Option<Vec<_>>>()?;
        terms.iter().any(Option::is_some).then_some(Self(terms))
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<_> =
            self.0.iter().map(|words| words.as_ref().map_or_else(|| "-".to_owned(), |words| words.join("|"))).collect();
        f.write_str(&terms.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_its_journey_and_nothing_else_is_taken_for_it() {
        for text in ["shirt", "- shirt|short -", "été"] {
            assert_eq!(Instead::parse(text).unwrap().to_string(), text);
        }
        let many = ["a"; MOST_EACH + 1].join("|");
        for text in ["", "-", "- -", "a  b", "a|", "%", "a%", "きのこ", "a\nb", &many, &"a".repeat(LONGEST + 1)] {
            assert_eq!(Instead::parse(text), None, "{text}");
        }
    }
}
