//! Typing errors in words: which words are meant by one that nothing has. Pure.
//!
//! Two words are a few edits apart only if they become the same when as many letters are left out of each. So a word's
//! remainders, of its first letters, find all candidates by equality; their distance then says which they are.

use std::collections::BTreeSet;

/// Letters at a word's beginning that remainders are made of. What follows them is judged by the distance alone.
const BEGINNING: usize = 7;
/// Shortest word that is taken for a typing error, in letters.
pub const SHORTEST: usize = 4;
/// Shortest word that two errors are forgiven in.
const SHORTEST_OF_TWO: usize = 8;

/// How many edits are forgiven in a word that is asked for: one from 4 letters on, two from 8. None in one with digits:
/// another number is another thing.
#[must_use]
pub fn forgiven(word: &str) -> usize {
    let length = word.chars().count();
    if length < SHORTEST || !word.chars().all(char::is_alphabetic) {
        return 0;
    }
    if length < SHORTEST_OF_TWO { 1 } else { 2 }
}

/// Remainders of a word that is asked for.
#[must_use]
pub fn asked(word: &str) -> BTreeSet<String> {
    remainders(word, forgiven(word))
}

/// Remainders of a word that there is: of as many letters left out as whoever asks for it may have wrong.
#[must_use]
pub fn of_word(word: &str) -> BTreeSet<String> {
    let length = word.chars().count();
    if length + 1 < SHORTEST || !word.chars().all(char::is_alphabetic) {
        return BTreeSet::new();
    }
    // Two are forgiven in a word of eight letters, which may be one of six with two too many.
    remainders(word, if length + 2 < SHORTEST_OF_TWO { 1 } else { 2 })
}

fn remainders(word: &str, left_out: usize) -> BTreeSet<String> {
    let begin: String = word.chars().take(BEGINNING).collect();
    let mut all = BTreeSet::from([begin]);
    for _ in 0..left_out {
        let shorter: Vec<_> = all.iter().flat_map(|text| without_one(text)).collect();
        all.extend(shorter);
    }
    all.remove("");
    all
}

fn without_one(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let without = |at: usize| chars[..at].iter().chain(&chars[at + 1..]).collect();
    (0..chars.len()).map(without).collect()
}

/// How many edits are between two words: letters put in, left out or put for another, and neighbours that changed places.
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=other.len()).collect());
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

/// Those of these words that are the fewest edits from the one that is asked for, within what is forgiven; `most` at the
/// most, by letter.
#[must_use]
pub fn nearest<'a>(word: &str, others: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let (forgiven, length) = (forgiven(word), word.chars().count());
    let near = others.filter(|other| other.chars().count().abs_diff(length) <= forgiven);
    let judged: BTreeSet<(usize, &str)> = near.map(|other| (distance(word, other), other)).collect();
    let least = judged.first().map_or(0, |(distance, _)| *distance);
    let of_least = judged.into_iter().take_while(|(distance, _)| *distance == least && least <= forgiven);
    of_least.take(most).map(|(_, word)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edits_are_counted() {
        for (one, other, wanted) in [
            ("", "", 0),
            ("abc", "", 3),
            ("shirt", "shirt", 0),
            ("shirt", "shrt", 1),
            ("shirt", "shirrt", 1),
            ("shirt", "skirt", 1),
            ("shirt", "hsirt", 1),
            ("chocolate", "choclatee", 2),
            ("kinoko", "takenoko", 3),
        ] {
            assert_eq!((distance(one, other), distance(other, one)), (wanted, wanted), "{one} {other}");
        }
    }

    #[test]
    fn the_nearest_words_are_meant_and_short_ones_and_numbers_are_never_wrong() {
        let words = ["shirt", "skirt", "short", "chocolate", "chocolat"];
        let near = |word| nearest(word, words.into_iter(), 2);
        assert_eq!(near("shirt"), ["shirt"]);
        assert_eq!(near("shiirt"), ["shirt"]);
        assert_eq!(near("shart"), ["shirt", "short"]);
        assert_eq!(near("chcolte"), Vec::<String>::new(), "seven letters, two errors");
        assert_eq!(near("chokolte"), ["chocolate"]);
        assert_eq!(
            (forgiven("tea"), forgiven("milk"), forgiven("biscuits"), forgiven("2024"), forgiven("mp34")),
            (0, 1, 2, 0, 0)
        );
    }

    proptest! {
        #[test]
        fn whatever_is_forgiven_is_found_by_a_remainder(word in "[a-e]{3,12}", edits in prop::collection::vec((0usize..3, 0usize..12, 0usize..5), 0..3)) {
            let mut typed: Vec<char> = word.chars().collect();
            for (kind, at, letter) in edits {
                let (at, letter) = (at.min(typed.len().saturating_sub(1)), b"abcde"[letter] as char);
                match kind {
                    0 => typed.insert(at, letter),
                    1 if typed.len() > 1 => drop(typed.remove(at)),
                    _ => typed[at] = letter,
                }
            }
            let typed: String = typed.into_iter().collect();
            let forgiven = forgiven(&typed);
            if forgiven > 0 && distance(&typed, &word) <= forgiven {
                prop_assert!(!asked(&typed).is_disjoint(&of_word(&word)), "{typed} {word}");
            }
        }
    }
}
