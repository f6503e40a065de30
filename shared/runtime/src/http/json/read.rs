//! Types from trees.

use serde::Deserializer;
use serde::de::value::{MapAccessDeserializer, MapDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use shotengai_kernel::Decimal;

use super::fault::{Fault, Step};
use super::tree::Json;

impl Json {
    fn as_found(&self) -> Unexpected<'_> {
        match self {
            Self::Null | Self::Gone => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Number(value, _) => Unexpected::Float(*value),
            Self::Text(value) => Unexpected::Str(value),
            Self::List(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }

    /// A whole number that was written with a point or an exponent.
    fn whole(&self) -> Option<u64> {
        let Self::Number(_, text) = self else { return None };
        Decimal::parse(text).ok()?.to_units(0).ok().and_then(|number| u64::try_from(number).ok())
    }
}

/// Whole numbers in any way of writing them: `2.0` and `2e0` are `2`, as a schema's `integer` has it.
macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.whole() {
                Some(number) => visitor.visit_u64(number),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Json {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Json::Null | Json::Gone => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Unsigned(value) => visitor.visit_u64(*value),
            Json::Signed(value) => visitor.visit_i64(*value),
            Json::Number(value, _) => visitor.visit_f64(*value),
            Json::Text(value) => visitor.visit_borrowed_str(value),
            Json::List(entries) => {
                let mut list = List { entries: entries.iter().enumerate() };
                let value = visitor.visit_seq(&mut list)?;
                match list.entries.next() {
                    None => Ok(value),
                    Some((index, _)) => Err(Fault::custom("is one too many").within(Step::Index(index))),
                }
            }
            Json::Object(entries) => visitor.visit_map(Object { entries: entries.iter(), current: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// Whoever wants a number's text gets it as serde_json hands it over.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Json::Number(_, text) if name == Decimal::RAW => {
                visitor.visit_map(MapDeserializer::new(std::iter::once((name, text.as_str()))))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// Only an object is one; derived types would take an array as their fields in order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Json::Object(_) => self.deserialize_any(visitor),
            _ => Err(Fault::invalid_type(self.as_found(), &"an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Json::Text(name) => {
                let name: StrDeserializer<'_, Fault> = name.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            Json::Object(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Object { entries: entries.iter(), current: None }))
            }
            _ => Err(Fault::invalid_type(self.as_found(), &"a string")),
        }
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct List<'de> {
    entries: std::iter::Enumerate<std::slice::Iter<'de, Json>>,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, entry)) = self.entries.find(|(_, entry)| **entry != Json::Gone) else { return Ok(None) };
        seed.deserialize(entry).map(Some).map_err(|fault| fault.within(Step::Index(index)))
    }
}

struct Object<'de> {
    entries: std::slice::Iter<'de, (String, Json)>,
    current: Option<&'de (String, Json)>,
}

impl<'de> MapAccess<'de> for Object<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.current = self.entries.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        let name: StrDeserializer<'_, Fault> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|fault| fault.within(Step::Key(key.clone())))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let Some((key, value)) = self.current.take() else { return Err(Fault::custom("has a value without a key")) };
        seed.deserialize(value).map_err(|fault| fault.within(Step::Key(key.clone())))
    }
}
