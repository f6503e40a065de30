//! JSON as it was sent: keys in their order, twice if they stood there twice, numbers with all their digits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// One value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    /// Neither, or too large for them: as it was written.
    Number(f64, String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
    /// Stood in a list, was found bad, and is passed over from then on: the entries behind it keep their index.
    Gone,
}

impl Json {
    /// Reads a document.
    pub(super) fn parse(raw: &[u8]) -> Result<Self, serde_json::Error> {
        let mut tree: Self = serde_json::from_slice(raw)?;
        // serde_json gives doubles, which have lost what no double holds; the texts stand in the document in the same order.
        tree.take_texts(&mut Numbers(raw));
        Ok(tree)
    }

    fn take_texts(&mut self, numbers: &mut Numbers<'_>) {
        match self {
            Self::Number(_, text) => {
                if let Some(written) = numbers.next() {
                    written.clone_into(text);
                }
            }
            Self::Unsigned(_) | Self::Signed(_) => drop(numbers.next()),
            Self::List(entries) => entries.iter_mut().for_each(|entry| entry.take_texts(numbers)),
            Self::Object(entries) => entries.iter_mut().for_each(|(_, entry)| entry.take_texts(numbers)),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::Gone => {}
        }
    }
}

/// The numbers of a document that is known to be JSON, as they were written.
struct Numbers<'a>(&'a [u8]);

impl<'a> Iterator for Numbers<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while let Some((first, rest)) = self.0.split_first() {
            match first {
                b'"' => self.0 = behind_string(rest),
                b'-' | b'0'..=b'9' => {
                    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                    let end = self.0.iter().position(|byte| !is_part(byte)).unwrap_or(self.0.len());
                    let (number, rest) = self.0.split_at(end);
                    self.0 = rest;
                    return std::str::from_utf8(number).ok();
                }
                _ => self.0 = rest,
            }
        }
        None
    }
}

/// What comes after the string that `rest` is inside of.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [] => return rest,
            [b'"', behind @ ..] => return behind,
            [b'\\', _, behind @ ..] | [_, behind @ ..] => behind,
        };
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Signed(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value, value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Json::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}
