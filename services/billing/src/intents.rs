//! Payment intents: how an order is to be paid. Order writes them; nobody else reads them.

use std::sync::Arc;

use shotengai_contracts::payment::{IntentKey, PaymentIntent, TokenPlace};
use shotengai_messaging::{Fault, FaultKind, Key, Table};

use crate::domain::Means;

/// Reads intents. Cheap to clone.
#[derive(Clone)]
pub struct Intents {
    table: Arc<dyn Table>,
}

impl Intents {
    /// Intents in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table }
    }

    /// How an order is to be paid whose token is at this place. An intent is written before its order, and reads are
    /// consistent: one that is not there has expired, or somebody deleted it, and will not come.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn means(&self, place: TokenPlace) -> Result<Means, Fault> {
        let key = match place {
            TokenPlace::Nowhere => return Ok(Means::Unnamed),
            TokenPlace::Event(token) => return Ok(Means::Token(token)),
            TokenPlace::Intent(IntentKey { order_id, fingerprint }) => Key::new(order_id.as_str(), fingerprint),
        };
        let Some(row) = self.table.get(&key).await? else { return Ok(Means::Missing) };
        // The error would quote the token.
        let unreadable = |_| Fault::new(FaultKind::Permanent, "intents.read", "the row is no payment intent");
        let intent: PaymentIntent = serde_json::from_value(row.doc).map_err(unreadable)?;
        Ok(Means::Token(intent.payment_token))
    }
}
