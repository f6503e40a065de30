//! Fields of a body that may be left out, and then mean much: all of an order, all of a cart.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there. A `null` is refused as any other value of a wrong type: a form that was left empty must not
/// mean all.
///
/// # Errors
/// The fault of the value.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::orders::PlaceOrder;
    use super::super::refunds::RefundOrder;

    #[test]
    fn what_is_left_out_is_not_what_is_null() {
        let reason = r#"{"reason":"x"}"#;
        let read = serde_json::from_str::<RefundOrder>(reason).unwrap();
        assert_eq!((read.lines, read.amount), (None, None));
        for (body, why) in
            [(r#"{"reason":"x","lines":null}"#, "null"), (r#"{"reason":"x","amount":null}"#, "must be a number")]
        {
            let error = serde_json::from_str::<RefundOrder>(body).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert_eq!(serde_json::from_str::<PlaceOrder>("{}").unwrap().items, None);
        let error = serde_json::from_str::<PlaceOrder>(r#"{"items":null}"#).unwrap_err().to_string();
        assert!(error.contains("null"), "{error}");
    }
}
