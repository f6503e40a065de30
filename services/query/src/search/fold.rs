//! Folding of text for search: what looks the same to people becomes the same text, whoever typed it. Pure.
//!
//! - Forms of one character are one (NFKC): half-width and full-width, ligatures, ℃. Voiced marks join their kana.
//! - Capitals are small letters, and Latin, Greek and Cyrillic letters lose their accents: `Café` is `cafe`.
//! - Katakana is hiragana: `キノコ` is `きのこ`. A long vowel mark stays one: `ビール` and `ビル` are different things.
//!
//! Folding what is folded changes nothing. What is stored was folded by some release: a release that folds otherwise has
//! another [`super::words::FOLDING`], and [`super::fill`] folds every row anew that is of a lower one.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The mark of a long vowel.
pub const LONG_VOWEL: char = 'ー';
/// From a katakana to its hiragana.
const KATAKANA_TO_HIRAGANA: u32 = 0x60;

/// A text as it is searched.
#[must_use]
pub fn fold(text: &str) -> String {
    // Small letters before and after: some capitals come out of others' forms, some small letters have forms of their own.
    let small = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    let apart: String = small(text).chars().map(joining).nfkd().filter(|c| !is_accent(*c)).map(hiragana).collect();
    small(&apart).nfc().collect()
}

/// A voiced mark that stands alone, as one that joins what is before it.
const fn joining(c: char) -> char {
    match c {
        '\u{309b}' => '\u{3099}',
        '\u{309c}' => '\u{309a}',
        other => other,
    }
}

const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - KATAKANA_TO_HIRAGANA).unwrap_or(c),
        other => other,
    }
}

/// Characters in a row that are looked for together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Of a script that puts spaces between words. Of a word with hyphens or apostrophes in it, its parts.
    Word(Vec<String>),
    /// Of a script that puts none: words are found anywhere in it.
    Dense(String),
}

impl Run {
    /// All of it in one.
    #[must_use]
    pub fn joined(&self) -> String {
        match self {
            Self::Word(parts) => parts.concat(),
            Self::Dense(text) => text.clone(),
        }
    }

    /// Its parts apart, with spaces between.
    #[must_use]
    pub fn apart(&self) -> String {
        match self {
            Self::Word(parts) => parts.join(" "),
            Self::Dense(text) => text.clone(),
        }
    }
}

/// The runs of a text that was folded. What is neither letter, digit nor a mark of one ends a run.
#[must_use]
pub fn runs(folded: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut chars = folded.chars().peekable();
    // Whether the last run goes on, and whether with another part of it.
    let (mut open, mut joins) = (false, false);
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() && !is_combining_mark(c) {
            joins = open && !joins && is_joint(c) && chars.peek().is_some_and(|next| next.is_alphanumeric());
            open = joins;
            continue;
        }
        match (runs.last_mut(), is_dense(c)) {
            (Some(Run::Dense(text)), true) if open && !joins => text.push(c),
            (Some(Run::Word(parts)), false) if open && joins => parts.push(c.to_string()),
            (Some(Run::Word(parts)), false) if open => parts.last_mut().into_iter().for_each(|part| part.push(c)),
            (_, true) => runs.push(Run::Dense(c.to_string())),
            (_, false) => runs.push(Run::Word(vec![c.to_string()])),
        }
        (open, joins) = (true, false);
    }
    runs
}

/// Characters that stand within a word: hyphens and apostrophes.
const fn is_joint(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '\'' | '\u{2019}')
}

/// Whether a character is of a script without spaces between words, or of one that is searched like those: Chinese
/// characters, kana, hangul, Thai, Lao, Burmese, Khmer.
#[must_use]
pub const fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff65}'..='\u{ffdc}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (text, wanted) in [
            ("キノコ", "きのこ"),
            ("ｷﾉｺ", "きのこ"),
            ("ガ", "が"),
            ("ｶﾞｷﾞﾊﾟ", "がぎぱ"),
            ("か\u{309b}", "が"),
            ("は\u{309c}", "ぱ"),
            ("か\u{3099}", "が"),
            ("ヴァイオリン", "ゔぁいおりん"),
            ("ヽヾ", "ゝゞ"),
            ("ＡＢＣ１２３", "abc123"),
            ("Café", "cafe"),
            ("ЁЛКА", "елка"),
            ("İ", "i"),
            ("ﬁ ℃ ㌔", "fi °c きろ"),
            ("山", "山"),
            ("ビール", "びーる"),
            ("ﾋﾞｰﾙ", "びーる"),
            ("한국", "한국"),
            ("", ""),
        ] {
            assert_eq!(fold(text), wanted, "{text}");
        }
        assert_ne!(fold("ビール"), fold("ビル"));
    }

    #[test]
    fn folding_any_character_again_changes_nothing() {
        for c in '\0'..=char::MAX {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?} U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn runs_end_where_words_do() {
        let word = |parts: &[&str]| Run::Word(parts.iter().map(|part| (*part).to_owned()).collect());
        let dense = |text: &str| Run::Dense(text.to_owned());
        for (text, wanted) in [
            ("T-shirt", vec![word(&["t", "shirt"])]),
            ("don't - stop-", vec![word(&["don", "t"]), word(&["stop"])]),
            ("a--b", vec![word(&["a"]), word(&["b"])]),
            ("きのこの山", vec![dense("きのこの山")]),
            ("USBケーブル2本", vec![word(&["usb"]), dense("けーぶる"), word(&["2"]), dense("本")]),
            ("きのこ・たけのこ", vec![dense("きのこ"), dense("たけのこ")]),
            ("山-b-里", vec![dense("山"), word(&["b"]), dense("里")]),
            ("%_\\ \0!", vec![]),
        ] {
            assert_eq!(runs(&fold(text)), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn kana_of_both_kinds_are_one(text in "[ぁ-ゖゝゞー]{0,20}") {
            let katakana: String = text
                .chars()
                .map(|c| if c == LONG_VOWEL { c } else { char::from_u32(u32::from(c) + KATAKANA_TO_HIRAGANA).unwrap() })
                .collect();
            prop_assert_eq!(fold(&katakana), fold(&text));
        }

        #[test]
        fn nothing_that_a_pattern_would_read_is_in_a_run(text in "\\PC{0,40}") {
            for run in runs(&fold(&text)) {
                let joined = run.joined();
                prop_assert!(!joined.is_empty() && !joined.contains(['%', '_', '\\', ' ', '\n', '\0']));
            }
        }
    }
}
