//! The means of payment that order left for billing.

use shotengai_contracts::events::OrderPlaced;
use shotengai_contracts::payment::{IntentKey, PaymentIntent, PaymentToken};
use shotengai_contracts::topology::tables;
use shotengai_messaging::{Infrastructure, Key};

/// The token that billing finds for an order.
pub async fn token_of(infra: &dyn Infrastructure, placed: &OrderPlaced) -> Option<PaymentToken> {
    if !placed.has_payment_token {
        return None;
    }
    let IntentKey { order_id, fingerprint } = IntentKey::of(placed);
    let table = infra.table(tables::PAYMENT_INTENTS.name);
    let row = table.get(&Key::new(order_id.as_str(), fingerprint)).await.unwrap()?;
    Some(serde_json::from_value::<PaymentIntent>(row.doc).unwrap().payment_token)
}
