//! Terms of a question, all of which a product has. Pure.

use super::fold::{LONG_VOWEL, Run, fold, runs};
use super::instead::Instead;
use super::words::{Token, wanted};
use crate::conditions::Conditions;

/// Terms that are looked for. A text that has more is looked for by the first of them.
pub const MOST_TERMS: usize = 16;

/// A question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Terms that have to be there, each.
    pub terms: Vec<Term>,
    /// All of it as a line of names has it.
    pub whole: String,
}

/// One thing that has to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Words in a row; any of these will do.
    pub alternatives: Vec<Vec<Run>>,
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In the names.
    Names,
    /// In the names or keywords.
    Keywords,
    /// Anywhere; a single character only in the names or keywords.
    Anywhere,
}

impl Query {
    /// Reads what somebody typed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let runs = runs(&fold(text));
        let whole = runs.iter().map(|run| format!(" {}", run.joined())).collect();
        let mut terms: Vec<Term> = Vec::new();
        for term in runs.into_iter().map(Term::of) {
            if terms.len() < MOST_TERMS && !terms.contains(&term) {
                terms.push(term);
            }
        }
        Self { terms, whole }
    }

    /// The same question with other words instead; none where those are of another one.
    #[must_use]
    pub fn with(&self, instead: &Instead) -> Option<Self> {
        if instead.0.len() != self.terms.len() {
            return None;
        }
        let each = self.terms.iter().zip(&instead.0);
        let terms: Vec<_> =
            each.map(|(term, words)| words.clone().map_or_else(|| term.clone(), Term::any_of)).collect();
        let first = |term: &Term| term.alternatives.first().cloned().unwrap_or_default();
        let whole = terms.iter().flat_map(first).map(|run| format!(" {}", run.joined())).collect();
        Some(Self { terms, whole })
    }

    /// Whether nothing is left to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The token of a name that is all of it.
    #[must_use]
    pub fn called(&self) -> Token {
        Token::Whole(self.whole.clone())
    }

    /// The condition that every term stands there in a `read_products p`, found by its index.
    pub fn found(&self, place: Where, conditions: &mut Conditions) -> String {
        self.all(conditions, |words, conditions| {
            let has = has(wanted(words, place == Where::Names), conditions);
            format!("{has} AND {}", stands(words, place, conditions))
        })
    }

    /// The condition that a `read_products p` may have every term there, as far as its index tells.
    pub fn may_stand(&self, place: Where, conditions: &mut Conditions) -> String {
        self.all(conditions, |words, conditions| has(wanted(words, place == Where::Names), conditions))
    }

    /// The same condition, of rows that are found already.
    pub fn stands(&self, place: Where, conditions: &mut Conditions) -> String {
        self.all(conditions, |words, conditions| stands(words, place, conditions))
    }

    fn all(&self, conditions: &mut Conditions, each: impl Fn(&[Run], &mut Conditions) -> String) -> String {
        let terms: Vec<_> = self
            .terms
            .iter()
            .map(|term| {
                let any: Vec<_> = term.alternatives.iter().map(|words| each(words, conditions)).collect();
                format!("({})", any.join(" OR "))
            })
            .collect();
        if terms.is_empty() { "false".to_owned() } else { terms.join(" AND ") }
    }
}

impl Term {
    /// A word with hyphens in it is looked for joined and apart, unless apart it is single characters alone, which no index has
    /// of descriptions; a long vowel at the end of a word need not be written.
    fn of(run: Run) -> Self {
        let alternatives = match run {
            Run::Dense(text) => {
                let short = text.trim_end_matches(LONG_VOWEL);
                let text = if short.chars().nth(1).is_some() { short.to_owned() } else { text };
                vec![vec![Run::Dense(text)]]
            }
            Run::Word(parts) if parts.len() == 1 => vec![vec![Run::Word(parts)]],
            Run::Word(parts) => {
                let joined = vec![Run::Word(vec![parts.concat()])];
                if parts.iter().any(|part| part.chars().nth(1).is_some()) {
                    vec![joined, parts.into_iter().map(|part| Run::Word(vec![part])).collect()]
                } else {
                    vec![joined]
                }
            }
        };
        Self { alternatives }
    }

    /// The one word that it is, where it may be a typing error.
    #[must_use]
    pub fn word(&self) -> Option<String> {
        match self.alternatives.first().map(Vec::as_slice) {
            Some([run @ Run::Word(_)]) => Some(run.joined()),
            _ => None,
        }
    }

    /// A term of other words instead.
    #[must_use]
    pub fn any_of(words: Vec<String>) -> Self {
        Self { alternatives: words.into_iter().map(|word| vec![Run::Word(vec![word])]).collect() }
    }
}

/// The pattern of these words in a row: a word at its beginning, what has no words anywhere. Nothing in a run has a meaning of
/// its own in a pattern.
#[must_use]
pub fn pattern(words: &[Run]) -> String {
    let text: Vec<_> = words.iter().map(Run::joined).collect();
    let begins = if matches!(words.first(), Some(Run::Word(_))) { " " } else { "" };
    format!("%{begins}{}%", text.join(" "))
}

/// The condition that a row has all of these tokens. What they are is kept from the planner: by how common each is it would
/// read the whole table for several that are common and stand nowhere together.
pub(super) fn has(tokens: Vec<Token>, conditions: &mut Conditions) -> String {
    let tokens: Vec<i32> = tokens.iter().map(Token::hash).collect();
    format!("p.search_tokens @> (SELECT {})", conditions.value(tokens))
}

fn stands(words: &[Run], place: Where, conditions: &mut Conditions) -> String {
    let pattern = conditions.value(pattern(words));
    let is_single = matches!(words, [run] if run.joined().chars().nth(1).is_none());
    let columns: &[&str] = match place {
        Where::Names => &["names"],
        // No token of a description is a single character.
        Where::Anywhere if !is_single => &["names", "keywords", "descriptions"],
        Where::Keywords | Where::Anywhere => &["names", "keywords"],
    };
    let any: Vec<_> = columns.iter().map(|column| format!("p.search_{column} LIKE {pattern}")).collect();
    format!("({})", any.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(text: &str) -> Vec<String> {
        let terms = Query::parse(text).terms;
        let any = |term: &Term| term.alternatives.iter().map(|words| pattern(words)).collect::<Vec<_>>().join("|");
        terms.iter().map(any).collect()
    }

    #[test]
    fn terms_are_words_at_their_beginning_and_anything_in_what_has_none() {
        for (text, wanted) in [
            ("きのこ", vec!["%きのこ%"]),
            ("ｷﾉｺ　山", vec!["%きのこ%", "%山%"]),
            ("T-shirt", vec!["% tshirt%|% t shirt%"]),
            ("USBケーブル", vec!["% usb%", "%けーぶる%"]),
            ("サーバー", vec!["%さーば%"]),
            ("カー", vec!["%かー%"]),
            ("a A ａ", vec!["% a%"]),
            ("100%_\\", vec!["% 100%"]),
            ("!?", vec![]),
        ] {
            assert_eq!(patterns(text), wanted, "{text}");
        }
        assert_eq!(Query::parse("T-Shirt　ｷﾉｺ").whole, " tshirt きのこ");
        assert_eq!(Query::parse("b a b").terms.len(), 2);
        let many: Vec<_> = (0..40).map(|n| n.to_string()).collect();
        assert_eq!(Query::parse(&many.join(" ")).terms.len(), MOST_TERMS);
    }

    #[test]
    fn nothing_that_was_typed_stands_in_a_statement() {
        let mut conditions = Conditions::default();
        let statement = Query::parse("kinoko' OR 1=1 きのこ").found(Where::Anywhere, &mut conditions);
        assert!(!statement.contains("kinoko") && !statement.contains("きのこ"), "{statement}");
        assert_eq!(Query::default().stands(Where::Names, &mut conditions), "false");
    }
}
