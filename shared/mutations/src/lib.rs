//! For tests of the edge: a valid JSON body, changed in one to three places. What a seed makes is always the same.
//!
//! Whether a mutant is still valid is for the test to judge, by rules of its own; it can't see in a parsed body that a
//! key stood there twice, so [`Mutant::doubled`] says so.

use serde_json::{Map, Value};
use shotengai_kernel::{Random, SeededRandom};

/// JSON texts, and things that are none, to put in the place of a value. Some are right in some places.
const VALUES: [&[u8]; 41] = [
    b"null",
    b"true",
    b"false",
    b"0",
    b"1",
    b"-1",
    b"-0",
    b"0.0",
    b"1.0",
    b"1.5",
    b"1e0",
    b"1e3",
    b"1e-7",
    b"1e400",
    b"-1e400",
    b"50",
    b"1000000",
    b"1000001",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"999999999999999",
    b"1000000000000000",
    b"01",
    b"+1",
    b"NaN",
    b"Infinity",
    b"\"\"",
    b"\"1\"",
    b"\"prod_kinoko\"",
    b"\"../../etc/passwd\"",
    b"\"a\\u0000b\"",
    b"\"\\ufffe\"",
    b"\"\\ud800\"",
    b"\"\xff\"",
    b"\"4242424242424242\"",
    b"[]",
    b"{}",
    b"[[[[]]]]",
    b"",
];
const KEYS: [&str; 7] = ["", "items", "price", "__proto__", "Quantity", "キー", "product_id\u{0}"];
/// Stands for raw text until everything else is serialized; no test's body contains it.
const MARK: &str = "@raw@";

/// A changed body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What is sent.
    pub body: Vec<u8>,
    /// Whether some key stands twice in one object: never valid, though parsers may not tell.
    pub doubled: bool,
}

/// `count` mutants of a body.
pub fn mutants(valid: &Value, seed: u64, count: usize) -> impl Iterator<Item = Mutant> {
    let random = SeededRandom::new(seed);
    std::iter::repeat_with(move || mutant(valid.clone(), &random)).take(count)
}

fn below(random: &SeededRandom, limit: usize) -> usize {
    usize::try_from(random.below(u64::try_from(limit.max(1)).unwrap_or(1))).unwrap_or(0)
}

fn mutant(mut tree: Value, random: &SeededRandom) -> Mutant {
    for _ in 0..=below(random, 3) {
        change_below(&mut tree, below(random, 4), random);
    }
    let mut body = Vec::new();
    for (index, piece) in tree.to_string().split(&format!("\"{MARK}\"")).enumerate() {
        if index > 0 {
            body.extend_from_slice(VALUES.get(below(random, VALUES.len())).copied().unwrap_or_default());
        }
        body.extend_from_slice(piece.as_bytes());
    }
    match below(random, 10) {
        0 => tear(&mut body, random),
        1 => return double_key(body),
        _ => {}
    }
    Mutant { body, doubled: false }
}

/// Does something to a value some steps down.
fn change_below(value: &mut Value, depth: usize, random: &SeededRandom) {
    let child = match value {
        _ if depth == 0 => None,
        Value::Object(entries) => {
            let chosen = below(random, entries.len());
            entries.values_mut().nth(chosen)
        }
        Value::Array(entries) => {
            let chosen = below(random, entries.len());
            entries.get_mut(chosen)
        }
        _ => None,
    };
    match child {
        Some(child) => change_below(child, depth - 1, random),
        None => change(value, random),
    }
}

fn change(value: &mut Value, random: &SeededRandom) {
    let kind = below(random, 8);
    match value {
        Value::Object(entries) if kind < 6 => change_object(entries, kind, random),
        Value::Array(entries) if kind < 4 && !entries.is_empty() => {
            let chosen = below(random, entries.len());
            match kind {
                0 => drop(entries.remove(chosen)),
                _ => entries.extend(vec![entries.first().cloned().unwrap_or_default(); 1 + below(random, 60)]),
            }
        }
        _ if kind == 7 => *value = (0..below(random, 200)).fold(value.take(), |inner, _| Value::Array(vec![inner])),
        _ => *value = Value::from(MARK),
    }
}

fn change_object(entries: &mut Map<String, Value>, kind: usize, random: &SeededRandom) {
    let chosen = below(random, entries.len());
    let key = entries.keys().nth(chosen).cloned().unwrap_or_default();
    let other = KEYS.get(below(random, KEYS.len())).copied().unwrap_or_default();
    match kind {
        0 => drop(entries.remove(&key)),
        1 => drop(entries.insert(other.to_owned(), Value::from(1))),
        2 => {
            if let Some(value) = entries.remove(&key) {
                entries.insert(other.to_owned(), value);
            }
        }
        // Some are left as they are: a test has to see right ones pass, too.
        _ => {}
    }
}

/// Cuts, drops, adds or turns a byte somewhere.
fn tear(body: &mut Vec<u8>, random: &SeededRandom) {
    let place = below(random, body.len());
    match below(random, 4) {
        0 => body.truncate(place),
        1 if place < body.len() => drop(body.remove(place)),
        2 => body.insert(place, 0x80 | u8::try_from(below(random, 128)).unwrap_or(0)),
        _ => {
            if let Some(byte) = body.get_mut(place) {
                *byte ^= 1 << below(random, 7);
            }
        }
    }
}

/// Lets the body's first key stand there twice.
fn double_key(mut body: Vec<u8>) -> Mutant {
    let key_ends = body.windows(2).position(|pair| pair == b"\":");
    let doubled = body.starts_with(b"{\"") && key_ends.is_some();
    if let Some(end) = key_ends.filter(|_| doubled) {
        let first = [&body[1..end + 2], b"1,"].concat();
        body.splice(1..1, first);
    }
    Mutant { body, doubled }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_seed_makes_the_same_mutants_and_most_differ() {
        let valid = json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 2 }], "payment_token": "tok" });
        let made = |seed| mutants(&valid, seed, 300).map(|mutant| mutant.body).collect::<Vec<_>>();
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        assert!(made(1).into_iter().collect::<BTreeSet<_>>().len() > 150);
        assert!(made(1).contains(&valid.to_string().into_bytes()), "some are left as they were");
    }
}
