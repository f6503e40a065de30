//! Rows as items: the document as JSON text, each counter an attribute of its own so that it can be added to.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Key, Row};

use super::attributes::{BadItem, Item, number, read_number, read_text, text};
use super::schema::{COUNTER_PREFIX, DOC, EXPIRES_AT, PK, SK, VERSION};

pub(super) fn encode(row: &Row) -> Item {
    let mut item = key(&row.key);
    item.insert(VERSION.to_owned(), number(row.version));
    item.insert(DOC.to_owned(), text(row.doc.to_string()));
    for (name, value) in &row.counters {
        item.insert(format!("{COUNTER_PREFIX}{name}"), number(value));
    }
    if let Some(expires_at) = row.expires_at {
        item.insert(EXPIRES_AT.to_owned(), number(expires_at.as_second()));
    }
    item
}

pub(super) fn decode(item: &Item) -> Result<Row, BadItem> {
    let mut counters = BTreeMap::new();
    for (name, value) in item {
        if let (Some(counter), AttributeValue::N(value)) = (name.strip_prefix(COUNTER_PREFIX), value) {
            counters.insert(counter.to_owned(), value.parse().map_err(|_| BadItem(COUNTER_PREFIX))?);
        }
    }
    let expires_at = match item.get(EXPIRES_AT) {
        Some(_) => {
            let second = read_number(item, EXPIRES_AT)?;
            Some(Timestamp::from_second(second).map_err(|_| BadItem(EXPIRES_AT))?)
        }
        None => None,
    };
    Ok(Row {
        key: Key::new(read_text(item, PK)?, read_text(item, SK)?),
        version: read_number(item, VERSION)?,
        // A document that is none is its reader's to name: one such row must not keep a list from the others.
        doc: read_text(item, DOC).ok().and_then(|doc| serde_json::from_str(doc).ok()).unwrap_or_default(),
        counters,
        expires_at,
    })
}

pub(super) fn key(key: &Key) -> Item {
    Item::from([(PK.to_owned(), text(key.pk.as_str())), (SK.to_owned(), text(key.sk.as_str()))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_as_it_was() {
        let row = Row {
            key: Key::new("total", "3"),
            version: 7,
            doc: serde_json::json!({"name": "きのこの山", "none": null}),
            counters: [("count".to_owned(), -2), ("doc".to_owned(), i64::MAX)].into(),
            expires_at: Some(Timestamp::from_second(1_800_000_000).unwrap()),
        };
        assert_eq!(decode(&encode(&row)).unwrap(), row);
        let plain = Row::new(Key::new("a", "b"), 0, serde_json::Value::Null);
        assert_eq!(decode(&encode(&plain)).unwrap(), plain);
    }

    #[test]
    fn a_document_that_is_none_leaves_the_row_to_be_seen() {
        let row = Row::new(Key::new("a", "b"), 4, serde_json::json!({"name": "x"}));
        for doc in [text("{not json"), number(7)] {
            let mut item = encode(&row);
            item.insert(DOC.to_owned(), doc);
            assert_eq!(decode(&item).unwrap(), Row { doc: serde_json::Value::Null, ..row.clone() });
        }
    }
}
