//! Words of a product as its row keeps them for search: texts that a statement looks into, and tokens that an index finds
//! candidates by. Pure.
//!
//! A text is lines, each `\n` and its words, each behind a space: `\n きのこの山\n kinoko no yama\n`. So `% kino%` is what has
//! a word that begins so, `%\n kino%` a line that does, and `%\n kinoko no yama\n%` a line that is nothing else. A line with
//! hyphens in it stands there twice: joined and apart.

use std::collections::BTreeSet;

use shotengai_contracts::events::Presentation;
use shotengai_kernel::Names;

use super::fold::{Run, fold, runs};
use super::typos;

/// Number of the folding: which words and tokens a product has. It rises with whatever changes them, for rows to be folded anew.
pub const FOLDING: i32 = 2;
/// How much of each text is searched, in characters. What catalog takes is shorter; events were not judged by us.
const MOST_CHARACTERS: usize = 2_000;
/// Languages and categories that are searched: as many as catalog takes.
const MOST_LANGUAGES: usize = Names::MOST;
const MOST_CATEGORIES: usize = 8;
/// Lengths of a word's beginnings that are tokens. What is asked for is found by the longest that fits, and then looked at: a
/// word that is typed wrongly towards its end would else have everything as a candidate that has the right one.
const BEGINNINGS: [usize; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12];

/// What a product's row is found by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Its names in all languages.
    pub names: String,
    /// Its categories, and the words that it is to be found by.
    pub keywords: String,
    /// Its descriptions in all languages.
    pub descriptions: String,
    /// Its [`Token`]s.
    pub tokens: BTreeSet<i32>,
}

impl Words {
    /// The words of a product.
    #[must_use]
    pub fn of(name: &str, names: &Names, description: &str, presentation: &Presentation) -> Self {
        let mut words = Self::default();
        let mut tokens: Vec<Token> = Vec::new();
        for name in [name].into_iter().chain(names.texts().take(MOST_LANGUAGES)) {
            let runs = add(&mut words.names, name);
            tokens.extend(runs.iter().flat_map(|run| tokens_of(run, false).into_iter().chain(name_tokens(run))));
            if !runs.is_empty() {
                tokens.extend(lines_of(&runs).into_iter().map(Token::Whole));
            }
        }
        let categories = presentation.categories.iter().take(MOST_CATEGORIES);
        for text in categories.chain([&presentation.search_text]) {
            tokens.extend(add(&mut words.keywords, text).iter().flat_map(|run| tokens_of(run, false)));
        }
        for text in [description].into_iter().chain(presentation.descriptions.texts().take(MOST_LANGUAGES)) {
            let all = add(&mut words.descriptions, text);
            // The longest texts: nearly every one has nearly every single character.
            tokens.extend(all.iter().flat_map(|run| tokens_of(run, false)).filter(|token| !token.is_single()));
        }
        words.tokens = tokens.iter().map(Token::hash).collect();
        words
    }
}

/// Adds a text's lines; answers its runs.
fn add(lines: &mut String, text: &str) -> Vec<Run> {
    let text: String = text.chars().take(MOST_CHARACTERS).collect();
    let runs = runs(&fold(&text));
    if runs.is_empty() {
        return runs;
    }
    for line in &lines_of(&runs) {
        if !lines.ends_with('\n') {
            lines.push('\n');
        }
        lines.push_str(line);
        lines.push('\n');
    }
    runs
}

/// The line of these runs; where there are hyphens in it, also the one without them.
fn lines_of(runs: &[Run]) -> Vec<String> {
    let joined = line(runs.iter().map(Run::joined));
    let apart = line(runs.iter().map(Run::apart));
    if apart == joined { vec![joined] } else { vec![joined, apart] }
}

fn line(words: impl Iterator<Item = String>) -> String {
    words.map(|word| format!(" {word}")).collect()
}

/// Something that an index finds rows by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// One or two characters in a row, of a script without spaces; in the names alone, or anywhere.
    Gram(String, bool),
    /// A word's beginning; in the names alone, or anywhere.
    Beginning(String, bool),
    /// What is left of a word of the names when letters are left out of it.
    Remainder(String),
    /// A whole name, as a line of the names has it.
    Whole(String),
}

impl Token {
    /// Whether it is of one character, by which nothing is found in descriptions.
    fn is_single(&self) -> bool {
        let (Self::Gram(text, _) | Self::Beginning(text, _) | Self::Remainder(text) | Self::Whole(text)) = self;
        text.chars().nth(1).is_none()
    }

    /// The token as it is stored. Two may have the same hash: what is found by it is looked at before it counts.
    #[must_use]
    pub fn hash(&self) -> i32 {
        let (kind, text) = match self {
            Self::Gram(text, false) => (1, text),
            Self::Gram(text, true) => (2, text),
            Self::Beginning(text, false) => (3, text),
            Self::Beginning(text, true) => (4, text),
            Self::Remainder(text) => (5, text),
            Self::Whole(text) => (6, text),
        };
        // FNV-1a.
        let add = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let sum = text.bytes().fold(add(0x811c_9dc5, kind), add);
        i32::from_ne_bytes(sum.to_ne_bytes())
    }
}

/// Every token of a run; of a word also those of its parts.
fn tokens_of(run: &Run, in_names: bool) -> Vec<Token> {
    match run {
        Run::Dense(text) => {
            let chars: Vec<char> = text.chars().collect();
            let grams = chars.windows(2).map(|pair| pair.iter().collect());
            let single = chars.iter().map(char::to_string);
            grams.chain(single).map(|gram| Token::Gram(gram, in_names)).collect()
        }
        Run::Word(parts) => {
            let words = [parts.concat()].into_iter().chain(parts.iter().cloned());
            words.flat_map(|word| beginnings(&word)).map(|word| Token::Beginning(word, in_names)).collect()
        }
    }
}

fn name_tokens(run: &Run) -> Vec<Token> {
    let mut tokens = tokens_of(run, true);
    match run {
        Run::Dense(text) => tokens.extend(beginnings(text).map(|text| Token::Beginning(text, true))),
        Run::Word(parts) => {
            let words = [parts.concat()].into_iter().chain(parts.iter().cloned());
            tokens.extend(words.flat_map(|word| typos::of_word(&word)).map(Token::Remainder));
        }
    }
    tokens
}

fn beginnings(word: &str) -> impl Iterator<Item = String> + use<> {
    let chars: Vec<char> = word.chars().take(BEGINNINGS[BEGINNINGS.len() - 1]).collect();
    BEGINNINGS.into_iter().map_while(move |length| chars.get(..length).map(|begin| begin.iter().collect()))
}

/// The tokens that every row has in which these words stand, the last of them perhaps as a beginning only.
#[must_use]
pub fn wanted(words: &[Run], in_names: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    for run in words {
        match run {
            Run::Dense(text) if text.chars().nth(1).is_some() => {
                let chars: Vec<char> = text.chars().collect();
                tokens.extend(chars.windows(2).map(|pair| Token::Gram(pair.iter().collect(), in_names)));
            }
            Run::Dense(text) => tokens.push(Token::Gram(text.clone(), in_names)),
            Run::Word(parts) => {
                tokens.extend(longest_beginning(&parts.concat()).map(|word| Token::Beginning(word, in_names)));
            }
        }
    }
    // Of several words, single characters may stand in a description, of which they are no tokens.
    if words.len() > 1 {
        tokens.retain(|token| !token.is_single());
    }
    tokens
}

/// The tokens that every row has of which a name has these words in a row, each from its beginning and all of them but the last
/// to their end.
#[must_use]
pub fn begun(words: &[Run]) -> Vec<Token> {
    let mut tokens = wanted(words, true);
    let beginnings = words.iter().filter_map(|run| longest_beginning(&run.joined()));
    tokens.extend(beginnings.map(|text| Token::Beginning(text, true)));
    tokens
}

/// The longest beginning of a text that is a token.
fn longest_beginning(text: &str) -> Option<String> {
    beginnings(text).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str, presentation: &Presentation) -> Words {
        Words::of(name, &Names::default(), "", presentation)
    }

    #[test]
    fn lines_are_joined_and_apart() {
        let presentation = Presentation {
            categories: vec!["sweets/chocolate".to_owned()],
            search_text: "キノコ　きのこのやま".to_owned(),
            ..Presentation::default()
        };
        let found = words("T-shirt 白", &presentation);
        assert_eq!(found.names, "\n tshirt 白\n t shirt 白\n");
        assert_eq!(found.keywords, "\n sweets chocolate\n きのこ きのこのやま\n");
        assert_eq!(found.descriptions, "");
        assert_eq!(words("!?", &Presentation::default()), Words::default());
    }

    #[test]
    fn what_is_looked_for_is_among_the_tokens_of_what_has_it() {
        let found = words("きのこの山 T-shirt Chocolatier", &Presentation::default());
        for text in ["きのこ", "の山", "山", "きのこの山", "tshirt", "shi", "t", "T-Shirt", "chocolat", "chocolatier"]
        {
            for in_names in [true, false] {
                for token in wanted(&runs(&fold(text)), in_names) {
                    assert!(found.tokens.contains(&token.hash()), "{text} {token:?}");
                }
            }
        }
        let names = Token::Whole(" きのこの山 tshirt chocolatier".to_owned());
        assert!(found.tokens.contains(&names.hash()));
        for text in ["きの", "きのこの山 t", "tshirt choco", "shirt chocolatier", "t"] {
            for token in begun(&runs(&fold(text))) {
                assert!(found.tokens.contains(&token.hash()), "{text} {token:?}");
            }
        }
        for text in ["たけ", "里", "hirt", "choco late"] {
            let all = wanted(&runs(&fold(text)), false);
            assert!(!all.iter().all(|token| found.tokens.contains(&token.hash())), "{text}");
        }
    }

    /// By what it makes, not by its text: also where a new Unicode or compiler has changed that.
    #[test]
    fn a_folding_that_makes_other_words_has_another_number() {
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |text: &str| {
            for byte in text.bytes().chain([0]) {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for c in '\0'..=char::MAX {
            add(&format!("{:?}", runs(&fold(&format!("a{c}b")))));
        }
        let presentation = Presentation {
            categories: vec!["sweets/chocolate".to_owned()],
            search_text: "キノコ　きのこのやま".to_owned(),
            ..Presentation::default()
        };
        for name in ["きのこの山 T-shirt Chocolatier", "USBケーブル2本", "Sweatshirts' a-4", ""] {
            let words = Words::of(name, &Names::default(), "チョコレートのかさ。 Fresh from the oven", &presentation);
            add(&format!("{words:?}"));
        }
        assert_eq!(
            (FOLDING, format!("{sum:016x}")),
            (2, "f93da7bd36e75e8a".to_owned()),
            "raise FOLDING, and put the new sum here"
        );
    }

    #[test]
    fn no_text_makes_more_than_a_bounded_number_of_tokens() {
        let long = "あいうえおかきくけこ".repeat(1_000);
        assert!(words(&long, &Presentation::default()).names.chars().count() < MOST_CHARACTERS + 10);
    }
}
