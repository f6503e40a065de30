//! Whether a payload's schema may change without a new version.
//!
//! An event is written once and read by every release before and after: what an old release wrote is read for ever, and
//! what a new one writes is read by the old one during a rolling upgrade. So within a version a payload may gain fields
//! that can be missing, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keywords that say nothing about what is valid.
const PROSE: &[&str] = &["$schema", "$defs", "$ref", "title", "description", "default", "examples"];
/// Keywords that are compared by what stands below them.
const STRUCTURE: &[&str] = &["properties", "required", "items", "oneOf", "anyOf", "allOf"];

/// Differences that a reader or writer of the other release would stumble over; none when `new` may take the place of `old`.
#[must_use]
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Pair { old_root: old, new_root: new }.compare("data", old, new, &mut found);
    found
}

struct Pair<'a> {
    old_root: &'a Value,
    new_root: &'a Value,
}

impl Pair<'_> {
    fn compare(&self, path: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
        let (old, new) = (resolved(self.old_root, old), resolved(self.new_root, new));
        let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
            if old != new {
                found.push(format!("{path} is another schema"));
            }
            return;
        };
        let keywords: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for keyword in keywords {
            if PROSE.contains(&keyword.as_str()) || STRUCTURE.contains(&keyword.as_str()) {
                continue;
            }
            if as_set(old.get(keyword)) != as_set(new.get(keyword)) {
                found.push(format!("{path} changes its {keyword}"));
            }
        }
        self.compare_fields(path, old, new, found);
        for keyword in ["items", "oneOf", "anyOf", "allOf"] {
            match (old.get(keyword), new.get(keyword)) {
                (None, None) => {}
                (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
                    for (index, (old, new)) in old.iter().zip(new).enumerate() {
                        self.compare(&format!("{path}/{keyword}/{index}"), old, new, found);
                    }
                }
                (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => {
                    self.compare(&format!("{path}/{keyword}"), old, new, found);
                }
                _ => found.push(format!("{path} changes its {keyword}")),
            }
        }
    }

    fn compare_fields(&self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>, found: &mut Vec<String>) {
        let (old_required, new_required) = (names(old.get("required")), names(new.get("required")));
        let (old_fields, new_fields) = (fields(old), fields(new));
        for (name, old_schema) in &old_fields {
            let path = format!("{path}.{name}");
            let Some((_, new_schema)) = new_fields.iter().find(|(other, _)| other == name) else {
                found.push(format!("{path} is gone"));
                continue;
            };
            match (old_required.contains(name), new_required.contains(name)) {
                (true, false) => found.push(format!("{path} may be missing, and older releases rely on it")),
                (false, true) => found.push(format!("{path} must be there, and events of before may lack it")),
                _ => {}
            }
            self.compare(&path, old_schema, new_schema, found);
        }
        for (name, _) in new_fields {
            let is_new = !old_fields.iter().any(|(other, _)| *other == name);
            if is_new && new_required.contains(name) {
                found.push(format!("{path}.{name} must be there, and events of before lack it"));
            }
        }
    }
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn fields(schema: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let fields = schema.get("properties").and_then(Value::as_object);
    fields.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema)).collect()
}

fn names(list: Option<&Value>) -> BTreeSet<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Types and enums may be listed in any order.
fn as_set(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::Array(values)) => values.iter().map(ToString::to_string).collect(),
        Some(value) => BTreeSet::from([value.to_string()]),
        None => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn base() -> Value {
        json!({
            "type": "object",
            "description": "An order.",
            "properties": {
                "order_id": {"type": "string", "pattern": "^ord_"},
                "stage": {"$ref": "#/$defs/Stage"},
                "items": {"type": "array", "items": {"type": "object", "properties": {"pieces": {"type": "integer"}}}},
                "note": {"type": ["string", "null"]},
            },
            "required": ["order_id", "stage", "items"],
            "$defs": {"Stage": {"type": "string", "enum": ["pending", "paid"]}},
        })
    }

    fn changed(pointer: &str, value: Value) -> Vec<String> {
        let mut new = base();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        new.pointer_mut(parent).unwrap()[name] = value;
        breaks(&base(), &new)
    }

    #[test]
    fn a_field_that_may_be_missing_can_come_and_words_can_change() {
        assert_eq!(breaks(&base(), &base()), Vec::<String>::new());
        assert_eq!(changed("/properties/gift", json!({"type": "boolean"})), Vec::<String>::new());
        assert_eq!(changed("/description", json!("Another word.")), Vec::<String>::new());
        assert_eq!(changed("/properties/note/type", json!(["null", "string"])), Vec::<String>::new());
    }

    #[test]
    fn what_another_release_would_stumble_over_is_named() {
        let gone = {
            let mut new = base();
            new["properties"].as_object_mut().unwrap().remove("note");
            breaks(&base(), &new)
        };
        assert_eq!(gone, ["data.note is gone"]);
        assert_eq!(changed("/properties/note/type", json!("string")), ["data.note changes its type"]);
        assert_eq!(changed("/properties/order_id/pattern", json!("^o_")), ["data.order_id changes its pattern"]);
        // An old release does not know the new value; a new one may read the old one for ever.
        for stages in [json!(["pending", "paid", "lost"]), json!(["pending"])] {
            assert_eq!(changed("/$defs/Stage/enum", stages), ["data.stage changes its enum"]);
        }
        let optional = changed("/required", json!(["order_id", "stage"]));
        assert_eq!(optional, ["data.items may be missing, and older releases rely on it"]);
        let required = changed("/required", json!(["order_id", "stage", "items", "note"]));
        assert_eq!(required, ["data.note must be there, and events of before may lack it"]);
        let pieces = changed("/properties/items/items/properties/pieces/type", json!("number"));
        assert_eq!(pieces, ["data.items/items.pieces changes its type"]);
    }

    #[test]
    fn a_new_field_that_must_be_there_breaks() {
        let mut new = base();
        new["properties"]["gift"] = json!({"type": "boolean"});
        new["required"] = json!(["order_id", "stage", "items", "gift"]);
        assert_eq!(breaks(&base(), &new), ["data.gift must be there, and events of before lack it"]);
    }
}
