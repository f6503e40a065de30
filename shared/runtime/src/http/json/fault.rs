//! What is wrong with a document, where, and in words that quote nothing of it.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};
use serde_path_to_error::Segment;

/// Longer keys than any that we know are not repeated to their sender.
const LONGEST_KEY: usize = 64;

/// A step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// From the innermost step outwards: the readers around a value add theirs in turn.
    inwards: Vec<Step>,
    detail: String,
}

impl Fault {
    fn here(detail: impl Into<String>) -> Self {
        Self { inwards: Vec::new(), detail: detail.into() }
    }

    fn at_key(key: &str, detail: &str) -> Self {
        Self { inwards: vec![Step::Key(key.to_owned())], detail: detail.to_owned() }
    }

    /// The same fault, seen from one step further out.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.inwards.push(step);
        self
    }

    /// The way to it, from the document's root.
    pub(super) fn path(&self) -> Vec<Step> {
        self.inwards.iter().rev().cloned().collect()
    }

    /// The way to it as RFC 6901 writes it. Ends before a key that is longer than any real one.
    pub(super) fn pointer(&self) -> String {
        let short = |step: &&Step| !matches!(step, Step::Key(key) if key.len() > LONGEST_KEY);
        self.inwards.iter().rev().take_while(short).map(written).collect()
    }

    /// What is wrong with what, in words that stand by themselves.
    pub(super) fn sentence(&self) -> String {
        let subject = match self.inwards.as_slice() {
            [] => "the body".to_owned(),
            [Step::Key(key), ..] if key.len() > LONGEST_KEY => "a field".to_owned(),
            [Step::Key(key), ..] => key.clone(),
            [Step::Index(index), Step::Key(key), ..] => format!("{key}[{index}]"),
            [Step::Index(index), ..] => format!("entry {index}"),
        };
        format!("{subject} {}", self.detail)
    }
}

fn written(step: &Step) -> String {
    match step {
        Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Step::Index(index) => format!("/{index}"),
    }
}

/// The pointer of a path that the grammar's reader has seen.
pub(super) fn pointer_of(path: &serde_path_to_error::Path) -> String {
    let steps = path.iter().map_while(|segment| match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } if key.len() <= LONGEST_KEY => Some(Step::Key(key.clone())),
        _ => None,
    });
    steps.map(|step| written(&step)).collect()
}

fn found(value: Unexpected<'_>) -> &'static str {
    match value {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a fraction",
        Unexpected::Str(_) | Unexpected::Char(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        _ => "something else",
    }
}

/// What was expected, without Rust's names for it.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" | "a JSON number" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        _ => text,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    /// What a type says for itself; our types don't quote what they refuse.
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::here(message.to_string())
    }

    fn invalid_type(value: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(format!("must be {}, not {}", wanted(expected), found(value)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(format!("must be {}", wanted(expected)))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::here(format!("must be {}", wanted(expected)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::here(format!("must be one of {}", expected.join(", ")))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::here(match expected {
            [] => "is not known; nothing may stand here".to_owned(),
            known => format!("is not known; known are {}", known.join(", ")),
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::at_key(field, "is missing")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::at_key(field, "stands there twice")
    }
}
