//! Errors of letters without what they quote of bodies.
//!
//! What reads JSON says what it found in place of what it wanted: names, addresses, whatever stands there. Whoever sees letters
//! covered sees of such errors their kind and place only.

use std::borrow::Cow;

/// Reasons whose errors quote bodies.
const QUOTING: [&str; 3] = ["not_json", "not_an_envelope", "bad_data"];
/// Texts that begin so quote nothing.
const HARMLESS: [&str; 2] = ["unsupported ", "no JSON at line "];
/// What stands before the parser's own words. Nothing of a body comes before it.
const HEADS: [&str; 3] = ["not JSON: ", "not an envelope: ", " has bad data: "];
/// The parser's words for kinds of errors.
const KINDS: [&str; 19] = [
    "EOF while parsing",
    "control character",
    "duplicate field",
    "expected `,` or `]`",
    "expected `,` or `}`",
    "expected `:`",
    "expected ident",
    "expected value",
    "invalid escape",
    "invalid length",
    "invalid number",
    "invalid type",
    "invalid unicode code point",
    "invalid value",
    "key must be a string",
    "missing field",
    "trailing characters",
    "unknown field",
    "unknown variant",
];
/// Where none of them fits.
const OTHER: &str = "what stands there does not fit";

/// The error of a letter with this reason, without what it quotes of a body.
#[must_use]
pub fn covered<'a>(reason: &str, error: &'a str) -> Cow<'a, str> {
    let is_harmless = HARMLESS.iter().any(|start| error.starts_with(start));
    if is_harmless || !QUOTING.contains(&reason) {
        return Cow::Borrowed(error);
    }
    // The first of them: a quoted text may hold others.
    let heads = HEADS.iter().filter_map(|head| Some(error.find(head)? + head.len()));
    let (head, said) = error.split_at(heads.min().unwrap_or_default());
    let kind = KINDS.iter().find(|kind| said.starts_with(**kind)).unwrap_or(&OTHER);
    let place = place(said).map(|(line, column)| format!(" at line {line} column {column}"));
    Cow::Owned(format!("{head}{kind}{}", place.unwrap_or_default()))
}

/// Line and column at the end of what the parser said.
fn place(said: &str) -> Option<(u64, u64)> {
    let (_, place) = said.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{Envelope, EventType, samples};

    use super::*;

    #[test]
    fn what_is_quoted_of_bodies_is_covered_and_what_is_not_is_left() {
        for (reason, error, told) in [
            (
                "not_json",
                "not JSON: expected value at line 1 column 22",
                "not JSON: expected value at line 1 column 22",
            ),
            (
                "not_an_envelope",
                "not an envelope: invalid type: string \"secret at line 1 column 2\", expected u64 at line 3 column 14",
                "not an envelope: invalid type at line 3 column 14",
            ),
            (
                "bad_data",
                "OrderPlaced version 2 has bad data: unknown variant `secret`, expected `JPY`",
                "OrderPlaced version 2 has bad data: unknown variant",
            ),
            ("bad_data", "secret", "what stands there does not fit"),
            (
                "not_an_envelope",
                "unsupported specversion: only 1.0 is spoken",
                "unsupported specversion: only 1.0 is spoken",
            ),
            ("not_json", "no JSON at line 1, column 3", "no JSON at line 1, column 3"),
            ("exhausted", "ord_1 waits for event 7", "ord_1 waits for event 7"),
        ] {
            assert_eq!(covered(reason, error), told);
        }
    }

    #[test]
    fn no_error_of_an_envelope_tells_what_stands_in_it() {
        let mut data = samples::envelope(EventType::OrderPaid).unwrap();
        data.data = serde_json::json!("secret");
        let mut envelope = serde_json::to_value(samples::envelope(EventType::OrderPaid).unwrap()).unwrap();
        envelope["time"] = "secret".into();
        let bodies = [data.to_json(), envelope.to_string(), "{\"secret\": ".to_owned()];
        for body in bodies {
            let read = Envelope::from_json(body.as_bytes()).and_then(|envelope| envelope.event());
            let error = read.unwrap_err();
            let told = covered(error.reason(), &error.to_string()).into_owned();
            assert!(!told.contains("secret") && told.contains(": "), "{told}");
        }
    }
}
