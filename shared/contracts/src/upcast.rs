//! How a payload written by an old release becomes today's shape.

use serde_json::{Value, json};

use crate::events::EventType;

/// Lifts `data` from `version` to the type's newest, one version at a time.
#[must_use]
pub fn upcast(event_type: EventType, version: u32, data: Value) -> Value {
    debug_assert!(version <= event_type.version(), "a future version is refused before");
    lift(version, event_type.version(), data, |version, data| step(event_type, version, data))
}

/// Lifts from this version to the next.
///
/// A type that grows a version and needs more than serde's defaults gets a step of its own here; a golden file of each
/// older version stays in `golden/` to prove it. Version 2 of ProductCreated and ProductUpdated only added `names`,
/// version 3 the fields of [`Presentation`](crate::events::Presentation): none where they are missing.
fn step(event_type: EventType, version: u32, data: Value) -> Value {
    match (event_type, version) {
        (EventType::OrderPlaced, 1) => order_without_token(data),
        _ => data,
    }
}

/// Events held the payment token once. Today's shape only says whether there is one; see [`crate::payment::TokenPlace`].
fn order_without_token(mut data: Value) -> Value {
    if let Some(fields) = data.as_object_mut() {
        let token = fields.remove("payment_token");
        fields.insert("has_payment_token".to_owned(), json!(token.is_some_and(|token| !token.is_null())));
    }
    data
}

fn lift(from: u32, to: u32, data: Value, step: impl Fn(u32, Value) -> Value) -> Value {
    (from..to).fold(data, |data, version| step(version, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a type would that has had three shapes: a name, a name with a currency, a name with a price.
    fn grown(version: u32, mut data: Value) -> Value {
        match version {
            1 => data["currency"] = json!("JPY"),
            2 => data = json!({"name": data["name"], "price": {"amount": 0, "currency": data["currency"]}}),
            _ => {}
        }
        data
    }

    #[test]
    fn an_order_of_the_first_version_loses_its_token_and_says_that_it_had_one() {
        for (token, has) in [(json!("tok_visa"), true), (json!(null), false)] {
            let lifted = upcast(EventType::OrderPlaced, 1, json!({"total": 1, "payment_token": token}));
            assert_eq!(lifted, json!({"total": 1, "has_payment_token": has}));
        }
        let lifted = upcast(EventType::OrderPlaced, 1, json!({"total": 1}));
        assert_eq!(lifted, json!({"total": 1, "has_payment_token": false}));
    }

    #[test]
    fn an_old_payload_is_lifted_one_version_at_a_time_and_a_new_one_not_at_all() {
        let today = json!({"name": "きのこの山", "price": {"amount": 0, "currency": "JPY"}});
        let first = json!({"name": "きのこの山"});
        let second = json!({"name": "きのこの山", "currency": "JPY"});
        for (version, data) in [(1, first), (2, second), (3, today.clone())] {
            assert_eq!(lift(version, 3, data, grown), today, "from version {version}");
        }
    }
}
