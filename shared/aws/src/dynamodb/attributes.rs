//! Attributes in and out of items.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An item that is not what this program writes. Says which attribute, never what stands in it.
#[derive(Debug, thiserror::Error)]
#[error("an item's attribute {0:?} is missing or unreadable")]
pub(super) struct BadItem(pub(super) &'static str);

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn read_text<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, BadItem> {
    match item.get(name) {
        Some(AttributeValue::S(value)) => Ok(value),
        _ => Err(BadItem(name)),
    }
}

pub(super) fn read_number<T: std::str::FromStr>(item: &Item, name: &'static str) -> Result<T, BadItem> {
    match item.get(name) {
        Some(AttributeValue::N(value)) => value.parse().map_err(|_| BadItem(name)),
        _ => Err(BadItem(name)),
    }
}
