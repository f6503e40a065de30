//! Entries of lists, also those of which no more can be read than that they are there.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ProblemType;

/// An entry of a list. One row that can't be read takes no list away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Listed<T> {
    /// The entry.
    Whole(T),
    /// What is left of one.
    Damaged(DamagedEntry),
}

impl<T> Listed<T> {
    /// The entry, if it could be read.
    #[must_use]
    pub fn whole(self) -> Option<T> {
        match self {
            Self::Whole(entry) => Some(entry),
            Self::Damaged(_) => None,
        }
    }

    /// The same entry as something else.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Listed<U> {
        match self {
            Self::Whole(entry) => Listed::Whole(change(entry)),
            Self::Damaged(entry) => Listed::Damaged(entry),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Listed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Listed{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (whole, damaged) = (generator.subschema_for::<T>(), generator.subschema_for::<DamagedEntry>());
        json_schema!({ "anyOf": [whole, damaged] })
    }
}

/// An entry whose row in the read model can't be read: nothing is shown of it but what it is. The list goes on behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "id": "prod_kinoko", "damaged": true }]))]
pub struct DamagedEntry {
    /// The id that its row has.
    pub id: String,
    /// Always true.
    pub damaged: Yes,
}

/// The only value of a mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Yes;

impl Serialize for Yes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for Yes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? { Ok(Self) } else { Err(serde::de::Error::custom("must be true")) }
    }
}

impl JsonSchema for Yes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Yes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean", "const": true })
    }
}

/// 500: `row-damaged`.
pub const ROW_DAMAGED: ProblemType = ProblemType {
    slug: "row-damaged",
    status: 500,
    title: "The read model is damaged here",
    meaning: "The read model's row of this one holds something that was never written there, so it can't be shown. What it is about \
              is safe in its events.",
    cure: "Report it with `instance`: the operator brings the row back with `shotengai rebuild read-models`. Then ask again.",
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::orders::OrderMoved;
    use super::*;

    #[test]
    fn an_entry_is_itself_or_says_that_it_is_damaged() {
        let whole = json!({ "order_id": "ord_1", "status": "paid", "version": 5 });
        let read: Listed<OrderMoved> = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!((serde_json::to_value(&read).unwrap(), read.whole().is_some()), (whole, true));
        let damaged = json!({ "id": "ord_1", "damaged": true });
        let read: Listed<OrderMoved> = serde_json::from_value(damaged.clone()).unwrap();
        assert_eq!((serde_json::to_value(&read).unwrap(), read.whole()), (damaged, None));
        for other in [json!({ "id": "ord_1", "damaged": false }), json!({ "id": "ord_1" })] {
            assert!(serde_json::from_value::<Listed<OrderMoved>>(other.clone()).is_err(), "{other}");
        }
    }
}
