//! An order's events, for its owner and for administrators.

use serde_json::Value;
use shotengai_contracts as owned;
use shotengai_contracts::api::orders::OrderEvent;
use shotengai_kernel::{AggregateId, OrderId, UserId, Version};
use shotengai_messaging::Fault;

use crate::orders::aggregate::Orders;
use crate::orders::domain::Order;

/// All events of an order, oldest first; none when there is no such order or it is not `owner`'s. Without an owner
/// anybody's order is shown.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn history(
    orders: &Orders,
    order: &OrderId,
    owner: Option<&UserId>,
) -> Result<Option<Vec<OrderEvent>>, Fault> {
    let commits = orders.writer().store().load(&AggregateId::from(order), Version::ZERO).await?;
    let mut state = Order::default();
    let mut entries = Vec::new();
    for envelope in commits.into_iter().flat_map(|commit| commit.events) {
        let data = match envelope.event() {
            Ok(event) => {
                let data = event.to_data();
                if let Ok(event) = owned::OrderEvent::try_from(event) {
                    // What doesn't fit is shown all the same: this is for looking at what was written.
                    let _ = state.evolve(&event);
                }
                data
            }
            // Written by a newer release: shown as it stands, but for what `shown` leaves out of every event.
            Err(_) => envelope.data,
        };
        let (event_type, version, time) = (envelope.event_type, envelope.aggregateversion, envelope.time);
        entries.push(OrderEvent { event_type, version, time, data: shown(data) });
    }
    let visible = state.placed().is_some_and(|placed| owner.is_none_or(|owner| *owner == placed.user_id));
    Ok(visible.then_some(entries))
}

/// What a customer is shown of an event's payload: nothing of payment tokens and no fingerprint, which are between services, and
/// amounts as the rest of the interface has them, in major units beside one `currency`.
fn shown(mut data: Value) -> Value {
    let mut currency = None;
    plain(&mut data, &mut currency);
    if let Some(fields) = data.as_object_mut() {
        for between_services in ["payment_token", "has_payment_token", "request_fingerprint"] {
            fields.remove(between_services);
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
            "payment_token": "tok_visa", "has_payment_token": true, "request_fingerprint": "00"
        });
        let wanted = json!({
            "order_id": "ord_1", "items": [{ "product_id": "prod_1", "price": 200 }], "total": 400, "currency": "JPY"
        });
        assert_eq!(shown(data), wanted);
        let bare = json!({ "order_id": "ord_1" });
        assert_eq!(shown(bare.clone()), bare);
    }
}
