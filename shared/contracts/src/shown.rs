//! Payloads of events as customers are shown them.

use serde_json::Value;

/// Fields that are between services: nothing of payment tokens, of fingerprints and of the provider's names is shown.
const BETWEEN_SERVICES: [&str; 4] = ["payment_token", "has_payment_token", "request_fingerprint", "provider_reference"];

/// A payload without what is between services, and with amounts as the rest of the interface has them: in major units
/// beside one `currency`.
#[must_use]
pub fn shown(mut data: Value) -> Value {
    let mut currency = None;
    plain(&mut data, &mut currency);
    if let Some(fields) = data.as_object_mut() {
        for field in BETWEEN_SERVICES {
            fields.remove(field);
        }
        if let Some(currency) = currency {
            fields.insert("currency".to_owned(), currency);
        }
    }
    data
}

/// Takes the currency out of each amount. All amounts of an order have the same one.
fn plain(value: &mut Value, currency: &mut Option<Value>) {
    match value {
        Value::Object(fields)
            if fields.len() == 2 && fields.contains_key("amount") && fields.contains_key("currency") =>
        {
            *currency = fields.remove("currency");
            *value = fields.remove("amount").unwrap_or_default();
        }
        Value::Object(fields) => fields.values_mut().for_each(|value| plain(value, currency)),
        Value::Array(entries) => entries.iter_mut().for_each(|value| plain(value, currency)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_is_shown_without_what_is_between_services_and_with_plain_amounts() {
        let price = |amount: u32| json!({ "amount": amount, "currency": "JPY" });
        let data = json!({
            "order_id": "ord_1", "items": [{ "product_id": "prod_1", "price": price(200) }], "total": price(400),
            "payment_token": "tok_visa", "has_payment_token": true, "request_fingerprint": "00", "provider_reference": "ch_1"
        });
        let wanted = json!({
            "order_id": "ord_1", "items": [{ "product_id": "prod_1", "price": 200 }], "total": 400, "currency": "JPY"
        });
        assert_eq!(shown(data), wanted);
        let bare = json!({ "order_id": "ord_1" });
        assert_eq!(shown(bare.clone()), bare);
    }
}
